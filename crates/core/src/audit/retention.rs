//! How much of the beginning of the record goes when events are kept for a limited time only.

use crate::{
    audit::chain::{Link, Tombstone},
    timestamp::Timestamp,
};

/// The tombstone for the events at the beginning that happened before `until`; `None` if the first did not. An
/// older event behind a younger one stays with it: what is removed is one stretch.
pub fn tombstone(
    beginning: impl IntoIterator<Item = (Link, Timestamp)>,
    until: Timestamp,
) -> Option<Tombstone> {
    let (last, _) = beginning.into_iter().take_while(|(_, at)| *at < until).last()?;
    Some(Tombstone { last, until })
}
