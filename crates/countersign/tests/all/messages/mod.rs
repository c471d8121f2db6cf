//! Messages when something is down or in the way: what people meet on the page, and what arrives afterwards.
//!
//! ```text
//!   Browser ─▶ TestServer ─▶ outbox ─▶ worker ─▶ Gateway  (Twilio's or Kannel's answers, as told)
//!                                            └─▶ MailServer (refuses, until it is up)
//! ```

mod dead_letters;
mod gateway;
mod gateway_down;
mod mail_down;
mod mail_server;
mod nodes;
mod reports;
