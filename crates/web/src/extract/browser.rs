//! What this browser carries: the values of our cookies, read once, still unproven.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::link::LinkPurpose;
use countersign_core::token::{
    CeremonyToken, KnownBrowserToken, OperatorLinkToken, OperatorSetUpToken, Purpose, SessionToken, Token,
};
use countersign_service::become_operator::CarriedLink;
use countersign_service::sign_in::Carried;
use sha2::{Digest, Sha256};

use crate::error::PageError;
use crate::extract::cookies::Cookie;
use crate::extract::form_token::{Bound, FormTokens};
use crate::layers::Next;
use crate::request_log::RequestId;
use crate::said::Said;
use crate::site::Site;

#[derive(Clone)]
pub(crate) struct Browser {
    nonce: String,
    session: String,
    ceremony: String,
    known: String,
    /// Of mailed links; a browser sends each to its own page only.
    links: [(LinkPurpose, String); LinkPurpose::ALL.len()],
    operator_link: String,
    operator_set_up: String,
    said: Option<Said>,
    /// Of this request: what a refused person can tell whoever helps.
    request_id: RequestId,
}

impl Browser {
    pub(crate) fn session(&self) -> Option<SessionToken> {
        SessionToken::parse(&self.session)
    }

    pub(crate) fn ceremony(&self) -> Option<CeremonyToken> {
        CeremonyToken::parse(&self.ceremony)
    }

    pub(crate) fn known(&self) -> Option<KnownBrowserToken> {
        KnownBrowserToken::parse(&self.known)
    }

    pub(crate) fn link<P: Purpose>(&self, purpose: LinkPurpose) -> Option<Token<P>> {
        Token::parse(self.link_text(purpose))
    }

    pub(crate) fn has_link(&self, purpose: LinkPurpose) -> bool {
        !self.link_text(purpose).is_empty()
    }

    /// The link by which somebody becomes an operator, and what was entered behind it.
    pub(crate) fn operator_link(&self) -> Option<CarriedLink> {
        let set_up = OperatorSetUpToken::parse(&self.operator_set_up);
        OperatorLinkToken::parse(&self.operator_link).map(|link| CarriedLink { link, set_up })
    }

    /// What a sign-in may take the place of or be known by.
    pub(crate) fn carried(&self) -> Carried {
        Carried { known_browser: self.known(), session: self.session() }
    }

    pub(crate) fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// What the answer before this one has done.
    pub(crate) fn said(&self) -> Option<Said> {
        self.said
    }

    /// The browser as it will be once the answer to this request took its ceremony away.
    pub(crate) fn without_ceremony(self) -> Self {
        Self { ceremony: String::new(), ..self }
    }

    /// The browser as it will be once the answer to this request took its session away.
    pub(crate) fn without_session(self) -> Self {
        Self { session: String::new(), ..self }
    }

    /// The token for forms on the page that answers this request.
    pub(crate) fn form_token(&self, tokens: &FormTokens) -> String {
        tokens.token(self.bound())
    }

    pub(crate) fn owns_form_token(&self, tokens: &FormTokens, token: &str) -> bool {
        tokens.fits(token, self.bound())
    }

    /// Names the browser without telling its nonce.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.nonce.as_bytes()).into()
    }

    /// The second value tells that the nonce has just been drawn.
    fn of(site: &Site, method: &Method, headers: &HeaderMap) -> Result<(Self, bool), PageError> {
        let read = |cookie: Cookie| cookie.read(&site.address, headers).unwrap_or_default().to_owned();
        let known = known_nonce(site, headers);
        let is_new = known.is_none();
        let nonce = match known {
            Some(nonce) => nonce,
            None => URL_SAFE_NO_PAD.encode((site.sources.random)()?),
        };
        let browser = Self {
            nonce,
            session: read(Cookie::Session),
            ceremony: read(Cookie::Ceremony),
            known: read(Cookie::KnownBrowser),
            links: LinkPurpose::ALL.map(|purpose| (purpose, read(Cookie::Link(purpose)))),
            operator_link: read(Cookie::OperatorLink),
            operator_set_up: read(Cookie::OperatorSetUp),
            said: Said::parse(&read(Cookie::Said)).filter(|_| method.is_safe()),
            request_id: RequestId::default(),
        };
        Ok((browser, is_new))
    }

    fn link_text(&self, purpose: LinkPurpose) -> &str {
        let found = self.links.iter().find(|(other, _)| *other == purpose);
        found.map_or("", |(_, text)| text.as_str())
    }

    fn bound(&self) -> Bound<'_> {
        Bound { nonce: &self.nonce, session: &self.session, ceremony: &self.ceremony }
    }
}

/// The layer that reads the cookies, and gives a nonce to a browser that has none, with its first page.
pub(crate) async fn recognize(
    site: Arc<Site>,
    mut request: Request,
    next: Next,
) -> Result<Response, PageError> {
    let (mut browser, is_new) = Browser::of(&site, request.method(), request.headers())?;
    browser.request_id = request.extensions().get().cloned().unwrap_or_default();
    let set_nonce = is_new.then(|| Cookie::Form.set(&site.address, &browser.nonce)).transpose()?;
    let is_told = browser.said.is_some();
    request.extensions_mut().insert(browser);

    let mut response = next.run(request).await;
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML) {
        let headers = response.headers_mut();
        if let Some(set_nonce) = set_nonce {
            headers.append(header::SET_COOKIE, set_nonce);
        }
        if is_told {
            headers.append(header::SET_COOKIE, Cookie::Said.clear(&site.address)?);
        }
    }
    Ok(response)
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get().cloned().ok_or(PageError::Fault)
    }
}

/// A nonce that we did not make is as good as none.
fn known_nonce(site: &Site, headers: &HeaderMap) -> Option<String> {
    let text = Cookie::Form.read(&site.address, headers)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    (bytes.len() == 32).then(|| text.to_owned())
}

#[cfg(test)]
impl Browser {
    pub(crate) fn sample() -> Self {
        let none = String::new;
        Self {
            nonce: "nonce".to_owned(),
            session: none(),
            ceremony: none(),
            known: none(),
            links: LinkPurpose::ALL.map(|purpose| (purpose, none())),
            operator_link: none(),
            operator_set_up: none(),
            said: None,
            request_id: RequestId::sample(),
        }
    }
}

/// The content type of every page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
