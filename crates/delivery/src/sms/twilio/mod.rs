//! Twilio's Messages API: one request a message, and reports that are signed.
//!
//! ```text
//!   POST /2010-04-01/Accounts/AC…/Messages.json ──▶ 201 { sid }       taken: reports will follow
//!                                               ──▶ 4xx { code, … }   refused: `errors` says what that means
//!   us ◀── POST {status_callback}  MessageStatus, ErrorCode, X-Twilio-Signature    `signature`, `report`
//! ```

mod errors;
mod signature;

use countersign_core::secret::Secret;
use serde::Deserialize;
use url::Url;

pub use signature::is_signed;

use crate::{
    ErrorClass, Receipt, Rendered, Report, SendError, SetUpError,
    http::{Answer, HttpClient, Login},
};

pub struct TwilioOptions {
    /// [`Self::API`], unless a test or a proxy stands in for it.
    pub base: Url,
    /// `AC…`: whose messages they are.
    pub account: String,
    /// The account itself with its auth token, or an API key with its secret.
    pub user: String,
    pub password: Secret<String>,
    pub sender: Sender,
    /// The message's id is appended: `{reports_url}/{message id}`.
    pub reports_url: Url,
}

/// Who the text is from.
pub enum Sender {
    /// A number or a name that the account may use.
    From(String),
    /// `MG…`: a service that picks one.
    MessagingService(String),
}

pub struct Twilio {
    client: HttpClient,
    messages_url: Url,
    login: Login,
    sender: Sender,
    reports_url: Url,
}

impl TwilioOptions {
    pub const API: &str = "https://api.twilio.com";
}

impl Twilio {
    pub fn new(client: HttpClient, options: TwilioOptions) -> Result<Self, SetUpError> {
        let TwilioOptions { base, account, user, password, sender, reports_url } = options;
        let mut messages_url = base;
        add_path(&mut messages_url, &["2010-04-01", "Accounts", &account, "Messages.json"])?;
        Ok(Self { client, messages_url, login: Login { user, password }, sender, reports_url })
    }

    pub async fn send(&self, message: &Rendered) -> Result<Receipt, SendError> {
        let mut callback = self.reports_url.clone();
        add_path(&mut callback, &[message.id.as_str()])
            .map_err(|fault| SendError::new(ErrorClass::Permanent, "twilio_settings", fault.0))?;
        let form = form(&self.sender, message, callback.as_str());
        let answer = self.client.post_form(&self.messages_url, &form, &self.login).await?;
        judge(&answer, &message.to)
    }
}

/// What a status of a message says; most say nothing new.
pub fn report(status: &str, error_code: Option<&str>) -> Option<Report> {
    match status {
        "sent" => Some(Report::Sent),
        "delivered" | "read" => Some(Report::Delivered),
        "failed" | "undelivered" | "canceled" => {
            let code = error_code.and_then(|code| code.parse().ok()).unwrap_or(0);
            Some(Report::Failed(errors::of_report(code)))
        }
        _ => None,
    }
}

fn form<'f>(sender: &'f Sender, message: &'f Rendered, callback: &'f str) -> [(&'static str, &'f str); 4] {
    let sender = match sender {
        Sender::From(number) => ("From", number.as_str()),
        Sender::MessagingService(service) => ("MessagingServiceSid", service.as_str()),
    };
    [("To", message.to.as_str()), sender, ("Body", message.text.as_str()), ("StatusCallback", callback)]
}

fn judge(answer: &Answer, to: &str) -> Result<Receipt, SendError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        sid: Option<String>,
        code: Option<u32>,
        message: Option<String>,
    }
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        // Taken, even if the rest does not read: sending it again would send it twice.
        return Ok(Receipt { provider_id: body.sid });
    }
    let words = body.message.unwrap_or_default();
    Err(errors::of_refusal(answer.status, body.code, &words, to))
}

fn add_path(url: &mut Url, segments: &[&str]) -> Result<(), SetUpError> {
    let mut path = url.path_segments_mut().map_err(|()| SetUpError("the address has no path".to_owned()))?;
    path.pop_if_empty().extend(segments);
    Ok(())
}

#[cfg(test)]
mod tests {
    use countersign_core::{id::MessageId, message::Channel};

    use super::*;

    fn message() -> Rendered {
        Rendered {
            id: MessageId::from_stored("msg_1".into()),
            channel: Channel::Sms,
            to: "+15550100123".into(),
            subject: None,
            text: "123456 is your code".into(),
            html: None,
        }
    }

    fn answer(status: u16, body: &str) -> Result<Receipt, SendError> {
        judge(&Answer { status, body: body.as_bytes().to_vec() }, "+15550100123")
    }

    #[test]
    fn every_field_that_we_send_is_documented_and_every_required_one_is_sent() {
        let documents = include_str!("../../../../../testdata/twilio_api_v2010_messages.json");
        let documents: serde_json::Value = serde_json::from_str(documents).unwrap();
        let create = &documents["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"];
        let form_schema = &create["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        for sender in [Sender::From("+15550100".into()), Sender::MessagingService("MG1".into())] {
            let message = message();
            let sent = form(&sender, &message, "https://a.example/reports/twilio/msg_1");
            for (name, _) in sent {
                assert!(form_schema["properties"].get(name).is_some(), "{name} is not documented");
            }
            for required in form_schema["required"].as_array().unwrap() {
                assert!(sent.iter().any(|(name, _)| required == name), "{required} is missing");
            }
        }
    }

    #[test]
    fn a_taken_message_has_the_id_by_which_it_is_reported() {
        assert_eq!(answer(201, r#"{"sid":"SM1"}"#).unwrap().provider_id.as_deref(), Some("SM1"));
        assert_eq!(answer(201, "<odd>").unwrap(), Receipt::default());
    }

    #[test]
    fn a_refusal_is_classed_by_its_code_and_names_no_number() {
        let refused = |status, body| answer(status, body).unwrap_err();
        let opted_out = refused(400, r#"{"code":21610,"message":"+15550100123 said STOP"}"#);
        assert_eq!((opted_out.class, opted_out.code.as_str()), (ErrorClass::OptedOut, "twilio_21610"));
        assert!(!opted_out.detail.contains("15550100123"), "{}", opted_out.detail);
        assert_eq!(refused(400, r#"{"code":21211}"#).class, ErrorClass::BadNumber);
        assert_eq!(refused(401, r#"{"code":20003}"#).class, ErrorClass::Permanent);
        assert_eq!(refused(429, r#"{"code":20429}"#).class, ErrorClass::Temporary);
        assert_eq!(refused(503, "").class, ErrorClass::Temporary);
        assert_eq!(refused(504, "").class, ErrorClass::Uncertain);
        assert_eq!(refused(400, r#"{"code":99999}"#).class, ErrorClass::Permanent);
        assert_eq!(refused(302, "").class, ErrorClass::Permanent);
    }

    #[test]
    fn reports_say_sent_delivered_or_failed_and_otherwise_nothing() {
        assert_eq!(report("sent", None), Some(Report::Sent));
        assert_eq!(report("delivered", None), Some(Report::Delivered));
        for quiet in ["queued", "accepted", "sending", "scheduled", "receiving", "", "no such status"] {
            assert_eq!(report(quiet, None), None, "{quiet}");
        }
        let Some(Report::Failed(error)) = report("undelivered", Some("30006")) else { panic!() };
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::BadNumber, "twilio_30006"));
        let Some(Report::Failed(error)) = report("failed", None) else { panic!() };
        assert_eq!(error.class, ErrorClass::Permanent);
    }

    #[test]
    fn the_addresses_are_built_from_their_parts() {
        let mut url = Url::parse(TwilioOptions::API).unwrap();
        add_path(&mut url, &["2010-04-01", "Accounts", "AC/..", "Messages.json"]).unwrap();
        assert_eq!(url.as_str(), "https://api.twilio.com/2010-04-01/Accounts/AC%2F../Messages.json");
    }
}
