//! Having codes sent: within one sign-in, over many of them, and with the gateway's bill in mind.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::{
    target::{AN_HOUR, gives_a_session, post, post_at_once, post_code, post_password},
    texted::{BY_TEXT, SEND_AGAIN, Texted, begin_phone},
};
use crate::harness::{Browser, On, TestServer, sign_in, type_password};

const ANNS: &str = "+15125550134";
/// P4.
const UNPROVEN_IN_AN_HOUR: usize = 5;

on_both_databases! {
    /// A10: however often the sign-in is begun anew, an account and its number get five unproven texts an hour.
    async fn atk_10_starting_again_buys_no_more_texts(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let before = ann.sent(&server).await;
        let mut browser = server.browser();
        for _ in 0..12 {
            type_password(&mut browser, &ann.person.email, &ann.person.password).await;
            browser.must_be_at("/sign-in/code");
            post(&mut browser, SEND_AGAIN, &BY_TEXT).await;
        }
        assert_eq!(ann.sent(&server).await - before, UNPROVEN_IN_AN_HOUR);
        browser.must_see("We sent you too many codes that were not entered.");
        let reply = post(&mut browser, SEND_AGAIN, &BY_TEXT).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("3600")));
        assert_eq!(ann.sent(&server).await - before, UNPROVEN_IN_AN_HOUR);

        server.advance(AN_HOUR);
        let (mut again, code) = ann.half_signed_in(&server).await;
        assert!(gives_a_session(&post_code(&mut again, &code).await));
    }

    /// A10: the same of mails, of which there are ten.
    async fn atk_10_starting_again_buys_no_more_mails(on: On) {
        let server = TestServer::start(on).await;
        let mia = Texted::by_mail(&server, "Mia Moss").await;
        let before = mia.sent(&server).await;
        let mut browser = server.browser();
        for _ in 0..12 {
            type_password(&mut browser, &mia.person.email, &mia.person.password).await;
            browser.must_be_at("/sign-in/code");
        }
        assert_eq!(mia.sent(&server).await - before, 10);
        browser.must_see("We emailed you too many codes that were not entered.");
        let reply = post(&mut browser, SEND_AGAIN, &[("by", "email")]).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("3600")));
        server.advance(AN_HOUR);
        let (mut again, code) = mia.half_signed_in(&server).await;
        assert!(gives_a_session(&post_code(&mut again, &code).await));
    }

    /// A10: nor do thirty sign-ins at the same moment, at two nodes.
    async fn atk_10_a_burst_of_sign_ins_buys_no_more_texts(on: On) {
        let server = TestServer::first_node(on).await;
        let second = server.second_node().await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let before = ann.sent(&server).await;
        let mut browser = server.browser();
        browser.goto("/sign-in").await;
        let crowd = (0..30).map(|number| if number % 2 == 0 { browser.copy_of() } else { browser.by_way_of(&second) });
        let fields = [("email", ann.person.email.as_str()), ("password", &ann.person.password)];
        let answers = post_at_once(crowd.collect(), "/sign-in", &fields).await;
        let texts = ann.sent(&server).await - before;
        assert!((1..=UNPROVEN_IN_AN_HOUR).contains(&texts), "{texts} texts");
        // Within the half-made sign-ins, too.
        let half: Vec<Browser> = answers.into_iter().map(|(browser, _)| browser).collect();
        let open = half.iter().find(|browser| browser.cookie("cs-flow").is_some()).unwrap();
        let mut open = open.copy_of();
        open.goto("/sign-in/code").await;
        server.advance(Duration::from_mins(2));
        post_at_once((0..30).map(|_| open.copy_of()).collect(), SEND_AGAIN, &BY_TEXT).await;
        assert!(ann.sent(&server).await - before <= UNPROVEN_IN_AN_HOUR);
    }

    /// A10: another number for each text does not help either: the account is counted, too.
    async fn atk_10_other_numbers_buy_an_account_no_more_texts(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        for number in 0..8 {
            begin_phone(&mut browser, &ann, &format!("+15125{number}50134")).await;
            let is_sent = number < 5;
            assert_eq!(browser.status(), if is_sent { 200 } else { 429 }, "{}", browser.page().text());
            if !is_sent {
                browser.must_see("We sent you too many codes that were not entered.");
            }
            browser.goto("/profile/security").await;
        }
        assert_eq!(server.number(&TEXTS, params![]).await, 5);
        // What else works is offered, and works.
        browser.goto("/profile/security/method").await;
        browser.choose("In an authenticator app").press("Next").await.must_be_at("/profile/security/app");
    }

    /// A40: one sign-in sends four codes at most, and never two of them within the wait between them.
    async fn atk_40_one_sign_in_sends_four_codes_at_most(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let before = ann.sent(&server).await;
        let (mut browser, _) = ann.half_signed_in(&server).await;
        for (number, secs) in [(2, 30), (3, 60), (4, 120)] {
            server.advance(Duration::from_secs(secs).checked_sub(Duration::from_millis(1)).unwrap());
            for _ in 0..5 {
                assert_eq!(post(&mut browser, SEND_AGAIN, &BY_TEXT).await.status, 303, "too soon: the page says when");
            }
            assert_eq!(ann.sent(&server).await - before, number - 1);
            server.advance(Duration::from_millis(1));
            let crowd = (0..8).map(|_| browser.copy_of()).collect();
            post_at_once(crowd, SEND_AGAIN, &BY_TEXT).await;
            assert_eq!(ann.sent(&server).await - before, number);
        }
        for _ in 0..5 {
            assert_eq!(ann.send_again(&server, &mut browser).await.status, 429);
        }
        browser.goto("/sign-in/code").await.must_see("We cannot send more codes for this sign-in.");
        assert_eq!(ann.sent(&server).await - before, 4);
        let newest = server.text_code(ANNS).await;
        assert!(!gives_a_session(&post_code(&mut browser, &newest).await), "it is ten minutes old");
    }

    /// A31: strangers who type a number to set it up, as often as they may, keep its owner out of nothing.
    async fn atk_31_strangers_who_type_a_number_do_not_keep_its_owner_out(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        for place in 0..3 {
            let mal = server.person(&format!("Mal {place}"), Preset::Default).await;
            let mut browser = sign_in(&server, &mal).await;
            begin_phone(&mut browser, &mal, ANNS).await;
            for _ in 0..4 {
                server.advance(Duration::from_mins(2));
                post(&mut browser, "/profile/security/phone/send", &[]).await;
            }
        }
        let (mut half, code) = ann.half_signed_in(&server).await;
        half.must_see("We sent a 6-digit code to");
        assert!(gives_a_session(&post_code(&mut half, &code).await));
    }

    /// A40: nobody is texted before the right password, and nobody whose name is locked.
    async fn atk_40_without_the_password_nobody_is_texted(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let before = ann.sent(&server).await;
        let mut stranger = server.browser();
        stranger.goto("/sign-in").await;
        assert_eq!(post(&mut stranger, SEND_AGAIN, &BY_TEXT).await.location(), Some("/sign-in"));
        for _ in 0..6 {
            post_password(&mut stranger, &ann.person.email, "not the password of Ann").await;
        }
        post_password(&mut stranger, &ann.person.email, &ann.person.password).await;
        assert_eq!(ann.sent(&server).await, before);

        server.advance(Duration::from_mins(5));
        let (half, _) = ann.half_signed_in(&server).await;
        for _ in 0..5 {
            post_password(&mut stranger, &ann.person.email, "not the password of Ann").await;
        }
        let with_one = ann.sent(&server).await;
        assert_eq!(ann.send_again(&server, &mut half.copy_of()).await.status, 409, "the lock ended that sign-in");
        assert_eq!(ann.sent(&server).await, with_one);
    }
}

static TEXTS: Sql = Sql::new("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'");
