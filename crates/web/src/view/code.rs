//! `/sign-in/code`: the second step of a sign-in.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_service::sending::{CodeWays, Sending};

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::Frame;
use crate::view::sending::{Asking, Instead, Newest, SendAgain};

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct Code {
    frame: Frame,
    field: Field,
    /// Why no code arrives.
    problem: Option<String>,
    again: Option<SendAgain>,
    way: Option<Way>,
    has_other_way: bool,
    /// What else is taken in the same field, where something is (CRT-16).
    or_else: Option<&'static str>,
}

/// What the person said the code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    App,
}

impl Way {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text == Self::App.as_str()).then_some(Self::App)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
        }
    }
}

impl Page for Code {}

impl Code {
    /// The field takes a code of the app and one that was sent, whatever the page says.
    pub(crate) fn new(frame: Frame, awaiting: &CodeWays, way: Option<Way>) -> Self {
        let frame = frame.titled("code-heading");
        let has_app = awaiting.has_app;
        // An app is asked for first; whoever wants a code sent instead said so, and one was asked for.
        let reaches = &awaiting.reaches;
        let reach = if has_app && way == Some(Way::App) {
            None
        } else {
            let asked = reaches.iter().find(|reach| reach.sending != Sending::NotAsked);
            asked.or(reaches.first().filter(|_| !has_app))
        };
        let (or_else, only) = match awaiting.or_else {
            Some(AuthenticatorKind::BackupCodes) => (Some("code-or-backup-code"), "code-from-backup-code"),
            Some(_) => (Some("code-or-key"), "code-from-key"),
            None => (None, "code-from-app"),
        };
        let kind = if or_else.is_some() { Kind::CodeOrKey } else { Kind::Code };
        let field = Field::new(&frame, "code", kind).focused_on(&frame);
        let instead = Instead::among(awaiting);
        let newest = reach.map(|reach| Newest::of(&frame, reach, &reach.to.masked(), instead));
        let (field, problem) = match newest {
            Some(Newest { sentence, is_problem: false }) => (field.hinted(sentence), None),
            Some(Newest { sentence, .. }) if has_app => {
                (field.hinted(frame.text("code-from-app")), Some(sentence))
            }
            Some(Newest { sentence, .. }) => (field, Some(sentence)),
            None => (field.hinted(frame.text(if has_app { "code-from-app" } else { only })), None),
        };
        Self {
            again: reach.and_then(|reach| SendAgain::of(&frame, reach, Asking::SignIn)),
            has_other_way: awaiting.is_choice(),
            or_else: or_else.filter(|_| has_app || !reaches.is_empty()),
            frame,
            field,
            problem,
            way,
        }
    }
}
