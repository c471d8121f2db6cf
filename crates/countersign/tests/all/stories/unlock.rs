//! Locked out by strangers: the mail that tells of it lets its person in.

use std::time::Duration;

use countersign_core::policy::presets::Preset;

use crate::harness::{Browser, On, Person, TestServer, type_password};

const WRONG: &str = "not the password of anybody";

/// Somebody whom a stranger has just locked out.
async fn locked_out(on: On, preset: Preset) -> (TestServer, Person, Browser) {
    let server = TestServer::start(on).await;
    let ann = server.person("Ann Ames", preset).await;
    let mut stranger = server.browser();
    lock(&mut stranger, &ann).await;
    (server, ann, stranger)
}

async fn lock(stranger: &mut Browser, person: &Person) {
    for _ in 0..5 {
        type_password(stranger, &person.email, WRONG).await;
    }
    assert_eq!(stranger.status(), 429);
}

on_both_databases! {
    /// A31: looking changes nothing; the button lets in the browser that it was pressed in, and nobody else.
    async fn the_mail_of_a_lock_lets_its_person_in_and_nobody_else(on: On) {
        let (server, ann, mut stranger) = locked_out(on, Preset::Default).await;
        let link = server.link_in_mail(&ann.email, "/unlock").await;
        let mut own = server.browser();
        own.goto(&link).await.must_be_at("/unlock");
        assert_eq!(own.heading(), "Let this browser in?");
        own.must_see("ann.ames@example.com is locked until 14:10 UTC");
        let mut before = own.copy_of();
        type_password(&mut before, &ann.email, &ann.password).await;
        assert_eq!(before.status(), 429, "nothing was pressed yet");

        own.press("Let this browser in").await.must_be_at("/sign-in");
        own.must_see("This browser is let in. Sign in now.");
        own.fill("Email", &ann.email).fill("Password", WRONG);
        own.press("Sign in").await;
        assert_eq!(own.status(), 422);
        own.must_see("After 4 more wrong tries this name is locked for 1 hour.");
        assert_eq!(server.notices(&ann, "name_locked").await, 1, "no second lock was told");
        type_password(&mut stranger, &ann.email, &ann.password).await;
        assert_eq!(stranger.status(), 429);
        type_password(&mut own, &ann.email, &ann.password).await;
        own.must_be_at("/profile");
        assert_eq!(server.audit_events(&ann, "name.unlocked").await, 1);
    }

    /// A31: a link is good once, for the lock that it was mailed for, and gives a guesser five tries, not more.
    async fn a_link_opens_one_lock_once(on: On) {
        let (server, ann, mut stranger) = locked_out(on, Preset::Default).await;
        let first = server.link_in_mail(&ann.email, "/unlock").await;
        let mut own = server.browser();
        own.goto(&first).await.press("Let this browser in").await;
        let mut other = server.browser();
        other.goto(&first).await;
        assert_eq!(other.heading(), "This link does not work any more");

        lock(&mut own, &ann).await;
        own.must_see("This name is locked until 15:05 UTC (in 60 minutes).");
        own.goto(&first).await;
        assert_eq!(own.heading(), "This link does not work any more");
        let second = server.link_in_mail(&ann.email, "/unlock").await;
        assert_ne!(first, second);
        server.advance(Duration::from_hours(1));
        lock(&mut stranger, &ann).await;
        own.goto(&second).await;
        own.must_see("the lock that it was for is over");
        let third = server.link_in_mail(&ann.email, "/unlock").await;
        own.goto(&third).await.press("Let this browser in").await;
        type_password(&mut own, &ann.email, &ann.password).await;
        own.must_be_at("/profile");
    }

    /// CR-6: where the document locks the name, nothing opens it before its time.
    async fn where_the_document_locks_the_name_no_link_is_mailed(on: On) {
        let (server, ann, _) = locked_out(on, Preset::PerUser).await;
        let mails = server.mails_to(&ann.email).await;
        assert_eq!(mails.len(), 1);
        assert!(!mails[0].rendered.text.contains("/unlock"), "{}", mails[0].rendered.text);
    }
}
