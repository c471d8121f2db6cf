//! Where a visitor comes from, behind a proxy that the operator trusts (`trusted_proxies`) and behind none.

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::target::failures;
use crate::harness::{Browser, On, Person, Setup};

const VISITOR: &str = "203.0.113.7";
const WRONG: &str = "this is not the password";

on_both_databases! {
    /// A27: what the proxy adds is believed, what the visitor sent before it is not, and every entry counts.
    async fn atk_27_behind_a_trusted_proxy_the_last_stranger_is_the_visitor(on: On) {
        let server = behind_a_proxy("127.0.0.1, 10.0.0.0/8").start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut guesser = server.browser();
        for (line, status) in [
            (VISITOR, 422),
            ("198.51.100.1, 203.0.113.7", 422),
            ("a, 203.0.113.7, 10.1.2.3", 422),
            ("127.0.0.1, 203.0.113.7", 422),
            ("0.0.0.0, ::1, 203.0.113.7", 429),
        ] {
            assert_eq!(guess(&mut guesser, &ann, line).await, status, "{line}");
        }
        assert_eq!(failures(&server, &ann).await, 5);
        assert_eq!(server.number(&FROM, params![VISITOR]).await, server.number(&FROM_ANYWHERE, params![]).await);
        guesser.goto(&server.link_in_mail(&ann.email, "/not-me").await).await.must_see("Austin, US");
    }

    /// A27: what cannot be read is neither skipped nor somebody else: it is the proxy.
    async fn atk_27_an_unreadable_address_is_counted_with_the_proxy(on: On) {
        let server = behind_a_proxy("127.0.0.1").start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut guesser = server.browser();
        for (line, status) in
            [("a", 422), ("", 422), ("203.0.113.7, a", 422), ("0.0.0.0", 422), ("203.0.113.7:", 429)]
        {
            assert_eq!(guess(&mut guesser, &ann, line).await, status, "{line}");
        }
        assert_eq!(failures(&server, &ann).await, 5);
        let from_the_proxy = server.number(&FROM, params!["127.0.0.1"]).await;
        assert_eq!(from_the_proxy, server.number(&FROM_ANYWHERE, params![]).await);
        guesser.goto(&server.link_in_mail(&ann.email, "/not-me").await).await;
        guesser.must_see("The network address 127.0.0.1");
    }

    /// A27: from anywhere else than the proxy the same line is what a visitor made up.
    async fn atk_27_who_is_no_trusted_proxy_is_believed_nothing(on: On) {
        let server = behind_a_proxy("127.0.0.2, 10.0.0.0/8").start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        assert_eq!(guess(&mut server.browser(), &ann, VISITOR).await, 422);
        assert_eq!(server.number(&FROM, params![VISITOR]).await, 0);
        let mut proxy = server.browser_from("127.0.0.2".parse().unwrap());
        assert_eq!(guess(&mut proxy, &ann, VISITOR).await, 422);
        assert_eq!(server.number(&FROM, params![VISITOR]).await, 1);
    }
}

fn behind_a_proxy(trusted: &str) -> Setup {
    let places = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/places.mmdb");
    let mut setup = Setup::default();
    setup.settings.extend([("trusted_proxies", trusted.to_owned()), ("location_file", places.to_owned())]);
    setup
}

/// Types a wrong password, in a request that went by `X-Forwarded-For: line`.
async fn guess(browser: &mut Browser, person: &Person, line: &str) -> u16 {
    let token = browser.goto("/sign-in").await.form_token();
    let fields = [("form_token", token.as_str()), ("email", &person.email), ("password", WRONG)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
        ("x-forwarded-for", line),
    ];
    browser.send("POST", "/sign-in", &headers, body.into_bytes()).await.status
}

static FROM: Sql =
    Sql::new("SELECT COUNT(*) FROM audit_events WHERE source = $1 AND kind = 'sign_in.refused'");
static FROM_ANYWHERE: Sql = Sql::new("SELECT COUNT(*) FROM audit_events WHERE kind = 'sign_in.refused'");
