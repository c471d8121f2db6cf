//! The audit record: its beginning, sealing, reading it to be verified or shown, and removing what is kept no longer.

pub mod beginning;
pub mod reading;
pub mod retention;
pub mod sealing;
