//! What people do under the preset `per-user`, step by step as CallRail's document tells it, and what else
//! they meet on the way.

mod authenticator;
mod backup_codes;
mod become_operator;
mod both_methods;
mod by_operator;
mod change_password;
mod company_rules;
mod email_key;
mod forgot_password;
mod gate;
mod invitation;
mod janitor;
mod lock;
mod mailed_links;
mod not_me;
mod notices;
mod operators;
mod out_of_time;
mod prove_email;
mod recovery_key;
mod sessions;
mod sign_in;
mod sign_in_by_text;
mod support;
mod turn_off;
mod turn_on;
mod turn_on_by_text;
mod unlock;
