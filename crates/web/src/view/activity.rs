//! What was recorded about a person, in words: what, when, where and by which browser.

use askama::Template;
use countersign_core::audit::event::AuditKind;
use countersign_service::activity::{Activity as Record, ActivityPage};

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::when::When;
use crate::view::whereabouts::Whereabouts;

/// `/profile/security/activity`
#[derive(Template)]
#[template(path = "activity.html")]
pub(crate) struct Activity {
    frame: Frame,
    lines: Vec<Line>,
    /// The address of the page with what was before.
    older: Option<String>,
    /// Whether there is something newer than what is shown.
    is_continued: bool,
}

/// One record. Neither ids nor counters nor reasons are shown: they tell a thief more than the person.
pub(crate) struct Line {
    pub(super) what: String,
    pub(super) when: When,
    pub(super) by: By,
}

pub(super) enum By {
    Visitor(Whereabouts),
    Operator,
    /// What we have no words for says nothing of who did it either.
    Unsaid,
}

impl Page for Activity {}

impl Activity {
    pub(crate) fn new(frame: Frame, page: &ActivityPage, lines: Vec<Line>, is_continued: bool) -> Self {
        let frame = frame.titled("activity-heading").below(Place::Security, "activity-heading");
        let older = page.older.as_ref().map(|before| format!("/profile/security/activity?before={before}"));
        Self { frame, lines, older, is_continued }
    }
}

impl Line {
    /// `place_of` puts a network address into words.
    pub(crate) fn of(frame: &Frame, record: &Record, place_of: impl Fn(&str) -> Option<String>) -> Self {
        let what = record.kind.map(|kind| what(kind, &record.reason));
        let place = place_of(&record.source);
        let whereabouts = Whereabouts::of(frame, &record.source, &record.user_agent, place.as_deref());
        let by = match whereabouts {
            _ if what.is_none() => By::Unsaid,
            Some(whereabouts) if !record.is_by_operator => By::Visitor(whereabouts),
            _ => By::Operator,
        };
        Self { what: frame.text(what.unwrap_or("activity-unknown")), when: When::at(frame, record.at), by }
    }
}

fn what(kind: AuditKind, reason: &str) -> &'static str {
    match kind {
        AuditKind::SignInRefused => refused_sign_in(reason),
        AuditKind::SignInPasswordRight => "activity-password-right",
        AuditKind::SignedIn => "activity-signed-in",
        AuditKind::SignedOut => "activity-signed-out",
        AuditKind::SessionEnded => "activity-session-ended",
        AuditKind::OtherSessionsEnded => "activity-others-ended",
        AuditKind::NameLocked => "activity-name-locked",
        AuditKind::NameUnlocked => "activity-name-unlocked",
        AuditKind::CodeReplayed => "activity-code-replayed",
        AuditKind::AuthenticatorDisabled => "activity-method-blocked",
        AuditKind::StepUpRefused => "activity-proof-refused",
        AuditKind::EnrollmentStarted | AuditKind::OperatorSetUpStarted => "activity-set-up-started",
        AuditKind::EnrollmentRefused | AuditKind::OperatorSetUpRefused => "activity-set-up-refused",
        AuditKind::TwoFactorTurnedOn => "activity-turned-on",
        AuditKind::TwoFactorTurnedOff => "activity-turned-off",
        AuditKind::MethodAdded => "activity-method-added",
        AuditKind::MethodReplaced => "activity-method-replaced",
        AuditKind::RecoveryKeyUsed => "activity-recovery-key-used",
        AuditKind::RecoveryKeyMade => "activity-recovery-key-made",
        AuditKind::BackupCodeUsed => "activity-backup-code-used",
        AuditKind::BackupCodesMade => "activity-backup-codes-made",
        AuditKind::CodeSent => "activity-code-sent",
        AuditKind::CodeWithheld => "activity-code-withheld",
        AuditKind::LinkSent => "activity-link-sent",
        AuditKind::LinkWithheld => "activity-link-withheld",
        AuditKind::EmailVerified => "activity-email-confirmed",
        AuditKind::NotMe => "activity-not-me",
        AuditKind::PasswordChanged => "activity-password-changed",
        AuditKind::PasswordChangeDue => "activity-password-change-due",
        AuditKind::UserCreated => "activity-account-made",
        AuditKind::OperatorAdded => "activity-operator-added",
        AuditKind::OperatorRemoved => "activity-operator-removed",
        AuditKind::OperatorReset => "activity-operator-reset",
        AuditKind::OperatorSetUpAnew => "activity-operator-set-up-anew",
        AuditKind::UnlockedByOperator => "activity-unlocked",
        AuditKind::SignedOutEverywhere => "activity-signed-out-everywhere",
        AuditKind::MethodReset => "activity-method-removed",
        AuditKind::TwoFactorReset => "activity-two-factor-removed",
        AuditKind::AppClockReset => "activity-app-clock-reset",
        // Filed under nobody: whose address it was is not looked at.
        AuditKind::PasswordForgotten
        | AuditKind::OrganizationCreated
        | AuditKind::OperatorLinkMade
        | AuditKind::OperatorLinksWithdrawn
        | AuditKind::TwoFactorOpened
        | AuditKind::TwoFactorClosed
        | AuditKind::MessageRetried
        | AuditKind::ClockWentBack
        | AuditKind::AuditRemoved => "activity-of-others",
    }
}

fn refused_sign_in(reason: &str) -> &'static str {
    match reason.split(' ').next() {
        Some("wrong_password") => "activity-wrong-password",
        Some("wrong_code" | "code_already_used") => "activity-wrong-code",
        _ => "activity-sign-in-refused",
    }
}
