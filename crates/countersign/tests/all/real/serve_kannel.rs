//! `countersign serve` and Kannel: what phones receive, what the gateway reports, and what happens without it.

use countersign_store::Sql;

use super::{
    background::until_there_are,
    kannel::{Kannel, Received},
    serving::{Fate, PASSWORD, Serving, change, set_up_phone},
};
use crate::harness::{Browser, On, type_code, type_password};

const ANN: &str = "ann@example.com";
const NUMBER: &str = "+15125550134";
const SENDER: &str = "Trackwell";

fn settings(kannel: &Kannel, product_name: &str, password: &str) -> String {
    let (url, user) = (kannel.sendsms_url(), Kannel::USER);
    format!(
        r#"
product_name = "{product_name}"
sms_gateway = "kannel"
sms_home_country = "US"
kannel_url = "{url}"
kannel_username = "{user}"
kannel_password = "{password}"
kannel_from = "{SENDER}"
"#
    )
}

/// With Ann, who can sign in.
async fn prepare(kannel: &Kannel, product_name: &str) -> Serving {
    let serving = Serving::prepare(On::Sqlite, &settings(kannel, product_name, Kannel::PASSWORD)).await;
    serving.add(ANN, "Ann Ames");
    serving
}

/// The code at the beginning of a text, which must be exactly this but for the code and the time.
#[track_caller]
fn code_in(received: &Received, sentence: &str, segments: usize) -> String {
    let code: String = received.text.chars().take(6).collect();
    let (_, after) = received.text.split_once("asked for at ").expect("a time");
    let time: String = after.chars().take("14:05".len()).collect();
    let text = format!(
        "{code} is your {sentence}, asked for at {time} UTC (Firefox). It works for 10 minutes. \
         We never ask for it.\n@localhost #{code}"
    );
    assert_eq!(*received, Received { from: SENDER.to_owned(), to: NUMBER.to_owned(), text, segments });
    code
}

async fn turn_on(serving: &Serving, kannel: &Kannel) {
    let mut browser = serving.browser();
    set_up_phone(&mut browser, ANN, NUMBER).await;
    let before = kannel.until_there_are_texts(1).await;
    let code: String = before.last().unwrap().text.chars().take(6).collect();
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
}

/// Ann's browser after her password, where the code of a text is asked for.
async fn awaiting_code(serving: &Serving) -> Browser {
    let mut browser = serving.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    browser.must_be_at("/sign-in/code");
    browser
}

/// CR-12, CR-18: with a name that no plain text has letters for, and with one that it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_in_every_alphabet_reach_the_phone_and_their_delivery_is_written_down() {
    let kannel = Kannel::start().await;
    let serving = prepare(&kannel, "Zoë & Söhne 電話").await;
    let server = serving.start();
    let mut browser = serving.browser();
    set_up_phone(&mut browser, ANN, NUMBER).await;
    assert!(serving.fate_of_newest().await.is_sent);
    browser.goto("/profile/security/phone/confirm").await.must_see("We sent a 6-digit code to");
    let texts = kannel.until_there_are_texts(1).await;
    let code = code_in(&texts[0], "Zoë & Söhne 電話 code to set up this phone", 3);
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    server.stop();

    // In an alphabet that telephones had from the start, it is one message.
    serving.configure(&settings(&kannel, "Trackwell", Kannel::PASSWORD));
    let _server = serving.start();
    let mut browser = awaiting_code(&serving).await;
    let texts = kannel.until_there_are_texts(2).await;
    let code = code_in(&texts[1], "Trackwell sign-in code", 1);
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");
    until_there_are(2, async || serving.rows(&DELIVERED).await).await;
    let told = serving.here.run(&["doctor"]).stdout;
    assert!(told.contains("texts: Kannel knows the name and the password; nothing was sent"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_waits_for_the_phone_network_and_for_the_gateway_as_long_as_its_code_lives() {
    let mut kannel = Kannel::start().await;
    let serving = prepare(&kannel, "Trackwell").await;
    let _server = serving.start();
    turn_on(&serving, &kannel).await;

    kannel.stop_phone_network().await;
    let mut browser = awaiting_code(&serving).await;
    assert!(serving.fate_of_newest().await.is_sent);
    browser.goto("/sign-in/code").await.must_see("We sent a 6-digit code to");
    kannel.start_phone_network().await;
    let code = code_in(&kannel.until_there_are_texts(2).await[1], "Trackwell sign-in code", 1);
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");

    kannel.stop_to_take_texts();
    let mut browser = awaiting_code(&serving).await;
    browser.must_see("Your 6-digit code is on its way to");
    kannel.start_to_take_texts().await;
    serving.hurry().await;
    let code = code_in(&kannel.until_there_are_texts(3).await[2], "Trackwell sign-in code", 1);
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");

    // One that is good no more when the gateway is back never arrives.
    kannel.stop_to_take_texts();
    awaiting_code(&serving).await;
    serving.fate_of_newest().await;
    let database = serving.open().await;
    change(&database, &TEN_MINUTES_LATER).await;
    database.close().await;
    kannel.start_to_take_texts().await;
    until_there_are(1, async || serving.rows(&DROPPED).await).await;
    awaiting_code(&serving).await;
    let texts = kannel.until_there_are_texts(4).await;
    assert_eq!(texts.len(), 4, "the one that was asked for afterwards, and no older one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_for_the_gateway_is_told_to_the_person_and_to_the_operator() {
    let kannel = Kannel::start().await;
    let serving = prepare(&kannel, "Trackwell").await;
    serving.configure(&settings(&kannel, "Trackwell", "another-password"));
    let server = serving.start();
    let mut browser = serving.browser();
    set_up_phone(&mut browser, ANN, NUMBER).await;
    let error = "kannel_403: user name, password or route refused: check the Kannel settings";
    let fate = Fate { is_sent: false, is_given_up: true, error: Some(error.to_owned()) };
    assert_eq!(serving.fate_of_newest().await, fate);
    browser.goto("/profile/security/phone/confirm").await.must_see("We could not send a code to");
    browser.must_see("You can go back and choose an authenticator app instead.");
    let told = serving.here.run(&["doctor"]).stdout;
    assert!(told.contains("fail  texts: Kannel refuses kannel_username or kannel_password"), "{told}");
    let refused = serving.outbox()["refused_codes"].clone();
    assert_eq!((&refused["codes"], &refused["last_error"]), (&1.into(), &error.into()));
    let log = server.stop();
    assert!(log.contains("will not be sent") && log.contains("kannel_403"), "{log}");
    assert!(!log.contains("another-password"), "{log}");
    assert_eq!(kannel.texts(), []);

    serving.configure(&settings(&kannel, "Trackwell", Kannel::PASSWORD));
    let _server = serving.start();
    turn_on(&serving, &kannel).await;
}

static DELIVERED: Sql = Sql::new("SELECT id FROM outbox WHERE delivered_at IS NOT NULL");
static DROPPED: Sql = Sql::new("SELECT id FROM outbox WHERE dropped_at IS NOT NULL");
static TEN_MINUTES_LATER: Sql = Sql::new(
    "UPDATE outbox SET due_at = due_at - 600000, expires_at = expires_at - 600000 WHERE sent_at IS NULL",
);
