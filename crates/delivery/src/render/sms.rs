//! Text messages: the code first, so that a glance at the locked phone is enough (CTM-6), and last the line
//! from which phones fill it in where it belongs.

use countersign_core::{
    ceremony::{CeremonyPurpose, step_up::Act},
    letter::{AlertLetter, CodeLetter, Letter, LinkLetter, NoticeLetter},
    link::LinkPurpose,
};
use fluent_bundle::FluentValue;

use super::{Renderer, browser::Browser, clean, mail, when};
use crate::sms::segments::Segments;

pub(super) fn text(renderer: &Renderer, letter: &Letter) -> String {
    match letter {
        Letter::Code(code) => code_text(renderer, code),
        Letter::Notice(notice) => notice_text(renderer, notice),
        Letter::Link(link) => link_text(renderer, link),
        Letter::Alert(alert) => alert_text(renderer, alert),
    }
}

/// What a text with a code can do without, where that makes it one segment.
#[derive(Clone, Copy)]
struct Extras {
    browser: bool,
    place: bool,
    never_asked: bool,
}

/// Dropped in turn: a browser's name says least; that we never ask is on the page, too.
const FEWER_AND_FEWER: [Extras; 4] = [
    Extras { browser: true, place: true, never_asked: true },
    Extras { browser: false, place: true, never_asked: true },
    Extras { browser: false, place: true, never_asked: false },
    Extras { browser: false, place: false, never_asked: false },
];

/// All extras, unless leaving some away saves the second segment.
fn code_text(renderer: &Renderer, code: &CodeLetter) -> String {
    let mut candidates = FEWER_AND_FEWER.map(|extras| code_text_with(renderer, code, extras)).into_iter();
    let full = candidates.next().unwrap_or_default();
    if Segments::of(&full).is_one() {
        return full;
    }
    candidates.find(|shorter| Segments::of(shorter).is_one()).unwrap_or(full)
}

fn code_text_with(renderer: &Renderer, letter: &CodeLetter, extras: Extras) -> String {
    let texts = &renderer.texts;
    let code = letter.code.expose().as_str();
    let place = extras.place.then(|| renderer.place(&letter.source)).flatten();
    let browser = extras.browser.then(|| Browser::parse(&letter.user_agent)).flatten();
    let mut asked = texts.with("text-asked-at", &[("time", when::clock_time(letter.asked_at).into())]);
    if let Some(place) = place {
        asked.push_str(&texts.with("text-asked-from", &[("place", place.into())]));
    }
    if let Some(browser) = browser {
        asked.push_str(&texts.with("text-asked-by", &[("browser", browser.name.into())]));
    }
    let values: [(&str, FluentValue<'_>); 4] = [
        ("code", code.into()),
        ("product", renderer.product.as_str().into()),
        ("asked", asked.into()),
        ("life", when::span(texts, letter.asked_at, letter.expires_at).into()),
    ];
    let mut text = texts.with(wording(letter.purpose), &values);
    if extras.never_asked {
        text.push_str(&texts.get("text-never-asked"));
    }
    // The format that phones know: the host that the code may be filled in at, and the code.
    format!("{text}\n@{} #{code}", renderer.host)
}

fn wording(purpose: CeremonyPurpose) -> &'static str {
    match purpose {
        CeremonyPurpose::SignIn => "text-code-sign-in",
        CeremonyPurpose::Enroll => "text-code-enroll",
        CeremonyPurpose::Prove(Act::TurnOnTwoFactor) => "text-code-turn-on",
        CeremonyPurpose::Prove(Act::TurnOffTwoFactor) => "text-code-turn-off",
        CeremonyPurpose::Prove(Act::ChangeMethods) => "text-code-change-methods",
        CeremonyPurpose::Prove(Act::ChangePassword) => "text-code-change-password",
    }
}

fn notice_text(renderer: &Renderer, notice: &NoticeLetter) -> String {
    let values = [
        ("product", renderer.product.as_str().into()),
        ("subject", mail::notice::subject(renderer, notice.kind).into()),
        ("moment", when::moment(&renderer.texts, notice.at).into()),
        ("link", renderer.link(LinkPurpose::NotMe, &notice.not_me).into()),
    ];
    renderer.texts.with("text-notice", &values)
}

fn link_text(renderer: &Renderer, letter: &LinkLetter) -> String {
    let values = [
        ("subject", mail::link::subject(renderer, letter.purpose).into()),
        ("link", renderer.link(letter.purpose, &letter.token).into()),
        ("life", when::span(&renderer.texts, letter.at, letter.expires_at).into()),
    ];
    renderer.texts.with("text-link", &values)
}

fn alert_text(renderer: &Renderer, alert: &AlertLetter) -> String {
    let values = [
        ("product", renderer.product.as_str().into()),
        ("subject", mail::alert::subject(renderer, alert.kind).into()),
        ("about", clean(&alert.about).into()),
    ];
    renderer.texts.with("text-alert", &values)
}
