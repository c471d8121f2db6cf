//! Everything that ends a request without its page: a status, a sentence, what to do next, and a stable code.
//!
//! ```text
//! extractor, handler, layer ─ Err(PageError) ─► empty answer that carries it ─► `render` ─► the page
//! ```
//! Rendering happens in one layer because only there brand, words and request id are at hand.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_service::{Fault, Remedy};

use crate::layers::Next;
use crate::request_log::{RequestId, refused};
use crate::site::Site;
use crate::view::Page;
use crate::view::problem::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    NotFound,
    MethodNotAllowed,
    WrongHost,
    BodyTooLarge,
    BodyTooSlow,
    NotAForm,
    BadForm(FormProblem),
    /// The form token fits neither this browser nor its present sign-in; the value is the page to open again.
    StaleForm(&'static str),
    ForeignForm,
    Busy,
    Unavailable,
    Fault,
}

/// What is wrong with a form as such, whatever its fields mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormProblem {
    Malformed,
    DuplicateField,
    UnknownField,
    MissingField,
    TooManyFields,
}

/// What a page says about an error: ids of two texts and the code for support.
pub(crate) struct Words {
    pub(crate) what: &'static str,
    pub(crate) next: &'static str,
    pub(crate) code: &'static str,
}

impl PageError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BadForm(_) => StatusCode::BAD_REQUEST,
            Self::StaleForm(_) | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn words(self) -> Words {
        let (code, what, next) = match self {
            Self::NotFound => ("not-found", "problem-not-found", "problem-not-found-next"),
            Self::MethodNotAllowed => ("method-not-allowed", "problem-method", "problem-method-next"),
            Self::WrongHost => ("wrong-host", "problem-host", "problem-host-next"),
            Self::BodyTooLarge => ("body-too-large", "problem-large", "problem-large-next"),
            Self::BodyTooSlow => ("body-too-slow", "problem-slow", "problem-slow-next"),
            Self::NotAForm => ("not-a-form", "problem-not-a-form", "problem-form-next"),
            Self::BadForm(problem) => {
                return Words { what: problem.what(), next: "problem-form-next", code: problem.code() };
            }
            Self::StaleForm(_) => ("form-stale", "problem-stale", "problem-stale-next"),
            Self::ForeignForm => ("form-foreign", "problem-foreign", "problem-foreign-next"),
            Self::Busy => ("busy", "problem-busy", "problem-busy-next"),
            Self::Unavailable => ("unavailable", "problem-unavailable", "problem-unavailable-next"),
            Self::Fault => ("fault", "problem-fault", "problem-fault-next"),
        };
        Words { what, next, code }
    }

    /// Where the link on the page leads.
    pub(crate) fn way_on(self) -> &'static str {
        match self {
            Self::StaleForm(page) => page,
            _ => "/",
        }
    }
}

impl FormProblem {
    fn code(self) -> &'static str {
        match self {
            Self::Malformed => "form-malformed",
            Self::DuplicateField => "form-duplicate-field",
            Self::UnknownField => "form-unknown-field",
            Self::MissingField => "form-missing-field",
            Self::TooManyFields => "form-too-many-fields",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Malformed => "problem-form-malformed",
            Self::DuplicateField => "problem-form-duplicate",
            Self::UnknownField => "problem-form-unknown",
            Self::MissingField => "problem-form-missing",
            Self::TooManyFields => "problem-form-many",
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Fault> for PageError {
    fn from(fault: Fault) -> Self {
        let (code, cause) = (fault.code(), &fault as &dyn std::error::Error);
        match fault.remedy() {
            Remedy::TryAgainSoon => {
                tracing::warn!(code, cause, "could not decide now");
                Self::Busy
            }
            Remedy::TryAgainLater => {
                tracing::error!(code, cause, "cannot decide without the database");
                Self::Unavailable
            }
            Remedy::TellOperator => {
                tracing::error!(code, cause, "could not decide");
                Self::Fault
            }
        }
    }
}

/// Tells the log of a fault that a page does without.
pub(crate) fn note(fault: Fault) {
    let _told = PageError::from(fault);
}

/// The layer that turns a carried [`PageError`] into its page.
pub(crate) async fn render(site: Arc<Site>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<PageError>() else {
        return response;
    };
    let page = Problem::new(&site, error, id.as_str()).respond(error.status());
    let mut page = refused(page, error.words().code);
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    if error.status() == StatusCode::SERVICE_UNAVAILABLE {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECS));
    }
    page
}

/// The queue of password hashes (P13) empties within a few seconds; a database that fails over takes as long.
const RETRY_AFTER_SECS: &str = "5";
