//! Reports of gateways on messages that they took (A47).
//!
//! A report says who sent it: Twilio signs it, Kannel shows a token that only we and it know of this one
//! message. What does not is refused; what repeats itself changes nothing. Nothing but the state of a message
//! ever follows from one.

use countersign_core::{id::MessageId, secret::Secret};
use countersign_delivery::{
    Report,
    sms::{kannel, twilio},
};
use countersign_store::outbox;

use crate::{Fault, Service};

/// What gateways sign their reports with.
#[derive(Default)]
pub struct ReportKeys {
    pub twilio_auth_token: Option<Secret<String>>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// Written down, or known already.
    Heard,
    /// Of no gateway of ours: nothing was looked at.
    Forged,
}

/// A status callback as Twilio posts it.
pub struct TwilioReport<'r> {
    pub message: MessageId,
    /// The whole address that was called, as Twilio knows it.
    pub url: &'r str,
    pub fields: &'r [(String, String)],
    pub signature: &'r str,
}

impl Service {
    pub async fn twilio_report(&self, report: &TwilioReport<'_>) -> Result<ReportOutcome, Fault> {
        let key = self.0.report_keys.twilio_auth_token.as_ref();
        if !key.is_some_and(|key| twilio::is_signed(report.url, report.fields, report.signature, key)) {
            return Ok(ReportOutcome::Forged);
        }
        let field =
            |name: &str| report.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let status = field("MessageStatus").unwrap_or_default();
        self.heard(&report.message, twilio::report(status, field("ErrorCode"))).await
    }

    pub async fn kannel_report(
        &self,
        message: &MessageId,
        token: &str,
        status: &str,
    ) -> Result<ReportOutcome, Fault> {
        if !kannel::is_report_token(&self.0.keys, message, token) {
            return Ok(ReportOutcome::Forged);
        }
        self.heard(message, kannel::report(status)).await
    }

    async fn heard(&self, message: &MessageId, report: Option<Report>) -> Result<ReportOutcome, Fault> {
        let arrival = match report {
            Some(Report::Delivered) => outbox::Arrival::Delivered,
            Some(Report::Failed(error)) => outbox::Arrival::Undelivered { error: error.to_string() },
            Some(Report::Sent) | None => return Ok(ReportOutcome::Heard),
        };
        outbox::record_arrival(&self.0.database, message, &arrival, self.now()).await?;
        Ok(ReportOutcome::Heard)
    }
}
