//! An email as its parts, which the text and the HTML show in the same order and in the same words.
//!
//! ```text
//!   subject   what happened; never a code or a link, since subjects are shown on locked screens (A46)
//!   fact      the same as a sentence
//!   code      where the mail is there to bring one
//!   details   When: …  Where: …  Browser: …
//!   notes     what to do
//!   actions   each why, and one link, its address readable; mostly one
//!   footer    whom to ask; who sends this
//! ```

pub(super) mod alert;
pub(super) mod code;
pub(super) mod link;
pub(super) mod member;
pub(super) mod notice;

use askama::Template;
use countersign_core::timestamp::Timestamp;

use super::{Renderer, browser, clean, when};

#[derive(Template)]
#[template(path = "mail.html")]
pub(super) struct Mail {
    pub(super) subject: String,
    fact: String,
    code: Option<String>,
    details: Vec<Detail>,
    notes: Vec<String>,
    actions: Vec<Action>,
    footer: Vec<String>,
}

struct Detail {
    label: String,
    value: String,
}

struct Action {
    why: String,
    label: String,
    url: String,
    /// Until when the link works.
    life: String,
}

impl Mail {
    fn new(renderer: &Renderer, subject: String, fact: String) -> Self {
        let product = ("product", renderer.product.as_str().into());
        let support = renderer.support.as_deref();
        let support =
            support.map(|contact| renderer.texts.with("mail-support", &[("contact", contact.into())]));
        let footer = support.into_iter().chain([renderer.texts.with("mail-footer", &[product])]).collect();
        let (details, notes, actions) = (Vec::new(), Vec::new(), Vec::new());
        Self { subject, fact, code: None, details, notes, actions, footer }
    }

    fn code(mut self, code: String) -> Self {
        self.code = Some(code);
        self
    }

    fn detail(mut self, label: String, value: String) -> Self {
        self.details.push(Detail { label, value });
        self
    }

    fn details(mut self, all: impl IntoIterator<Item = (String, String)>) -> Self {
        self.details.extend(all.into_iter().map(|(label, value)| Detail { label, value }));
        self
    }

    fn when(self, renderer: &Renderer, at: Timestamp) -> Self {
        self.detail(renderer.texts.get("detail-when"), when::moment(&renderer.texts, at))
    }

    fn visitor(self, renderer: &Renderer, source: &str, user_agent: &str) -> Self {
        let texts = &renderer.texts;
        let place = renderer.place(source);
        let place =
            place.unwrap_or_else(|| texts.with("where-address", &[("address", clean(source).into())]));
        self.detail(texts.get("detail-where"), place)
            .detail(texts.get("detail-browser"), browser::words(texts, user_agent))
    }

    fn note(mut self, text: String) -> Self {
        self.notes.push(text);
        self
    }

    fn action(
        mut self,
        renderer: &Renderer,
        (why, label): (String, String),
        url: String,
        until: Timestamp,
    ) -> Self {
        let until = when::moment(&renderer.texts, until);
        let life = renderer.texts.with("mail-link-life", &[("moment", until.into())]);
        self.actions.push(Action { why, label, url, life });
        self
    }

    pub(super) fn text(&self) -> String {
        let mut paragraphs = vec![self.fact.clone()];
        paragraphs.extend(self.code.clone());
        let details = self.details.iter().map(|Detail { label, value }| format!("{label} {value}"));
        paragraphs.push(details.collect::<Vec<_>>().join("\n"));
        paragraphs.extend(self.notes.iter().cloned());
        for Action { why, label, url, life } in &self.actions {
            paragraphs.extend([why.clone(), format!("{label}\n{url}"), life.clone()]);
        }
        paragraphs.push("-- ".to_owned() + "\n" + &self.footer.join("\n"));
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        paragraphs.join("\n\n") + "\n"
    }

    /// None if the template fails, which it can only for lack of memory; the text says it all.
    pub(super) fn html(&self) -> Option<String> {
        self.render().inspect_err(|cause| tracing::error!(%cause, "a mail could not be rendered")).ok()
    }
}
