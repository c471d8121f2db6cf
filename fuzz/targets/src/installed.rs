//! What an operator writes.

use std::{io::Write, iter, path::Path};

use clap::Parser as _;
use countersign::{
    commands::Command,
    config::{Config, Values, key_file},
};
use countersign_web::{fuzzing, site::PublicAddress, trusted_proxies::TrustedProxies};
use tempfile::NamedTempFile;

use crate::text;

/// The end of a certificate is a whole second, and nothing behind the certificate moves it.
pub fn certificate(data: &[u8]) {
    let Some(end) = fuzzing::certificate_end(data) else { return };
    assert_eq!(end.as_millis() % 1000, 0);
    assert_eq!(fuzzing::certificate_end(&[data, b"more"].concat()), Some(end));
}

/// A word in each line. They are understood, or refused in a sentence; nothing is run.
pub fn command_line(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    if let Err(refused) = Command::try_parse_from(iter::once("countersign").chain(typed.lines())) {
        assert!(!refused.to_string().is_empty());
    }
}

/// A configuration is taken or refused with a sentence that names a setting; neither needs the system's environment.
pub fn config(data: &[u8]) {
    let Some(file) = file_of(data) else { return };
    if let Err(refused) =
        Values::gather(Some(file.path()), []).and_then(|values| Config::from_values(&values))
    {
        assert!(!refused.to_string().is_empty());
    }
}

/// Keys are read or refused; a refusal holds nothing of the file.
pub fn key_file(data: &[u8]) {
    let Some(file) = file_of(data) else { return };
    if let Err(refused) = key_file::read(file.path()) {
        let told = refused.to_string().replace(&shown(file.path()), "");
        let long_words = text(data).unwrap_or_default().split_whitespace().filter(|word| word.len() > 20);
        for word in long_words {
            assert!(!told.contains(word), "{told}");
        }
    }
}

/// The address under which we are known is an origin and nothing else.
pub fn public_address(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    if let Ok(address) = PublicAddress::parse(typed) {
        let again = PublicAddress::parse(address.origin());
        assert_eq!(again.ok().as_ref().map(PublicAddress::origin), Some(address.origin()));
        assert!(address.origin().ends_with(address.host()));
    }
}

pub fn trusted_proxies(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    if let Ok(proxies) = TrustedProxies::parse(typed) {
        assert_eq!(proxies.is_empty(), typed.chars().all(|character| matches!(character, ' ' | ',')));
    }
}

fn file_of(data: &[u8]) -> Option<NamedTempFile> {
    let mut file = NamedTempFile::new().ok()?;
    file.write_all(data).ok()?;
    Some(file)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
