//! What Countersign decides: pure rules, without a clock, a database, a network or randomness of its own.
//!
//! ```text
//!   ceremony ── the steps a person takes; each step returns a `Decision`: an outcome and its writes
//!      │
//!      ├── policy         who must prove what
//!      ├── authenticator  how a password or a code is judged
//!      ├── throttle       how often one may be wrong
//!      └── notice, audit  what is told, what is recorded
//! ```
//!
//! Start reading at [`ceremony`], then [`ceremony::sign_in`].

#[macro_use]
mod words;

pub mod account;
pub mod assurance;
pub mod audit;
pub mod authenticator;
pub mod browser_name;
pub mod ceremony;
pub mod id;
pub mod keys;
pub mod letter;
pub mod link;
pub mod message;
pub mod moment;
pub mod notice;
pub mod operator_link;
pub mod organization;
pub mod policy;
pub mod refusal;
pub mod secret;
pub mod session;
pub mod stated_reason;
pub mod texts;
pub mod throttle;
pub mod timestamp;
pub mod token;
pub mod user;
