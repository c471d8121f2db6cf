//! `countersign serve` and mail servers: what arrives, in whose name, and what never leaves.

use std::path::Path;

use countersign_store::Sql;
use scraper::{Html, Selector};

use super::{
    background::until_there_are,
    certificate,
    mail::Mail,
    mail_server::{Behavior, Encryption, MailServer},
    postfix::Postfix,
    serving::{Fate, PASSWORD, Serving, change_password},
};
use crate::harness::{On, type_password};

const ANN: &str = "ann@example.com";

struct Settings<'s> {
    port: u16,
    security: &'s str,
    login: Option<(&'s str, &'s str)>,
    authority: &'s Path,
}

impl Settings<'_> {
    fn text(&self) -> String {
        let Self { port, security, login, authority } = self;
        let login = login
            .map(|(user, password)| format!("smtp_username = \"{user}\"\nsmtp_password = \"{password}\"\n"));
        format!(
            r#"
product_name = "Zoë & Söhne 電話"
support_contact = "help@example.com"
smtp_host = "localhost"
smtp_port = {port}
smtp_security = "{security}"
smtp_ca_file = "{}"
mail_from = "Zoë & Söhne <security@example.com>"
mail_reply_to = "help@example.com"
{}"#,
            authority.display(),
            login.unwrap_or_default(),
        )
    }
}

fn for_server<'s>(server: &'s MailServer, security: &'s str, password: &'s str) -> Settings<'s> {
    let login = Some((MailServer::USER, password));
    Settings { port: server.port(), security, login, authority: server.authority() }
}

/// With Ann, whose changes are mailed to her.
async fn prepare(settings: &Settings<'_>) -> Serving {
    let serving = Serving::prepare(On::Sqlite, &settings.text()).await;
    serving.add(ANN, "Ann Ames");
    serving
}

/// One notice: Ann's password is changed, and back at the next time.
async fn notify(serving: &Serving) {
    let other = format!("{PASSWORD} again");
    let is_first = serving.rows(&NOTICES).await.len().is_multiple_of(2);
    let (password, new) = if is_first { (PASSWORD, other.as_str()) } else { (other.as_str(), PASSWORD) };
    change_password(&mut serving.browser(), ANN, password, new).await;
}

#[track_caller]
fn must_be_a_notice(mail: &Mail) {
    assert_eq!(mail.from, "Zoë & Söhne <security@example.com>");
    assert_eq!(mail.to, ANN);
    assert_eq!(mail.subject, "Your password was changed");
    assert_eq!(mail.header("reply-to"), ["help@example.com"]);
    assert_eq!(mail.header("auto-submitted"), ["auto-generated"]);
    let [id] = mail.header("message-id")[..] else { panic!("not one Message-ID") };
    assert!(id.starts_with("<msg_") && id.ends_with("@localhost>"), "{id}");
    let (text, html) = (mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap());
    assert!(text.starts_with("The password of your Zoë & Söhne 電話 account was changed.\n"), "{text}");
    // The line before the footer is for mail programs, which hide what follows.
    let words = text.split_whitespace().filter(|word| *word != "--");
    assert!(words.eq(words_of(html).iter().map(String::as_str)), "the parts differ:\n{text}\n{html}");
}

fn words_of(html: &str) -> Vec<String> {
    let (page, body) = (Html::parse_document(html), Selector::parse("body").unwrap());
    let texts = page.select(&body).flat_map(|body| body.text());
    texts.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

#[track_caller]
fn must_be_tried_again_for(fate: &Fate, error: &str) {
    assert!(!fate.is_sent && !fate.is_given_up, "{fate:?}");
    assert!(fate.error.as_ref().is_some_and(|words| words.contains(error)), "{fate:?}");
}

/// CR-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_arrive_by_both_kinds_of_encryption_with_the_headers_that_they_need() {
    for (encryption, security) in [(Encryption::StartTls, "starttls"), (Encryption::Implicit, "tls")] {
        let server = MailServer::start(encryption).await;
        let serving = prepare(&for_server(&server, security, MailServer::PASSWORD)).await;
        let told = serving.here.run(&["doctor"]).must_succeed().stdout;
        let tried =
            format!("ok    mail: connected to localhost:{}, logged in; nothing was sent", server.port());
        assert!(told.contains(&tried), "{told}");
        let _serving = serving.start();
        notify(&serving).await;
        must_be_a_notice(&server.until_there_are_mails(1).await[0]);
        notify(&serving).await;
        let mails = server.until_there_are_mails(2).await;
        must_be_a_notice(&mails[1]);
        assert_ne!(mails[0].header("message-id"), mails[1].header("message-id"));
    }
}

/// A wrong password, a server that proves to be somebody else, one that does not encrypt: nothing leaves, and
/// nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_mail_server_does_not_deserve_waits_until_it_does() {
    let server = MailServer::start(Encryption::StartTls).await;
    let strange = tempfile::tempdir().unwrap();
    let strange_authority = certificate::make(strange.path());
    let in_the_clear = MailServer::start(Encryption::None).await;
    let right = || for_server(&server, "starttls", MailServer::PASSWORD);
    let serving = prepare(&right()).await;
    for (number, (settings, error)) in [
        (
            for_server(&server, "starttls", "another-password"),
            "smtp_535: the mail server refused our user name",
        ),
        (Settings { authority: &strange_authority, ..right() }, "invalid peer certificate"),
        (Settings { port: in_the_clear.port(), ..right() }, "smtp_unable: "),
        (Settings { port: in_the_clear.port(), security: "tls", ..right() }, "corrupt message"),
    ]
    .into_iter()
    .enumerate()
    {
        serving.configure(&settings.text());
        let told = serving.here.run(&["doctor"]).stdout;
        let tried = format!("fail  mail: tried localhost:{}: ", settings.port);
        assert!(told.contains(&tried) && told.contains(error), "{told}");
        let running = serving.start();
        notify(&serving).await;
        must_be_tried_again_for(&serving.fate_of_newest().await, error);
        assert_eq!(serving.outbox()["waiting"][0]["messages"], number + 1);
        running.stop();
    }
    assert!(server.mails().is_empty() && in_the_clear.mails().is_empty(), "something left");
    serving.configure(&right().text());
    serving.hurry().await;
    let _serving = serving.start();
    for mail in server.until_there_are_mails(4).await {
        must_be_a_notice(&mail);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_says_later_or_hangs_up_gets_the_mail_later() {
    let server = MailServer::start(Encryption::StartTls).await;
    let serving = prepare(&for_server(&server, "starttls", MailServer::PASSWORD)).await;
    let _serving = serving.start();
    for (behavior, error, arrived_already) in [
        (Behavior::RefuseReceiver(450), "smtp_450: refused, as this test wants it", false),
        (Behavior::HangUp, "smtp_connection: no connection, or it broke", false),
        // Nobody knows that it has it: the same mail comes once more, by the same name, rather than not at all.
        (Behavior::LoseTheAnswer, "smtp_connection: no connection, or it broke", true),
    ] {
        let before = server.mails().len();
        server.behave(behavior);
        notify(&serving).await;
        must_be_tried_again_for(&serving.fate_of_newest().await, error);
        // By now it may have been tried once more.
        assert_eq!(server.mails().len() > before, arrived_already, "{behavior:?}");
        server.behave(Behavior::Accept);
        serving.hurry().await;
        let mails = server.until_there_are_mails(before + 1 + usize::from(arrived_already)).await;
        for again in &mails[before..] {
            must_be_a_notice(again);
            assert_eq!(again.header("message-id"), mails[before].header("message-id"));
        }
    }
    assert_eq!(serving.outbox()["dead"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_server_never_takes_is_a_dead_letter_until_the_operator_tries_again() {
    let server = MailServer::start(Encryption::StartTls).await;
    let serving = prepare(&for_server(&server, "starttls", MailServer::PASSWORD)).await;
    let _serving = serving.start();
    server.behave(Behavior::RefuseReceiver(550));
    notify(&serving).await;
    let dead = serving.until_there_are_dead_letters(1).await;
    assert_eq!(dead[0]["error"], "smtp_550: refused, as this test wants it");
    assert_eq!((&dead[0]["kind"], &dead[0]["to"]), (&"notice".into(), &"a••@example.com".into()));
    server.behave(Behavior::Accept);
    let id = dead[0]["id"].as_str().unwrap();
    serving.here.run(&["outbox", "retry", id]).must_succeed();
    let mails = server.until_there_are_mails(1).await;
    must_be_a_notice(&mails[0]);
    assert_eq!(mails[0].header("message-id"), [format!("<{id}@localhost>")]);
    until_there_are(1, async || serving.rows(&SENT).await).await;
    let left = serving.outbox();
    assert_eq!((&left["dead"], &left["waiting"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_and_dovecot_hand_a_notice_to_its_reader() {
    let postfix = Postfix::start(&[ANN]).await;
    let login = Some((Postfix::USER, Postfix::PASSWORD));
    let authority = postfix.authority();
    for (number, (security, port)) in
        [("starttls", postfix.starttls_port()), ("tls", postfix.tls_port())].into_iter().enumerate()
    {
        let serving = prepare(&Settings { port, security, login, authority }).await;
        let _serving = serving.start();
        notify(&serving).await;
        let mails = postfix.until_there_are_mails(ANN, number + 1).await;
        let mail = mails.last().unwrap();
        must_be_a_notice(mail);
        assert_eq!(mail.delivered_to(), [ANN]);
        assert!(mail.header("received")[0].contains("with ESMTPSA"), "encrypted and authenticated");
    }
}

/// B3-3, B3-7: emailed codes go through a real mail server, are read back, and turn it on and sign in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_and_dovecot_hand_a_code_to_its_reader() {
    let postfix = Postfix::start(&[BEA]).await;
    let login = Some((Postfix::USER, Postfix::PASSWORD));
    let (port, authority) = (postfix.starttls_port(), postfix.authority());
    let serving = prepare(&Settings { port, security: "starttls", login, authority }).await;
    serving.here.run(&["org", "add", "Mailbridge", "--preset", "email-key"]).must_succeed();
    serving.add_to("Mailbridge", BEA, "Bea Birch");
    let _serving = serving.start();
    let mut browser = serving.browser();
    type_password(&mut browser, BEA, PASSWORD).await;
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.choose("In an email").press("Next").await.press("Send verification code").await;
    let first = code_in(&postfix.until_there_are_mails(BEA, 1).await[0]);
    browser.goto("/profile/security/email/confirm").await;
    browser.fill("Authentication code", &first).press("Next: complete setup").await.press("Continue").await;
    browser.must_see("Two-factor authentication is on");
    // That it is on is mailed as well.
    postfix.until_there_are_mails(BEA, 2).await;
    let mut browser = serving.browser();
    type_password(&mut browser, BEA, PASSWORD).await;
    browser.must_be_at("/sign-in/code");
    let mails = postfix.until_there_are_mails(BEA, 3).await;
    let codes: Vec<&Mail> = mails.iter().filter(|mail| mail.subject == SUBJECT_OF_CODES).collect();
    let newest = codes.iter().map(|mail| code_in(mail)).find(|code| *code != first).unwrap();
    browser.fill("Authentication code", &newest).press("Verify").await;
    browser.must_be_at("/profile");
}

/// Stands in a line of its own, and never in the subject (A46).
fn code_in(mail: &Mail) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = mail.text.as_deref().unwrap().lines().find(is_code).expect("a code").to_owned();
    assert!(!mail.subject.contains(&code) && mail.html.as_deref().unwrap().contains(&code));
    code
}

const BEA: &str = "bea@example.com";
const SUBJECT_OF_CODES: &str = "Your Zoë & Söhne 電話 code";

static NOTICES: Sql = Sql::new("SELECT id FROM notices");
static SENT: Sql = Sql::new("SELECT id FROM outbox WHERE sent_at IS NOT NULL");
