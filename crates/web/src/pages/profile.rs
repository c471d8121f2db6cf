//! `/profile` and `/profile/security`: what is set up, and the ways to change it.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::destination::Destination;
use countersign_service::profile::{Profile, TwoFactorState};

use crate::answer::{Answer, Away};
use crate::extract::session::SignedIn;
use crate::pages::{activity, sessions};
use crate::view;
use crate::view::Page;
use crate::view::profile::Facts;
use crate::view::security::{Security, Unsaved};
use crate::view::turned_on::TurnedOn;
use crate::view::two_factor::TwoFactor;
use crate::web::Web;

/// `GET /profile`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let two_factor = TwoFactor::of(&profile);
    let facts = Facts {
        name: profile.user.name,
        email: profile.user.email.to_string(),
        email_is_verified: profile.user.email_verified_at.is_some(),
        email_is_provable: profile.is_email_provable,
        organization: profile.organization,
    };
    Ok(view::profile::Profile::new(frame, facts, two_factor).respond(StatusCode::OK))
}

/// `GET /profile/security`
pub(crate) async fn show_security(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let states = sessions::all(&web, &session).await?;
    let sessions = sessions::in_words(&web, &frame, &states);
    let lines = activity::newest(&web, &session, &frame).await?;
    let unsaved = match profile.recovery_key.in_force {
        Some(_) => web.service.unsaved_key(&session.token()?).await?,
        None => None,
    };
    let unsaved_codes = match profile.backup_codes.in_force {
        Some(_) => web.service.unsaved_codes(&session.token()?).await?,
        None => None,
    };
    let unsaved = Unsaved {
        key: unsaved.is_some_and(|key| key.text.is_some()),
        codes: unsaved_codes.is_some_and(|codes| !codes.texts.is_empty()),
    };
    Ok(Security::new(frame, &profile, unsaved, sessions, lines).respond(StatusCode::OK))
}

/// `GET /profile/security/turned-on`: where the set-up of the first method leads.
pub(crate) async fn show_turned_on(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if profile.two_factor != TwoFactorState::On {
        return Err(Away::To("/profile/security"));
    }
    let lacks_codes = profile.backup_codes.may_create && profile.backup_codes.in_force.is_none();
    Ok(TurnedOn::new(frame, asked_for_first(&profile), lacks_codes).respond(StatusCode::OK))
}

/// Where the next sign-in sends a code unasked; nowhere where it asks for one of the app.
fn asked_for_first(profile: &Profile) -> Option<&Destination> {
    let usual = AuthenticatorKind::SECOND_FACTORS
        .into_iter()
        .find_map(|kind| profile.methods.iter().find(|method| method.kind == kind && method.is_usable));
    usual?.to.as_ref()
}
