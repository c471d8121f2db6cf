//! Senders that die, share the work, or were given a letter that nobody takes.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};
use serde_json::Value;

use super::{
    gateway::{Behavior, Gateway},
    mail_server::MailServer,
};
use crate::harness::{Installation, On, TestServer, choosing_a_method, type_code, type_password, until};

const NUMBER: &str = "+15125550134";
const PASSWORD: &str = "four geese argue quietly";
/// Longer than nobody else takes a message that somebody is sending.
const LEASE: Duration = Duration::from_mins(2);

on_both_databases! {
    async fn what_a_node_was_sending_when_it_died_is_sent_by_another(on: On) {
        let gateway = Gateway::start().await;
        let first = gateway.as_twilio().impatient_as_people().start(on).await;
        let second = first.second_node().await;
        let ann = first.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&second, &ann).await;
        browser.choose("In a text message").press("Next").await;
        gateway.behave(Behavior::Hold);
        browser.fill("Mobile number", NUMBER).press("Next: confirm access").await;
        gateway.until_there_were(1).await;

        let third = second.second_node().await;
        let mut browser = browser.by_way_of(&third);
        drop((first, second));
        gateway.behave(Behavior::Accept);
        third.advance(LEASE);
        gateway.until_there_were(2).await;
        third.settle().await;
        browser.goto("/profile/security/phone/confirm").await.must_see("We sent a 6-digit code to");
        browser.fill("Authentication code", &gateway.code(NUMBER)).press("Next: complete setup").await;
        browser.must_see("Two-factor authentication is on");
    }

    async fn what_waited_while_no_node_ran_is_sent_when_one_starts(on: On) {
        let mut mail = MailServer::down();
        let first = mail.setup().start(on).await;
        let ann = first.invited_person("Ann Ames", Preset::PerUser).await;
        first.settle().await;
        let second = first.second_node().await;
        drop(first);
        mail.come_up();
        second.advance(LEASE);
        second.settle().await;
        assert_eq!(mail.subjects_to(&ann.email), ["Choose your Trackwell password"]);
    }

    async fn of_two_nodes_one_sends_each_message(on: On) {
        let first = TestServer::start(on).await;
        let second = first.second_node().await;
        let mut people = Vec::new();
        for number in 0..12 {
            people.push(first.invited_person(&format!("Ann {number}"), Preset::PerUser).await);
        }
        // A link that waits is dropped when a newer one takes its place.
        first.settle().await;
        for (person, node) in people.iter().zip([&first, &second].into_iter().cycle()) {
            node.service.invite(EmailAddress::parse(&person.email).unwrap()).await.unwrap();
        }
        second.settle().await;
        for person in &people {
            assert_eq!(first.mails_to(&person.email).await.len(), 2, "the first invitation and the second");
        }
    }

    async fn a_code_that_one_node_texted_is_taken_by_another(on: On) {
        let first = TestServer::first_node(on).await;
        let second = first.second_node().await;
        let ann = first.person("Ann Ames", Preset::PerUser).await;
        let mut browser = choosing_a_method(&first, &ann).await;
        browser.choose("In a text message").press("Next").await;
        browser.fill("Mobile number", NUMBER).press("Next: confirm access").await;
        let mut browser = browser.by_way_of(&second);
        let code = first.text_code(NUMBER).await;
        browser.fill("Authentication code", &code).press("Next: complete setup").await;
        browser.must_see("Two-factor authentication is on");

        let mut browser = second.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        let mut browser = browser.by_way_of(&first);
        type_code(&mut browser, &second.text_code(NUMBER).await).await;
        browser.must_be_at("/profile");
    }

    async fn a_dead_letter_arrives_when_the_operator_has_it_sent_again(on: On) {
        let mut mail = MailServer::down();
        mail.come_up();
        mail.know_nobody(true);
        let here = Installation::migrated(on).await;
        here.run(&["org", "add", "Trackwell", "--preset", "per-user"]).must_succeed();
        let settings = mail.settings().map(|(name, value)| (format!("COUNTERSIGN_{}", name.to_uppercase()), value));
        let mut environment = vec![("COUNTERSIGN_LISTEN", "127.0.0.1:0")];
        environment.extend(settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let server = here.start(&["serve"], &environment);
        here.run(&[
            "user", "add", "ann@trackwell.example", "--name", "Ann Ames", "--organization", "Trackwell", "--invite",
        ])
        .must_succeed();
        until("a dead letter", async || dead(&here).len() == 1).await;
        let letter = &dead(&here)[0];
        assert!(letter["error"].as_str().unwrap().contains("no such mailbox"), "{letter}");

        mail.know_nobody(false);
        here.run(&["outbox", "retry", letter["id"].as_str().unwrap()]).must_succeed();
        let mails = mail.until_there_are(1).await;
        assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Choose your Countersign password"));
        assert!(dead(&here).is_empty());

        let (_, link) = mails[0].text.split_once(server.ready["url"].as_str().unwrap()).unwrap();
        let mut browser = server.browser();
        browser.goto(link.split_whitespace().next().unwrap()).await.must_be_at("/set-password");
        browser.fill("New password", PASSWORD).press("Save password").await.must_be_at("/sign-in");
        type_password(&mut browser, "ann@trackwell.example", PASSWORD).await;
        browser.must_be_at("/profile");
        server.stop();
    }
}

fn dead(here: &Installation) -> Vec<Value> {
    let listed = here.run(&["outbox", "list", "--json"]).must_succeed().json();
    listed["dead"].as_array().unwrap().clone()
}
