//! `/not-me`: what a person was told, and the button that shuts the account.

use std::net::IpAddr;

use askama::Template;
use countersign_core::notice::{NoticeKind, Told};

use crate::view::Page;
use crate::view::browser_words::browser_words;
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
    /// Where from and by which browser; neither where an operator did it by a command.
    visitor: Option<[String; 2]>,
    /// Whether a method was bound that the button blocks too.
    blocks_method: bool,
}

impl Page for NotMe {}

impl NotMe {
    /// `place` in words, as in the mail; else the network address.
    pub(crate) fn new(frame: Frame, told: &Told, place: Option<&str>) -> Self {
        Self {
            what: what(told.kind),
            method: told.method.map(name_of),
            at: When::at(&frame, told.at),
            visitor: (!is_by_operator(told)).then(|| {
                let place = place.map_or_else(|| network_address(&frame, told), str::to_owned);
                [place, browser_words(&frame, &told.user_agent)]
            }),
            blocks_method: matches!(
                told.kind,
                NoticeKind::TwoFactorTurnedOn | NoticeKind::MethodAdded | NoticeKind::MethodReplaced
            ),
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
        NoticeKind::OperatorAdded => "told-operator-added",
        NoticeKind::OperatorRemoved => "told-operator-removed",
        NoticeKind::Unlocked => "told-unlocked",
        NoticeKind::SignedOutEverywhere => "told-signed-out",
        NoticeKind::MethodReset => "told-method-reset",
        NoticeKind::TwoFactorReset => "told-two-factor-reset",
    }
}

/// A console has no address: see `Visitor::console`. Of what operators do on their pages, it is theirs.
fn is_by_operator(told: &Told) -> bool {
    told.kind.is_by_operator() || told.source.parse().is_ok_and(|source: IpAddr| source.is_unspecified())
}

fn network_address(frame: &Frame, told: &Told) -> String {
    frame.text_with("not-me-source", &[("address", told.source.as_str().into())])
}
