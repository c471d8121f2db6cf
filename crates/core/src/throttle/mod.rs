//! How often one may be wrong: a ladder per name (P1) and a cap per authenticator (P2, P2b).

pub mod budget;
pub mod cap;
pub mod ladder;
