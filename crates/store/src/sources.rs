//! Names that failed from a network lately: written by decisions, counted where one more was written.

use countersign_core::{
    moment::Visitor,
    throttle::{
        ladder::LadderSubject,
        source::{FLOOD_WINDOW, NAMES_MAX, NAMES_MAX_IN_A_FLOOD, NETWORK_WINDOW, Slowed, SourceRules},
    },
    timestamp::Timestamp,
};

use crate::{Fault, Row, Tx, commit::Statement, database::Statements, params};

/// What the failures that were recorded until now mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// For the network that the last one came from.
    pub slowed: Slowed,
    /// Until when there is a flood, if there is one.
    pub flood_until: Option<Timestamp>,
}

/// Counts behind a failure that the same transaction wrote. Never on a row that others wait for: on PostgreSQL those
/// that are committed in the same instant are not seen, and the next failure sees them.
pub async fn counted(
    tx: &mut Tx<'_>,
    visitor: &Visitor,
    rules: &SourceRules,
    now: Timestamp,
) -> Result<Counted, Fault> {
    let (network, since) = (visitor.network(), now.minus(NETWORK_WINDOW).as_millis());
    let of_network = |names: u32| params![network.as_str(), since, i64::from(names.saturating_sub(1))];
    let of_all = params![now.minus(FLOOD_WINDOW).as_millis(), i64::from(rules.minute_max.saturating_sub(1))];
    let wanted: Statements = vec![
        (&NTH_NEWEST_OF_NETWORK, of_network(NAMES_MAX)),
        (&NTH_NEWEST_OF_NETWORK, of_network(NAMES_MAX_IN_A_FLOOD)),
        (&NTH_NEWEST, of_all),
    ];
    let found = tx.query_all(wanted).await?;
    let times: Vec<Option<Timestamp>> =
        found.iter().map(|rows| first_time(rows)).collect::<Result<_, _>>()?;
    let [network, in_a_flood, all] = times.as_slice() else {
        return Err(Fault::broken("statements gave fewer answers than there are statements"));
    };
    Ok(Counted {
        slowed: Slowed::since(*network, *in_a_flood),
        flood_until: all.map(|at| at.plus(FLOOD_WINDOW)),
    })
}

/// The failure, and the end of some that count no more: so the table holds what ten minutes bring, and no more.
pub(crate) fn put_failure(network: String, name: &LadderSubject, at: Timestamp) -> Statements {
    vec![
        (&DROP_OLD, params![at.minus(NETWORK_WINDOW).as_millis(), DROPPED_AT_ONCE]),
        (&PUT_FAILURE, params![network, name.as_str(), at.as_millis()]),
    ]
}

pub(crate) fn forget_failure(network: String, name: &LadderSubject) -> Statement {
    (&FORGET_FAILURE, params![network, name.as_str()])
}

fn first_time(rows: &[Row]) -> Result<Option<Timestamp>, Fault> {
    rows.first().map(|row| row.int(0).map(Timestamp::from_millis)).transpose()
}

/// More than one, so that a flood that is over is cleared away faster than it came.
const DROPPED_AT_ONCE: i64 = 4;

crate::statements! {
    PUT_FAILURE: new(
        "INSERT INTO source_failures (network, name, failed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (network, name) DO UPDATE SET failed_at = excluded.failed_at"
    );
    FORGET_FAILURE: new("DELETE FROM source_failures WHERE network = $1 AND name = $2");
    /// What somebody else is about to write or remove is left alone: nobody waits for it.
    DROP_OLD: claiming(
        "DELETE FROM source_failures WHERE (network, name) IN ( \
             SELECT network, name FROM source_failures WHERE failed_at <= $1 ORDER BY failed_at LIMIT $2 {SKIP})"
    );
    NTH_NEWEST_OF_NETWORK: new(
        "SELECT failed_at FROM source_failures WHERE network = $1 AND failed_at > $2 \
         ORDER BY failed_at DESC LIMIT 1 OFFSET $3"
    );
    NTH_NEWEST: new(
        "SELECT failed_at FROM source_failures WHERE failed_at > $1 ORDER BY failed_at DESC LIMIT 1 OFFSET $2"
    );
}
