//! The mail with a link: to choose a password, to confirm an address.

use countersign_core::{letter::LinkLetter, link::LinkPurpose};

use super::{Mail, Renderer, clean, when};

pub(super) fn mail(renderer: &Renderer, letter: &LinkLetter) -> Mail {
    let texts = &renderer.texts;
    let Wording { fact, label, unexpected, .. } = wording(letter.purpose);
    let product = ("product", renderer.product.as_str().into());
    let mut mail = Mail::new(renderer, subject(renderer, letter.purpose), texts.with(fact, &[product]));
    if let Some(organization) = &letter.organization {
        mail = mail.detail(texts.get("detail-company"), clean(organization));
    }
    let life = when::span(texts, letter.at, letter.expires_at);
    mail.when(renderer, letter.at).note(texts.get(unexpected)).action(
        renderer,
        texts.get(label),
        renderer.link(letter.purpose, &letter.token),
        life,
    )
}

pub(in crate::render) fn subject(renderer: &Renderer, purpose: LinkPurpose) -> String {
    renderer.texts.with(wording(purpose).subject, &[("product", renderer.product.as_str().into())])
}

struct Wording {
    subject: &'static str,
    fact: &'static str,
    label: &'static str,
    unexpected: &'static str,
}

fn wording(purpose: LinkPurpose) -> Wording {
    match purpose {
        LinkPurpose::SetPassword => Wording {
            subject: "link-set-password-subject",
            fact: "link-set-password",
            label: "link-set-password-label",
            unexpected: "link-unexpected",
        },
        LinkPurpose::VerifyEmail => Wording {
            subject: "link-verify-email-subject",
            fact: "link-verify-email",
            label: "link-verify-email-label",
            unexpected: "link-unexpected",
        },
        LinkPurpose::NotMe => Wording {
            subject: "link-not-me-subject",
            fact: "link-not-me",
            label: "notice-not-me",
            unexpected: "notice-if-not-me",
        },
    }
}
