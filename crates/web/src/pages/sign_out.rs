//! `/sign-out`: ends the session and empties what the browser keeps of it.

use axum::extract::State;
use axum::http::HeaderValue;

use crate::answer::{Answer, go_to};
use crate::error::FormProblem;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::said::Said;
use crate::web::Web;

/// `POST /sign-out`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    session: HasSession,
    Form(SignOutForm): Form<SignOutForm>,
) -> Answer {
    web.service.sign_out(session.caller(visitor)?).await?;
    let address = &web.site.address;
    let cookies =
        [Cookie::Session.clear(address)?, Cookie::Ceremony.clear(address)?, Said::SignedOut.cookie(address)?];
    let mut response = go_to("/sign-in", cookies);
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static(LEFT_BEHIND));
    Ok(response)
}

pub(crate) struct SignOutForm;

impl FormFields for SignOutForm {
    const PAGE: &'static str = "/profile";

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self)
    }
}

/// Not `"cookies"`: that would also forget that this browser is known, and those of neighbors on the domain.
const LEFT_BEHIND: &str = "\"cache\", \"storage\"";
