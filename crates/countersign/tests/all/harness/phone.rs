//! An authenticator app on a phone: it keeps the key that the set-up page shows, and makes codes of it.

use countersign_core::authenticator::totp::STEP_SECS;
use countersign_service::clock::VirtualClock;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::Browser;

pub(crate) struct Phone {
    totp: Totp,
}

impl Phone {
    /// Types the manual key of the page into the app, with the spaces that make it readable.
    pub(crate) fn scan(browser: &Browser) -> Self {
        Self::with_key(&browser.page().text_named("Manual key"))
    }

    pub(crate) fn with_key(manual_key: &str) -> Self {
        let key: String = manual_key.chars().filter(|character| !character.is_whitespace()).collect();
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP_SECS)
            .with_secret(Secret::try_from_base32(key).expect("the manual key is base32"))
            .build_noncompliant();
        Self { totp }
    }

    /// What the app shows now.
    pub(crate) fn code(&self, clock: &VirtualClock) -> String {
        self.code_at(clock, 0)
    }

    /// What the app shows, showed or will show so many steps of thirty seconds away from now.
    pub(crate) fn code_at(&self, clock: &VirtualClock, steps_away: i64) -> String {
        let now = clock.now().as_unix_secs();
        let away = steps_away.unsigned_abs() * STEP_SECS;
        let moment = if steps_away < 0 { now - away } else { now + away };
        self.totp.generate(moment).to_string()
    }

    /// Six digits that are no code of any step near now.
    pub(crate) fn wrong_code(&self, clock: &VirtualClock) -> String {
        let near: Vec<String> = (-3..=3).map(|away| self.code_at(clock, away)).collect();
        let wrong = (0..).map(|number| format!("{number:06}"));
        let mut wrong = wrong.filter(|code| !near.contains(code));
        wrong.next().expect("seven codes leave others")
    }
}
