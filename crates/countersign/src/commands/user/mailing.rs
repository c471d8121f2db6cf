//! When what a command writes to somebody is mailed: a server sends it, and not the command.

use countersign_core::link::LinkPurpose;
use serde::Serialize;

use crate::commands::{ConfigFile, Failure};

#[derive(Clone, Copy, Serialize)]
pub(super) struct Mailing {
    waits_for_mail_server: bool,
}

impl Mailing {
    pub(super) fn of(file: &ConfigFile) -> Result<Self, Failure> {
        Ok(Self { waits_for_mail_server: file.load()?.mail.is_none() })
    }

    /// Behind "A link to choose a password by goes to …".
    pub(super) fn of_link(self) -> String {
        let hours = LinkPurpose::SetPassword.life().as_secs() / 3600;
        if self.waits_for_mail_server {
            format!(" as soon as a mail server is configured; after {hours} hours it works no longer")
        } else {
            String::new()
        }
    }

    /// Behind what was done about somebody.
    pub(super) fn told(self) -> &'static str {
        if self.waits_for_mail_server {
            "; they are told as soon as a mail server is configured"
        } else {
            ", and told them"
        }
    }
}
