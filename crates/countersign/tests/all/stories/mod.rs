//! What people do under the preset `per-user`, step by step as CallRail's document tells it: the app's half.

mod change_password;
mod company_rules;
mod lock;
mod sign_in;
mod turn_off;
mod turn_on;
