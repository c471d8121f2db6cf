//! Whom a person can ask where they get no further alone.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{Browser, On, Person, Setup, TestServer, enroll_phone, sign_in, type_password};

const CONTACT: &str = "Need help? Contact support@example.com";
const NUMBER: &str = "+15125550134";

on_both_databases! {
    /// CR-31: where the feature is closed, the name locked, or the third resend spent.
    async fn the_contact_is_named_wherever_a_person_gets_no_further_alone(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let stuck = out_of_codes(&server, &ann).await;
        stuck.must_see("We cannot send more codes for this sign-in. Start again, or ask support for help.");
        stuck.must_see(CONTACT);

        locked(&server, &ann).await.must_see(CONTACT);

        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        server.set_two_factor_gate(Preset::PerUser, false).await;
        let mut closed = sign_in(&server, &ben).await;
        closed.goto("/profile/security").await.must_see("Ask support to make it available.");
        closed.must_see(CONTACT);
    }

    /// CR-31: without a contact there is none to name, and no sentence pretends otherwise.
    async fn where_no_contact_is_configured_whoever_runs_the_service_is_named(on: On) {
        let server = Setup { support_contact: None, ..Setup::default() }.start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let stuck = out_of_codes(&server, &ann).await;
        stuck.must_see("Start again, or ask whoever runs this service for help.");
        let locked = locked(&server, &ann).await;

        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        server.set_two_factor_gate(Preset::PerUser, false).await;
        let mut closed = sign_in(&server, &ben).await;
        closed.goto("/profile/security").await;
        closed.must_see("Ask whoever runs this service to make it available.");
        for browser in [&stuck, &locked, &closed] {
            assert!(!browser.page().text().contains("Need help?"), "{}", browser.page().text());
        }
    }
}

/// Behind the password, with every resend spent.
async fn out_of_codes(server: &TestServer, person: &Person) -> Browser {
    enroll_phone(server, &mut sign_in(server, person).await, person, NUMBER).await;
    let mut browser = server.browser();
    type_password(&mut browser, &person.email, &person.password).await;
    for wait in [30, 60, 120] {
        server.advance(Duration::from_secs(wait));
        browser.goto("/sign-in/code").await.press("Send a new code").await;
    }
    browser
}

async fn locked(server: &TestServer, person: &Person) -> Browser {
    let mut browser = server.browser();
    for _ in 0..5 {
        type_password(&mut browser, &person.email, "not the password").await;
    }
    assert_eq!(browser.status(), 429);
    browser
}
