//! The mail with a link: to choose a password, the first or after one was forgotten, to confirm an address.

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
    let why = (texts.get(unexpected), texts.get(label));
    mail.when(renderer, letter.at).action(renderer, why, link, letter.expires_at)
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
        // The links of a notice have no letter of their own.
        LinkPurpose::SetPassword | LinkPurpose::NotMe | LinkPurpose::Unlock => Wording {
            subject: "link-set-password-subject",
            fact: "link-set-password",
            label: "link-set-password-label",
            unexpected: "link-set-password-unexpected",
        },
        LinkPurpose::ResetPassword => Wording {
            subject: "link-reset-password-subject",
            fact: "link-reset-password",
            label: "link-reset-password-label",
            unexpected: "link-reset-password-unexpected",
        },
        LinkPurpose::VerifyEmail => Wording {
            subject: "link-verify-email-subject",
            fact: "link-verify-email",
            label: "link-verify-email-label",
            unexpected: "link-verify-email-unexpected",
        },
    }
}
