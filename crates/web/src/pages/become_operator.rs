//! `/operator/set-up`: becoming an operator behind a link of the console.
//!
//! ```text
//! ?token=… ─► set-up ─► set-up/app ─► sign-in
//!               ▲           │  back, too late, five wrong codes
//!               └───────────┘
//! ```

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::become_operator::FirstCodeOutcome;
use countersign_core::operator_link::OPERATOR_SET_UP_LIFE;
use countersign_core::refusal::Refusal;
use countersign_core::token::{ForOperatorLink, OperatorSetUpToken};
use countersign_core::user::{EmailAddress, NAME_CHARACTERS_MAX, parse_name};
use countersign_service::become_operator::{BeginOutcome, CarriedLink, OpenOperatorLink, PersonEntered};
use countersign_service::enroll::PendingApp;

use crate::answer::{Answer, Away, go_to, with_cookies};
use crate::error::{FormProblem, PageError};
use crate::extract::browser::Browser;
use crate::extract::cookies::Cookie;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::mailed_link::moved_to_cookie;
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_stale, stale_link};
use crate::request_log::refused;
use crate::said::Said;
use crate::site::Site;
use crate::view::Page;
use crate::view::app::PendingKey;
use crate::view::become_operator::{BecomeOperator, OperatorsApp, Typed};
use crate::view::dead_link::DeadLink;
use crate::view::frame::Frame;
use crate::view::qr::QrCode;
use crate::view::refusal::{Occasion, explain, explain_password};
use crate::web::Web;

const ENTER: &str = "/operator/set-up";
const APP: &str = "/operator/set-up/app";

/// `GET /operator/set-up`: uses nothing up (A43).
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = moved_to_cookie::<ForOperatorLink>(&web.site, Cookie::OperatorLink, &uri)? {
        return Ok(away);
    }
    let Some((link, _)) = open_link(&web, &browser).await? else { return show_dead(&web, &browser) };
    let frame = Frame::new(&web.site, &browser);
    Ok(BecomeOperator::new(frame, &link, &entered(&link)).respond(StatusCode::OK))
}

/// `POST /operator/set-up`
pub(crate) async fn enter(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<PersonForm>,
) -> Answer {
    let Some((link, carried)) = open_link(&web, &browser).await? else { return show_dead(&web, &browser) };
    let PersonForm { typed, new } = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(PersonForm { typed, .. }) => {
            let frame = stale_link(&web.site, &browser);
            return Ok(show_stale(BecomeOperator::new(frame, &link, &typed)));
        }
    };
    let frame = Frame::new(&web.site, &browser);
    let mut mistakes = Mistakes::on(&web.site);
    let named = if link.operator.is_none() { named(&mut mistakes, &typed) } else { None };
    mistakes.add_if(new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| BecomeOperator::new(frame, &link, &typed)));
    }
    let person = PersonEntered { named, password: new };
    match web.service.begin_becoming_operator(&carried, person, visitor).await? {
        BeginOutcome::Refused(Refusal::LinkOver) => show_dead(&web, &browser),
        BeginOutcome::Refused(refusal) => {
            let refused = explain(&web.site, refusal, Occasion::Profile);
            Ok(refused.show(frame, |frame| BecomeOperator::new(frame, &link, &typed)))
        }
        BeginOutcome::Unfit(refusal) => {
            let refused = explain_password(&web.site, refusal);
            Ok(refused.show(frame, |frame| BecomeOperator::new(frame, &link, &typed)))
        }
        BeginOutcome::Onward { set_up } => {
            let keep = |token: OperatorSetUpToken| {
                Cookie::OperatorSetUp.set(&web.site.address, &token.expose_text())
            };
            let cookie = set_up.map(keep).transpose()?;
            Ok(go_to(APP, cookie))
        }
    }
}

/// `GET /operator/set-up/app`
pub(crate) async fn show_app(State(web): State<Web>, browser: Browser) -> Answer {
    let Some((_, carried)) = open_link(&web, &browser).await? else { return show_dead(&web, &browser) };
    let app = web.service.operators_app(&carried).await?.ok_or(Away::To(ENTER))?;
    let page = operators_app(app)?;
    Ok(page(Frame::new(&web.site, &browser)).respond(StatusCode::OK))
}

/// `POST /operator/set-up/app`
pub(crate) async fn confirm(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<CodeForm>,
) -> Answer {
    let Some((link, carried)) = open_link(&web, &browser).await? else { return show_dead(&web, &browser) };
    let Some(app) = web.service.operators_app(&carried).await? else {
        // With a link that was used meanwhile goes all that it began.
        return match open_link(&web, &browser).await? {
            Some((link, _)) => Ok(show_over(&web, &browser, &link)),
            None => show_dead(&web, &browser),
        };
    };
    let page = operators_app(app)?;
    let CodeForm { code } = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(_) => {
            return Ok(show_stale(page(stale_link(&web.site, &browser))));
        }
    };
    let frame = Frame::new(&web.site, &browser);
    if matches!(code, TypedCode::Missing) {
        let mut mistakes = Mistakes::on(&web.site);
        mistakes.code(true);
        return Ok(mistakes.show(frame, page));
    }
    match web.service.finish_becoming_operator(&carried, code, visitor).await? {
        FirstCodeOutcome::Refused(Refusal::LinkOver) => show_dead(&web, &browser),
        FirstCodeOutcome::Refused(Refusal::Over) => Ok(show_over(&web, &browser, &link)),
        FirstCodeOutcome::Refused(refusal @ Refusal::EmailTaken) => {
            let refused = explain(&web.site, refusal, Occasion::Profile);
            Ok(refused.show(frame, |frame| BecomeOperator::new(frame, &link, &entered(&link))))
        }
        FirstCodeOutcome::Refused(refusal) => {
            Ok(explain(&web.site, refusal, Occasion::Profile).show(frame, page))
        }
        FirstCodeOutcome::Done => {
            let said = Said::OperatorSetUp.cookie(&web.site.address)?;
            let [link, set_up] = forget(&web.site)?;
            Ok(go_to("/sign-in", [said, link, set_up]))
        }
    }
}

async fn open_link(web: &Web, browser: &Browser) -> Result<Option<(OpenOperatorLink, CarriedLink)>, Away> {
    let Some(carried) = browser.operator_link() else { return Ok(None) };
    let link = web.service.operator_link(&carried).await?;
    Ok(link.map(|link| (link, carried)))
}

fn entered(link: &OpenOperatorLink) -> Typed {
    let typed = link.entered.as_ref();
    typed.map_or_else(Typed::default, |entered| Typed {
        name: entered.name.clone(),
        email: entered.email.clone(),
    })
}

fn operators_app(app: PendingApp) -> Result<impl FnOnce(Frame) -> OperatorsApp, PageError> {
    let qr = QrCode::of(app.otpauth_uri.expose())?;
    let key = PendingKey::new(&app.manual_key, app.account, app.issuer);
    Ok(move |frame| OperatorsApp::new(frame, qr, key))
}

/// One page for every reason, since which of them it was would tell a stranger about the link.
fn show_dead(web: &Web, browser: &Browser) -> Answer {
    let is_there = browser.operator_link().is_some();
    let page = DeadLink::of_operator(Frame::new(&web.site, browser), is_there);
    let answer = refused(page.respond(StatusCode::GONE), Refusal::LinkOver.code());
    Ok(if is_there { with_cookies(answer, forget(&web.site)?) } else { answer })
}

/// The set-up is over, and the link is still good.
fn show_over(web: &Web, browser: &Browser, link: &OpenOperatorLink) -> Response {
    let minutes = OPERATOR_SET_UP_LIFE.as_secs() / 60;
    let sentence = web.site.texts.with("become-operator-over", &[("minutes", minutes.into())]);
    let frame = Frame::new(&web.site, browser).complaining(sentence);
    let page = BecomeOperator::new(frame, link, &entered(link)).respond(StatusCode::CONFLICT);
    refused(page, Refusal::Over.code())
}

fn forget(site: &Site) -> Result<[HeaderValue; 2], PageError> {
    Ok([Cookie::OperatorLink.clear(&site.address)?, Cookie::OperatorSetUp.clear(&site.address)?])
}

fn named(mistakes: &mut Mistakes<'_>, typed: &Typed) -> Option<(String, EmailAddress)> {
    let name = parse_name(&typed.name);
    if name.is_none() {
        mistakes.add_with("name", "missing-name", &[("max", NAME_CHARACTERS_MAX.into())]);
    }
    let email = mistakes.email(&typed.email);
    name.zip(email)
}

pub(crate) struct PersonForm {
    typed: Typed,
    new: Password,
}

impl FormFields for PersonForm {
    const PAGE: &'static str = ENTER;

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let mut typed = |name| fields.take_if_sent(name).map(|text| text.to_string()).unwrap_or_default();
        let typed = Typed { name: typed("name"), email: typed("email") };
        Ok(Self { typed, new: fields.password("new_password")? })
    }
}

pub(crate) struct CodeForm {
    code: TypedCode,
}

impl FormFields for CodeForm {
    const PAGE: &'static str = APP;

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { code: fields.code("code")? })
    }
}
