//! The mail to whoever administers a company, about one of its people (A08).

use countersign_core::{letter::MemberLetter, notice::NoticeKind};

use super::{Mail, Renderer, clean, notice::method_words};

pub(in crate::render) fn mail(renderer: &Renderer, letter: &MemberLetter) -> Mail {
    let texts = &renderer.texts;
    let words = |id| texts.with(id, &[("product", renderer.product.as_str().into())]);
    let (subject, fact, next) = wording(letter.kind);
    let person = format!("{} ({})", clean(&letter.name), clean(&letter.email));
    let mut mail =
        Mail::new(renderer, words(subject), words(fact)).detail(texts.get("detail-person"), person);
    if let Some(method) = letter.method {
        mail = mail.detail(texts.get("detail-method"), texts.get(method_words(method)));
    }
    mail.when(renderer, letter.at).note(words(next))
}

fn wording(kind: NoticeKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        NoticeKind::SomebodyHasThePassword => {
            ("member-password-known-subject", "member-password-known", "member-password-known-next")
        }
        _ => ("member-disabled-subject", "member-disabled", "member-disabled-next"),
    }
}
