//! `/profile/security/send-code`: sends a code to somebody who must prove a current factor for an act.

use axum::extract::State;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::sending::SendOutcome;
use countersign_core::ceremony::step_up::Act;
use countersign_core::message::Channel;
use countersign_core::refusal::Refusal;
use countersign_service::profile::Profile;
use countersign_service::sending::CodeWays;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::HasSession;
use crate::extract::visitor::Caller;
use crate::pages::again::show_refused_at;
use crate::pages::change_password;
use crate::view::backup_codes::CreateBackupCodes;
use crate::view::change_methods::ChangeMethods;
use crate::view::create_recovery_key::CreateRecoveryKey;
use crate::view::refusal::Occasion;
use crate::view::turn_off::TurnOff;
use crate::web::Web;

/// `POST /profile/security/send-code`
pub(crate) async fn send(
    State(web): State<Web>,
    Caller(visitor): Caller,
    session: HasSession,
    Form(SendCodeForm { act, by, wanted }): Form<SendCodeForm>,
) -> Answer {
    if session.is_password_change_due() && act != Act::ChangePassword {
        return Err(Away::To("/profile/password"));
    }
    let refused = match web.service.send_act_code(session.caller(visitor)?, act, by).await? {
        // A second click comes too soon: the page says when the next code may be asked for.
        SendOutcome::Sent { .. } | SendOutcome::Refused(Refusal::SendTooSoon { .. }) => {
            return Ok(go_to(page_of(act, wanted), []));
        }
        SendOutcome::Refused(refusal) => (refusal, Occasion::ActCode),
    };
    let code = web.service.act_code(&session.token()?, act).await?;
    match act {
        Act::ChangePassword => {
            let page = |frame, profile: &Profile| change_password::page(frame, profile, code);
            show_refused_at(&web, session, refused, page).await
        }
        Act::ChangeMethods => {
            let page = |frame, profile: &Profile| ChangeMethods::new(frame, profile, code.as_ref(), wanted);
            show_refused_at(&web, session, refused, page).await
        }
        Act::CreateRecoveryKey => {
            let page = |frame, profile: &Profile| CreateRecoveryKey::new(frame, profile, code.as_ref());
            show_refused_at(&web, session, refused, page).await
        }
        Act::CreateBackupCodes => {
            let page = |frame, profile: &Profile| CreateBackupCodes::new(frame, profile, code.as_ref());
            show_refused_at(&web, session, refused, page).await
        }
        Act::TurnOnTwoFactor | Act::TurnOffTwoFactor | Act::ResetSecondFactor | Act::SwitchTwoFactor => {
            let page = |frame, profile: &Profile| TurnOff::new(frame, profile, code.as_ref());
            show_refused_at(&web, session, refused, page).await
        }
    }
}

/// Where the code for an act comes from; `None` where none is asked for.
pub(crate) async fn code_for(
    web: &Web,
    session: &HasSession,
    profile: &Profile,
    act: Act,
) -> Result<Option<CodeWays>, Away> {
    let is_asked_for = match act {
        // Nobody who turns it on has a code yet; operators' acts have pages of their own.
        Act::TurnOnTwoFactor | Act::ResetSecondFactor | Act::SwitchTwoFactor => false,
        Act::TurnOffTwoFactor => profile.proofs_to_turn_off.current_factor,
        Act::ChangeMethods => profile.proofs_to_change_methods.current_factor,
        Act::CreateRecoveryKey => profile.proofs_to_create_recovery_key.current_factor,
        Act::CreateBackupCodes => true,
        Act::ChangePassword => profile.proofs_to_change_password.current_factor,
    };
    if !is_asked_for {
        return Ok(None);
    }
    Ok(web.service.act_code(&session.token()?, act).await?)
}

fn page_of(act: Act, wanted: Option<AuthenticatorKind>) -> &'static str {
    match act {
        Act::TurnOnTwoFactor | Act::ResetSecondFactor | Act::SwitchTwoFactor => "/profile/security",
        Act::TurnOffTwoFactor => "/profile/security/turn-off",
        Act::ChangeMethods => match wanted {
            Some(AuthenticatorKind::App) => "/profile/security/change?method=app",
            Some(AuthenticatorKind::Phone) => "/profile/security/change?method=phone",
            Some(AuthenticatorKind::Email) => "/profile/security/change?method=email",
            Some(
                AuthenticatorKind::Password | AuthenticatorKind::RecoveryKey | AuthenticatorKind::BackupCodes,
            )
            | None => "/profile/security/change",
        },
        Act::ChangePassword => "/profile/password",
        Act::CreateRecoveryKey => "/profile/security/recovery-key/create",
        Act::CreateBackupCodes => "/profile/security/backup-codes/create",
    }
}

/// Nobody who turns it on has a code yet; operators ask for theirs where they act.
const HERE: [Act; 5] = [
    Act::TurnOffTwoFactor,
    Act::ChangeMethods,
    Act::ChangePassword,
    Act::CreateRecoveryKey,
    Act::CreateBackupCodes,
];

pub(crate) struct SendCodeForm {
    act: Act,
    by: Channel,
    /// The method that the person came to change, where one was named.
    wanted: Option<AuthenticatorKind>,
}

impl FormFields for SendCodeForm {
    const PAGE: &'static str = "/profile/security";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let act = Act::parse(&fields.text("act")?).filter(|act| HERE.contains(act));
        let wanted = fields.take_if_sent("method");
        Ok(Self {
            by: fields.channel("by")?,
            act: act.ok_or(FormProblem::Malformed)?,
            wanted: wanted.and_then(|kind| AuthenticatorKind::parse(&kind)),
        })
    }
}
