//! Twilio's own client, whose requests are the pattern for ours.
//!
//! ```text
//!   official client (Python) ──HTTP──▶ Recorder ──▶ test
//! ```

use serde_json::Value;

use super::{
    loopback::{Answer, Recorded, Recorder},
    output_of,
    packages::python,
};

/// Whose account it is.
pub(super) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(super) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The beginning of Twilio's answer to a message: enough for clients that want its id.
pub(super) const ACCEPTED: Answer =
    Answer { status: 201, json: r#"{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued"}"# };

/// What the client sends when it is asked for a message with these arguments of its `messages.create`, such as
/// `{"from_": "+15005550001", "to": "+15005550006", "body": "Hello"}`.
pub(super) async fn request_for(fields: &Value) -> Recorded {
    let twilio = Recorder::answering(ACCEPTED).await;
    let mut script = python("send_by_twilio.py");
    script.args([twilio.url(), ACCOUNT, TOKEN, &fields.to_string()]);
    // In a thread of its own: the recorder answers meanwhile.
    let id = tokio::task::spawn_blocking(move || output_of(&mut script)).await.unwrap();
    assert!(ACCEPTED.json.contains(&id), "{id}");
    let [request] = twilio.requests().try_into().expect("one request");
    request
}

#[tokio::test]
async fn twilios_own_client_is_recorded_to_the_last_field() {
    let fields = serde_json::json!({
        "from_": "+15005550001",
        "to": "+15005550006",
        "body": "12 34 & more",
        "status_callback": "https://example.com/report?token=unguessable",
    });
    let request = request_for(&fields).await;
    assert_eq!((request.method.as_str(), request.query.as_slice()), ("POST", [].as_slice()));
    assert_eq!(request.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(request.basic_authentication(), Some((ACCOUNT.to_owned(), TOKEN.to_owned())));
    let mut form = request.form();
    form.sort();
    let expected = [
        ("Body", "12 34 & more"),
        ("From", "+15005550001"),
        ("StatusCallback", "https://example.com/report?token=unguessable"),
        ("To", "+15005550006"),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
