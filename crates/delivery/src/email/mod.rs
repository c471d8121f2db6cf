//! Emails by SMTP, over connections that are kept open between messages.
//!
//! ```text
//!   StartTls      connect ─ EHLO ─ STARTTLS ─ EHLO ─ AUTH ─ MAIL … (587)   never without TLS
//!   ImplicitTls   TLS ─ EHLO ─ AUTH ─ MAIL … (465)
//!   Plain         connect ─ EHLO ─ AUTH ─ MAIL …                           to this machine only
//! ```

mod connections;
mod conversation;
mod failure;
#[cfg(test)]
pub(crate) mod mail_server;
mod writing;

use std::net::IpAddr;

use countersign_core::timestamp::Timestamp;
use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
    extension::ClientId,
};

use crate::{Receipt, Rendered, SendError, SetUpError, http::Login};
use connections::Connections;
pub(crate) use conversation::CONVERSATION_MAX;
use conversation::{Encryption, Server};
use failure::failure;
use writing::{Writer, mailbox};

pub struct SmtpOptions {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    /// Certificates in PEM that are believed beside those of the system.
    pub extra_ca: Option<Vec<u8>>,
    /// `Trackwell <no-reply@trackwell.example>`
    pub from: String,
    pub reply_to: Option<String>,
    /// Our own domain: how we greet, and the right half of each Message-ID.
    pub domain: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    StartTls,
    ImplicitTls,
    /// Refused unless the server is on this machine.
    Plain,
}

pub struct Smtp {
    connections: Connections,
    writer: Writer,
}

impl Smtp {
    pub fn new(options: SmtpOptions) -> Result<Self, SetUpError> {
        let SmtpOptions { host, port, security, login, extra_ca, from, reply_to, domain } = options;
        let writer = Writer {
            from: mailbox(&from, "sender")?,
            reply_to: reply_to.map(|reply_to| mailbox(&reply_to, "reply-to")).transpose()?,
            domain: domain.clone(),
        };
        let connections = Connections::new(Server {
            encryption: encryption(&host, security, extra_ca.as_deref())?,
            login: login.map(|Login { user, password }| Credentials::new(user, password.expose().clone())),
            hello: ClientId::Domain(domain),
            host,
            port,
        });
        Ok(Self { connections, writer })
    }

    pub async fn send(&self, message: &Rendered, now: Timestamp) -> Result<Receipt, SendError> {
        let mail = self.writer.write(message, now)?;
        self.connections.send(&mail, now).await.map_err(|cut| failure(&cut, &message.to))?;
        Ok(Receipt::default())
    }

    /// Connects, encrypts and logs in as a message would, and sends none.
    pub async fn check(&self) -> Result<(), SendError> {
        self.connections.check().await.map_err(|cut| failure(&cut, ""))
    }
}

fn encryption(host: &str, security: Security, extra_ca: Option<&[u8]>) -> Result<Encryption, SetUpError> {
    if security == Security::Plain {
        let refusal = || SetUpError(format!("mail without TLS goes to this machine only, not to {host}"));
        return is_this_machine(host).then_some(Encryption::None).ok_or_else(refusal);
    }
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = extra_ca {
        let certificate = Certificate::from_pem(pem)
            .map_err(|_| SetUpError("the extra certificates are not in PEM".to_owned()))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters =
        parameters.build_rustls().map_err(|fault| SetUpError(format!("TLS cannot be set up: {fault}")))?;
    let is_later = security == Security::StartTls;
    Ok(if is_later { Encryption::StartTls(parameters) } else { Encryption::FromTheStart(parameters) })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use countersign_core::{id::MessageId, message::Channel};

    use super::{
        mail_server::{MailServer, NOON},
        *,
    };
    use crate::ErrorClass;

    fn set_up(host: &str, security: Security) -> Result<Smtp, SetUpError> {
        Smtp::new(SmtpOptions {
            host: host.into(),
            port: 25,
            security,
            login: None,
            extra_ca: None,
            from: "Trackwell <no-reply@trackwell.example>".into(),
            reply_to: Some("help@trackwell.example".into()),
            domain: "signin.trackwell.example".into(),
        })
    }

    async fn sent(server: &MailServer, to: &str) -> Result<Receipt, SendError> {
        let message = Rendered {
            id: MessageId::from_stored("msg_1".into()),
            channel: Channel::Email,
            to: to.into(),
            subject: Some("Your password was changed".into()),
            text: "Text".into(),
            html: None,
        };
        server.smtp().send(&message, NOON).await
    }

    #[test]
    fn mail_without_tls_leaves_to_this_machine_only() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(set_up(host, Security::Plain).is_ok(), "{host}");
        }
        for host in ["mail.example", "10.0.0.1", "localhost.evil.example"] {
            assert!(set_up(host, Security::Plain).is_err(), "{host}");
        }
        assert!(set_up("mail.example", Security::StartTls).is_ok());
        assert!(set_up("mail.example", Security::ImplicitTls).is_ok());
    }

    #[tokio::test]
    async fn a_server_that_looks_a_mail_through_for_most_of_a_minute_gets_it_once() {
        let server = MailServer::slow(".", Duration::from_secs(55)).await;
        assert_eq!(sent(&server, "ann@a.example").await, Ok(Receipt::default()));
        let heard = server.heard().concat();
        assert_eq!(heard.iter().filter(|line| *line == "DATA").count(), 1);
    }

    #[tokio::test]
    async fn silence_before_a_mail_is_written_is_no_mail_and_after_it_perhaps_one() {
        for line in ["EHLO", "MAIL", "RCPT", "DATA"] {
            let server = MailServer::slow(line, Duration::from_secs(11)).await;
            let failure = sent(&server, "ann@a.example").await.unwrap_err();
            assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Temporary, "smtp_timeout"));
        }
        let server = MailServer::slow(".", Duration::from_secs(61)).await;
        let failure = sent(&server, "ann@a.example").await.unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Uncertain, "smtp_timeout"));
    }

    #[tokio::test]
    async fn an_address_outside_ascii_is_given_up_where_the_server_takes_none() {
        let server = MailServer::start().await;
        let failure = sent(&server, "jürgen@a.example").await.unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Permanent, "smtp_not_ascii"));
    }

    /// An operator who reads of a connection looks at the wrong end.
    #[tokio::test]
    async fn a_server_that_speaks_no_tls_is_told_as_a_matter_of_encryption() {
        let server = MailServer::start().await;
        let failure = server.smtp_with(Security::ImplicitTls).check().await.unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Temporary, "smtp_tls"));
        let failure = server.smtp_with(Security::StartTls).check().await.unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Temporary, "smtp_unable"));
    }
}
