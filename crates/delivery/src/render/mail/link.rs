//! The mail with a link: to choose a password, to confirm an address.

use countersign_core::{letter::LinkLetter, link::LinkPurpose};

use super::{Mail, Renderer, clean};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &LinkLetter) -> Mail {
    let texts = &renderer.texts;
    let Wording { subject, fact, label, unexpected } = wording(letter.purpose);
    let words = |id| texts.with(id, &[("product", renderer.product.as_str().into())]);
    let mut mail = Mail::new(renderer, words(subject), words(fact));
    if let Some(organization) = &letter.organization {
        mail = mail.detail(texts.get("detail-company"), clean(organization));
    }
    let link = renderer.link(letter.purpose, &letter.token);
    mail.when(renderer, letter.at).note(texts.get(unexpected)).action(
        renderer,
        texts.get(label),
        link,
        letter.expires_at,
    )
}

struct Wording {
    subject: &'static str,
    fact: &'static str,
    label: &'static str,
    /// Whoever has a session with the password can have these sent (A58): to the owner, the mail may be the
    /// one sign of it.
    unexpected: &'static str,
}

fn wording(purpose: LinkPurpose) -> Wording {
    match purpose {
        // That it was not me is said by the link of a notice, never by a letter of its own.
        LinkPurpose::SetPassword | LinkPurpose::NotMe => Wording {
            subject: "link-set-password-subject",
            fact: "link-set-password",
            label: "link-set-password-label",
            unexpected: "link-set-password-unexpected",
        },
        LinkPurpose::VerifyEmail => Wording {
            subject: "link-verify-email-subject",
            fact: "link-verify-email",
            label: "link-verify-email-label",
            unexpected: "link-verify-email-unexpected",
        },
    }
}
