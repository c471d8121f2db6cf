//! The email after each change of how somebody signs in: once, to that person, with a way to say "not me".

use std::time::Duration;

use countersign_core::{authenticator::password::Password, policy::presets::Preset, user::EmailAddress};
use countersign_delivery::recorded::Message;

use crate::harness::{
    Browser, On, Person, Setup, TestServer, behind_the_password, enroll_app, enroll_phone, sign_in,
    sign_in_with_app, type_code, type_password,
};

const ON: &str = "Two-factor authentication was turned on";
const OFF: &str = "Two-factor authentication was turned off";
const PASSWORD: &str = "Your password was changed";
const NUMBER: &str = "+15125550134";
const PLACES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/places.mmdb");
const NEW_PASSWORD: &str = "four geese argue quietly";

on_both_databases! {
    /// CR-9: at each activation, by whichever method.
    async fn each_activation_is_mailed_once(on: On) {
        let server = TestServer::start(on).await;
        let (ann, ben) = ann_and_ben(&server).await;
        let mut browser = sign_in(&server, &ann).await;
        assert!(subjects(&server, &ann).await.is_empty());
        enroll_app(&server, &mut browser, &ann).await;
        assert_eq!(subjects(&server, &ann).await, [ON]);
        must_tell(&newest(&server, &ann).await, &[
            "Two-factor authentication was turned on for your Trackwell account.",
            "Method: an authenticator app",
            "When: Sunday, November 22, 2026 at 14:05 UTC",
        ]);

        turn_off(&mut browser, &ann).await;
        server.settle().await;
        server.advance(Duration::from_mins(20));
        enroll_phone(&server, &mut browser, &ann, NUMBER).await;
        assert_eq!(subjects(&server, &ann).await, [ON, OFF, ON]);
        must_tell(&newest(&server, &ann).await, &["Method: text messages to your phone", "at 14:25 UTC"]);
        assert!(subjects(&server, &ben).await.is_empty(), "nobody else is told");
    }

    /// CR-10: at each deactivation.
    async fn each_deactivation_is_mailed_once(on: On) {
        let server = TestServer::start(on).await;
        let (ann, ben) = ann_and_ben(&server).await;
        let mut browser = sign_in(&server, &ann).await;
        for round in 1..=2 {
            enroll_phone(&server, &mut browser, &ann, NUMBER).await;
            turn_off(&mut browser, &ann).await;
            let told = subjects(&server, &ann).await;
            assert_eq!(told.iter().filter(|subject| *subject == OFF).count(), round);
            must_tell(&newest(&server, &ann).await, &[
                "Two-factor authentication was turned off for your Trackwell account. \
                 Only your password protects it now.",
                "When: Sunday, November 22, 2026 at 14:05 UTC",
            ]);
        }
        assert!(subjects(&server, &ben).await.is_empty(), "nobody else is told");
    }

    /// CR-11: by the person, by a mailed link and by an operator.
    async fn each_change_of_the_password_is_mailed_once(on: On) {
        let server = TestServer::start(on).await;
        let (ann, ben) = ann_and_ben(&server).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/password").await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        assert_eq!(subjects(&server, &ann).await, [PASSWORD]);
        let facts = ["The password of your Trackwell account was changed.", "November 22, 2026 at 14:05 UTC"];
        must_tell(&newest(&server, &ann).await, &facts);

        let email = EmailAddress::parse(&ann.email).unwrap();
        server.service.invite(email.clone()).await.unwrap();
        let link = server.link_in_mail(&ann.email, "/set-password").await;
        browser.goto(&link).await;
        browser.fill("New password", "seven plums on a tin roof").press("Save password").await;
        assert_eq!(about_the_password(&server, &ann).await, 2);
        must_tell(&newest(&server, &ann).await, &facts);

        server.service.set_password(email, Password::new("plain teapot on a hill".to_owned())).await.unwrap();
        assert_eq!(about_the_password(&server, &ann).await, 3);
        assert!(subjects(&server, &ben).await.is_empty(), "nobody else is told");
    }

    async fn what_somebody_tries_from_outside_is_mailed_too(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann_and_ben(&server).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        sign_in_with_app(&server, &ann, &phone).await;
        let mut stranger = behind_the_password(&server, &ann).await;
        type_code(&mut stranger, &phone.code(&server.clock)).await;
        stranger.must_see("That code was used already.");
        assert_eq!(subjects(&server, &ann).await, [ON, "A used code was entered again"]);
        must_tell(&newest(&server, &ann).await, &["If you entered it twice yourself, there is nothing to do."]);

        for _ in 0..5 {
            type_password(&mut stranger, &ann.email, "not her password").await;
        }
        assert_eq!(subjects(&server, &ann).await[2..], ["Your account was locked for a while"]);
        must_tell(&newest(&server, &ann).await, &["because of too many wrong passwords or codes."]);
    }

    /// CR-9 … CR-11: nothing that was refused is told as done.
    async fn what_was_refused_is_not_mailed(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _) = ann_and_ben(&server).await;
        let mut browser = sign_in(&server, &ann).await;
        browser.goto("/profile/password").await;
        browser.fill("Current password", "not her password").fill("New password", NEW_PASSWORD);
        browser.press("Save password").await;
        enroll_app(&server, &mut browser, &ann).await;
        browser.goto("/profile/security/turn-off").await;
        browser.fill("Password", "not her password").press("Disable").await;
        assert_eq!(subjects(&server, &ann).await, [ON]);
    }
}

/// CR-9: with a location file, where it was is told as people say it: in the text, the mail and on the page.
#[tokio::test]
async fn the_place_is_told_in_words_where_the_operator_supplied_a_location_file() {
    let mut setup = Setup::default();
    setup
        .settings
        .extend([("location_file", PLACES.to_owned()), ("trusted_proxies", "127.0.0.1".to_owned())]);
    let server = setup.start(On::Sqlite).await;
    let (ann, _) = ann_and_ben(&server).await;
    let mut browser = server.browser();
    browser.forwarded_for = Some("203.0.113.7");
    type_password(&mut browser, &ann.email, &ann.password).await;
    enroll_phone(&server, &mut browser, &ann, NUMBER).await;
    let mail = newest(&server, &ann).await.rendered;
    assert!(mail.text.contains("Where: Austin, US\nBrowser: Firefox on Linux"), "{}", mail.text);
    browser.goto(&server.link_in_mail(&ann.email, "/not-me").await).await;
    browser.must_see("Where Austin, US Browser Firefox on Linux");

    browser.goto("/profile").await.press("Sign out").await;
    type_password(&mut browser, &ann.email, &ann.password).await;
    let text = &server.texts_to(NUMBER).await[0].rendered.text;
    assert!(text.contains("asked for at 14:05 UTC from Austin, US (Firefox)."), "{text}");
}

async fn ann_and_ben(server: &TestServer) -> (Person, Person) {
    (server.person("Ann Ames", Preset::PerUser).await, server.person("Ben Boyle", Preset::PerUser).await)
}

async fn turn_off(browser: &mut Browser, person: &Person) {
    browser.goto("/profile/security/turn-off").await;
    browser.fill("Password", &person.password).press("Disable").await;
    browser.must_see("Two-factor authentication is off.");
}

/// What the mails to somebody are about, the oldest first.
async fn subjects(server: &TestServer, person: &Person) -> Vec<String> {
    let mails = server.mails_to(&person.email).await.into_iter().rev();
    mails.map(|mail| mail.rendered.subject.unwrap()).collect()
}

async fn about_the_password(server: &TestServer, person: &Person) -> usize {
    subjects(server, person).await.iter().filter(|subject| *subject == PASSWORD).count()
}

async fn newest(server: &TestServer, person: &Person) -> Message {
    server.mails_to(&person.email).await.swap_remove(0)
}

/// These, and what every notice says: where, by which browser, and what to do if it was somebody else.
#[track_caller]
fn must_tell(mail: &Message, facts: &[&str]) {
    let (text, html) = (&mail.rendered.text, mail.rendered.html.as_ref().unwrap());
    let always = [
        "Where: the network address 127.0.0.1",
        "Browser: Firefox on Linux",
        "If this was not you, tell us with the link below.",
        "/not-me?token=",
        "The link works once, until Wednesday, November 25, 2026 at ",
        "Need help? Contact support@example.com",
    ];
    for fact in facts.iter().chain(&always) {
        assert!(text.contains(fact), "{fact:?} is not in\n{text}");
    }
    assert!(html.contains("/not-me?token=") && html.contains("Firefox on Linux"), "{html}");
}
