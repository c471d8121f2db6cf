//! What is planted in names and browsers, and what becomes of codes and links on their way: neither gets where
//! it could be read or run.

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_core::{
    authenticator::password::Password, organization::Role, policy::presets::Preset, user::EmailAddress,
};
use countersign_service::people::{FirstAccess, PersonToAdd};
use countersign_store::{Dialect, Sql, params};
use scraper::{Html, Selector};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{sessions::hex, target::post, texted::Texted};
use crate::harness::{Browser, Installation, On, Setup, TestServer, type_password, wait_for};

const ANNS: &str = "+15125550134";
const NEW_PASSWORD: &str = "violet kettle hums at dawn";

/// Names that would be more than a name in the head of a mail, in a text message or on a page.
const PLANTED: [&str; 10] = [
    "Trackwell\r\nBcc: eve@evil.example",
    "Trackwell\n\nA new body",
    "Trackwell\rSubject: prize",
    "Track\u{202e}llew",
    "Track\u{2066}well\u{2069}",
    "Track\u{200b}well",
    "Trackwell\0",
    "Trackwell\u{1b}[31m",
    "Trackwell\u{85}Bcc: eve@evil.example",
    "\u{feff}Trackwell",
];

/// Names that are markup somewhere.
const MARKUP: [&str; 7] = [
    "<a href=\"https://evil.example\">Prize</a>",
    "<img src=https://evil.example/x>",
    "</td></table><script>alert(1)</script>",
    "[Prize](https://evil.example)",
    "\"><svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "{{ 7 * 7 }} { $product } &lt;b&gt;",
];

/// A44: such a name is made for nobody, no company, and no address.
#[tokio::test]
async fn atk_44_names_that_are_more_than_a_name_are_refused() {
    let server = TestServer::start(On::Sqlite).await;
    server.person("Ann Ames", Preset::Default).await;
    for planted in PLANTED {
        let added = server.service.add_organization(planted, Preset::Default, None).await;
        assert!(added.is_err(), "{planted:?}");
        let person = PersonToAdd {
            email: EmailAddress::parse("eve@example.com").unwrap(),
            name: planted.to_owned(),
            organization: "Company default".to_owned(),
            role: Role::Member,
            access: FirstAccess::Password {
                password: Password::new("copper lantern drifts north".to_owned()),
                is_address_vouched_for: true,
            },
        };
        assert!(server.service.add_user(person).await.is_err(), "{planted:?}");
        let spelled = format!("{planted}@example.com");
        // White space around an address is dropped, as everywhere.
        if spelled.trim() == spelled {
            assert!(EmailAddress::parse(&spelled).is_err(), "{spelled:?}");
        }
    }
}

/// A44: one that was there before, or stands in the configuration, still adds no line and turns none around.
#[tokio::test]
async fn atk_44_a_planted_name_adds_no_line_to_a_message() {
    for planted in PLANTED {
        let server = Setup { product_name: planted, support_contact: Some(planted), ..Setup::default() };
        let server = server.start(On::Sqlite).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        server.change(&RENAME, params![planted]).await;
        server.service.invite(EmailAddress::parse(&ann.person.email).unwrap()).await.unwrap();
        let mut messages = server.mails_to(&ann.person.email).await;
        messages.extend(server.texts_to(ANNS).await);
        assert!(messages.len() >= 3, "a text, a notice and an invitation");
        for message in messages {
            let rendered = message.rendered;
            assert!(!rendered.to.contains(is_no_plain_letter), "{:?}", rendered.to);
            assert!(!rendered.subject.unwrap_or_default().contains(is_no_plain_letter), "{planted:?}");
            for line in rendered.text.lines() {
                assert!(!line.contains(is_no_plain_letter), "{line:?}");
                let is_planted = ["Bcc", "Subject", "A new body"].iter().any(|head| line.starts_with(head));
                assert!(!is_planted, "{line:?}");
            }
        }
    }
}

/// A45: markup in names stays text: no element, no address and no link of somebody else's comes of it.
#[tokio::test]
async fn atk_45_markup_in_names_stays_text() {
    for planted in MARKUP {
        let server = Setup { product_name: planted, support_contact: Some(planted), ..Setup::default() };
        let server = server.start(On::Sqlite).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        server.change(&RENAME, params![planted]).await;
        server.service.invite(EmailAddress::parse(&ann.person.email).unwrap()).await.unwrap();
        for mail in server.mails_to(&ann.person.email).await {
            must_hold_our_elements_only(&server, &mail.rendered.html.unwrap());
        }
        let code = server.text_code(ANNS).await;
        assert_eq!(code.len(), 6, "{planted}: the code is where phones look for it");
    }
}

/// A44, A45: a browser calls itself what it likes; the mail names browsers that it knows, and nothing else.
#[tokio::test]
async fn atk_45_what_a_browser_calls_itself_is_in_no_message() {
    let agents: [&[u8]; 5] = [
        b"Mallory <a href=https://evil.example>Firefox/1</a>",
        b"[Firefox/1](https://evil.example)",
        "\u{202e}Mallory Firefox/1".as_bytes(),
        b"Mallory\tBcc: eve@evil.example",
        b"\xff\xfe Mallory \x80",
    ];
    for agent in agents {
        let server = TestServer::start(On::Sqlite).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut stranger = server.browser();
        stranger.goto("/sign-in").await;
        for _ in 0..5 {
            wrong_password_by(&server, &stranger, (&ann.email, agent)).await;
        }
        let mails = server.mails_to(&ann.email).await;
        assert_eq!(mails.len(), 1, "the name was locked");
        let html = mails[0].rendered.html.clone().unwrap();
        must_hold_our_elements_only(&server, &html);
        for part in [&mails[0].rendered.text, &html] {
            for planted in ["Mallory", "evil.example", "Bcc", "\u{202e}", "\u{fffd}"] {
                assert!(!part.contains(planted), "{planted}: {part}");
            }
        }
    }
}

on_both_databases! {
    /// A46: no code and no link stands in a subject, in the database or in the record, before or after it is sent.
    async fn atk_46_codes_and_links_are_nowhere_but_in_their_message(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let mut secrets = vec![server.text_code(ANNS).await];
        let (half, code) = ann.half_signed_in(&server).await;
        secrets.push(code);
        let mut own = ann.browser.copy_of();
        secrets.push(ann.code_for(&server, &mut own, "turn_off").await);
        post(&mut own, "/profile/security/prove-email", &[]).await;
        server.service.invite(EmailAddress::parse(&ann.person.email).unwrap()).await.unwrap();
        for page in ["/set-password", "/verify-email", "/not-me"] {
            let link = server.link_in_mail(&ann.person.email, page).await;
            own.goto(&link).await;
            secrets.push(link.split_once("?token=").unwrap().1.to_owned());
        }
        for browser in [&half, &own] {
            secrets.extend(["cs", "cs-flow", "cs-known"].iter().filter_map(|name| browser.cookie(name)).map(str::to_owned));
        }
        for mail in server.mails_to(&ann.person.email).await {
            let subject = mail.rendered.subject.unwrap();
            assert!(!secrets.iter().any(|secret| subject.contains(secret.as_str())), "{subject}");
        }
        assert_eq!(server.number(&SENT_WITH_BODY, params![]).await, 0);
        let everything = everything_in(&server).await;
        assert!(holds(&everything, ANNS), "the number is looked up, so it can be found");
        for secret in &secrets {
            assert!(!holds(&everything, secret), "{secret} is in the database");
            for encoded in [STANDARD.encode(secret), hex(secret.as_bytes())] {
                assert!(!holds(&everything, &encoded), "{secret} is in the database as {encoded}");
            }
        }
    }

    /// A46: a message that waits is sealed: what it says cannot be read in the database.
    async fn atk_46_a_message_that_waits_is_sealed(on: On) {
        // Without a mail server, emails wait.
        let server = Setup { records_mails: false, ..Setup::default() }.start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        server.service.invite(EmailAddress::parse(&ann.person.email).unwrap()).await.unwrap();
        let waiting = server.rows(&WAITING, params![]).await;
        assert_eq!(waiting.len(), 2, "a notice and an invitation");
        for row in waiting {
            let body = row.bytes(0).unwrap();
            assert!(body.len() > 100);
            for word in ["letter", "notice", "token", "not_me", "cs_i1_", "cs_n1_", "set_password", "127.0.0.1"] {
                assert!(!holds(body, word), "{word}");
            }
        }
    }
}

/// A46: the log of the program names no code, no number, no address and no token, however much it is to tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_46_the_log_holds_no_code_and_no_link() {
    let installation = Installation::empty(On::Sqlite).await;
    let running = installation.start(&["demo", "--listen", "127.0.0.1:0"], &[("RUST_LOG", "trace")]);
    let url = running.ready["url"].as_str().unwrap().to_owned();
    let address = url.replace("http://localhost", "127.0.0.1").parse().unwrap();
    let mut browser = Browser::new(address, url);
    let (email, password) = ("ann@trackwell.example", "copper lantern drifts north");
    type_password(&mut browser, email, password).await;
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", password).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", ANNS).press("Next: confirm access").await;
    let code = newest(&mut browser, ANNS).await[..6].to_owned();
    browser.goto("/profile/security/phone/confirm").await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    let mail = newest(&mut browser, email).await;
    let token = mail.split_once("/not-me?token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    browser.goto(&format!("/not-me?token={token}")).await.press("This was not me").await;
    browser.goto(&format!("/reports/kannel/msg_1/{token}?status=1")).await;
    let session = browser.cookie("cs").unwrap().to_owned();
    let log = running.stop();
    for secret in [&code, &token, &session, ANNS, email, password, NEW_PASSWORD] {
        assert!(!holds(log.as_bytes(), secret), "{secret} is in the log:\n{log}");
    }
}

/// The newest message in the demo's inbox.
async fn newest(browser: &mut Browser, to: &str) -> String {
    let path = format!("/demo/inbox.json?to={}", to.replace('+', "%2B"));
    wait_for(&format!("a message to {to}"), async || {
        let reply = browser.send("GET", &path, &[], Vec::new()).await;
        let messages: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        messages[0]["text"].as_str().map(str::to_owned)
    })
    .await
}

/// A wrong password, sent by a browser of this name, which may be bytes that no client would send.
async fn wrong_password_by(server: &TestServer, browser: &Browser, (email, agent): (&str, &[u8])) {
    let host = server.public_url().trim_start_matches("http://");
    let nonce = browser.cookie("cs-form").unwrap();
    let body = format!("form_token={}&email={email}&password=wrong", browser.form_token());
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nhost: {host}\r\ncookie: cs-form={nonce}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nuser-agent: ",
        body.len(),
    );
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    let request = [head.as_bytes(), agent, b"\r\n\r\n", body.as_bytes()].concat();
    connection.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let status = String::from_utf8_lossy(&answer[..12.min(answer.len())]).into_owned();
    assert!(["HTTP/1.1 422", "HTTP/1.1 429"].contains(&status.as_str()), "{status}");
}

/// Nothing that runs, loads or leads away.
fn must_hold_our_elements_only(server: &TestServer, html: &str) {
    let page = Html::parse_document(html);
    for element in page.select(&Selector::parse("*").unwrap()) {
        let value = element.value();
        let is_harmless =
            ["html", "head", "meta", "title", "body", "div", "p", "table", "tbody", "tr", "td", "a", "hr"];
        assert!(is_harmless.contains(&value.name()), "{}", element.html());
        for (name, attribute) in value.attrs() {
            assert!(!name.starts_with("on") && name != "src", "{name}={attribute}");
            let leads_home = attribute.starts_with(&format!("{}/", server.public_url()));
            assert!(name != "href" || leads_home, "{attribute}");
        }
    }
}

/// What may not stand within a line.
fn is_no_plain_letter(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Every byte that is stored.
async fn everything_in(server: &TestServer) -> Vec<u8> {
    if server.database.dialect() == Dialect::Sqlite {
        let files = server.rows(&DATABASE_LIST, params![]).await;
        let path = files[0].text(2).unwrap();
        return [fs::read(path).unwrap(), fs::read(format!("{path}-wal")).unwrap()].concat();
    }
    let mut everything = String::new();
    for table in [
        &USERS,
        &AUTHENTICATORS,
        &CEREMONIES,
        &SESSIONS,
        &BROWSERS,
        &NOTICES,
        &EVENTS,
        &CODES,
        &LINKS,
        &OUTBOX,
    ] {
        for row in server.rows(table, params![]).await {
            everything.push_str(row.text(0).unwrap());
            everything.push('\n');
        }
    }
    everything.into_bytes()
}

/// Whether the text stands there, and not as a part of a longer number or of the fraction of a second.
fn holds(bytes: &[u8], text: &str) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| bytes.get(place)).copied().unwrap_or(b' ');
    let is_of_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    bytes.windows(text.len()).enumerate().any(|(place, window)| {
        let stands_alone =
            !is_of_number(at(place.checked_sub(1))) && !is_of_number(at(Some(place + text.len())));
        window == text.as_bytes() && (!is_number || stands_alone)
    })
}

static RENAME: Sql = Sql::new("UPDATE organizations SET name = $1");
static SENT_WITH_BODY: Sql =
    Sql::new("SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL AND body IS NOT NULL");
static WAITING: Sql = Sql::new("SELECT body FROM outbox WHERE channel = 'email' AND sent_at IS NULL");
static DATABASE_LIST: Sql = Sql::new("PRAGMA database_list");
static USERS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM users AS t");
static AUTHENTICATORS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM authenticators AS t");
static CEREMONIES: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM ceremonies AS t");
static SESSIONS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM sessions AS t");
static BROWSERS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM known_browsers AS t");
static NOTICES: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM notices AS t");
static EVENTS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM audit_events AS t");
static CODES: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM sent_codes AS t");
static LINKS: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM links AS t");
static OUTBOX: Sql = Sql::new("SELECT CAST(t AS TEXT) FROM outbox AS t");
