//! The part of a decision that makes look-up secrets: those in force, those that are shown, and codes that are used.

use countersign_core::{
    authenticator::Material,
    ceremony::RecoveryWrite,
    id::{AuthenticatorId, UserId},
    throttle::cap::FailureRecord,
    timestamp::Timestamp,
};

use super::{Statement, json, stored};
use crate::{Fault, params};

pub(super) fn statement(write: RecoveryWrite) -> Result<Statement, Fault> {
    Ok(match write {
        RecoveryWrite::Bind { user, authenticator, material, failures, at } => {
            bind((&user, &authenticator), material, &failures, at)
        }
        RecoveryWrite::Keep { ceremony, sealed, at } => {
            let sealed = sealed.map_err(|fault| Fault::broken(fault.to_string()))?;
            (&KEEP_NEW_KEY, params![ceremony.as_str(), sealed.0, at.as_millis()])
        }
        RecoveryWrite::PutRecovered { ceremony, evidence, expires_at } => {
            (&PUT_RECOVERED, params![ceremony.as_str(), json(&evidence)?, expires_at.as_millis()])
        }
    })
}

fn bind(
    (user, authenticator): (&UserId, &AuthenticatorId),
    material: Material,
    failures: &FailureRecord,
    at: Timestamp,
) -> Statement {
    let kind = material.kind().as_str();
    let (secret, _) = stored(material);
    let values = params![
        authenticator.as_str(),
        user.as_str(),
        kind,
        secret,
        at.as_millis(),
        i64::from(failures.in_a_row),
        failures.days_to_stored(),
    ];
    (&BIND_LOOK_UP_SECRET, values)
}

/// Uses a backup code, of a set that is in force.
pub(super) fn use_code(authenticator: &AuthenticatorId, number: u8, at: Timestamp) -> Statement {
    (&USE_BACKUP_CODE, params![authenticator.as_str(), i64::from(number), at.as_millis()])
}

crate::statements! {
    BIND_LOOK_UP_SECRET: new(
        "INSERT INTO authenticators \
             (id, user_id, kind, secret, created_at, bound_at, failures_in_a_row, failures_by_day) \
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)"
    );
    /// Of two at once, the second waits for the first one's row and finds it taken.
    USE_BACKUP_CODE: new(
        "INSERT INTO used_backup_codes (authenticator_id, number, used_at) \
         SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM authenticators WHERE id = $1 \
             AND bound_at IS NOT NULL AND disabled_at IS NULL AND revoked_at IS NULL \
         ON CONFLICT (authenticator_id, number) DO NOTHING"
    );
    KEEP_NEW_KEY: new("UPDATE ceremonies SET new_key = $2, new_key_at = $3 WHERE id = $1");
    PUT_RECOVERED: new("UPDATE ceremonies SET evidence = $2, expires_at = $3 WHERE id = $1 AND ended_at IS NULL");
}
