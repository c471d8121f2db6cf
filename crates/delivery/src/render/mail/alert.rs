//! The mail to an operator who must look at something.

use countersign_core::letter::{AlertKind, AlertLetter};

use super::{Mail, Renderer, clean};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &AlertLetter) -> Mail {
    let texts = &renderer.texts;
    let Wording { subject, fact, advice } = wording(letter.kind);
    let words = |id| texts.with(id, &[("product", renderer.product.as_str().into())]);
    let about = Some(clean(&letter.about)).filter(|about| !about.is_empty());
    Mail::new(renderer, words(subject), words(fact))
        .details(about.map(|about| (texts.get("detail-about"), about)))
        .when(renderer, letter.at)
        .note(texts.get(advice))
}

struct Wording {
    subject: &'static str,
    fact: &'static str,
    advice: &'static str,
}

fn wording(kind: AlertKind) -> Wording {
    let of_texts = |subject, fact| Wording { subject, fact, advice: "alert-what-to-do" };
    let of_operators = |subject, fact| Wording { subject, fact, advice: "alert-ask-the-others" };
    match kind {
        AlertKind::UnprovenNumbers => of_texts("alert-unproven-subject", "alert-unproven"),
        AlertKind::AdjacentNumbers => of_texts("alert-adjacent-subject", "alert-adjacent"),
        AlertKind::EverybodysBudget => of_texts("alert-everybody-subject", "alert-everybody"),
        AlertKind::OrganizationsBudget => of_texts("alert-organization-subject", "alert-organization"),
        AlertKind::OperatorAdded => of_operators("alert-operator-added-subject", "alert-operator-added"),
        AlertKind::OperatorRemoved => {
            of_operators("alert-operator-removed-subject", "alert-operator-removed")
        }
        AlertKind::OperatorInvited => {
            of_operators("alert-operator-invited-subject", "alert-operator-invited")
        }
        AlertKind::ManyFailures => Wording {
            subject: "alert-failures-subject",
            fact: "alert-failures",
            advice: "alert-failures-what-to-do",
        },
        AlertKind::ResetLinksBudget => Wording {
            subject: "alert-reset-links-subject",
            fact: "alert-reset-links",
            advice: "alert-reset-links-what-to-do",
        },
        AlertKind::OperatorReset => of_operators("alert-operator-reset-subject", "alert-operator-reset"),
    }
}
