//! A mail as its receiver has it, taken apart by a library that Countersign does not use.

use mail_parser::{Address, Message, MessageParser, MessagePart, PartType};

#[derive(Clone, Debug)]
pub(super) struct Mail {
    /// As people see it, such as `Trackwell <security@example.com>`.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) subject: String,
    /// In their order, as they came; those of the servers on the way come first.
    pub(super) headers: Vec<(String, String)>,
    /// The part for whoever reads plain text, with lines that end in `\n`.
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    /// Every byte.
    pub(super) raw: Vec<u8>,
}

impl Mail {
    pub(super) fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).expect("a mail");
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.trim().to_owned());
        Self {
            from: in_words(message.from()),
            to: in_words(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            headers: message.headers_raw().map(own).collect(),
            text: body(&message, &message.text_body, |part| match &part.body {
                PartType::Text(text) => Some(text),
                _ => None,
            }),
            html: body(&message, &message.html_body, |part| match &part.body {
                PartType::Html(html) => Some(html),
                _ => None,
            }),
            raw: raw.to_vec(),
        }
    }

    /// The values of this header, whose name is compared without case.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Whom it was delivered to, which no header that the sender wrote decides.
    pub(super) fn delivered_to(&self) -> Vec<&str> {
        self.header("Delivered-To")
    }
}

fn in_words(address: Option<&Address>) -> String {
    let all = address.into_iter().flat_map(Address::iter);
    let one = |address: &mail_parser::Addr| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default().to_owned(),
    };
    all.map(one).collect::<Vec<_>>().join(", ")
}

/// The first of these parts, where it is of the kind that is picked.
fn body(
    message: &Message,
    places: &[u32],
    pick: for<'part> fn(&'part MessagePart) -> Option<&'part str>,
) -> Option<String> {
    let part = message.parts.get(*places.first()? as usize)?;
    pick(part).map(|text| text.replace("\r\n", "\n"))
}
