//! Reports on messages, made up by somebody who is no gateway, or repeated (A47).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_core::{id::MessageId, policy::presets::Preset};
use countersign_store::{Sql, params};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{
    target::post,
    texted::{BY_TEXT, SEND_AGAIN, Texted, begin_phone},
};
use crate::harness::{On, Setup, TestServer, sign_in, type_password};

const ANNS: &str = "+15125550134";
const FORM: &str = "application/x-www-form-urlencoded";
const AUTH_TOKEN: &str = "the auth token of our account";

on_both_databases! {
    /// A47: a report without the token of its own message is refused and changes nothing.
    async fn atk_47_a_report_without_its_messages_token_is_refused(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        ann.half_signed_in(&server).await;
        let [first, second] = messages(&server).await.try_into().unwrap();
        let (own, others) = (TestServer::report_token(&first), TestServer::report_token(&second));
        let flipped = own.chars().rev().collect::<String>();
        for token in [others.as_str(), "x", "A", &own[1..], &own[..own.len() - 1], &flipped, &format!("{own}A")] {
            for status in ["1", "2", "8", "16"] {
                let path = format!("/reports/kannel/{first}/{token}?status={status}");
                for method in ["GET", "POST"] {
                    let reply = server.browser().send(method, &path, &[], Vec::new()).await;
                    assert_eq!(reply.status, 403, "{method} {path}");
                    assert!(reply.headers.get("set-cookie").is_none(), "{path}");
                }
            }
        }
        assert_eq!(reported(&server).await, (0, 0));
        // Of nothing that we sent, though its token is right.
        let nothing = MessageId::from_stored("msg_nothing".to_owned());
        let path = format!("/reports/kannel/{nothing}/{}?status=1", TestServer::report_token(&nothing));
        assert_eq!(server.browser().send("GET", &path, &[], Vec::new()).await.status, 204);
        assert_eq!(reported(&server).await, (0, 0));
    }

    /// A47: the first report stands; repeated and contrary ones change nothing.
    async fn atk_47_repeated_reports_change_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        ann.half_signed_in(&server).await;
        let [arrived, lost] = messages(&server).await.try_into().unwrap();
        for (message, first, after) in [(arrived, "1", (1, 0)), (lost, "2", (1, 1))] {
            let token = TestServer::report_token(&message);
            report(&server, &message, (&token, first)).await;
            assert_eq!(reported(&server).await, after);
            let stands = state(&server, &message).await;
            for again in ["1", "2", "16", "8", "4", first, "99", ""] {
                server.advance(Duration::from_mins(1));
                report(&server, &message, (&token, again)).await;
                assert_eq!(state(&server, &message).await, stands, "after {again:?}");
            }
        }
    }

    /// A47: a report is about a message only: it confirms no code, gives back no budget and closes no breaker.
    async fn atk_47_reports_confirm_no_code_and_reopen_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let mut browser = server.browser();
        for _ in 0..6 {
            type_password(&mut browser, &ann.person.email, &ann.person.password).await;
        }
        let mut setting_up = Vec::new();
        for place in 0..6 {
            let pat = server.person(&format!("Pat {place}"), Preset::Default).await;
            let mut pats = sign_in(&server, &pat).await;
            begin_phone(&mut pats, &pat, &format!("+1415867000{place}")).await;
            setting_up.push((pat, pats));
        }
        assert_eq!(setting_up[5].1.status(), 429, "the block of numbers is closed");
        let texts = messages(&server).await;
        for (place, message) in texts.iter().enumerate() {
            let status = if place % 2 == 0 { "1" } else { "2" };
            report(&server, message, (&TestServer::report_token(message), status)).await;
        }
        assert_eq!(post(&mut browser, SEND_AGAIN, &BY_TEXT).await.status, 429);
        browser.goto("/profile").await.must_be_at("/sign-in/code");
        let (pat, pats) = &mut setting_up[5];
        begin_phone(pats, pat, "+14158670005").await;
        assert_eq!(pats.status(), 429);
        for (pat, _) in &setting_up {
            assert_eq!(server.audit_events(pat, "two_factor.turned_on").await, 0);
        }
        assert_eq!(messages(&server).await.len(), texts.len());
    }
}

/// A47: a status callback of Twilio is signed with our auth token, for exactly this address and these fields.
#[tokio::test]
async fn atk_47_a_callback_that_twilio_did_not_sign_is_refused() {
    let gateway = gateway_that_takes_everything().await;
    let settings = [
        ("sms_home_country", "US"),
        ("sms_gateway", "twilio"),
        ("twilio_url", &gateway),
        ("twilio_account_sid", "AC0123456789abcdef0123456789abcdef"),
        ("twilio_auth_token", AUTH_TOKEN),
        ("twilio_from", "+15125550100"),
    ];
    let settings = settings.map(|(name, value)| (name, value.to_owned())).to_vec();
    let server = Setup { settings, records_texts: false, ..Setup::default() }.start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut browser = sign_in(&server, &ann).await;
    begin_phone(&mut browser, &ann, ANNS).await;
    server.settle().await;
    let message = messages(&server).await.remove(0);
    let path = format!("/reports/twilio/{message}");
    let url = format!("{}{path}", server.public_url());
    let body = "MessageSid=SM1&MessageStatus=delivered";
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "delivered")];
    let evil = format!("https://evil.example{path}");
    let right = signature(AUTH_TOKEN, &url, &fields);
    let forged = [
        ("another key", signature("another auth token", &url, &fields)),
        ("an empty key", signature("", &url, &fields)),
        ("another host", signature(AUTH_TOKEN, &evil, &fields)),
        (
            "another message",
            signature(AUTH_TOKEN, &format!("{}/reports/twilio/msg_x", server.public_url()), &fields),
        ),
        ("other fields", signature(AUTH_TOKEN, &url, &[("MessageSid", "SM1"), ("MessageStatus", "failed")])),
        ("fewer fields", signature(AUTH_TOKEN, &url, &fields[..1])),
        ("a shorter one", right[..right.len() - 4].to_owned()),
        ("none", String::new()),
    ];
    for (what, signature) in forged {
        let headers = [("content-type", FORM), ("x-twilio-signature", signature.as_str())];
        let reply = server.browser().send("POST", &path, &headers, body.into()).await;
        assert_eq!(reply.status, 403, "{what}");
    }
    let unsigned = server.browser().send("POST", &path, &[("content-type", FORM)], body.into()).await;
    assert_eq!(unsigned.status, 403);
    // The right one replayed to another address, or with a word more.
    let headers = [("content-type", FORM), ("x-twilio-signature", right.as_str())];
    for (path, body) in [
        ("/reports/twilio/msg_other".to_owned(), body.to_owned()),
        (format!("{path}?x=1"), body.to_owned()),
        (path.clone(), format!("{body}&ErrorCode=30006")),
        (path.clone(), body.replace("delivered", "failed")),
    ] {
        let reply = server.browser().send("POST", &path, &headers, body.clone().into_bytes()).await;
        assert_eq!(reply.status, 403, "{path} {body}");
    }
    assert_eq!(reported(&server).await, (0, 0));
    for _ in 0..3 {
        assert_eq!(server.browser().send("POST", &path, &headers, body.into()).await.status, 204);
        assert_eq!(reported(&server).await, (1, 0), "heard once, however often it comes");
    }
    let foreign = [("host", "evil.example"), headers[0], headers[1]];
    assert_eq!(server.browser().send("POST", &path, &foreign, body.into()).await.status, 421);
}

/// Twilio's own scheme: HMAC-SHA1 over the address and the sorted fields.
fn signature(key: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The address of something that says of every message that it took it.
async fn gateway_that_takes_everything() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let taken = || async { (axum::http::StatusCode::CREATED, r#"{"sid":"SM1","status":"queued"}"#) };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(taken)).await });
    address
}

/// The texts that were sent so far, oldest first.
async fn messages(server: &TestServer) -> Vec<MessageId> {
    server.settle().await;
    let rows = server.rows(&TEXTS, params![]).await;
    rows.iter().map(|row| MessageId::from_stored(row.text(0).unwrap().to_owned())).collect()
}

/// A report as Kannel brings it.
async fn report(server: &TestServer, message: &MessageId, (token, status): (&str, &str)) {
    let path = format!("/reports/kannel/{message}/{token}?status={status}");
    let reply = server.browser().send("GET", &path, &[], Vec::new()).await;
    assert_eq!(reply.status, 204, "{path}");
}

/// How many messages are said to have arrived, and how many are said not to have.
async fn reported(server: &TestServer) -> (i64, i64) {
    let row = server.rows(&REPORTED, params![]).await.remove(0);
    (row.int(0).unwrap(), row.int(1).unwrap())
}

/// All that a report could change of a message.
async fn state(server: &TestServer, message: &MessageId) -> String {
    let row = server.rows(&STATE, params![message.as_str()]).await.remove(0);
    row.text(0).unwrap().to_owned()
}

static TEXTS: Sql = Sql::new("SELECT id FROM outbox WHERE channel = 'sms' ORDER BY created_at, id");
static REPORTED: Sql = Sql::new("SELECT COUNT(delivered_at), COUNT(undelivered_at) FROM outbox");
static STATE: Sql = Sql::new(
    "SELECT COALESCE(CAST(delivered_at AS TEXT), '-') || ' ' || COALESCE(CAST(undelivered_at AS TEXT), '-') \
         || ' ' || COALESCE(last_error, '-') || ' ' || COALESCE(CAST(sent_at AS TEXT), '-') \
     FROM outbox WHERE id = $1",
);
