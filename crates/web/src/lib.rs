//! The pages: everything that speaks HTTP to people.
//!
//! ```text
//! request ─► log ─► headers ─► problem pages ─► host ─► own task ─► origin ─► browser ─► router
//!                                                                                         │
//! answer  ◄── id ◄── headers ◄── rendered problems ◄──────────────────────── view ◄── pages ◄─┘
//! ```
//! A sign-in begins in [`router`], whose doors lead to the handlers in `pages`; they ask the service and show
//! a `view`.

mod answer;
mod assets;
pub mod demo;
mod error;
mod extract;
mod finish;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod headers;
mod layers;
pub mod metrics;
mod pages;
mod request_log;
pub mod router;
mod said;
pub mod server;
pub mod site;
mod texts;
pub mod trusted_proxies;
mod view;
mod web;

pub use axum::Router;
