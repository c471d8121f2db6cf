//! Writes a message as a mail, with the headers that all of ours have.

use std::time::{Duration, SystemTime};

use countersign_core::timestamp::Timestamp;
use lettre::{
    Message,
    message::{Mailbox, MultiPart, header},
};

use crate::{ErrorClass, Rendered, SendError, SetUpError};

pub(super) struct Writer {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
    pub(super) domain: String,
}

impl Writer {
    pub(super) fn write(&self, message: &Rendered, now: Timestamp) -> Result<Message, SendError> {
        let to = message.to.parse().map_err(|_| {
            SendError::new(ErrorClass::BadAddress, "mail_address", "the address does not read as one")
        })?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_deref().unwrap_or_default())
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_unix_secs()))
            // The same for every attempt: a receiver that has it already may leave the second away.
            .message_id(Some(format!("<{}@{}>", message.id, self.domain)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let text = message.text.clone();
        let mail = match message.html.clone() {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html)),
            None => builder.header(header::ContentType::TEXT_PLAIN).body(text),
        };
        let mut mail = mail.map_err(|_| {
            SendError::new(ErrorClass::Permanent, "mail_unwritable", "the mail cannot be put together")
        })?;
        // RFC 3834 §5: keeps "I am on vacation" from answering.
        let name = header::HeaderName::new_from_ascii_str("Auto-Submitted");
        mail.headers_mut().insert_raw(header::HeaderValue::new(name, "auto-generated".to_owned()));
        Ok(mail)
    }
}

pub(super) fn mailbox(text: &str, what: &str) -> Result<Mailbox, SetUpError> {
    text.parse().map_err(|_| SetUpError(format!("the {what} is no email address: {text}")))
}

#[cfg(test)]
mod tests {
    use countersign_core::{id::MessageId, message::Channel};

    use super::*;

    fn message(to: &str, subject: &str) -> Rendered {
        Rendered {
            id: MessageId::from_stored("msg_1".into()),
            channel: Channel::Email,
            to: to.into(),
            subject: Some(subject.into()),
            text: "Text".into(),
            html: Some("<p>Text</p>".into()),
        }
    }

    fn written(message: &Rendered) -> Result<String, SendError> {
        let writer = Writer {
            from: mailbox("Träckwell <no-reply@trackwell.example>", "sender").unwrap(),
            reply_to: Some(mailbox("help@trackwell.example", "reply-to").unwrap()),
            domain: "signin.trackwell.example".into(),
        };
        let mail = writer.write(message, Timestamp::from_millis(1_795_356_300_000))?;
        Ok(String::from_utf8(mail.formatted()).unwrap())
    }

    fn header_names(mail: &str) -> Vec<&str> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap()).collect()
    }

    #[test]
    fn a_mail_has_our_headers_and_the_same_id_each_time() {
        let mail = written(&message("ann@a.example", "Two-factor authentication was turned on")).unwrap();
        for line in [
            "Message-ID: <msg_1@signin.trackwell.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Sun, 22 Nov 2026 14:05:00 +0000\r\n",
            "Reply-To: help@trackwell.example\r\n",
            "To: ann@a.example\r\n",
            "Subject: Two-factor authentication was turned on\r\n",
        ] {
            assert!(mail.contains(line), "{line} is missing in {mail}");
        }
        assert!(mail.contains("multipart/alternative"));
    }

    /// A44
    #[test]
    fn atk_44_nothing_in_a_subject_or_an_address_becomes_a_header() {
        let usual = header_names(&written(&message("ann@a.example", "x")).unwrap()).join(" ");
        for hostile in ["x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\rBcc: e", "\r\n\r\nbody"]
        {
            let mail = written(&message("ann@a.example", hostile)).unwrap();
            assert_eq!(header_names(&mail).join(" "), usual, "{hostile:?}");
        }
        for hostile in ["ann@a.example\r\nBcc: eve@evil.example", "ann@a.example, eve@evil.example", "", "@"]
        {
            let refused = written(&message(hostile, "x")).unwrap_err();
            assert_eq!(refused.class, ErrorClass::BadAddress, "{hostile:?}");
        }
    }
}
