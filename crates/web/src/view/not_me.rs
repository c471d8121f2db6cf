//! `/not-me`: what a person was told, and the button that shuts the account.

use askama::Template;
use countersign_core::browser_name::BrowserName;
use countersign_core::notice::{NoticeKind, Told};

use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::method_name::name_of;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "not_me.html")]
pub(crate) struct NotMe {
    frame: Frame,
    what: &'static str,
    method: Option<&'static str>,
    at: When,
    source: String,
    browser: String,
    /// Whether a method was bound that the button blocks too.
    blocks_method: bool,
    token: String,
}

impl Page for NotMe {}

impl NotMe {
    pub(crate) fn new(frame: Frame, told: &Told, token: &str) -> Self {
        Self {
            what: what(told.kind),
            method: told.method.map(name_of),
            at: When::at(&frame, told.at),
            source: frame.text_with("not-me-source", &[("address", told.source.as_str().into())]),
            browser: browser(&frame, &told.user_agent),
            blocks_method: matches!(
                told.kind,
                NoticeKind::TwoFactorTurnedOn | NoticeKind::MethodAdded | NoticeKind::MethodReplaced
            ),
            token: token.to_owned(),
            frame: frame.titled("not-me-heading"),
        }
    }
}

fn what(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::TwoFactorTurnedOn => "told-turned-on",
        NoticeKind::TwoFactorTurnedOff => "told-turned-off",
        NoticeKind::MethodAdded => "told-method-added",
        NoticeKind::MethodReplaced => "told-method-replaced",
        NoticeKind::PasswordChanged => "told-password-changed",
        NoticeKind::NameLocked => "told-name-locked",
        NoticeKind::CodeReplayed => "told-code-replayed",
        NoticeKind::SomebodyHasThePassword => "told-password-known",
        NoticeKind::AuthenticatorDisabled => "told-disabled",
    }
}

fn browser(frame: &Frame, user_agent: &str) -> String {
    match BrowserName::parse(user_agent) {
        None => frame.text("browser-unknown"),
        Some(BrowserName { name, system: None }) => name.to_owned(),
        Some(BrowserName { name, system: Some(system) }) => {
            frame.text_with("browser-on", &[("browser", name.into()), ("system", system.into())])
        }
    }
}
