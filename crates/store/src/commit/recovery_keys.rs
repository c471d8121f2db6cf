//! The part of a decision that makes recovery keys: the one in force, and the one that is shown.

use countersign_core::{
    authenticator::recovery_key::KeyDigest,
    ceremony::RecoveryKeyWrite,
    id::{AuthenticatorId, UserId},
    throttle::cap::FailureRecord,
    timestamp::Timestamp,
};

use super::{Statement, json};
use crate::{Fault, params};

pub(super) fn statement(write: RecoveryKeyWrite) -> Result<Statement, Fault> {
    Ok(match write {
        RecoveryKeyWrite::Bind { user, authenticator, digest, failures, at } => {
            bind((&user, &authenticator), &digest, &failures, at)
        }
        RecoveryKeyWrite::Keep { ceremony, sealed, at } => {
            let sealed = sealed.map_err(|fault| Fault::broken(fault.to_string()))?;
            (&KEEP_NEW_KEY, params![ceremony.as_str(), sealed.0, at.as_millis()])
        }
        RecoveryKeyWrite::PutRecovered { ceremony, evidence, expires_at } => {
            (&PUT_RECOVERED, params![ceremony.as_str(), json(&evidence)?, expires_at.as_millis()])
        }
    })
}

fn bind(
    (user, authenticator): (&UserId, &AuthenticatorId),
    digest: &KeyDigest,
    failures: &FailureRecord,
    at: Timestamp,
) -> Statement {
    let values = params![
        authenticator.as_str(),
        user.as_str(),
        digest.to_stored(),
        at.as_millis(),
        i64::from(failures.in_a_row),
        failures.days_to_stored(),
    ];
    (&BIND_RECOVERY_KEY, values)
}

crate::statements! {
    BIND_RECOVERY_KEY: new(
        "INSERT INTO authenticators \
             (id, user_id, kind, secret, created_at, bound_at, failures_in_a_row, failures_by_day) \
         VALUES ($1, $2, 'recovery_key', $3, $4, $4, $5, $6)"
    );
    KEEP_NEW_KEY: new("UPDATE ceremonies SET new_key = $2, new_key_at = $3 WHERE id = $1");
    PUT_RECOVERED: new("UPDATE ceremonies SET evidence = $2, expires_at = $3 WHERE id = $1 AND ended_at IS NULL");
}
