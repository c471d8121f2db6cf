//! The code among the proofs of an act: where it comes from, and the button that sends one.

use askama::Template;
use askama::filters::HtmlSafe;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::step_up::Act;
use countersign_service::texting::CodeWays;

use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;
use crate::view::texting::{Asking, Instead, Newest, SendAgain};

/// Two parts of a page, since the button has a form of its own: it stands above the one with the password,
/// which a person would have to type again after it.
pub(super) struct CodePart {
    pub(super) sending: Option<SendCode>,
    pub(super) field: Field,
}

#[derive(Template)]
#[template(path = "send_code.html")]
pub(super) struct SendCode {
    newest: Newest,
    again: Option<SendAgain>,
}

/// The template escapes what it shows.
impl HtmlSafe for SendCode {}

impl CodePart {
    /// `wanted` is the method that the person came to change, where one was named.
    pub(super) fn of(frame: &Frame, act: Act, wanted: Option<AuthenticatorKind>, code: &CodeWays) -> Self {
        Self::asking(frame, Asking::Act(act, wanted), code)
    }

    pub(super) fn asking(frame: &Frame, asking: Asking<'_>, code: &CodeWays) -> Self {
        let hint = match (code.has_app, code.text.is_some()) {
            (true, true) => "code-from-app-or-text",
            (true, false) => "code-from-app",
            (false, true) => "code-from-text",
            (false, false) => "code-from-nothing",
        };
        let instead = if code.has_app { Instead::App } else { Instead::Helper };
        let sending = code.text.as_ref().map(|text| SendCode {
            newest: Newest::of(frame, text, &text.number.masked(), instead),
            again: SendAgain::of(frame, text, asking),
        });
        Self { sending, field: Field::new(frame, "code", Kind::Code).hinted(frame.text(hint)) }
    }
}
