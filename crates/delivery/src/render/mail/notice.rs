//! The mail that says what happened to an account (CR-9 … CR-11), with the link by which its owner says that
//! it was not them, and one by which they open a lock.

use countersign_core::{
    authenticator::AuthenticatorKind, letter::NoticeLetter, link::LinkPurpose, notice::NoticeKind,
};

use super::{Mail, Renderer};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &NoticeLetter) -> Mail {
    let texts = &renderer.texts;
    let words = |id| texts.with(id, &[("product", renderer.product.as_str().into())]);
    let Wording { subject, fact, if_me } = wording(letter.kind);
    let mut mail = Mail::new(renderer, words(subject), words(fact));
    if let Some(method) = letter.method {
        mail = mail.detail(texts.get("detail-method"), texts.get(method_words(method)));
    }
    mail = mail.when(renderer, letter.at);
    mail = if letter.is_by_operator {
        mail.note(words("notice-by-operator"))
    } else {
        mail.visitor(renderer, &letter.source, &letter.user_agent).note(texts.get(if_me))
    };
    if let Some(unlock) = &letter.unlock {
        let link = renderer.link(LinkPurpose::Unlock, &unlock.token);
        let why = (texts.get("notice-if-locked-out"), texts.get("notice-unlock"));
        mail = mail.action(renderer, why, link, unlock.expires_at);
    }
    let link = renderer.link(LinkPurpose::NotMe, &letter.not_me);
    let until = letter.at.plus(LinkPurpose::NotMe.life());
    let why = (texts.get("notice-if-not-me"), texts.get("notice-not-me"));
    mail.action(renderer, why, link, until)
}

struct Wording {
    subject: &'static str,
    fact: &'static str,
    if_me: &'static str,
}

/// What somebody did with the account, or what was tried from outside.
fn wording(kind: NoticeKind) -> Wording {
    let done = |subject, fact| Wording { subject, fact, if_me: "notice-if-me" };
    let tried = |subject, fact, if_me| Wording { subject, fact, if_me };
    match kind {
        NoticeKind::TwoFactorTurnedOn => done("notice-turned-on-subject", "notice-turned-on"),
        NoticeKind::TwoFactorTurnedOff => done("notice-turned-off-subject", "notice-turned-off"),
        NoticeKind::MethodAdded => done("notice-method-added-subject", "notice-method-added"),
        NoticeKind::MethodReplaced => done("notice-method-replaced-subject", "notice-method-replaced"),
        NoticeKind::RecoveryKeyUsed => done("notice-recovery-key-used-subject", "notice-recovery-key-used"),
        NoticeKind::RecoveryKeyMade => done("notice-recovery-key-made-subject", "notice-recovery-key-made"),
        NoticeKind::BackupCodeUsed => done("notice-backup-code-used-subject", "notice-backup-code-used"),
        NoticeKind::BackupCodesFew => done("notice-backup-code-used-subject", "notice-backup-codes-few"),
        NoticeKind::BackupCodesMade => done("notice-backup-codes-made-subject", "notice-backup-codes-made"),
        NoticeKind::PasswordChanged => done("notice-password-changed-subject", "notice-password-changed"),
        NoticeKind::PasswordReset => done("notice-password-reset-subject", "notice-password-reset"),
        NoticeKind::OtherSessionsEnded => {
            done("notice-other-sessions-ended-subject", "notice-other-sessions-ended")
        }
        NoticeKind::NameLocked => {
            tried("notice-name-locked-subject", "notice-name-locked", "notice-name-locked-if-me")
        }
        NoticeKind::CodeReplayed => {
            tried("notice-code-replayed-subject", "notice-code-replayed", "notice-code-replayed-if-me")
        }
        NoticeKind::SomebodyHasThePassword => {
            tried("notice-password-known-subject", "notice-password-known", "notice-password-known-if-me")
        }
        NoticeKind::AuthenticatorDisabled => {
            tried("notice-disabled-subject", "notice-disabled", "notice-disabled-if-me")
        }
        NoticeKind::OperatorAdded => done("notice-operator-added-subject", "notice-operator-added"),
        NoticeKind::OperatorRemoved => done("notice-operator-removed-subject", "notice-operator-removed"),
        NoticeKind::Unlocked => done("notice-unlocked-subject", "notice-unlocked"),
        NoticeKind::SignedOutEverywhere => done("notice-signed-out-subject", "notice-signed-out"),
        NoticeKind::MethodReset => done("notice-method-reset-subject", "notice-method-reset"),
        NoticeKind::TwoFactorReset => done("notice-two-factor-reset-subject", "notice-two-factor-reset"),
        NoticeKind::OperatorReset => done("notice-operator-reset-subject", "notice-operator-reset"),
    }
}

pub(super) fn method_words(method: AuthenticatorKind) -> &'static str {
    match method {
        AuthenticatorKind::Password => "method-password",
        AuthenticatorKind::App => "method-app",
        AuthenticatorKind::Phone => "method-phone",
        AuthenticatorKind::Email => "method-email",
        AuthenticatorKind::RecoveryKey => "method-recovery-key",
        AuthenticatorKind::BackupCodes => "method-backup-codes",
    }
}
