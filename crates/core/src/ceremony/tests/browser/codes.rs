//! What a person reads off their app and their phone.

use totp_rs::{Algorithm, Builder};

use super::{
    super::world::{ANN, ANNS_NUMBER, BEAS_NUMBER, World, open_app_secret, user_id},
    mailbox::opened,
};
use crate::{
    authenticator::{
        Authenticator, AuthenticatorKind, Material,
        totp::{AppSecret, CodeVerdict, STEP_SECS, UsedSteps, current_step},
        typed_code::{DIGITS, TypedCode},
    },
    letter::Letter,
    message::Outgoing,
};

/// The code that the person's app shows now; of the pending one where none is bound yet.
pub(in super::super) fn right_code(world: &World, name: &str) -> String {
    code_of_step(world, name, current_step(world.now))
}

pub(in super::super) fn code_of_step(world: &World, name: &str, step: i64) -> String {
    newest_app(world, name).map_or_else(no_code, |app| code(&app.material, step))
}

/// The code in the newest text on the person's phone: the one that is bound, or else their own, which they
/// may be setting up.
pub(in super::super) fn texted_code(world: &World, name: &str) -> String {
    texts(world, name).pop().unwrap_or_else(no_code)
}

/// The code in the newest mail to the person's mailbox.
pub(in super::super) fn mailed_code(world: &World, name: &str) -> String {
    let user = world.users.iter().find(|user| user.id == user_id(name)).unwrap();
    let mails = world.outbox.iter().filter(|message| message.to == user.email.as_str());
    mails.rev().find_map(code_in).unwrap_or_else(no_code)
}

/// The code in the text before that.
pub(in super::super) fn texted_code_before(world: &World, name: &str) -> String {
    texts(world, name).into_iter().rev().nth(1).unwrap_or_else(no_code)
}

fn texts(world: &World, name: &str) -> Vec<String> {
    let user = user_id(name);
    let bound = world.in_force(&user).find_map(|bound| bound.phone_number());
    let own = if name == ANN { ANNS_NUMBER } else { BEAS_NUMBER };
    let number = bound.map_or(own, |number| number.as_str());
    let texts = world.outbox.iter().filter(|message| message.to == number);
    texts.filter_map(code_in).collect()
}

/// The code that a message carries.
pub(in super::super) fn code_in(message: &Outgoing) -> Option<String> {
    match opened(message) {
        Letter::Code(code) => Some(code.code.expose().clone()),
        _ => None,
    }
}

/// A code that the app shows at no time around now, and that is in no text.
pub(in super::super) fn wrong_code(world: &World, name: &str) -> String {
    let secret = newest_app(world, name).map(|app| open_app_secret(&app.material));
    let texted = texts(world, name);
    let is_wrong = |typed: &String| {
        let check = |secret: &AppSecret| {
            secret.check(&TypedCode::parse(typed), UsedSteps::default(), world.now) == CodeVerdict::Wrong
        };
        secret.as_ref().is_none_or(check) && !texted.contains(typed)
    };
    (0..1000).map(|number| format!("{number:0DIGITS$}")).find(is_wrong).unwrap()
}

/// What an app with this secret shows in a step (RFC 6238).
pub(in super::super) fn code(app: &Material, step: i64) -> String {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP_SECS)
        .with_secret(*open_app_secret(app).expose_bytes())
        .build_noncompliant()
        .generate(step.unsigned_abs() * STEP_SECS)
        .to_string()
}

/// The app that the person holds in their hand: the one in force, or else the last that was shown to them.
pub(in super::super) fn newest_app<'w>(world: &'w World, name: &str) -> Option<&'w Authenticator> {
    let user = user_id(name);
    let is_app = |authenticator: &Authenticator| authenticator.kind() == AuthenticatorKind::App;
    world.in_force(&user).find(|authenticator| is_app(authenticator)).or_else(|| {
        let mut rows = world.authenticators.iter();
        rows.rfind(|row| row.user == user && is_app(&row.authenticator)).map(|row| &row.authenticator)
    })
}

fn no_code() -> String {
    "000000".into()
}
