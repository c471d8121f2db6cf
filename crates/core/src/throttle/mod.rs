//! How often one may be wrong: a ladder per name (P1), a cap per authenticator (P2, P2b), and how many names one
//! network may be wrong about. And how much may be sent (P4).

pub mod budget;
pub mod cap;
pub mod ladder;
pub mod links;
pub mod shelf;
pub mod source;
