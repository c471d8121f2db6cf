//! What the fuzzer calls: one function for each parser, which holds what must be true of its answer.
//!
//! They live apart from the fuzzer, so that `tests/corpus.rs` replays with any compiler what it once found.

// A broken promise must stop the fuzzer, and this is how it is told.
#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "each target panics where a promise is broken: that is its purpose"
)]

pub mod delivered;
pub mod installed;
pub mod sign_in;
pub mod stored;
pub mod typed;
pub mod web;

/// What one input is handed to.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const ALL: &[(&str, Target)] = &[
    ("browser_name", web::browser_name),
    ("certificate", installed::certificate),
    ("command_line", installed::command_line),
    ("config", installed::config),
    ("cookies", web::cookies),
    ("email_address", typed::email_address),
    ("failure_record", stored::failure_record),
    ("form", web::form),
    ("forwarded", web::forwarded),
    ("gateway_report", delivered::gateway_report),
    ("host", web::host),
    ("key_file", installed::key_file),
    ("link", web::link),
    ("otpauth", stored::otpauth),
    ("password", typed::password),
    ("phone_number", typed::phone_number),
    ("place", delivered::place),
    ("policy", stored::policy),
    ("public_address", installed::public_address),
    ("segments", delivered::segments),
    ("sign_in", sign_in::sign_in),
    ("token", web::token),
    ("trusted_proxies", installed::trusted_proxies),
    ("typed_code", typed::typed_code),
];

/// Text is what most parsers take; other bytes are refused before them.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Input in two parts, at the first line break.
fn two_parts(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, rest) = data.split_at(at);
    (first, rest.get(1..).unwrap_or_default())
}
