//! Operators: who sees their pages, and who becomes one at the console.

use countersign_core::{
    authenticator::password::Password, policy::presets::Preset, stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_service::operators::OperatorError;

use crate::harness::{
    On, Person, TestServer, enroll_app, operator, sign_in, sign_in_with_app, type_password,
};

on_both_databases! {
    async fn an_operator_finds_the_way_in_the_menu_and_nobody_else_does(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, phone) = operator(&server, "Cleo Chen").await;
        let mut browser = sign_in_with_app(&server, &cleo, &phone).await;
        browser.follow("Operator").await.must_be_at("/operator");
        browser.must_see("You run Trackwell.");
        browser.follow("Operators").await.must_be_at("/operator/operators");
        browser.must_see("Cleo Chen");
        browser.must_see("Email cleo.chen@example.com");
        browser.must_see("Second step Set up");

        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        assert!(!browser.page().text().contains("Operator"));
        browser.goto("/operator").await;
        assert_eq!((browser.status(), browser.heading().as_str()), (404, "This page does not exist"));
    }

    async fn becoming_an_operator_and_leaving_ends_sessions_and_is_told_to_all(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, _) = operator(&server, "Cleo Chen").await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let refused = server.service.add_operator(address(&ann)).await;
        assert!(matches!(refused, Err(OperatorError::NoSecondFactor(_))));

        let mut browser = sign_in(&server, &ann).await;
        let phone = enroll_app(&server, &mut browser, &ann).await;
        server.service.add_operator(address(&ann)).await.unwrap();
        browser.goto("/operator").await.must_be_at("/sign-in");
        let mail = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("You are an operator now"));
        let alert = &server.mails_to(&cleo.email).await[0].rendered;
        assert_eq!(alert.subject.as_deref(), Some("Somebody became an operator"));
        assert!(alert.text.contains("About: ann.ames@example.com"), "{}", alert.text);

        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/operator").await.must_be_at("/operator");
        browser.goto("/profile/security").await;
        assert!(!browser.page().has_button("Two-factor authentication"), "there is no way to turn it off");
        browser.must_see("An operator always has it on, so you cannot turn it off.");

        let reason = || StatedReason::parse("left the company").unwrap();
        server.service.remove_operator(address(&ann), reason()).await.unwrap();
        browser.goto("/operator").await.must_be_at("/sign-in");
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/operator").await;
        assert_eq!(browser.status(), 404);
        let last = server.service.remove_operator(address(&cleo), reason()).await;
        assert!(matches!(last, Err(OperatorError::IsTheLast(_))));
    }

    async fn an_operator_without_a_second_factor_is_sent_to_another_operator(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, _) = operator(&server, "Cleo Chen").await;
        let reason = StatedReason::parse("lost the phone, ticket 4711").unwrap();
        server.service.reset_operator(address(&cleo), reason).await.unwrap();
        let password = Password::new(cleo.password.clone());
        server.service.set_password(address(&cleo), password).await.unwrap();
        let mut browser = server.browser();
        type_password(&mut browser, &cleo.email, &cleo.password).await;
        assert_eq!(browser.status(), 403);
        browser.must_see("An operator signs in with a second step, and yours is not set up.");
        browser.must_see("Ask another operator for “countersign operator reset” with your address");
        assert!(!browser.page().text().contains("Your company requires"));
    }

    async fn of_two_operators_who_are_removed_at_once_one_stays(on: On) {
        let server = TestServer::start(on).await;
        let (cleo, _) = operator(&server, "Cleo Chen").await;
        let (ida, _) = operator(&server, "Ida Ito").await;
        let reason = || StatedReason::parse("left the company").unwrap();
        let (first, second) = tokio::join!(
            server.service.remove_operator(address(&cleo), reason()),
            server.service.remove_operator(address(&ida), reason()),
        );
        assert_eq!([first.is_ok(), second.is_ok()].iter().filter(|removed| **removed).count(), 1);
        assert_eq!(server.service.operators().await.unwrap().len(), 1);
    }
}

fn address(person: &Person) -> EmailAddress {
    EmailAddress::parse(&person.email).unwrap()
}
