//! The code among the proofs of an act: where it comes from, and the button that sends one.

use askama::Template;
use askama::filters::HtmlSafe;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::step_up::Act;
use countersign_core::message::Channel;
use countersign_service::sending::CodeWays;

use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;
use crate::view::sending::{Asking, Instead, Newest, SendAgain};

/// Two parts of a page, since the button has a form of its own: it stands above the one with the password,
/// which a person would have to type again after it.
pub(super) struct CodePart {
    /// One for each way.
    pub(super) sending: Vec<SendCode>,
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
        let channels: Vec<Channel> = code.reaches.iter().map(|reach| reach.to.channel()).collect();
        let hint = match (code.has_app, channels.as_slice()) {
            (true, []) => "code-from-app",
            (true, [Channel::Sms]) => "code-from-app-or-text",
            (true, [Channel::Email]) => "code-from-app-or-mail",
            (true, _) => "code-from-app-or-sent",
            (false, []) => "code-from-nothing",
            (false, [Channel::Sms]) => "code-from-text",
            (false, [Channel::Email]) => "code-from-mail",
            (false, _) => "code-from-sent",
        };
        let instead = Instead::among(code);
        let sending = code.reaches.iter().map(|reach| SendCode {
            newest: Newest::of(frame, reach, &reach.to.masked(), instead),
            again: SendAgain::of(frame, reach, asking),
        });
        Self {
            sending: sending.collect(),
            field: Field::new(frame, "code", Kind::Code).hinted(frame.text(hint)),
        }
    }
}
