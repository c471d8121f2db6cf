//! How sending goes: counts of the outbox, for an operator.

use countersign_core::{message::Channel, timestamp::Timestamp};

use crate::{Fault, Row, Tx, params, rows};

/// What one channel did since two moments, such as an hour and a day ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sendings {
    pub channel: Channel,
    pub sent_lately: u64,
    pub sent: u64,
    /// Refused for good, or reported as not delivered.
    pub failed_lately: u64,
    pub failed: u64,
}

/// `lately` is the later of the two moments.
pub async fn sendings(tx: &mut Tx<'_>, lately: Timestamp, since: Timestamp) -> Result<Vec<Sendings>, Fault> {
    let rows = tx.query(&SENDINGS, &params![lately.as_millis(), since.as_millis()]).await?;
    let count = |row: &Row, column| row.int(column).map(|count| u64::try_from(count).unwrap_or(0));
    let sendings = |row: &Row| {
        Ok(Sendings {
            channel: rows::channel(row.text(0)?)?,
            sent_lately: count(row, 1)?,
            sent: count(row, 2)?,
            failed_lately: count(row, 3)?,
            failed: count(row, 4)?,
        })
    };
    rows.iter().map(sendings).collect()
}

crate::statements! {
    /// Each branch reads what is new by an index of its own, however many messages were kept.
    SENDINGS: new(
        "SELECT channel, COUNT(*) FILTER (WHERE ok = 1 AND at > $1), COUNT(*) FILTER (WHERE ok = 1), \
             COUNT(*) FILTER (WHERE ok = 0 AND at > $1), COUNT(*) FILTER (WHERE ok = 0) FROM ( \
                 SELECT channel, 1 AS ok, sent_at AS at FROM outbox WHERE sent_at > $2 \
                     AND undelivered_at IS NULL \
                 UNION ALL SELECT channel, 0, dead_at FROM outbox WHERE dead_at > $2 \
                 UNION ALL SELECT channel, 0, dropped_at FROM outbox \
                     WHERE dropped_at > $2 AND last_error IS NOT NULL AND kind = 'code' \
                 UNION ALL SELECT channel, 0, undelivered_at FROM outbox WHERE undelivered_at > $2) AS recent \
         GROUP BY channel ORDER BY channel"
    );
}
