//! What gateways tell us, and what we ask files of others.

use std::{io::Write, net::IpAddr};

use countersign_core::{
    id::MessageId,
    keys::{KeyRing, RootKey},
    secret::Secret,
};
use countersign_delivery::{
    place::Places,
    sms::{kannel, segments::Segments, twilio},
};
use tempfile::NamedTempFile;

use crate::{text, two_parts};

/// What a text costs: never nothing, and never less than what fits.
pub fn segments(data: &[u8]) {
    let Some(message) = text(data) else { return };
    let cost = Segments::of(message);
    assert!(cost.segments >= 1 && cost.units <= cost.segments * 160);
    assert_eq!(cost.is_one(), cost.segments == 1);
    assert!(Segments::of(&format!("{message}a")).units > cost.units);
}

/// A report that was not signed with our key, or carries no token of ours, is forged whatever it says.
pub fn gateway_report(data: &[u8]) {
    let (signature, rest) = two_parts(data);
    let (Some(signature), Some(rest)) = (text(signature), text(rest)) else { return };
    let fields: Vec<(String, String)> = rest
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, value) in &fields {
        let _reports = (kannel::report(value), twilio::report(name, Some(value)));
    }
    let key = Secret::new("a key that nobody can guess".to_owned());
    assert!(!twilio::is_signed("https://signin.example/reports/twilio/msg_1", &fields, signature, &key));
    let root = RootKey { number: 1, bytes: Secret::new([7; 32]) };
    let Some(keys) = KeyRing::new(vec![root]) else { return };
    let message = MessageId::from_stored(rest.to_owned());
    assert!(!kannel::is_report_token(&keys, &message, signature));
    assert!(kannel::is_report_token(&keys, &message, &kannel::report_token(&keys, &message)));
}

/// A file of places that is none, or damaged, costs words in a notice and nothing else.
pub fn place(data: &[u8]) {
    let Ok(mut file) = NamedTempFile::new() else { return };
    if file.write_all(data).is_err() {
        return;
    }
    let Ok(places) = Places::open(file.path()) else { return };
    for address in [IpAddr::from([203, 0, 113, 7]), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7])] {
        let words = places.words(address).unwrap_or_default();
        assert!(!words.chars().any(char::is_control), "{words:?}");
    }
}
