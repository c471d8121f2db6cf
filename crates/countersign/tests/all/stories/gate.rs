//! The operator's gate: a company's people may use a second factor only once support has opened it to them.

use countersign_core::{
    authenticator::password::Password, organization::Role, policy::presets::Preset, user::EmailAddress,
};
use countersign_service::people::{FirstAccess, PersonToAdd};

use crate::harness::{
    On, Phone, TestServer, choosing_a_method, enroll_app, sign_in, sign_in_with_app, type_password,
};

const SWITCH: &str = "Two-factor authentication";

on_both_databases! {
    /// CR-3, CR-31: the page says so and names the contact; neither a typed address nor a posted form gets past.
    async fn before_the_operator_opens_it_nobody_can_turn_it_on(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        server.set_two_factor_gate(Preset::PerUser, false).await;
        let mut browser = sign_in(&server, &ann).await;
        for page in ["/profile", "/profile/security"] {
            browser.goto(page).await;
            browser.must_see("Not available for your company yet");
            browser.must_see("is not available in your company yet. Ask support to make it available.");
            browser.must_see("Contact support@example.com");
            assert!(!browser.page().has_button(SWITCH));
        }
        for page in ["turn-on", "change", "method", "app", "app/confirm", "phone", "phone/confirm"] {
            browser.goto(&format!("/profile/security/{page}")).await.must_be_at("/profile/security");
        }
        let token = browser.form_token();
        let fields = [("form_token", token.as_str()), ("password", ann.password.as_str())];
        let refused = browser.post_form("/profile/security/turn-on", &fields).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert!(refused.text().contains("Your company’s rules do not allow this."), "{}", refused.text());
        browser.goto("/profile/security/method").await.must_be_at("/profile/security");
        sign_in(&server, &ann).await;
        assert!(server.mails_to(&ann.email).await.is_empty());
    }

    /// CR-3: it is closed when the company is made, and each person takes it from the operator's opening on.
    async fn the_operator_opens_it_for_a_company_that_was_made_closed(on: On) {
        let server = TestServer::start(on).await;
        let service = &server.service;
        service.add_organization("Harborline", Preset::PerUser, None).await.unwrap();
        let (email, password) = ("cleo@example.com", "copper lantern drifts south");
        let cleo = PersonToAdd {
            email: EmailAddress::parse(email).unwrap(),
            name: "Cleo Chen".to_owned(),
            organization: "Harborline".to_owned(),
            role: Role::Member,
            access: FirstAccess::Password {
                password: Password::new(password.to_owned()),
                is_address_vouched_for: true,
            },
        };
        service.add_user(cleo).await.unwrap();
        let mut browser = server.browser();
        type_password(&mut browser, email, password).await;
        browser.goto("/profile/security").await.must_see("is not available in your company yet.");

        service.set_two_factor_gate("Harborline", true).await.unwrap();
        browser.goto("/profile/security").await;
        assert!(!browser.page().switch_is_on(SWITCH));
        browser.press(SWITCH).await.must_be_at("/profile/security/turn-on");
    }

    /// CR-3: closing it takes no protection away.
    async fn who_has_it_is_still_asked_when_the_gate_closes(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        server.set_two_factor_gate(Preset::PerUser, false).await;

        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security").await;
        assert!(browser.page().switch_is_on(SWITCH));
        browser.press(SWITCH).await;
        browser.fill("Password", &ann.password).press("Disable").await;
        browser.must_see("Two-factor authentication is off.");
        browser.must_see("is not available in your company yet.");
        assert!(!browser.page().has_button(SWITCH), "nobody turns it on again alone");
    }

    async fn a_gate_that_closes_during_a_set_up_ends_it(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&server, &ann).await;
        browser.choose("In an authenticator app").press("Next").await;
        let phone = Phone::scan(&browser);
        browser.press("Next: confirm access").await;
        server.set_two_factor_gate(Preset::PerUser, false).await;

        browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
        assert_eq!(browser.status(), 403);
        sign_in(&server, &ann).await.goto("/profile").await.must_see("Not available for your company yet");
    }
}
