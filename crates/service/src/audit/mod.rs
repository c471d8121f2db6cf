//! The audit record: verified, listed, and how far its sealing is.

pub mod sealer;

use std::time::Duration;

use countersign_core::audit::verify::{Entry, Verifier};
pub use countersign_core::{
    audit::{
        chain::Record,
        verify::{Finding, Flaw, Report},
    },
    keys::KeyRing,
};
use countersign_core::{
    id::{AuditEventId, UserId},
    timestamp::Timestamp,
    user::EmailAddress,
};
pub use countersign_store::audit::{reading::Filter, sealing::Lag};
use countersign_store::{
    Database,
    audit::{
        reading::{self, Page},
        sealing,
    },
};

use crate::{Fault, Service};

/// Events of one page: a read of some milliseconds, during which others write.
const PAGE: usize = 1000;

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
    pub has_begun: bool,
    /// How long the oldest event has been waiting.
    pub behind: Duration,
}

impl Service {
    pub async fn verify_audit(&self) -> Result<Report, Fault> {
        verify(&self.0.database, &self.0.keys, self.now()).await
    }

    pub async fn sealing(&self) -> Result<Sealing, Fault> {
        let Lag { oldest, has_begun } = sealing::lag(&self.0.database).await?;
        let behind = oldest.map_or(Duration::ZERO, |oldest| self.now().since(oldest));
        Ok(Sealing { has_begun, behind })
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
