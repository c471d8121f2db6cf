//! Doors for signed-in people only: everybody else is sent to where they can go on.
//!
//! ```text
//! session cookie ─► service ─┬─ live ─► HasSession ─┬─ password change due ─► /profile/password
//!                            │                      └─► SignedIn ─┬─ operator ─► Operator
//!                            │                                   └─ nobody of the kind ─► 404
//!                            └─ none ─┬─ half signed in ─► /sign-in/code
//!                                     └─► /sign-in
//! ```

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use countersign_core::moment::Visitor;
use countersign_core::token::SessionToken;
use countersign_service::SignedInCaller;
use countersign_service::profile::Profile;
use countersign_service::sessions::LiveSession;

use crate::answer::Away;
use crate::error::PageError;
use crate::extract::browser::Browser;
use crate::view::frame::{Frame, Person};
use crate::web::Web;

/// A live session. Pages take [`SignedIn`]; this one is for the doors that stay open to a person who must
/// choose a new password first.
pub(crate) struct HasSession {
    live: LiveSession,
    pub(crate) browser: Browser,
}

/// A live session of a person whom nothing holds up.
pub(crate) struct SignedIn(pub(crate) HasSession);

/// A live session of an operator. To everybody else who is signed in, their pages do not exist.
pub(crate) struct Operator(pub(crate) HasSession);

impl HasSession {
    pub(crate) async fn find(web: &Web, browser: &Browser) -> Result<Option<Self>, Away> {
        let Some(token) = browser.session() else {
            return Ok(None);
        };
        let live = web.service.session(&token).await?;
        Ok(live.map(|live| Self { live, browser: browser.clone() }))
    }

    pub(crate) fn caller(&self, visitor: Visitor) -> Result<SignedInCaller, Away> {
        let known_browser = self.browser.known();
        Ok(SignedInCaller { session: self.token()?, known_browser, visitor })
    }

    /// Whether the person must choose a new password before anything else.
    pub(crate) fn is_password_change_due(&self) -> bool {
        self.live.is_password_change_due
    }

    pub(crate) fn token(&self) -> Result<SessionToken, Away> {
        self.browser.session().ok_or(Away::To("/sign-in"))
    }

    /// What every signed-in page begins with; the session may have ended a moment ago.
    pub(crate) async fn open_page(&self, web: &Web) -> Result<(Frame, Profile), Away> {
        let profile = web.service.profile(&self.token()?).await?.ok_or(Away::To("/sign-in"))?;
        let person = Person {
            name: profile.user.name.clone(),
            email: profile.user.email.to_string(),
            organization: profile.organization.clone(),
            is_operator: self.live.is_of_operator,
        };
        Ok((Frame::new(&web.site, &self.browser).for_person(person), profile))
    }
}

impl FromRequestParts<Web> for HasSession {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Away> {
        let browser = Browser::from_request_parts(parts, web).await?;
        if let Some(session) = Self::find(web, &browser).await? {
            return Ok(session);
        }
        let is_half_signed_in = match browser.ceremony() {
            Some(ceremony) => web.service.awaiting_code(&ceremony).await?.is_some(),
            None => false,
        };
        Err(match (is_half_signed_in, parts.method.is_safe()) {
            (true, _) => Away::To("/sign-in/code"),
            (false, true) => Away::To("/sign-in"),
            (false, false) => Away::session_over(&web.site),
        })
    }
}

impl FromRequestParts<Web> for SignedIn {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Away> {
        let session = HasSession::from_request_parts(parts, web).await?;
        if session.is_password_change_due() {
            return Err(Away::To("/profile/password"));
        }
        Ok(Self(session))
    }
}

impl FromRequestParts<Web> for Operator {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Away> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, web).await?;
        if session.live.is_of_operator { Ok(Self(session)) } else { Err(PageError::NotFound.into()) }
    }
}
