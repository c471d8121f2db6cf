//! How often one may be wrong: a ladder per name (P1), a cap per authenticator (P2, P2b), and how many names one
//! network may be wrong about.

pub mod budget;
pub mod cap;
pub mod ladder;
pub mod shelf;
pub mod source;
