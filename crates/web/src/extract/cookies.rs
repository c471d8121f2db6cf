//! Our cookies: their names, how they are read, set and cleared.

use axum::http::{HeaderMap, HeaderValue, header};
use countersign_core::link::LinkPurpose;

use crate::error::PageError;
use crate::extract::mailed_link::page_of;
use crate::site::PublicAddress;

/// All are `HttpOnly`, and for the whole host but for those of links; most are gone when the browser closes, and
/// the server decides how long they work.
///
/// `SameSite=Lax` for all: `Strict` would hide them after a link in an email or a redirect from
/// another site, so that a person in the middle of a sign-in would start again. Unsafe requests from
/// other sites are refused by `origin` and by the form token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    /// An unfinished sign-in or set-up; grants nothing.
    Ceremony,
    /// The random value that form tokens are bound to.
    Form,
    /// A browser that completed a sign-in before: its own ladder, nothing skipped (T-03).
    KnownBrowser,
    /// What to say on the next page.
    Said,
    /// The token of a mailed link, for its page alone.
    Link(LinkPurpose),
    /// The token of a link that was printed on the console, for its pages alone.
    OperatorLink,
    /// What was entered behind it.
    OperatorSetUp,
}

impl Cookie {
    /// The `__Host-` prefix, by which no sub-domain can plant a cookie, works over HTTPS only, and not with a path.
    /// A planted link would only lead to what whoever planted it could mail as well; a second one counts as none.
    pub(crate) fn name(self, address: &PublicAddress) -> &'static str {
        match (self, address.is_https()) {
            (Self::Session, true) => "__Host-cs",
            (Self::Session, false) => "cs",
            (Self::Ceremony, true) => "__Host-cs-flow",
            (Self::Ceremony, false) => "cs-flow",
            (Self::Form, true) => "__Host-cs-form",
            (Self::Form, false) => "cs-form",
            (Self::KnownBrowser, true) => "__Host-cs-known",
            (Self::KnownBrowser, false) => "cs-known",
            (Self::Said, true) => "__Host-cs-said",
            (Self::Said, false) => "cs-said",
            (Self::Link(LinkPurpose::SetPassword), true) => "__Secure-cs-set-password",
            (Self::Link(LinkPurpose::SetPassword), false) => "cs-set-password",
            (Self::Link(LinkPurpose::ResetPassword), true) => "__Secure-cs-reset-password",
            (Self::Link(LinkPurpose::ResetPassword), false) => "cs-reset-password",
            (Self::Link(LinkPurpose::VerifyEmail), true) => "__Secure-cs-verify-email",
            (Self::Link(LinkPurpose::VerifyEmail), false) => "cs-verify-email",
            (Self::Link(LinkPurpose::NotMe), true) => "__Secure-cs-not-me",
            (Self::Link(LinkPurpose::NotMe), false) => "cs-not-me",
            (Self::Link(LinkPurpose::Unlock), true) => "__Secure-cs-unlock",
            (Self::Link(LinkPurpose::Unlock), false) => "cs-unlock",
            (Self::OperatorLink, true) => "__Secure-cs-operator-link",
            (Self::OperatorLink, false) => "cs-operator-link",
            (Self::OperatorSetUp, true) => "__Secure-cs-operator-set-up",
            (Self::OperatorSetUp, false) => "cs-operator-set-up",
        }
    }

    /// The value if the request carries this cookie exactly once: of two, one was planted.
    pub(crate) fn read<'h>(self, address: &PublicAddress, headers: &'h HeaderMap) -> Option<&'h str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(name, value)| (name == self.name(address)).then_some(value));
        match (values.next(), values.next()) {
            (Some(only), None) if !only.is_empty() => Some(only),
            _ => None,
        }
    }

    /// The `Set-Cookie` value. Ours are base64url text, so a value that fits no header is a fault.
    pub(crate) fn set(self, address: &PublicAddress, value: &str) -> Result<HeaderValue, PageError> {
        let mut line = self.line(address, value, self.lasts())?;
        line.set_sensitive(true);
        Ok(line)
    }

    pub(crate) fn clear(self, address: &PublicAddress) -> Result<HeaderValue, PageError> {
        self.line(address, "", "; Max-Age=0")
    }

    fn line(self, address: &PublicAddress, value: &str, lasts: &str) -> Result<HeaderValue, PageError> {
        let secure = if address.is_https() { "; Secure" } else { "" };
        let (name, path) = (self.name(address), self.path());
        let line = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{lasts}");
        HeaderValue::from_str(&line).map_err(|_| PageError::Fault)
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Link(purpose) => page_of(purpose),
            Self::OperatorLink | Self::OperatorSetUp => "/operator/set-up",
            Self::Session | Self::Ceremony | Self::Form | Self::KnownBrowser | Self::Said => "/",
        }
    }

    fn lasts(self) -> &'static str {
        match self {
            // The 400 days that browsers allow at most; it skips nothing, so there is no reason for fewer.
            Self::KnownBrowser => "; Max-Age=34560000",
            // A page that follows a redirect within a minute, or none at all.
            Self::Said => "; Max-Age=60",
            // Half an hour is long for choosing a password; then the link in the email is opened again.
            Self::Link(_) | Self::OperatorLink | Self::OperatorSetUp => "; Max-Age=1800",
            Self::Session | Self::Ceremony | Self::Form => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_the_name_keeps_sub_domains_out_and_the_cookie_off_http() {
        let address = PublicAddress::parse("https://signin.example").unwrap();
        let line = Cookie::Session.set(&address, "value").unwrap();
        assert_eq!(line, "__Host-cs=value; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn the_demo_on_http_uses_names_that_browsers_accept_there() {
        let line = Cookie::Ceremony.clear(&localhost()).unwrap();
        assert_eq!(line, "cs-flow=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        assert_eq!(read(&["a=1; cs=first; cs-flow=second"]), Some("first".to_owned()));
        assert_eq!(read(&["a=1", "cs=first"]), Some("first".to_owned()));
    }

    #[test]
    fn two_cookies_of_one_name_count_as_none() {
        assert_eq!(read(&["cs=mine; cs=planted"]), None);
        assert_eq!(read(&["cs=mine", "cs=planted"]), None);
        assert_eq!(read(&["cs=mine; cs="]), None);
    }

    fn localhost() -> PublicAddress {
        PublicAddress::parse("http://localhost:8080").unwrap()
    }

    fn read(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        Cookie::Session.read(&localhost(), &headers).map(str::to_owned)
    }
}
