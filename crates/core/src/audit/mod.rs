//! What is recorded of every security change, and how the record shows what was done to it.

pub mod actor;
pub mod chain;
pub mod event;
pub mod retention;
pub mod verify;
