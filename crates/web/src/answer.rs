//! What handlers answer: a page, or away to another one.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_service::Fault;

use crate::error::PageError;
use crate::request_log::refused;
use crate::said::Said;
use crate::site::Site;

pub(crate) type Answer = Result<Response, Away>;

/// Why a handler does not show its own page.
pub(crate) enum Away {
    Error(PageError),
    /// The person has to be somewhere else first.
    To(&'static str),
    /// To sign in again: what was asked for was not done. The cookie has that said there.
    SessionOver(HeaderValue),
}

impl Away {
    /// The session's cookie stays as it is: when a form was sent twice, the first answer may have renewed it.
    /// `/sign-in` finds that out from what the browser carries by then.
    pub(crate) fn session_over(site: &Site) -> Self {
        Said::SessionOver.cookie(&site.address).map_or_else(Self::Error, Self::SessionOver)
    }
}

/// 303, so that a reload of the next page sends no form again.
pub(crate) fn go_to(page: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    with_cookies(Redirect::to(page).into_response(), cookies)
}

pub(crate) fn with_cookies(
    mut response: Response,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::To(page) => Redirect::to(page).into_response(),
            Self::SessionOver(said) => refused(go_to("/sign-in", [said]), "session_over"),
        }
    }
}

impl From<PageError> for Away {
    fn from(error: PageError) -> Self {
        Self::Error(error)
    }
}

impl From<Fault> for Away {
    fn from(fault: Fault) -> Self {
        Self::Error(fault.into())
    }
}
