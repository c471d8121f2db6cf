//! Configuration, commands and wiring: everything that makes one program of the other crates.

pub mod app;
pub mod channels;
pub mod commands;
pub mod config;
pub mod core_dumps;
pub mod demo;
pub mod logs;
pub mod metrics;
pub mod supervisor;
pub mod traces;
