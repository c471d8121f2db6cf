//! `/operator/users/ID/sign-out`: what ends, and the button.

use askama::Template;
use countersign_service::directory::UserView;

use crate::view::Page;
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "sign_out_everywhere.html")]
pub(crate) struct SignOutEverywhere {
    frame: Frame,
    user_path: String,
    name: String,
    sessions: usize,
}

impl Page for SignOutEverywhere {}

impl SignOutEverywhere {
    pub(crate) fn new(frame: Frame, view: &UserView) -> Self {
        let user = &view.account.user;
        let heading = frame.text_with("sign-out-heading", &[("name", user.name.as_str().into())]);
        Self {
            frame: frame.titled_as(heading).below_named(Place::Users, user.name.clone()),
            user_path: format!("/operator/users/{}", user.id),
            name: user.name.clone(),
            sessions: view.sessions.len(),
        }
    }
}
