//! The mail with a code.

use countersign_core::{
    ceremony::{CeremonyPurpose, step_up::Act},
    letter::CodeLetter,
};

use super::{Mail, Renderer, when};

pub(super) fn mail(renderer: &Renderer, letter: &CodeLetter) -> Mail {
    let texts = &renderer.texts;
    let (subject, fact) = wording(letter.purpose);
    let product = || ("product", renderer.product.as_str().into());
    let fact = texts.with(fact, &[("code", letter.code.expose().as_str().into()), product()]);
    let life = when::span(texts, letter.asked_at, letter.expires_at);
    Mail::new(renderer, texts.with(subject, &[product()]), fact)
        .when(renderer, letter.asked_at)
        .visitor(renderer, &letter.source, &letter.user_agent)
        .note(texts.with("mail-code-life", &[("life", life.into())]))
        .note(texts.get("mail-code-not-me"))
}

fn wording(purpose: CeremonyPurpose) -> (&'static str, &'static str) {
    match purpose {
        CeremonyPurpose::SignIn => ("mail-code-sign-in-subject", "mail-code-sign-in"),
        CeremonyPurpose::Enroll => ("mail-code-enroll-subject", "mail-code-enroll"),
        CeremonyPurpose::Prove(Act::TurnOnTwoFactor) => ("mail-code-change-subject", "mail-code-turn-on"),
        CeremonyPurpose::Prove(Act::TurnOffTwoFactor) => ("mail-code-change-subject", "mail-code-turn-off"),
        CeremonyPurpose::Prove(Act::ChangeMethods) => {
            ("mail-code-change-subject", "mail-code-change-methods")
        }
        CeremonyPurpose::Prove(Act::ChangePassword) => {
            ("mail-code-change-subject", "mail-code-change-password")
        }
    }
}
