//! The door of a half signed-in person: the ceremony cookie, which opens nothing else.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use countersign_core::token::CeremonyToken;

use crate::answer::Away;
use crate::extract::browser::Browser;
use crate::web::Web;

/// Says what the browser claims; whether that sign-in is still open the service decides.
pub(crate) struct InCeremony {
    pub(crate) token: CeremonyToken,
    pub(crate) browser: Browser,
}

impl FromRequestParts<Web> for InCeremony {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Away> {
        let browser = Browser::from_request_parts(parts, web).await?;
        let token = browser.ceremony().ok_or(Away::To("/sign-in"))?;
        Ok(Self { token, browser })
    }
}
