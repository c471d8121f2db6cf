//! The code that was sent to the phone or the mailbox that is being set up, and further ones (CR-18, CR-19, B3-4).

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::ceremony::step_up::ActOutcome;
use countersign_core::message::Channel;
use countersign_core::refusal::Refusal;
use countersign_service::enroll::Pending;
use countersign_service::profile::Profile;
use countersign_service::sending::Reach;

use crate::answer::{Answer, Away, go_to};
use crate::extract::button::{Button, CodeForm, FormPage, OnEmailConfirm, OnPhoneConfirm};
use crate::extract::form::Form;
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::enroll::{finish, show_over, under_way};
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::reach_confirm::ReachConfirm;
use crate::view::set_up::SetUp;
use crate::web::Web;

/// A page on which the code of a set-up is typed.
pub(crate) trait ConfirmPage: FormPage {
    const CHANNEL: Channel;
}

impl ConfirmPage for OnPhoneConfirm {
    const CHANNEL: Channel = Channel::Sms;
}

impl ConfirmPage for OnEmailConfirm {
    const CHANNEL: Channel = Channel::Email;
}

/// `GET /profile/security/{phone,email}/confirm`
pub(crate) async fn show<P: ConfirmPage>(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    under_way(&web, &session).await?;
    let reach = pending::<P>(&web, &session).await?.ok_or(Away::To("/profile/security/method"))?;
    let (frame, profile) = session.open_page(&web).await?;
    Ok(page(frame, &profile, &reach).respond(StatusCode::OK))
}

/// `POST /profile/security/{phone,email}/confirm`
pub(crate) async fn confirm<P: ConfirmPage>(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CodeForm<P>>,
) -> Answer {
    let Some(reach) = pending::<P>(&web, &session).await? else {
        return show_over(&web, session, Refusal::Over).await;
    };
    let (frame, profile) = session.open_page(&web).await?;
    if matches!(form.code, TypedCode::Missing) {
        let mut mistakes = Mistakes::on(&web.site);
        mistakes.code(false);
        return Ok(mistakes.show(frame, |frame| page(frame, &profile, &reach)));
    }
    match web.service.confirm_method(session.caller(visitor)?, form.code).await? {
        ActOutcome::Refused(refusal @ Refusal::Over) => show_over(&web, session, refusal).await,
        ActOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| page(frame, profile, &reach);
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Done { session } => finish(&web, &session, SetUp::of(&profile)).await,
    }
}

/// `POST /profile/security/{phone,email}/send`
pub(crate) async fn send<P: ConfirmPage>(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<P>>,
) -> Answer {
    match web.service.send_enrollment_code(session.caller(visitor)?).await? {
        // A second click comes too soon: the page says when the next code may be asked for.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            Ok(go_to(P::PAGE, []))
        }
        SendOutcome::Refused(refusal @ (Refusal::Over | Refusal::NotAllowed)) => {
            show_over(&web, session, refusal).await
        }
        SendOutcome::Refused(refusal) => {
            let Some(reach) = pending::<P>(&web, &session).await? else {
                return show_over(&web, session, Refusal::Over).await;
            };
            let page = |frame, profile: &Profile| page(frame, profile, &reach);
            show_refused(&web, session, refusal, page).await
        }
    }
}

fn page(frame: Frame, profile: &Profile, reach: &Reach) -> ReachConfirm {
    ReachConfirm::new(frame, SetUp::of(profile), reach, may_choose_app(profile))
}

pub(crate) fn may_choose_app(profile: &Profile) -> bool {
    profile.offered.contains(&AuthenticatorKind::App)
}

/// What is being set up, and what was sent there. None where the set-up ran out, was finished elsewhere or went on to
/// another method: a form of it is then told so.
async fn pending<P: ConfirmPage>(web: &Web, session: &HasSession) -> Result<Option<Reach>, Away> {
    let under_way = web.service.enrollment(&session.token()?).await?;
    Ok(match under_way.and_then(|enrollment| enrollment.pending) {
        Some(Pending::Reach(reach)) if reach.to.channel() == P::CHANNEL => Some(reach),
        Some(Pending::Reach(_) | Pending::App(_)) | None => None,
    })
}
