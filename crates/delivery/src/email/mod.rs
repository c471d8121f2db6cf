//! Emails by SMTP, over connections that are kept open between messages.
//!
//! ```text
//!   StartTls      connect ─ EHLO ─ STARTTLS ─ EHLO ─ AUTH ─ MAIL … (587)   never without TLS
//!   ImplicitTls   TLS ─ EHLO ─ AUTH ─ MAIL … (465)
//!   Plain         connect ─ EHLO ─ AUTH ─ MAIL …                           to this machine only
//! ```

mod connections;
mod failure;
mod writing;

use std::{net::IpAddr, time::Duration};

use countersign_core::timestamp::Timestamp;
use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
    extension::ClientId,
};
use tokio::time;

use crate::{ErrorClass, Receipt, Rendered, SendError, SetUpError, http::Login};
use connections::{Connections, Encryption, Server};
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
    /// For a whole message, the connection included; the worker allows half a minute.
    pub time_out: Duration,
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
    time_out: Duration,
}

impl Smtp {
    pub fn new(options: SmtpOptions) -> Result<Self, SetUpError> {
        let SmtpOptions { host, port, security, login, extra_ca, from, reply_to, time_out, domain } = options;
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
        Ok(Self { connections, writer, time_out })
    }

    pub async fn send(&self, message: &Rendered, now: Timestamp) -> Result<Receipt, SendError> {
        let mail = self.writer.write(message, now)?;
        let sending = time::timeout(self.time_out, self.connections.send(&mail, now));
        sending.await.map_err(|_| too_late())?.map_err(|fault| failure(&fault, &message.to))?;
        Ok(Receipt::default())
    }

    /// Connects, encrypts and logs in as a message would, and sends none.
    pub async fn check(&self) -> Result<(), SendError> {
        let checking = time::timeout(self.time_out, self.connections.check());
        checking.await.map_err(|_| too_late())?.map_err(|fault| failure(&fault, ""))
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

fn too_late() -> SendError {
    SendError::new(ErrorClass::Temporary, "smtp_timeout", "no answer in time")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_up(host: &str, security: Security) -> Result<Smtp, SetUpError> {
        Smtp::new(SmtpOptions {
            host: host.into(),
            port: 25,
            security,
            login: None,
            extra_ca: None,
            from: "Trackwell <no-reply@trackwell.example>".into(),
            reply_to: Some("help@trackwell.example".into()),
            time_out: Duration::from_secs(5),
            domain: "signin.trackwell.example".into(),
        })
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
}
