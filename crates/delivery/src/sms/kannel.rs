//! A Kannel gateway: `sendsms` takes a text, `dlr-url` brings what became of it.
//!
//! ```text
//!   GET {sendsms_url}?…&dlr-url=… ──▶ 202 "0: Accepted" or "3: Queued"      taken
//!                                 ──▶ 403 login or route, 400 request, 503 later
//!   us ◀── GET {reports_url}/{message id}/{token}?status=N     one bit of `dlr-mask` at a time
//! ```
//!
//! Kannel refuses the same fields as a posted form, so they stand in the address; nothing here or in
//! [`crate::http`] prints an address. Reports are not signed: the token, which cannot be guessed, is what
//! tells that one comes from whom we asked (A47).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{id::MessageId, keys::KeyRing, secret::Secret};
use url::Url;

use super::segments::{Encoding, Segments};
use crate::{
    ErrorClass, Receipt, Rendered, Report, SendError,
    http::{Answer, HttpClient},
};

pub struct KannelOptions {
    /// Such as `http://127.0.0.1:13013/cgi-bin/sendsms`.
    pub sendsms_url: Url,
    pub username: String,
    pub password: Secret<String>,
    /// The number or name that the text is from.
    pub from: String,
    /// What is appended: `/{message id}/{token}?status=%d`.
    pub reports_url: Url,
}

pub struct Kannel {
    client: HttpClient,
    options: KannelOptions,
    keys: Arc<KeyRing>,
}

impl Kannel {
    pub fn new(client: HttpClient, options: KannelOptions, keys: Arc<KeyRing>) -> Self {
        Self { client, options, keys }
    }

    pub async fn send(&self, message: &Rendered) -> Result<Receipt, SendError> {
        let reports_url = self.options.reports_url.as_str().trim_end_matches('/');
        let token = report_token(&self.keys, &message.id);
        let report = format!("{reports_url}/{}/{token}?status=%d", message.id);
        let coding = match Segments::of(&message.text).encoding {
            Encoding::Gsm7 => "0",
            Encoding::Ucs2 => "2",
        };
        let query = [
            ("username", self.options.username.as_str()),
            ("password", self.options.password.expose()),
            ("from", &self.options.from),
            ("to", &message.to),
            ("text", &message.text),
            ("charset", "UTF-8"),
            ("coding", coding),
            // All five events: delivered, failed, queued, accepted, rejected.
            ("dlr-mask", "31"),
            ("dlr-url", &report),
        ];
        judge(&self.client.get(&self.options.sendsms_url, &query).await?, &message.to)
    }
}

/// The part of the address that shows a report to be one that we asked for.
pub fn report_token(keys: &KeyRing, message: &MessageId) -> String {
    URL_SAFE_NO_PAD.encode(keys.report_token(message))
}

/// Whether a report on a message carries its token; compares in constant time.
pub fn is_report_token(keys: &KeyRing, message: &MessageId, token: &str) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|token| keys.is_report_token(message, &token))
}

/// What a status says: Kannel's bits 1 delivered, 2 failed, 4 queued, 8 accepted by the network, 16 rejected.
pub fn report(status: &str) -> Option<Report> {
    let failed =
        |code: &str, detail: &str| Some(Report::Failed(SendError::new(ErrorClass::Permanent, code, detail)));
    match status {
        "1" => Some(Report::Delivered),
        "2" => failed("kannel_dlr_2", "the phone network could not deliver it"),
        "8" => Some(Report::Sent),
        "16" => failed("kannel_dlr_16", "the phone network refused it"),
        _ => None,
    }
}

fn judge(answer: &Answer, to: &str) -> Result<Receipt, SendError> {
    let words = answer.text();
    let class = match answer.status {
        202 if words.starts_with("0:") || words.starts_with("3:") => return Ok(Receipt::default()),
        400 if is_about_the_number(&words) => ErrorClass::BadNumber,
        202 | 300..=499 => ErrorClass::Permanent,
        // Not Kannel's words; or those of a proxy that waited for Kannel in vain.
        200..=299 | 504 => ErrorClass::Uncertain,
        _ => ErrorClass::Temporary,
    };
    let code = format!("kannel_{}", answer.status);
    if answer.status == 403 {
        let detail = "user name, password or route refused: check the Kannel settings";
        return Err(SendError::new(class, code, detail));
    }
    Err(SendError::quoting(class, code, &words, to))
}

/// `Empty receiver number …`, `Number(s) has/have been denied …`, `Garbage 'to' field …`
fn is_about_the_number(words: &str) -> bool {
    let words = words.to_lowercase();
    ["number", "receiver", "'to'"].iter().any(|about| words.contains(about))
}

#[cfg(test)]
mod tests {
    use countersign_core::keys::RootKey;

    use super::*;

    fn answer(status: u16, body: &str) -> Result<Receipt, SendError> {
        judge(&Answer { status, body: body.as_bytes().to_vec() }, "+15550100123")
    }

    fn keys(number: u8) -> KeyRing {
        let root = RootKey { number: number.into(), bytes: Secret::new([number; 32]) };
        KeyRing::new(vec![root]).unwrap()
    }

    #[test]
    fn accepted_and_queued_are_both_taken() {
        assert!(answer(202, "0: Accepted for delivery").is_ok());
        assert!(answer(202, "3: Queued for later delivery").is_ok());
    }

    /// The words are those of Kannel 1.4.5.
    #[test]
    fn a_refusal_is_classed_by_status_and_words() {
        let class = |status, words| answer(status, words).unwrap_err().class;
        assert_eq!(class(403, "Authorization failed for sendsms"), ErrorClass::Permanent);
        assert_eq!(class(403, "Not routable. Do not try again."), ErrorClass::Permanent);
        assert_eq!(class(400, "Empty receiver number not allowed, rejected"), ErrorClass::BadNumber);
        let denied = "Number(s) has/have been denied by white- and/or black-lists.";
        assert_eq!(class(400, denied), ErrorClass::BadNumber);
        assert_eq!(class(400, "UDH field misformed, rejected"), ErrorClass::Permanent);
        assert_eq!(class(503, "Temporal failure, try again later."), ErrorClass::Temporary);
        assert_eq!(class(500, ""), ErrorClass::Temporary);
        assert_eq!(class(200, "<html>"), ErrorClass::Uncertain);
        assert_eq!(class(504, "Gateway Time-out"), ErrorClass::Uncertain);
    }

    #[test]
    fn reports_are_the_bits_of_the_mask() {
        assert_eq!(report("1"), Some(Report::Delivered));
        assert_eq!(report("8"), Some(Report::Sent));
        assert!(matches!(report("2"), Some(Report::Failed(_))));
        assert!(matches!(report("16"), Some(Report::Failed(_))));
        for quiet in ["4", "0", "", "31", "%d"] {
            assert_eq!(report(quiet), None, "{quiet}");
        }
    }

    /// A47
    #[test]
    fn a_token_is_good_for_its_own_message_and_key() {
        let (one, other) = (MessageId::from_stored("msg_1".into()), MessageId::from_stored("msg_2".into()));
        let token = report_token(&keys(1), &one);
        assert!(is_report_token(&keys(1), &one, &token));
        assert!(!is_report_token(&keys(1), &other, &token));
        assert!(!is_report_token(&keys(2), &one, &token));
        assert!(!is_report_token(&keys(1), &one, ""));
        assert!(!is_report_token(&keys(1), &one, &token[1..]));
    }
}
