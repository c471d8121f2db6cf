//! What may have become of a session or its person before something is typed, for the tables of cases.

use super::{
    browser::Browser,
    world::{ANN, World},
};

/// Makes a case of a table out of the state that the table is about.
pub(super) type Given = fn(&mut World, &mut Browser);

pub(super) fn nothing(_: &mut World, _: &mut Browser) {}

pub(super) fn end_session(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.sessions[0].session.ended_at = Some(now);
}

pub(super) fn raise_epoch(world: &mut World, _: &mut Browser) {
    world.user(ANN).epoch += 1;
}

pub(super) fn disable_user(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.user(ANN).disabled_at = Some(now);
}

pub(super) fn disable_phone(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.phone(ANN).disabled_at = Some(now);
}
