//! Operators: who they are.

use countersign_core::{timestamp::Timestamp, user::User};

use crate::{
    Fault, Row, Tx, params,
    rows::{self, user_columns},
};

/// An operator in a list.
#[derive(Clone, Debug)]
pub struct OperatorLine {
    pub name: String,
    pub email: String,
    pub since: Timestamp,
    /// Whether a second factor is set up and not out of use: else they cannot sign in.
    pub has_second_factor: bool,
}

/// All operators, the oldest first.
pub async fn list(tx: &mut Tx<'_>) -> Result<Vec<OperatorLine>, Fault> {
    let line = |row: &Row| {
        Ok(OperatorLine {
            name: row.text(0)?.to_owned(),
            email: row.text(1)?.to_owned(),
            since: Timestamp::from_millis(row.int(2)?),
            has_second_factor: row.int(3)? > 0,
        })
    };
    tx.query(&LIST, &params![]).await?.iter().map(line).collect()
}

/// All operators, each row locked, in the order of their ids, so that two who do this wait and do not lock each
/// other out.
pub async fn lock(tx: &mut Tx<'_>) -> Result<Vec<User>, Fault> {
    tx.query(&LOCK, &params![]).await?.iter().map(rows::user).collect()
}

crate::statements! {
    LIST: new(
        "SELECT users.name, users.email, users.operator_since, \
             (SELECT COUNT(*) FROM authenticators WHERE authenticators.user_id = users.id \
                 AND authenticators.kind <> 'password' AND authenticators.bound_at IS NOT NULL \
                 AND authenticators.disabled_at IS NULL AND authenticators.revoked_at IS NULL) \
         FROM users WHERE users.operator_since IS NOT NULL ORDER BY users.operator_since, users.id"
    );
    LOCK: locking(concat!(
        "SELECT ", user_columns!(), " FROM users WHERE operator_since IS NOT NULL ORDER BY id"
    ));
}
