//! `/not-me`: what a person was told, and the button that shuts the account.

use askama::Template;
use countersign_core::notice::{NoticeKind, Told};

use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::method_name::name_of;
use crate::view::when::When;
use crate::view::whereabouts::Whereabouts;

#[derive(Template)]
#[template(path = "not_me.html")]
pub(crate) struct NotMe {
    frame: Frame,
    what: &'static str,
    method: Option<&'static str>,
    at: When,
    /// `None` where an operator did it: what is known then is theirs.
    whereabouts: Option<Whereabouts>,
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
            whereabouts: Whereabouts::of(&frame, &told.source, &told.user_agent, place)
                .filter(|_| !told.kind.is_by_operator()),
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
        NoticeKind::RecoveryKeyUsed => "told-recovery-key-used",
        NoticeKind::RecoveryKeyMade => "told-recovery-key-made",
        NoticeKind::BackupCodeUsed | NoticeKind::BackupCodesFew => "told-backup-code-used",
        NoticeKind::BackupCodesMade => "told-backup-codes-made",
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
        NoticeKind::PasswordReset => "told-password-reset",
        NoticeKind::OtherSessionsEnded => "told-other-sessions-ended",
        NoticeKind::OperatorReset => "told-operator-reset",
    }
}
