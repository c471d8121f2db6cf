//! The audit record: begun, verified, listed, and how far its sealing is.

pub mod sealer;

use std::time::Duration;

use countersign_core::audit::verify::{Entry, Verifier};
pub use countersign_core::{
    audit::{
        chain::{Fit, Record},
        verify::{Finding, Flaw, Report},
    },
    keys::KeyRing,
};
use countersign_core::{
    id::{AuditEventId, UserId},
    timestamp::Timestamp,
    user::EmailAddress,
};
pub use countersign_store::audit::reading::Filter;
use countersign_store::{
    Database,
    audit::{
        beginning,
        reading::{self, Page},
        sealing::{self, Lag},
    },
};

use crate::{Fault, Service};

/// Events of one page: a read of some milliseconds, during which others write.
const PAGE: usize = 1000;

/// Begins the chain in a database that was just made. Nothing happens in any other.
pub async fn begin(database: &Database, keys: &KeyRing, now: Timestamp) -> Result<(), Fault> {
    Ok(beginning::begin(database, &keys.audit_key(), now).await?)
}

/// Walks over the whole record, beside whoever writes it; takes the same memory for one of any length.
pub async fn verify(database: &Database, keys: &KeyRing, now: Timestamp) -> Result<Report, Fault> {
    let mut verifier = Verifier::new(keys, now);
    let mut after = 0;
    loop {
        let Page { entries, head, tombstone } =
            database.read(move |tx| Box::pin(reading::page(tx, after, PAGE))).await?;
        if let Some(tombstone) = &tombstone {
            verifier.removed(tombstone);
        }
        for sealed in &entries {
            verifier.sealed(&sealed.entry, sealed.position, sealed.link);
        }
        match entries.last() {
            Some(last) if entries.len() == PAGE => after = last.position,
            _ => {
                // Of the same moment as the last events.
                verifier.head(head.as_ref());
                break;
            }
        }
    }
    let mut after = String::new();
    loop {
        let edge = after.clone();
        let reading = database.read(move |tx| {
            let edge = edge.clone();
            Box::pin(async move { reading::waiting_page(tx, &edge, PAGE).await })
        });
        let waiting: Vec<Entry> = reading.await?;
        for entry in &waiting {
            verifier.unsealed(entry);
        }
        match waiting.last() {
            Some(last) if waiting.len() == PAGE => last.record.id.as_str().clone_into(&mut after),
            _ => break,
        }
    }
    Ok(verifier.finish())
}

/// How sealing goes, for an operator.
#[derive(Clone, Copy, Debug)]
pub struct Sealing {
    /// Whether the head of the chain is one of ours; nothing is sealed behind another.
    pub is_head_ours: bool,
    /// Events that are not sealed.
    pub waiting: u64,
    /// How long the oldest of them has been waiting.
    pub behind: Duration,
    /// Those of them that somebody wrote past Countersign.
    pub unstamped: u64,
}

impl Service {
    pub async fn verify_audit(&self) -> Result<Report, Fault> {
        verify(&self.0.database, &self.0.keys, self.now()).await
    }

    pub async fn sealing(&self) -> Result<Sealing, Fault> {
        let Lag { head, waiting, oldest, unstamped } = sealing::lag(&self.0.database).await?;
        let is_head_ours = head.is_some_and(|head| head.fits(&self.0.keys) == Fit::Yes);
        let behind = oldest.map_or(Duration::ZERO, |oldest| self.now().since(oldest));
        Ok(Sealing { is_head_ours, waiting, behind, unstamped })
    }

    pub async fn newest_audit_events(&self, filter: Filter, limit: usize) -> Result<Vec<Record>, Fault> {
        let reading = self.0.database.read(move |tx| {
            let filter = filter.clone();
            Box::pin(async move { reading::newest(tx, &filter, limit).await })
        });
        Ok(reading.await?)
    }

    /// The oldest ones behind an event, or from the beginning.
    pub async fn oldest_audit_events(
        &self,
        filter: Filter,
        after: Option<AuditEventId>,
        limit: usize,
    ) -> Result<Vec<Record>, Fault> {
        let reading = self.0.database.read(move |tx| {
            let (filter, after) = (filter.clone(), after.clone());
            Box::pin(async move {
                let after = after.as_ref().map_or("", AuditEventId::as_str);
                reading::oldest(tx, &filter, after, limit).await
            })
        });
        Ok(reading.await?)
    }

    /// The user whom a filter means; `None` if nobody has that address.
    pub async fn user_id_of(&self, email: &EmailAddress) -> Result<Option<UserId>, Fault> {
        Ok(self.account_by_email(email).await?.map(|account| account.user.id))
    }
}
