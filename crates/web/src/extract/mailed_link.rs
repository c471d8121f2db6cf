//! The token of a mailed link, which leaves the address as soon as it came (A43).
//!
//! ```text
//!   GET /not-me?token=…  ─► 303 /not-me, and the token in a cookie of that page
//!   GET /not-me          ─► the page, by the cookie       looking uses nothing up
//!   POST /not-me         ─► done, and the cookie gone
//! ```
//! In an address it would stand in the history, and in the `Referer` of the page's own style sheet and form, which
//! proxies log. A newer link takes the place of an older one of its kind.

use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use countersign_core::link::LinkPurpose;
use countersign_core::token::{Purpose, Token};

use crate::answer::{go_to, with_cookies};
use crate::error::PageError;
use crate::extract::browser::Browser;
use crate::extract::cookies::Cookie;
use crate::extract::query::value_of;
use crate::site::{PublicAddress, Site};

/// The same page without the token, if its address has one. What is no token is not kept, and takes an older one
/// with it: the person wants to see what this link does.
pub(crate) fn without_token<P: Purpose>(
    site: &Site,
    purpose: LinkPurpose,
    uri: &Uri,
) -> Result<Option<Response>, PageError> {
    moved_to_cookie::<P>(site, Cookie::Link(purpose), uri)
}

/// The same for a link that was not mailed.
pub(crate) fn moved_to_cookie<P: Purpose>(
    site: &Site,
    cookie: Cookie,
    uri: &Uri,
) -> Result<Option<Response>, PageError> {
    let Some(text) = value_of(uri, "token") else { return Ok(None) };
    let line = match Token::<P>::parse(&text) {
        Some(token) => cookie.set(&site.address, &token.expose_text())?,
        None => cookie.clear(&site.address)?,
    };
    Ok(Some(go_to(cookie.path(), [line])))
}

/// An answer after which this browser has no such link any more.
pub(crate) fn used_up(
    site: &Site,
    purpose: LinkPurpose,
    browser: &Browser,
    answer: Response,
) -> Result<Response, PageError> {
    let is_there = browser.has_link(purpose);
    let forget = is_there.then(|| forget(&site.address, purpose)).transpose()?;
    Ok(with_cookies(answer, forget))
}

pub(crate) const fn page_of(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::SetPassword => "/set-password",
        LinkPurpose::ResetPassword => "/reset-password",
        LinkPurpose::VerifyEmail => "/verify-email",
        LinkPurpose::NotMe => "/not-me",
        LinkPurpose::Unlock => "/unlock",
    }
}

fn forget(address: &PublicAddress, purpose: LinkPurpose) -> Result<HeaderValue, PageError> {
    Cookie::Link(purpose).clear(address)
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};
    use countersign_core::moment::Seed;
    use countersign_core::token::{ForNotMe, NotMeToken, SetPasswordToken};

    use super::*;
    use crate::site::sample;

    #[test]
    fn atk_43_the_token_of_a_link_leaves_the_address_at_once() {
        let token = NotMeToken::mint(&mut Seed::new([7; 32]).rng()).expose_text();
        let answer = opened(&format!("/not-me?token={token}")).unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], "/not-me");
        assert_eq!(
            answer.headers()[header::SET_COOKIE],
            format!("__Secure-cs-not-me={token}; Path=/not-me; HttpOnly; SameSite=Lax; Secure; Max-Age=1800")
        );
        assert!(opened("/not-me").is_none());
    }

    #[test]
    fn what_is_no_token_of_this_page_takes_the_place_of_an_older_one_and_is_not_kept() {
        let of_another_page = SetPasswordToken::mint(&mut Seed::new([7; 32]).rng()).expose_text();
        for text in ["", "x", "cs_n1_", "%0d%0aset-cookie:a=b", "x;%20Path=/", &of_another_page] {
            let answer = opened(&format!("/not-me?token={text}")).unwrap();
            let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().collect();
            let gone = "__Secure-cs-not-me=; Path=/not-me; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
            assert_eq!(cookies, [gone], "{text}");
        }
    }

    fn opened(address: &str) -> Option<Response> {
        without_token::<ForNotMe>(&sample(), LinkPurpose::NotMe, &address.parse().unwrap()).unwrap()
    }
}
