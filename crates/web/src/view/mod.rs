//! One struct a page: what its template may show, and nothing it must not.
//!
//! ```text
//! handler ─► Frame (brand, person, mistakes, form token) ─► SignIn::new(frame, …) ─► respond(status)
//! ```

pub(crate) mod act_code;
pub(crate) mod activity;
pub(crate) mod app;
pub(crate) mod app_confirm;
pub(crate) mod backup_code_used;
pub(crate) mod backup_codes;
pub(crate) mod become_operator;
pub(crate) mod browser_words;
pub(crate) mod change_methods;
pub(crate) mod change_password;
pub(crate) mod code;
pub(crate) mod create_recovery_key;
pub(crate) mod dead_link;
pub(crate) mod email;
pub(crate) mod end_others;
pub(crate) mod field;
pub(crate) mod forgot_password;
pub(crate) mod forgot_password_sent;
pub(crate) mod frame;
pub(crate) mod inbox;
pub(crate) mod method;
pub(crate) mod method_name;
pub(crate) mod not_me;
pub(crate) mod not_me_done;
pub(crate) mod operator;
pub(crate) mod operators;
pub(crate) mod other_way;
pub(crate) mod phone;
pub(crate) mod problem;
pub(crate) mod profile;
pub(crate) mod prove_email;
pub(crate) mod qr;
pub(crate) mod reach_confirm;
pub(crate) mod recovered;
pub(crate) mod recovery_key;
pub(crate) mod refusal;
pub(crate) mod security;
pub(crate) mod sending;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod set_up;
pub(crate) mod set_up_over;
pub(crate) mod sign_in;
pub(crate) mod turn_off;
pub(crate) mod turn_on;
pub(crate) mod turned_on;
pub(crate) mod two_factor;
pub(crate) mod unlock;
pub(crate) mod verify_email;
pub(crate) mod when;
pub(crate) mod whereabouts;
pub(crate) mod with_number;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::PageError;
use crate::extract::browser::HTML;

/// A template that is a whole page.
pub(crate) trait Page: Template + Sized {
    fn respond(self, status: StatusCode) -> Response {
        match self.render() {
            Ok(html) => (status, [(header::CONTENT_TYPE, HTML)], html).into_response(),
            Err(cause) => {
                tracing::error!(%cause, "a page could not be rendered");
                PageError::Fault.into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests;
