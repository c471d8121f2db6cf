//! What is recorded: exactly one event for every security change and every verdict, in its transaction.

pub mod event;
