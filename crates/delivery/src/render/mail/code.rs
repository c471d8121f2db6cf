//! The mail with a code (B3-3, B3-7): what it is for, the code, and who asked for it from where.

use countersign_core::{
    ceremony::{CeremonyPurpose, step_up::Act},
    letter::CodeLetter,
};

use super::{Mail, Renderer, when};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &CodeLetter) -> Mail {
    let texts = &renderer.texts;
    let product = ("product", renderer.product.as_str().into());
    let life = when::minutes(texts, letter.asked_at, letter.expires_at);
    let words = |id| texts.with(id, std::slice::from_ref(&product));
    Mail::new(renderer, words("mail-code-subject"), words(wording(letter.purpose)))
        .code(letter.code.expose().clone())
        .note(texts.with("mail-code-life", &[("life", life.into())]))
        .when(renderer, letter.asked_at)
        .visitor(renderer, &letter.source, &letter.user_agent)
        .note(texts.get(unexpected(letter.purpose)))
}

fn wording(purpose: CeremonyPurpose) -> &'static str {
    match purpose {
        // No code is sent to save a key, or codes.
        CeremonyPurpose::SignIn | CeremonyPurpose::SaveRecoveryKey | CeremonyPurpose::SaveBackupCodes => {
            "mail-code-sign-in"
        }
        CeremonyPurpose::Enroll => "mail-code-enroll",
        CeremonyPurpose::Prove(Act::TurnOnTwoFactor) => "mail-code-turn-on",
        CeremonyPurpose::Prove(Act::TurnOffTwoFactor) => "mail-code-turn-off",
        CeremonyPurpose::Prove(Act::ChangeMethods) => "mail-code-change-methods",
        CeremonyPurpose::Prove(Act::ChangePassword) => "mail-code-change-password",
        CeremonyPurpose::Prove(Act::ResetSecondFactor) => "mail-code-reset",
        CeremonyPurpose::Prove(Act::SwitchTwoFactor) => "mail-code-switch",
        CeremonyPurpose::Prove(Act::CreateRecoveryKey) => "mail-code-recovery-key",
        CeremonyPurpose::Prove(Act::CreateBackupCodes) => "mail-code-backup-codes",
    }
}

/// Whoever has a code sent knows the password, or has a session: to its owner, the mail may be the one sign of it.
fn unexpected(purpose: CeremonyPurpose) -> &'static str {
    match purpose {
        CeremonyPurpose::SignIn | CeremonyPurpose::SaveRecoveryKey | CeremonyPurpose::SaveBackupCodes => {
            "mail-code-unexpected-sign-in"
        }
        CeremonyPurpose::Enroll | CeremonyPurpose::Prove(_) => "mail-code-unexpected-session",
    }
}
