//! The mail to an operator who must look at something.

use countersign_core::letter::{AlertKind, AlertLetter};

use super::{Mail, Renderer, clean};

pub(super) fn mail(renderer: &Renderer, letter: &AlertLetter) -> Mail {
    let texts = &renderer.texts;
    let (_, fact) = wording(letter.kind);
    let fact = texts.with(fact, &[("product", renderer.product.as_str().into())]);
    Mail::new(renderer, subject(renderer, letter.kind), fact)
        .detail(texts.get("detail-about"), clean(&letter.about))
        .when(renderer, letter.at)
        .note(texts.get("alert-what-to-do"))
}

pub(in crate::render) fn subject(renderer: &Renderer, kind: AlertKind) -> String {
    renderer.texts.with(wording(kind).0, &[("product", renderer.product.as_str().into())])
}

fn wording(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::UnprovenNumbers => ("alert-unproven-subject", "alert-unproven"),
        AlertKind::AdjacentNumbers => ("alert-adjacent-subject", "alert-adjacent"),
        AlertKind::EverybodysBudget => ("alert-everybody-subject", "alert-everybody"),
        AlertKind::OrganizationsBudget => ("alert-organization-subject", "alert-organization"),
    }
}
