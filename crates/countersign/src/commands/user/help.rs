//! What is done for one person: unlocking, ending sessions, taking what they lost.

use countersign_core::{
    ceremony::by_operator::{Lost, Reset},
    refusal::Refusal,
    stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_service::{Service, authority::By};
use serde::Serialize;

use super::mailing::Mailing;
use crate::commands::{ConfigFile, Failure, output::answer, with_service};

#[derive(Serialize)]
struct Helped<'a> {
    email: &'a str,
}

#[derive(Serialize)]
struct ResetDone<'a> {
    email: &'a str,
    reset: &'static str,
    #[serde(flatten)]
    mailing: Mailing,
}

#[derive(Serialize)]
struct Told<'a> {
    email: &'a str,
    #[serde(flatten)]
    mailing: Mailing,
}

pub(super) fn unlock(email: &EmailAddress, file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let unlocking = async |service: &Service| {
        let user = service.user_named(email).await?;
        done(service.unlock_user(By::Console, user).await?, ("not_locked", format!("{email} is not locked")))
    };
    with_service(file, unlocking)?;
    let mailing = Mailing::of(file)?;
    let sentence = format!("Unlocked {email}{}.", mailing.told());
    answer(json, &sentence, &Told { email: email.as_str(), mailing })
}

pub(super) fn end_sessions(email: &EmailAddress, file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let ending = async |service: &Service| {
        let user = service.user_named(email).await?;
        let ended = service.sign_out_everywhere(By::Console, user).await?;
        done(ended, ("nothing_there", format!("{email} is gone")))
    };
    with_service(file, ending)?;
    let mailing = Mailing::of(file)?;
    let sentence = format!("Signed {email} out everywhere{}.", mailing.told());
    answer(json, &sentence, &Told { email: email.as_str(), mailing })
}

pub(super) fn reset_app_clock(
    email: &EmailAddress,
    reason: &str,
    file: &ConfigFile,
    json: bool,
) -> Result<(), Failure> {
    let reason = StatedReason::parse(reason).map_err(|error| Failure::new("reason", error))?;
    let resetting = async |service: &Service| {
        let user = service.user_named(email).await?;
        let nothing = "no code of an app of this person was used ahead of this machine's clock".to_owned();
        done(service.reset_app_clock(user, reason.clone()).await?, ("app_not_ahead", nothing))
    };
    with_service(file, resetting)?;
    let sentence = format!("The next code of the app of {email} is good again.");
    answer(json, &sentence, &Helped { email: email.as_str() })
}

pub(super) fn reset(
    email: &EmailAddress,
    (lost, reason): (Lost, &str),
    file: &ConfigFile,
    json: bool,
) -> Result<(), Failure> {
    let reason = StatedReason::parse(reason).map_err(|error| Failure::new("reason", error))?;
    let reset = Reset { lost, reason };
    let (what, code) = match lost {
        Lost::SecondFactors => ("second factor".to_owned(), "no_second_factor"),
        Lost::Method(kind) => (kind.as_str().to_owned(), "no_such_method"),
    };
    let resetting = async |service: &Service| {
        let user = service.user_named(email).await?;
        let nothing = (code, format!("there is nothing to take: {email} has no {what}"));
        done(service.reset_at_console(user, reset.clone()).await?, nothing)
    };
    with_service(file, resetting)?;
    let mailing = Mailing::of(file)?;
    let sentence = format!("Took the {what} from {email} and ended their sessions{}.", mailing.told());
    answer(json, &sentence, &ResetDone { email: email.as_str(), reset: lost.as_str(), mailing })
}

/// A console is refused for two reasons only: that there is nothing to do, which has words of its own each time, and
/// that an operator is meant.
fn done(outcome: Result<(), Refusal>, (code, sentence): (&'static str, String)) -> Result<(), Failure> {
    const OPERATORS: &str =
        "this is an operator, and only `countersign operator reset` takes something from those";
    outcome.map_err(|refusal| match refusal {
        Refusal::OfOperator => Failure::new("of_operator", OPERATORS),
        _ => Failure::new(code, sentence),
    })
}
