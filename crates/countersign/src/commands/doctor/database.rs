//! What the database is asked: that it answers, at which schema, what time it is, whether our keys fit, and what
//! lies in the outbox.

use std::{sync::Arc, time::Duration};

use countersign_core::{keys::KeyRing, timestamp::Timestamp};
use countersign_service::{
    Fault, Service,
    health::{KeysFit, Unready},
};
use countersign_store::{Database, Dialect, migrations::MIGRATIONS};

use super::{super::output::in_utc, Failure, Finding};
use crate::{
    app::{self, Shared, Sources},
    config::Config,
};

/// Codes leave within a second, and notices are tried again every quarter of an hour at the least.
const WAITING_MAX: Duration = Duration::from_mins(30);

/// A server seals within a second; one that starts again takes a little longer.
const UNSEALED_MAX: Duration = Duration::from_mins(1);
/// A server does a round in each minute.
const TIDIED_EVERY: Duration = Duration::from_mins(30);

/// Everything about the database; with the keys, if they were readable.
pub(super) async fn examine(config: &Config, keys: Option<KeyRing>) -> Vec<Finding> {
    let database = match app::connect(config).await {
        Ok(database) => database,
        Err(fault) => {
            let advice = "Is it up, and is the setting database its address?";
            return vec![Finding::fail("database", Failure::from(fault).message(), advice)];
        }
    };
    let mut findings = Vec::new();
    match schema(&database).await {
        Ok((number, finding)) => {
            findings.push(finding);
            if let Some(keys) = keys.filter(|_| number == newest_schema()) {
                findings.extend(with_keys(config, &database, Arc::new(keys)).await);
            }
        }
        Err(fault) => {
            findings.push(Finding::fail("database", Failure::from(fault).message(), "It must answer"));
        }
    }
    database.close().await;
    findings
}

async fn schema(database: &Database) -> Result<(i64, Finding), Fault> {
    let number = database.schema_number().await?;
    let kind = match database.dialect() {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    let tried = format!("{kind} answers, at schema {number}");
    let finding = if number == newest_schema() {
        Finding::ok("database", tried)
    } else {
        let advice = format!("This program writes schema {}: run `countersign migrate`", newest_schema());
        Finding::warn("database", tried, advice)
    };
    Ok((number, finding))
}

fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.number).max().unwrap_or(0)
}

async fn with_keys(config: &Config, database: &Database, keys: Arc<KeyRing>) -> Vec<Finding> {
    match app::service(config, database.clone(), keys, &Sources::default(), Shared::default()) {
        Ok(service) => {
            vec![
                sealed(&service).await,
                clock(&service, database.dialect()).await,
                outbox(&service).await,
                audit(&service).await,
                janitor(&service).await,
                operators(&service).await,
            ]
        }
        Err(error) => {
            let advice = "A server does not start like this";
            vec![Finding::fail("service", Failure::from(error).message(), advice)]
        }
    }
}

async fn sealed(service: &Service) -> Finding {
    let refused = |why: String| {
        let advice = "These are not the keys of this database: restore the file that belongs to it";
        Finding::fail("sealed secrets", why, advice)
    };
    match service.do_keys_fit().await {
        Ok(KeysFit::Unknown) => Finding::ok("sealed secrets", "there is nothing yet to try the keys on"),
        Ok(KeysFit::Yes) => Finding::ok("sealed secrets", "the keys are those of this database"),
        Ok(KeysFit::No(misfit)) => refused(misfit.to_string()),
        Err(fault) => refused(Failure::from(fault).message().to_owned()),
    }
}

/// Codes of apps and the lives of everything depend on it.
async fn clock(service: &Service, dialect: Dialect) -> Finding {
    match (service.is_ready().await, dialect) {
        (Ok(()), Dialect::Postgres) => {
            Finding::ok("clock", "this machine and the database agree on the time")
        }
        (Ok(()), Dialect::Sqlite) => Finding::ok(
            "clock",
            "there is only this machine's: keep it right by NTP, or codes of apps are refused",
        ),
        (Err(unready @ (Unready::Clock { .. } | Unready::ClockJumped { .. })), _) => {
            Finding::fail("clock", unready.to_string(), "Have both keep their time by NTP")
        }
        (Err(unready @ (Unready::Database(_) | Unready::Stopping)), _) => {
            Finding::fail("clock", unready.to_string(), "It must answer")
        }
    }
}

async fn outbox(service: &Service) -> Finding {
    let state = match service.outbox().await {
        Ok(state) => state,
        Err(fault) => return Finding::fail("outbox", Failure::from(fault).message(), "It must be readable"),
    };
    if let Some(refused) = &state.refused_codes {
        let tried = format!("codes that the gateway refused within a day: {}", refused.codes);
        return Finding::warn("outbox", tried, format!("The last one with: {}", refused.error));
    }
    if !state.dead.is_empty() {
        let tried = format!("messages that failed for good: {}", state.dead.len());
        return Finding::warn(
            "outbox",
            tried,
            "See `countersign outbox list`, which says why and what to do",
        );
    }
    let count: u64 = state.waiting.iter().map(|waiting| waiting.messages).sum();
    let age =
        state.waiting.iter().map(|waiting| service.now().since(waiting.oldest)).max().unwrap_or_default();
    if age > WAITING_MAX {
        let tried = format!("messages that wait: {count}, the oldest for {} minutes", age.as_secs() / 60);
        return Finding::warn(
            "outbox",
            tried,
            "Is a server running, and does it reach mail server and gateway?",
        );
    }
    Finding::ok("outbox", format!("messages that wait: {count}; none failed for good"))
}

async fn audit(service: &Service) -> Finding {
    let sealing = match service.sealing().await {
        Ok(sealing) => sealing,
        Err(fault) => return Finding::fail("audit", Failure::from(fault).message(), "It must be readable"),
    };
    let look = "Somebody wrote to the database: run `countersign audit verify`, and keep a copy of it";
    if !sealing.is_head_ours {
        let tried = "the head of the chain does not carry a stamp of these keys: nothing is sealed";
        return Finding::fail("audit", tried, look);
    }
    if sealing.unstamped > 0 {
        let tried = format!("events that Countersign did not write: {}", sealing.unstamped);
        return Finding::fail("audit", tried, look);
    }
    let waiting = format!("events that wait to be sealed: {}", sealing.waiting);
    if sealing.behind > UNSEALED_MAX {
        let tried = format!("{waiting}, the oldest for {} minutes", sealing.behind.as_secs() / 60);
        return Finding::warn("audit", tried, "Is a server running? It seals within a second");
    }
    Finding::ok("audit", format!("{waiting}; `countersign audit verify` walks over all that are sealed"))
}

async fn janitor(service: &Service) -> Finding {
    let last = match service.last_tidied().await {
        Ok(last) => last,
        Err(fault) => return Finding::fail("janitor", Failure::from(fault).message(), "It must be readable"),
    };
    match last {
        None => Finding::ok("janitor", "it has not been round yet; a server does that once a minute"),
        Some(last) if service.now().since(last) > TIDIED_EVERY => {
            let tried = format!("it was last round at {}", in_utc(last));
            Finding::warn("janitor", tried, "Is a server running? What is over stays until then")
        }
        Some(last) => Finding::ok("janitor", format!("it was last round at {}", in_utc(last))),
    }
}

/// Without one, whoever needs help needs somebody at the console.
async fn operators(service: &Service) -> Finding {
    look_at_operators(service).await.unwrap_or_else(|fault| {
        Finding::fail("operators", Failure::from(fault).message(), "They must be readable")
    })
}

async fn look_at_operators(service: &Service) -> Result<Finding, Fault> {
    let operators = service.operators().await?;
    let able = operators.iter().filter(|operator| operator.can_sign_in).count();
    let tried = format!("operators: {}, who can sign in: {able}", operators.len());
    Ok(match (operators.len(), able) {
        (0, _) => no_operator(tried, service.operator_links_open_until().await?),
        (_, 0) => Finding::warn("operators", tried, "`countersign operator reset` lets one of them back in"),
        _ => Finding::ok("operators", tried),
    })
}

/// `open_until` is when the last link is over that still makes one.
fn no_operator(tried: String, open_until: Option<Timestamp>) -> Finding {
    match open_until {
        Some(end) => {
            let tried = format!("{tried}; a link that makes one is open until {}", in_utc(end));
            Finding::warn("operators", tried, "Open it, or run `countersign operator invite` for another")
        }
        None => {
            Finding::warn("operators", tried, "Run `countersign operator invite` for a link that makes one")
        }
    }
}
