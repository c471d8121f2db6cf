//! `countersign serve` and Twilio: our requests against those of its own client and against its description, and
//! what its refusals lead to.

use countersign_store::Sql;
use serde_json::json;

use super::{
    background::until_there_are,
    loopback::{Answer, Recorded, Recorder},
    prism::Prism,
    serving::{Fate, Serving, set_up_phone},
    twilio_client::{ACCEPTED, ACCOUNT, TOKEN, request_for},
};
use crate::harness::On;

const ANN: &str = "ann@example.com";
const NUMBER: &str = "+15125550134";

fn settings(url: &str, sender: &str) -> String {
    format!(
        r#"
product_name = "Zoë & Söhne 電話"
sms_gateway = "twilio"
sms_home_country = "US"
twilio_url = "{url}"
twilio_account_sid = "{ACCOUNT}"
twilio_auth_token = "{TOKEN}"
{sender}
"#
    )
}

/// What decides whether Twilio takes a request: everything but the order of the fields and how clients call themselves.
fn essence(request: &Recorded) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut form = request.form();
    form.sort();
    let Recorded { method, path, query, .. } = request.clone();
    (method, path, query, form, request.basic_authentication())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_requests_are_those_of_twilios_own_client() {
    let service = "MG0123456789abcdef0123456789abcdef";
    for (setting, argument, sender) in [
        ("twilio_from", "from_", "+15125550100"),
        ("twilio_messaging_service", "messaging_service_sid", service),
    ] {
        let twilio = Recorder::answering(ACCEPTED).await;
        let sender_setting = format!("{setting} = \"{sender}\"");
        let serving = Serving::prepare(On::Sqlite, &settings(twilio.url(), &sender_setting)).await;
        serving.add(ANN, "Ann Ames");
        let _server = serving.start();
        set_up_phone(&mut serving.browser(), ANN, NUMBER).await;
        let [ours] = twilio.until_there_are(1).await.try_into().expect("one request");
        let field = |name: &str| ours.form().into_iter().find(|(known, _)| known == name).unwrap().1;
        let (body, report) = (field("Body"), field("StatusCallback"));
        assert!(body.contains(" is your Zoë & Söhne 電話 code to set up this phone, "), "{body}");
        assert!(report.starts_with(&format!("{}/reports/twilio/msg_", serving.url())), "{report}");
        let fields = json!({ argument: sender, "to": NUMBER, "body": body, "status_callback": report });
        assert_eq!(essence(&ours), essence(&request_for(&fields).await));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_requests_fit_twilios_description() {
    let prism = Prism::start().await;
    let sender = "twilio_from = \"+15125550100\"";
    let serving = Serving::prepare(On::Sqlite, &settings(&prism.base_url(), sender)).await;
    serving.add(ANN, "Ann Ames");
    let _server = serving.start();
    let mut browser = serving.browser();
    set_up_phone(&mut browser, ANN, NUMBER).await;
    assert!(serving.fate_of_newest().await.is_sent);
    browser.goto("/profile/security/phone/confirm").await.must_see("We sent a 6-digit code to");
    // Prism answers 201 with what Twilio's description gives as an example, in which there is an id.
    assert_eq!(serving.rows(&NAMED_BY_TWILIO).await.len(), 1);
}

/// What nothing will change is given up; the person is told at once, and what else works. Codes are no dead
/// letters: nobody sends one later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twilios_refusals_are_tried_again_or_given_up_as_they_mean() {
    let twilio = Recorder::answering(ACCEPTED).await;
    let sender = "twilio_from = \"+15125550100\"";
    let serving = Serving::prepare(On::Sqlite, &settings(twilio.url(), sender)).await;
    let _server = serving.start();
    let cases = [
        (400, r#"{"code":21211,"message":"x"}"#, "twilio_21211: not a valid number", true),
        (400, r#"{"code":21610}"#, "twilio_21610: the owner of the number told the sender to stop", true),
        (
            401,
            r#"{"code":20003}"#,
            "twilio_20003: account or password refused: check the Twilio settings",
            true,
        ),
        (429, r#"{"code":20429}"#, "twilio_20429: too many requests at once", false),
        (500, r#"{"code":20500,"message":"Oops"}"#, "twilio_20500: Oops", false),
        (503, "", "twilio_http_503: ", false),
    ];
    for (number, (status, json, error, is_given_up)) in cases.into_iter().enumerate() {
        twilio.answer(Answer { status, json });
        let email = format!("person{number}@example.com");
        serving.add(&email, "Somebody");
        let mut browser = serving.browser();
        // Each in a block of its own: rows of numbers are not texted.
        set_up_phone(&mut browser, &email, &format!("+1512556{number}134")).await;
        let fate = Fate { is_sent: false, is_given_up, error: Some(error.to_owned()) };
        assert_eq!(serving.fate_of_newest().await, fate);
        browser.goto("/profile/security/phone/confirm").await;
        if is_given_up {
            browser.must_see("We could not send a code to");
            browser.must_see("You can go back and choose an authenticator app instead.");
        } else {
            browser.must_see("Your 6-digit code is on its way to");
        }
    }
    let outbox = serving.outbox();
    assert_eq!((&outbox["dead"], &outbox["refused_codes"]["codes"]), (&json!([]), &json!(3)));

    // Whatever may work later does when Twilio is well again.
    let before = twilio.requests().len();
    twilio.answer(ACCEPTED);
    serving.hurry().await;
    twilio.until_there_are(before + 3).await;
    until_there_are(3, async || serving.rows(&NAMED_BY_TWILIO).await).await;
}

static NAMED_BY_TWILIO: Sql = Sql::new("SELECT id FROM outbox WHERE provider_id IS NOT NULL");
