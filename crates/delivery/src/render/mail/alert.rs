//! The mail to an operator who must look at something.

use countersign_core::letter::{AlertKind, AlertLetter};

use super::{Mail, Renderer, clean};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &AlertLetter) -> Mail {
    let texts = &renderer.texts;
    let (subject, fact) = wording(letter.kind);
    let words = |id| texts.with(id, &[("product", renderer.product.as_str().into())]);
    Mail::new(renderer, words(subject), words(fact))
        .detail(texts.get("detail-about"), clean(&letter.about))
        .when(renderer, letter.at)
        .note(texts.get("alert-what-to-do"))
}

fn wording(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::UnprovenNumbers => ("alert-unproven-subject", "alert-unproven"),
        AlertKind::AdjacentNumbers => ("alert-adjacent-subject", "alert-adjacent"),
        AlertKind::EverybodysBudget => ("alert-everybody-subject", "alert-everybody"),
        AlertKind::OrganizationsBudget => ("alert-organization-subject", "alert-organization"),
    }
}
