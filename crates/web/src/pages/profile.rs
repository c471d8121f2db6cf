//! `/profile` and `/profile/security`: what is set up, and the ways to change it.

use axum::extract::State;
use axum::http::StatusCode;
use countersign_service::profile::{Profile, TwoFactorState};

use crate::answer::{Answer, Away};
use crate::extract::session::SignedIn;
use crate::view;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::profile::Facts;
use crate::view::security::{Method, Security};
use crate::view::turned_on::TurnedOn;
use crate::view::two_factor::TwoFactor;
use crate::view::when::When;
use crate::web::Web;

/// `GET /profile`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let two_factor = two_factor(&profile);
    let facts = Facts {
        name: profile.user.name,
        email: profile.user.email.to_string(),
        email_is_verified: profile.user.email_verified_at.is_some(),
        organization: profile.organization,
    };
    Ok(view::profile::Profile::new(frame, facts, two_factor).respond(StatusCode::OK))
}

/// `GET /profile/security`
pub(crate) async fn show_security(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let methods = methods(&frame, &profile);
    Ok(Security::new(frame, two_factor(&profile), methods).respond(StatusCode::OK))
}

/// `GET /profile/security/turned-on`: where a finished set-up leads.
pub(crate) async fn show_turned_on(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if profile.two_factor != TwoFactorState::On {
        return Err(Away::To("/profile/security"));
    }
    Ok(TurnedOn::new(frame).respond(StatusCode::OK))
}

fn two_factor(profile: &Profile) -> TwoFactor {
    let may_switch = match profile.two_factor {
        TwoFactorState::Off => profile.may_turn_on,
        TwoFactorState::On | TwoFactorState::Disabled => profile.may_turn_off,
    };
    TwoFactor { state: profile.two_factor, may_switch }
}

fn methods(frame: &Frame, profile: &Profile) -> Vec<Method> {
    let known = profile.methods.iter().map(|method| Method {
        kind: method.kind,
        is_usable: method.is_usable,
        added: When::at(frame, method.bound_at),
        last_used: method.last_used_at.map(|moment| When::at(frame, moment)),
    });
    known.collect()
}
