//! Showing a page again: with what is empty or unreadable in its form, or with what was refused.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::authenticator::phone::{PhoneNumber, PhoneNumberError};
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::link::LinkPurpose;
use countersign_core::refusal::Refusal;
use countersign_core::texts::FluentValue;
use countersign_core::user::{EmailAddress, EmailAddressError};
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::answer::{Answer, Away};
use crate::extract::browser::Browser;
use crate::extract::mailed_link::used_up;
use crate::extract::session::HasSession;
use crate::pages::sign_in::show_session_over;
use crate::request_log::refused;
use crate::site::Site;
use crate::view::Page;
use crate::view::dead_link::DeadLink;
use crate::view::frame::{Frame, Mistake};
use crate::view::refusal::{Occasion, explain};
use crate::web::Web;

/// Collects what is wrong with a form before anything is asked of the service, so that it costs no try.
pub(crate) struct Mistakes<'s> {
    site: &'s Site,
    found: Vec<Mistake>,
}

impl<'s> Mistakes<'s> {
    pub(crate) fn on(site: &'s Site) -> Self {
        Self { site, found: Vec::new() }
    }

    pub(crate) fn email(&mut self, typed: &str) -> Option<EmailAddress> {
        let text_id = match EmailAddress::parse(typed) {
            Ok(email) => return Some(email),
            Err(EmailAddressError::Missing) => "missing-email",
            Err(EmailAddressError::TooLong | EmailAddressError::Malformed) => "malformed-email",
        };
        self.add("email", text_id);
        None
    }

    pub(crate) fn phone(&mut self, parsed: Result<PhoneNumber, PhoneNumberError>) -> Option<PhoneNumber> {
        let text_id = match parsed {
            Ok(number) => return Some(number),
            Err(PhoneNumberError::Missing) => "missing-phone",
            Err(PhoneNumberError::Malformed) => "malformed-phone",
            Err(PhoneNumberError::NoMobile) => "no-mobile-phone",
        };
        self.add("phone", text_id);
        None
    }

    /// No code was typed; `from_app` tells where the person would look for it.
    pub(crate) fn code(&mut self, from_app: bool) {
        self.add("code", if from_app { "missing-code" } else { "missing-code-sent" });
    }

    /// The same where an act asks for one.
    pub(crate) fn code_for_act(&mut self, asked: Option<&CodeWays>, typed: &TypedCode) {
        if let Some(asked) = asked.filter(|_| matches!(typed, TypedCode::Missing)) {
            self.code(asked.has_app);
        }
    }

    pub(crate) fn add_if(&mut self, is_wrong: bool, field: &'static str, text_id: &'static str) {
        if is_wrong {
            self.add(field, text_id);
        }
    }

    pub(crate) fn found_none(&self) -> bool {
        self.found.is_empty()
    }

    /// The page with all mistakes, sent as 422.
    pub(crate) fn show<P: Page>(self, frame: Frame, page: impl FnOnce(Frame) -> P) -> Response {
        let page = page(frame.with_mistakes(self.found)).respond(StatusCode::UNPROCESSABLE_ENTITY);
        refused(page, "form-incomplete")
    }

    /// The same with what the sentence names.
    pub(crate) fn add_with(
        &mut self,
        field: &'static str,
        text_id: &'static str,
        values: &[(&'static str, FluentValue<'_>)],
    ) {
        self.found.push(Mistake { field: Some(field), sentence: self.site.texts.with(text_id, values) });
    }

    fn add(&mut self, field: &'static str, text_id: &'static str) {
        self.found.push(Mistake { field: Some(field), sentence: self.site.texts.get(text_id) });
    }
}

/// A form that is out of date, shown again with what was typed.
pub(crate) fn show_stale(page: impl Page) -> Response {
    refused(page.respond(StatusCode::FORBIDDEN), "form-stale")
}

/// What the page of a mailed link begins with when its form is out of date.
pub(crate) fn stale_link(site: &Arc<Site>, browser: &Browser) -> Frame {
    Frame::new(site, browser).complaining(site.texts.get("stale-link"))
}

/// A mailed link that is good no more, or not here: one page for every reason, since which of them it was would
/// tell a stranger about the link.
pub(crate) fn show_dead_link(site: &Arc<Site>, browser: &Browser, purpose: LinkPurpose) -> Answer {
    let frame = Frame::new(site, browser);
    let page = if browser.has_link(purpose) {
        DeadLink::new(frame, purpose)
    } else {
        DeadLink::missing(frame, purpose)
    };
    let answer = refused(page.respond(StatusCode::GONE), Refusal::LinkOver.code());
    Ok(used_up(site, purpose, browser, answer)?)
}

/// A signed-in page with what was refused; the sign-in page where the session is no more.
pub(crate) async fn show_refused<P: Page>(
    web: &Web,
    session: HasSession,
    refusal: Refusal,
    page: impl FnOnce(Frame, &Profile) -> P,
) -> Answer {
    show_refused_at(web, session, (refusal, Occasion::Profile), page).await
}

pub(crate) async fn show_refused_at<P: Page>(
    web: &Web,
    session: HasSession,
    (refusal, occasion): (Refusal, Occasion),
    page: impl FnOnce(Frame, &Profile) -> P,
) -> Answer {
    if refusal == Refusal::SessionEnded {
        return show_session_over(web, session.browser, refusal);
    }
    // With a live session, it is the set-up that is over.
    if refusal == Refusal::Over && HasSession::find(web, &session.browser).await?.is_none() {
        return Err(Away::session_over(&web.site));
    }
    let refused = explain(&web.site, refusal, occasion);
    let (frame, profile) = session.open_page(web).await?;
    Ok(refused.show(frame, |frame| page(frame, &profile)))
}
