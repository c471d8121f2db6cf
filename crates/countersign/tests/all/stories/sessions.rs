//! Where one is signed in, and what happened lately: both on the security page.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{On, TestServer, enroll_app, sign_in, sign_in_with_app, type_password};

const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/26.0 Safari/605.1.15";

on_both_databases! {
    async fn a_person_sees_where_they_are_signed_in_and_ends_one_session(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut safari = server.browser_from("127.0.0.9".parse().unwrap());
        SAFARI.clone_into(&mut safari.user_agent);
        type_password(&mut safari, &ann.email, &ann.password).await;
        server.clock.advance(Duration::from_mins(10));
        let mut firefox = sign_in(&server, &ann).await;
        server.clock.advance(Duration::from_mins(5));
        safari.goto("/profile").await;

        firefox.goto("/profile/security").await;
        firefox.must_see(
            "Firefox on Linux This browser Where The network address 127.0.0.1 \
             Signed in November 22, 2026 at 14:15 UTC Last used November 22, 2026 at 14:20 UTC",
        );
        firefox.must_see(
            "Safari on Mac Where The network address 127.0.0.9 \
             Signed in November 22, 2026 at 14:05 UTC Last used November 22, 2026 at 14:20 UTC",
        );
        assert!(!firefox.page().has_button("End session on Firefox on Linux"));
        let mut second_click = firefox.copy_of();
        firefox.press("End session on Safari on Mac").await.must_be_at("/profile/security");
        firefox.must_see("The session is over. That browser is signed out.");
        assert!(!firefox.page().has_button("End session on Safari on Mac"));
        firefox.must_see("A session was ended from another browser");
        safari.goto("/profile").await.must_be_at("/sign-in");
        second_click.press("End session on Safari on Mac").await.must_be_at("/profile/security");
        assert_eq!(server.audit_events(&ann, "session.ended").await, 1);
        assert_eq!(server.notices(&ann, "other_sessions_ended").await, 0);
    }

    async fn all_other_sessions_are_named_before_they_end_and_the_person_is_told(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut here = sign_in(&server, &ann).await;
        here.goto("/profile/security").await;
        assert!(!here.page().text().contains("End all other sessions"));
        here.goto("/profile/security/end-sessions").await.must_be_at("/profile/security");

        let mut safari = server.browser();
        SAFARI.clone_into(&mut safari.user_agent);
        type_password(&mut safari, &ann.email, &ann.password).await;
        let mut third = sign_in(&server, &ann).await;
        here.goto("/profile/security").await.follow("End all other sessions").await;
        assert_eq!(here.heading(), "Sign out everywhere else?");
        here.must_see("Safari on Mac Where");
        third.goto("/profile").await.must_be_at("/profile");
        let mut second_click = here.copy_of();
        here.press("End all other sessions").await.must_be_at("/profile/security");
        here.must_see("You are signed out in every other browser.");
        for gone in [&mut safari, &mut third] {
            gone.goto("/profile").await.must_be_at("/sign-in");
        }
        second_click.press("End all other sessions").await.must_be_at("/profile/security");
        assert_eq!(server.audit_events(&ann, "session.others_ended").await, 1);
        let mail = &server.mails_to(&ann.email).await[0].rendered;
        assert_eq!(mail.subject.as_deref(), Some("You were signed out in all other browsers"));
        assert!(mail.text.contains("This was not me"), "{}", mail.text);
    }

    async fn whoever_was_about_to_sign_in_begins_anew_when_all_others_end(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        let mut here = sign_in_with_app(&server, &ann, &phone).await;
        sign_in_with_app(&server, &ann, &phone).await;
        let mut half = server.browser();
        type_password(&mut half, &ann.email, &ann.password).await;
        half.must_be_at("/sign-in/code");
        here.goto("/profile/security/end-sessions").await.press("End all other sessions").await;
        half.goto("/sign-in/code").await.must_be_at("/sign-in");
    }

    async fn a_person_looks_back_page_by_page_on_what_happened_to_their_account_and_no_other(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let bea = server.person("Bea Bell", Preset::PerUser).await;
        for _ in 0..31 {
            sign_in(&server, &ann).await.press("Sign out").await;
            server.clock.advance(Duration::from_mins(1));
        }
        let mut thief = server.browser_from("127.0.0.66".parse().unwrap());
        type_password(&mut thief, &ann.email, "a guess").await;
        type_password(&mut thief, &bea.email, "a guess").await;
        server.clock.advance(Duration::from_secs(1));
        let mut here = sign_in(&server, &ann).await;
        here.goto("/profile/security").await;
        here.must_see("Recent activity Signed in November 22, 2026 at 14:36 UTC · The network address 127.0.0.1");
        here.must_see("A wrong password was entered November 22, 2026 at 14:36 UTC · The network address 127.0.0.66");
        here.follow("Show all activity").await.must_be_at("/profile/security/activity");
        let mut seen = here.page().text();
        let mut pages = 1;
        while here.page().text().contains("Older") {
            here.follow("Older").await;
            assert_eq!(here.status(), 200);
            seen += &here.page().text();
            pages += 1;
        }
        assert_eq!(pages, 3);
        assert_eq!(seen.matches("Signed in").count(), 32);
        assert_eq!(seen.matches("Signed out").count(), 31);
        assert_eq!(seen.matches("A wrong password was entered").count(), 1, "none of Bea's");
        here.must_see("Your account was made November 22, 2026 at 14:05 UTC · by somebody who runs Trackwell");
        assert!(!seen.contains("failures=") && !seen.contains("evt_") && !seen.contains(&bea.email));
        here.follow("Newest").await.must_see("A wrong password was entered");
    }

    async fn what_another_version_recorded_is_shown_without_words_for_it(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut here = sign_in(&server, &ann).await;
        server.change(&RENAME, vec![ann.id.as_str().into()]).await;
        here.goto("/profile/security/activity").await;
        here.must_see("Something that this version of the page has no words for November 22, 2026");
        for cursor in ["evt_00000000000000000000000000", "nothing", "%00", "evt_zzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            here.goto(&format!("/profile/security/activity?before={cursor}")).await;
            assert_eq!(here.status(), 200, "{cursor}");
        }
    }
}

static RENAME: countersign_store::Sql = countersign_store::Sql::new(
    "UPDATE audit_events SET kind = 'moon.landed' WHERE user_id = $1 AND kind = 'sign_in.signed_in'",
);
