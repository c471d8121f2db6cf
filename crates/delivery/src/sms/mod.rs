//! Text messages: how long they are, and the gateways that take them.

pub mod kannel;
pub mod segments;
pub mod twilio;
