//! A mailed link that is good no more, or not here, and what to do about it.

use askama::Template;
use countersign_core::link::LinkPurpose;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "dead_link.html")]
pub(crate) struct DeadLink {
    frame: Frame,
    why: String,
    next: &'static str,
    way_on: Option<(&'static str, &'static str)>,
}

impl Page for DeadLink {}

impl DeadLink {
    pub(crate) fn new(frame: Frame, purpose: LinkPurpose) -> Self {
        let (heading, why, next, way_on) = match purpose {
            LinkPurpose::SetPassword => (
                "dead-link-heading",
                "dead-link-set-password",
                "dead-link-set-password-next",
                Some(("/sign-in", "sign-in-heading")),
            ),
            LinkPurpose::ResetPassword => (
                "dead-link-heading",
                "dead-link-reset-password",
                "dead-link-reset-password-next",
                Some(("/forgot-password", "forgot-password-heading")),
            ),
            LinkPurpose::VerifyEmail => (
                "dead-link-here-heading",
                "dead-link-verify-email",
                "dead-link-verify-email-next",
                Some(("/profile/security", "dead-link-to-security")),
            ),
            LinkPurpose::NotMe => ("dead-link-heading", "dead-link-not-me", "dead-link-not-me-next", None),
            LinkPurpose::Unlock => (
                "dead-link-heading",
                "dead-link-unlock",
                "dead-link-unlock-next",
                Some(("/sign-in", "sign-in-heading")),
            ),
        };
        let minutes = purpose.life().as_secs() / 60;
        let why = frame.text_with(why, &[("hours", (minutes / 60).into()), ("minutes", minutes.into())]);
        Self { frame: frame.titled(heading).refusing(), why, next, way_on }
    }

    /// One that was not mailed.
    pub(super) fn saying(frame: Frame, why: String, next: &'static str) -> Self {
        let way_on = Some(("/sign-in", "sign-in-heading"));
        Self { frame: frame.titled("dead-link-heading").refusing(), why, next, way_on }
    }

    /// The browser brought none: the page was open for too long, came back by "Back", or cookies are not kept.
    pub(crate) fn missing(frame: Frame, purpose: LinkPurpose) -> Self {
        let why = frame.text("dead-link-missing");
        Self { why, ..Self::new(frame, purpose) }
    }
}
