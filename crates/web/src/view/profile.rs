//! `/profile`: who the person is here, with the way to two-factor authentication and to a new password.

use askama::Template;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::two_factor::TwoFactor;

#[derive(Template)]
#[template(path = "profile.html")]
pub(crate) struct Profile {
    frame: Frame,
    facts: Facts,
    two_factor: TwoFactor,
}

pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) email_is_verified: bool,
    pub(crate) email_is_provable: bool,
    pub(crate) organization: Option<String>,
}

impl Page for Profile {}

impl Profile {
    pub(crate) fn new(frame: Frame, facts: Facts, two_factor: TwoFactor) -> Self {
        Self { frame: frame.titled("profile-heading").placed(Place::Profile), facts, two_factor }
    }

    fn email_state(&self) -> &'static str {
        if self.facts.email_is_verified { "email-verified" } else { "email-not-verified" }
    }
}
