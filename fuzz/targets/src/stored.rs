//! What we write and read back, and what others read of ours.

use countersign_core::{
    authenticator::totp::AppSecret, policy::Policy, throttle::cap::FailureRecord, timestamp::Timestamp,
};
use countersign_service::otpauth;
use url::Url;

use crate::{text, two_parts};

/// A policy means the same after it was stored.
pub fn policy(data: &[u8]) {
    let Ok(policy) = serde_json::from_slice::<Policy>(data) else { return };
    let stored = serde_json::to_string(&policy).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Policy>(&stored).ok().as_ref(), Some(&policy));
    // Whoever tightens twice has what tightening once gave.
    let tightened = policy.clone().tightened_by(&policy);
    assert_eq!(tightened.clone().tightened_by(&policy), tightened);
}

/// Failures by day count on, whatever was stored.
pub fn failure_record(data: &[u8]) {
    let Some(days) = text(data) else { return };
    let Some(record) = FailureRecord::from_stored(3, days) else { return };
    assert_eq!(FailureRecord::from_stored(3, &record.days_to_stored()).as_ref(), Some(&record));
    let now = Timestamp::from_millis(1_795_342_500_000);
    assert!(record.clone().counted(now).in_a_month(now) >= record.in_a_month(now));
}

/// An app reads issuer, account and secret as we meant them, whatever the company is called (A21).
pub fn otpauth(data: &[u8]) {
    let (issuer, account) = two_parts(data);
    let (Some(issuer), Some(account)) = (text(issuer), text(account)) else { return };
    let key = AppSecret::from_bytes([7; 20]).manual_key();
    let uri = otpauth::uri(issuer, account, &key);
    let read = Url::parse(uri.expose()).unwrap_or_else(|fault| panic!("{fault}: {}", uri.expose()));
    let value = |name: &str| {
        let mut pairs = read.query_pairs();
        pairs.find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
    };
    assert_eq!((read.scheme(), read.host_str()), ("otpauth", Some("totp")));
    assert_eq!(value("secret").as_deref(), Some(key.expose().as_str()));
    assert_eq!(value("issuer"), Some(issuer.replace(':', " ")));
    assert_eq!(read.query_pairs().count(), 5);
}
