//! The handlers, one file a ceremony: parse, call the service, render.

pub(crate) mod again;
pub(crate) mod change_password;
pub(crate) mod enroll;
pub(crate) mod health;
pub(crate) mod inbox;
pub(crate) mod profile;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod turn_off;
