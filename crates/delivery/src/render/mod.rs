//! Puts letters into words: codes for phones into short ones, all others into a text and the same as HTML for
//! mailboxes.
//!
//! ```text
//!   code to a phone ────── text message   sms.rs   one segment where it fits, the code first, `@host #code` last
//!   all others ─────────── email          mail/    Mail (subject, fact, code, details, notes, links) ─┬─▶ text
//!                                                                                                     └─▶ HTML
//! ```
//!
//! All words come from `locales/en.ftl`. What people typed is cleaned before it comes near a message (A44, A45).

mod browser;
mod clean;
mod mail;
mod sms;
mod texts;
mod when;

use std::net::IpAddr;

use countersign_core::{
    id::MessageId, letter::Letter, link::LinkPurpose, message::Channel, secret::Secret, texts::Texts,
};
use url::form_urlencoded::byte_serialize;

pub(crate) use clean::clean;

use crate::{Rendered, place::Places};

pub struct RendererOptions {
    pub product_name: String,
    /// The one address that links lead to, such as `https://signin.trackwell.example` (A42).
    pub public_url: String,
    /// Its host, for the last line of a text message.
    pub host: String,
    pub support_contact: Option<String>,
    pub places: Option<Places>,
}

pub struct Renderer {
    texts: Texts,
    product: String,
    public_url: String,
    host: String,
    support: Option<String>,
    places: Option<Places>,
}

impl Renderer {
    pub fn new(options: RendererOptions) -> Self {
        let RendererOptions { product_name, public_url, host, support_contact, places } = options;
        Self {
            texts: texts::english(),
            product: clean(&product_name),
            public_url: public_url.trim_end_matches('/').to_owned(),
            host,
            support: support_contact.map(|contact| clean(&contact)),
            places,
        }
    }

    pub fn render(&self, id: MessageId, (channel, to): (Channel, String), letter: &Letter) -> Rendered {
        let mail = match letter {
            Letter::Code(code) if channel == Channel::Sms => {
                let text = sms::text(self, code);
                return Rendered { id, channel, to, subject: None, text, html: None };
            }
            Letter::Code(code) => mail::code::mail(self, code),
            Letter::Notice(notice) => mail::notice::mail(self, notice),
            Letter::Link(link) => mail::link::mail(self, link),
            Letter::Member(member) => mail::member::mail(self, member),
            Letter::Alert(alert) => mail::alert::mail(self, alert),
        };
        let (text, html) = (mail.text(), mail.html());
        Rendered { id, channel: Channel::Email, to, subject: Some(mail.subject), text, html }
    }

    /// The only way to a link: always to our own address, the token as its one parameter.
    fn link(&self, purpose: LinkPurpose, token: &Secret<String>) -> String {
        let page = match purpose {
            LinkPurpose::SetPassword => "set-password",
            LinkPurpose::ResetPassword => "reset-password",
            LinkPurpose::VerifyEmail => "verify-email",
            LinkPurpose::NotMe => "not-me",
            LinkPurpose::Unlock => "unlock",
        };
        let token: String = byte_serialize(token.expose().as_bytes()).collect();
        format!("{}/{page}?token={token}", self.public_url)
    }

    fn place(&self, source: &str) -> Option<String> {
        let address: IpAddr = source.parse().ok()?;
        self.places.as_ref()?.words(address.to_canonical())
    }
}

#[cfg(test)]
mod tests;
