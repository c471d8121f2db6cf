//! How emails leave.

use std::{num::NonZeroU16, path::PathBuf};

use countersign_core::{secret::Secret, user::EmailAddress};
use countersign_delivery::{email::Security, http::Login};

use super::{ConfigError, Values, missing};

pub enum Mail {
    Server(MailServer),
    /// Kept in memory for looking at: the demo's way, to which no setting leads.
    Recorded,
}

/// The server that takes our emails, and who they are from.
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    pub ca_file: Option<PathBuf>,
    pub from: String,
    pub reply_to: Option<String>,
}

/// What would have no effect without a server.
const NEEDS_SERVER: [&str; 3] = ["mail_from", "mail_reply_to", "smtp_username"];

impl Mail {
    /// `None` where no server is named: then emails wait.
    pub(super) fn from_values(values: &Values) -> Result<Option<Self>, ConfigError> {
        let server = MailServer::from_values(values)?;
        Ok(server.map(Self::Server))
    }
}

impl MailServer {
    fn from_values(values: &Values) -> Result<Option<Self>, ConfigError> {
        let security = security(values)?;
        let port = values.optional_as("smtp_port", str::parse::<NonZeroU16>)?;
        let (login, ca_file) = (login(values)?, values.optional_path("smtp_ca_file"));
        let from = values.optional_as("mail_from", sender)?;
        let reply_to = values.optional_as("mail_reply_to", sender)?;
        let Some(host) = values.optional("smtp_host") else {
            let is_wanted = NEEDS_SERVER.into_iter().any(|name| values.optional(name).is_some());
            let because = "there are settings for emails, and without a mail server none is sent";
            return if is_wanted { Err(missing("smtp_host", because)) } else { Ok(None) };
        };
        let from =
            from.ok_or_else(|| missing("mail_from", "smtp_host is set, and an email is from somebody"))?;
        let port = port.map_or_else(|| usual_port(security), NonZeroU16::get);
        Ok(Some(Self { host, port, security, login, ca_file, from, reply_to }))
    }
}

fn security(values: &Values) -> Result<Security, ConfigError> {
    match values.text("smtp_security")?.as_str() {
        "starttls" => Ok(Security::StartTls),
        "tls" => Ok(Security::ImplicitTls),
        "none" => Ok(Security::Plain),
        _ => Err(values.refused("smtp_security")),
    }
}

/// RFC 8314 §3.3; RFC 5321 §4.5.4.2.
fn usual_port(security: Security) -> u16 {
    match security {
        Security::StartTls => 587,
        Security::ImplicitTls => 465,
        Security::Plain => 25,
    }
}

fn login(values: &Values) -> Result<Option<Login>, ConfigError> {
    match (values.optional("smtp_username"), values.optional("smtp_password")) {
        (Some(user), Some(password)) => Ok(Some(Login { user, password: Secret::new(password) })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("smtp_password", "smtp_username is set, and they belong together")),
        (None, Some(_)) => Err(missing("smtp_username", "smtp_password is set, and they belong together")),
    }
}

/// `ann@example.com` or `Ann Ames <ann@example.com>`, on one line.
fn sender(text: &str) -> Result<String, NoSender> {
    let address = match text.trim().strip_suffix('>') {
        Some(named) => named.rsplit_once('<').ok_or(NoSender)?.1,
        None => text,
    };
    let is_fit = EmailAddress::parse(address).is_ok() && !text.contains(char::is_control);
    if is_fit { Ok(text.trim().to_owned()) } else { Err(NoSender) }
}

struct NoSender;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<MailServer>, String> {
        MailServer::from_values(&Values::of(settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_server_there_is_no_mail_and_nothing_is_missing() {
        assert!(read(&[]).unwrap().is_none());
    }

    #[test]
    fn the_port_follows_the_encryption_unless_it_is_named() {
        let host = [("smtp_host", "mail.example.com"), ("mail_from", "a@example.com")];
        for (security, port) in [("starttls", 587), ("tls", 465), ("none", 25)] {
            let server = read(&[&host[..], &[("smtp_security", security)]].concat()).unwrap().unwrap();
            assert_eq!(server.port, port, "{security}");
        }
        let server = read(&[&host[..], &[("smtp_port", "2525")]].concat()).unwrap().unwrap();
        assert_eq!(server.port, 2525);
    }

    #[test]
    fn what_belongs_together_is_refused_apart_with_the_name_of_what_is_missing() {
        for (settings, refusal) in [
            (&[("smtp_host", "mail.example.com")][..], "mail_from is missing: smtp_host is set"),
            (&[("mail_from", "a@example.com")], "smtp_host is missing: there are settings for emails"),
            (&[("smtp_username", "cs")], "smtp_password is missing: smtp_username is set"),
            (&[("smtp_password", "canary")], "smtp_username is missing: smtp_password is set"),
        ] {
            let told = read(settings).err().unwrap();
            assert!(told.starts_with(refusal) && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_name() {
        for (name, value) in [
            ("smtp_port", "70000"),
            ("smtp_port", "0"),
            ("smtp_security", "ssl"),
            ("mail_from", "Example"),
            ("mail_from", "Example no-reply@example.com>"),
            ("mail_from", "Example\r\nBcc: x <no-reply@example.com>"),
            ("mail_reply_to", "Example <>"),
        ] {
            let told = read(&[(name, value)]).err().unwrap();
            assert!(told.starts_with(&format!("{name}: found {value:?}; allowed is")), "{told}");
        }
    }
}
