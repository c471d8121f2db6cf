//! `/sign-out`: ends the session and empties what the browser keeps of it.

use axum::extract::State;
use axum::http::HeaderValue;

use crate::answer::{Answer, go_to};
use crate::extract::button::{Button, OnProfile};
use crate::extract::cookies::Cookie;
use crate::extract::form::Form;
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::said::Said;
use crate::web::Web;

/// `POST /sign-out`
pub(crate) async fn submit(
    State(web): State<Web>,
    Caller(visitor): Caller,
    session: HasSession,
    _: Form<Button<OnProfile>>,
) -> Answer {
    web.service.sign_out(session.caller(visitor)?).await?;
    let address = &web.site.address;
    let cookies =
        [Cookie::Session.clear(address)?, Cookie::Ceremony.clear(address)?, Said::SignedOut.cookie(address)?];
    let mut response = go_to("/sign-in", cookies);
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static(LEFT_BEHIND));
    Ok(response)
}

/// Not `"cookies"`: that would also forget that this browser is known, and those of neighbors on the domain.
const LEFT_BEHIND: &str = "\"cache\", \"storage\"";
