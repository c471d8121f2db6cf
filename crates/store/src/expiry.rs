//! Ends, as a matter of record, what time has ended: before a clock goes back, for which it would begin again.

use countersign_core::{
    session::{SESSION_IDLE, SESSION_LIFE},
    timestamp::Timestamp,
};

use crate::{Fault, Tx, params};

/// Ends every session, ceremony, code and link whose time was over at `latest`, and says how many these were. Each
/// table is read once as a whole: clocks go back once in years.
pub async fn end_what_is_over(tx: &mut Tx<'_>, latest: Timestamp) -> Result<u64, Fault> {
    let (made_by, seen_by) = (latest.minus(SESSION_LIFE), latest.minus(SESSION_IDLE));
    let at = latest.as_millis();
    let mut ended = tx.execute(&SESSIONS, &params![at, made_by.as_millis(), seen_by.as_millis()]).await?;
    for statement in [&CEREMONIES, &CODES, &LINKS, &OPERATOR_LINKS, &OPERATOR_SET_UPS] {
        ended += tx.execute(statement, &params![at]).await?;
    }
    Ok(ended)
}

crate::statements! {
    SESSIONS: new(
        "UPDATE sessions SET ended_at = $1, end_reason = 'expired' \
         WHERE ended_at IS NULL AND (created_at <= $2 OR last_seen_at <= $3)"
    );
    CEREMONIES: new(
        "UPDATE ceremonies SET ended_at = $1, end_reason = 'expired' WHERE ended_at IS NULL AND expires_at <= $1"
    );
    CODES: new(
        "UPDATE sent_codes SET superseded_at = $1 \
         WHERE used_at IS NULL AND superseded_at IS NULL AND expires_at <= $1"
    );
    LINKS: new(
        "UPDATE links SET superseded_at = $1 \
         WHERE used_at IS NULL AND superseded_at IS NULL AND expires_at <= $1"
    );
    OPERATOR_LINKS: new(
        "UPDATE operator_links SET superseded_at = $1 \
         WHERE used_at IS NULL AND superseded_at IS NULL AND expires_at <= $1"
    );
    /// They have no end of their own, and nothing refers to them.
    OPERATOR_SET_UPS: new("DELETE FROM operator_set_ups WHERE expires_at <= $1");
}
