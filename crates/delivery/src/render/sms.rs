//! Text messages with a code: it stands first, so that a glance at the locked phone is enough (CTM-6), and last
//! comes the line from which phones fill it in where it belongs.

use countersign_core::{
    browser_name::BrowserName,
    ceremony::{CeremonyPurpose, step_up::Act},
    letter::CodeLetter,
};
use fluent_bundle::FluentValue;

use super::{Renderer, when};
use crate::sms::segments::Segments;

/// All extras, unless leaving some away saves the second segment.
pub(super) fn text(renderer: &Renderer, code: &CodeLetter) -> String {
    let mut candidates = FEWER_AND_FEWER.map(|extras| text_with(renderer, code, extras)).into_iter();
    let full = candidates.next().unwrap_or_default();
    if Segments::of(&full).is_one() {
        return full;
    }
    candidates.find(|shorter| Segments::of(shorter).is_one()).unwrap_or(full)
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

fn text_with(renderer: &Renderer, letter: &CodeLetter, extras: Extras) -> String {
    let texts = &renderer.texts;
    let code = letter.code.expose().as_str();
    let place = extras.place.then(|| renderer.place(&letter.source)).flatten();
    let browser = extras.browser.then(|| BrowserName::parse(&letter.user_agent)).flatten();
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
        ("life", when::minutes(texts, letter.asked_at, letter.expires_at).into()),
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
        // No code is sent to save a key, or codes.
        CeremonyPurpose::SignIn | CeremonyPurpose::SaveRecoveryKey | CeremonyPurpose::SaveBackupCodes => {
            "text-code-sign-in"
        }
        CeremonyPurpose::Enroll => "text-code-enroll",
        CeremonyPurpose::Prove(Act::TurnOnTwoFactor) => "text-code-turn-on",
        CeremonyPurpose::Prove(Act::TurnOffTwoFactor) => "text-code-turn-off",
        CeremonyPurpose::Prove(Act::ChangeMethods) => "text-code-change-methods",
        CeremonyPurpose::Prove(Act::ChangePassword) => "text-code-change-password",
        CeremonyPurpose::Prove(Act::ResetSecondFactor) => "text-code-reset",
        CeremonyPurpose::Prove(Act::SwitchTwoFactor) => "text-code-switch",
        CeremonyPurpose::Prove(Act::CreateRecoveryKey) => "text-code-recovery-key",
        CeremonyPurpose::Prove(Act::CreateBackupCodes) => "text-code-backup-codes",
    }
}
