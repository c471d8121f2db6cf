//! The mail server is down: nobody waits for it, and everything that still matters arrives once it is back.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};

use super::mail_server::MailServer;
use crate::harness::{
    On, Person, TestServer, enroll_app, enroll_phone, sign_in, sign_in_with_app, sign_in_with_text,
};

const ON: &str = "Two-factor authentication was turned on";
const NUMBER: &str = "+15125550134";
const NEW_PASSWORD: &str = "four geese argue quietly";
/// The longest pause between two tries: fifteen minutes and a fifth.
const PAUSE_MAX: Duration = Duration::from_mins(18);

on_both_databases! {
    /// CR-9, CR-11: late, and once each.
    async fn six_hours_without_mail_delay_notices_and_stop_nobody(on: On) {
        let mut mail = MailServer::down();
        let server = mail.setup().start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let ben = server.person("Ben Boyle", Preset::PerUser).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        enroll_phone(&server, &mut sign_in(&server, &ben).await, &ben, NUMBER).await;
        server.settle().await;
        for _ in 0..6 {
            server.advance(Duration::from_hours(1));
            server.settle().await;
            sign_in_with_app(&server, &ann, &phone).await;
            sign_in_with_text(&server, &ben, NUMBER).await;
        }
        server.advance(Duration::from_secs(30));
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        server.advance(Duration::from_secs(30));
        browser.goto("/profile/password").await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Save password").await;
        browser.must_see("Your password is changed.");
        server.settle().await;
        let state = server.service.outbox().await.unwrap();
        assert_eq!((state.waiting[0].messages, state.dead.len()), (3, 0));

        mail.come_up();
        server.advance(PAUSE_MAX);
        server.settle().await;
        assert_eq!(mail.subjects_to(&ann.email), [ON, "Your password was changed"]);
        assert_eq!(mail.subjects_to(&ben.email), [ON]);
        let about_ben = mail.mails().into_iter().find(|mail| mail.to == ben.email).unwrap();
        let happened = "When: Sunday, November 22, 2026 at 14:05 UTC";
        assert!(about_ben.text.contains(happened), "when it happened, not when it was sent: {}", about_ben.text);

        server.advance(Duration::from_hours(2));
        server.settle().await;
        assert_eq!(mail.mails().len(), 3, "nothing comes twice");
        server.must_keep_its_promises().await;
    }

    async fn a_notice_that_was_hours_late_can_still_be_denied(on: On) {
        let mut mail = MailServer::down();
        let server = mail.setup().start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut thief = sign_in(&server, &ann).await;
        enroll_app(&server, &mut thief, &ann).await;
        server.settle().await;
        mail.come_up();
        server.advance(Duration::from_mins(50));
        server.settle().await;
        let mut browser = server.browser();
        browser.goto(&link_in(&mail, &server, "/not-me")).await.press("This was not me").await;
        assert_eq!(browser.heading(), "Your account is shut");
        thief.goto("/profile").await.must_be_at("/sign-in");
        server.settle().await;
        browser.goto(&link_in(&mail, &server, "/set-password")).await.must_be_at("/set-password");
    }

    async fn a_link_whose_life_was_over_before_the_mail_server_came_back_is_never_sent(on: On) {
        let mut mail = MailServer::down();
        let server = mail.setup().start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        for _ in 0..24 {
            server.advance(Duration::from_hours(1));
            server.settle().await;
        }
        mail.come_up();
        server.advance(PAUSE_MAX);
        server.settle().await;
        assert!(mail.mails().is_empty());

        server.service.invite(EmailAddress::parse(&ann.email).unwrap()).await.unwrap();
        server.settle().await;
        assert_eq!(mail.subjects_to(&ann.email), ["Choose your Trackwell password"]);
        let mut browser = server.browser();
        browser.goto(&link_in(&mail, &server, "/set-password")).await;
        browser.fill("New password", NEW_PASSWORD).press("Save password").await;
        sign_in(&server, &Person { password: NEW_PASSWORD.to_owned(), ..ann }).await;
    }
}

on_both_databases! {
    async fn of_two_invitations_that_waited_only_the_one_that_works_is_sent(on: On) {
        let mut mail = MailServer::down();
        let server = mail.setup().start(on).await;
        let ann = server.invited_person("Ann Ames", Preset::PerUser).await;
        server.advance(Duration::from_hours(1));
        server.settle().await;
        server.service.invite(EmailAddress::parse(&ann.email).unwrap()).await.unwrap();
        server.settle().await;
        mail.come_up();
        server.advance(PAUSE_MAX);
        server.settle().await;
        assert_eq!(mail.mails().len(), 1);
        server.browser().goto(&link_in(&mail, &server, "/set-password")).await.must_be_at("/set-password");
    }
}

/// Where the newest mail with a link to this page leads.
fn link_in(mail: &MailServer, server: &TestServer, page: &str) -> String {
    let start = format!("{}{page}?token=", server.public_url());
    let mut mails = mail.mails().into_iter().rev();
    let token = |text: &str| Some(text.split_once(&start)?.1.split_whitespace().next()?.to_owned());
    let token = mails.find_map(|mail| token(&mail.text));
    format!("{page}?token={}", token.unwrap_or_else(|| panic!("no mail with a link to {page}")))
}
