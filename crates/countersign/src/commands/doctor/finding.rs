//! One line of the doctor's report: what was tried, how it went, and what to do.

use std::fmt;

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) verdict: Verdict,
    tried: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    /// It works, but somebody should know what follows.
    Warn,
    /// It does not work.
    Fail,
}

impl Finding {
    pub(super) fn ok(check: &'static str, tried: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, tried: tried.into(), advice: None }
    }

    pub(super) fn warn(check: &'static str, tried: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, tried: tried.into(), advice: Some(advice.into()) }
    }

    pub(super) fn fail(check: &'static str, tried: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fail, tried: tried.into(), advice: Some(advice.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        write!(out, "{verdict:<5} {}: {}", self.check, self.tried)?;
        self.advice.iter().try_for_each(|advice| write!(out, " → {advice}"))
    }
}
