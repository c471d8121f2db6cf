//! The audit record: sealing, reading it to be verified or shown, and removing what is kept no longer.

pub mod reading;
pub mod retention;
pub mod sealing;
