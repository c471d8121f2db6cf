//! The handlers, one file a ceremony: parse, call the service, render.

pub(crate) mod act_code;
pub(crate) mod activity;
pub(crate) mod again;
pub(crate) mod become_operator;
pub(crate) mod change_methods;
pub(crate) mod change_password;
pub(crate) mod enroll;
pub(crate) mod enroll_phone;
pub(crate) mod forgot_password;
pub(crate) mod health;
pub(crate) mod inbox;
pub(crate) mod not_me;
pub(crate) mod operator;
pub(crate) mod other_way;
pub(crate) mod profile;
pub(crate) mod recovered;
pub(crate) mod recovery_key;
pub(crate) mod reports;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod turn_off;
pub(crate) mod unlock;
pub(crate) mod verify_email;
