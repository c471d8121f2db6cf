//! A database full of people who can sign in at once: made in bulk, opened again when their codes are used up.

use std::ops::Range;

use countersign_core::{
    ceremony::CeremonyPurpose, id::OrganizationId, keys::KeyRing, policy::presets::Preset,
    throttle::ladder::LadderSubject,
};
use countersign_store::{
    Database, Dialect, Sql,
    audit::beginning,
    database::Statements,
    migrations::MIGRATIONS,
    params,
    people::{NewOrganization, add_organization},
};
use serde_json::{Value, json};

use crate::{Outcome, clock, people::Person};

/// People with a password and an app, of whom the first `open` also have a sign-in that awaits its code and a
/// live session each. In a large town those lie scattered among the others.
pub(crate) struct Town {
    pub(crate) database: Database,
    people: usize,
    open: usize,
    /// How many of the open sign-ins were handed out.
    used: usize,
}

/// What all people type.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

impl Town {
    pub(crate) async fn build(
        database: Database,
        keys: &KeyRing,
        hash: &str,
        people: usize,
        open: usize,
    ) -> Outcome<Self> {
        database.migrate(MIGRATIONS, clock::now().as_millis()).await?;
        beginning::begin(&database, &keys.audit_key(), clock::now()).await?;
        found_company(&database).await?;
        let town = Self { database, people, open, used: 0 };
        for first in (0..people).step_by(BATCH) {
            town.settle(first..(first + BATCH).min(people), keys, hash).await?;
        }
        for first in (0..open).step_by(BATCH) {
            town.open(first..(first + BATCH).min(open)).await?;
        }
        town.analyze().await?;
        Ok(town)
    }

    /// Persons whose sign-ins nobody has finished yet.
    pub(crate) async fn next(&mut self, count: usize) -> Outcome<Vec<Person>> {
        if count > self.open {
            return Err(format!("a run needs {count} sign-ins, and there are {}", self.open).into());
        }
        if self.used + count > self.open {
            self.reopen().await?;
        }
        let first = self.used;
        self.used += count;
        Ok((first..self.used).map(|number| self.person(number)).collect())
    }

    /// How many sign-ins await their code when nobody typed one yet.
    pub(crate) fn open_sign_ins(&self) -> usize {
        self.open
    }

    /// Persons with a live session.
    pub(crate) fn with_sessions(&self, count: usize) -> Vec<Person> {
        (0..count.min(self.open)).map(|number| self.person(number)).collect()
    }

    /// The nth of those whose sign-in is open: every so manieth of all people, so that their rows are no neighbors.
    fn person(&self, number: usize) -> Person {
        Person::nth(number * (self.people / self.open))
    }

    async fn settle(&self, range: Range<usize>, keys: &KeyRing, hash: &str) -> Outcome {
        let now = clock::now().as_millis();
        let (mut users, mut memberships, mut authenticators) = (Vec::new(), Vec::new(), Vec::new());
        for person in range.map(Person::nth) {
            let user = person.user.as_str();
            users.push(json!([user, person.email, now]));
            memberships.push(json!([user, COMPANY, now]));
            let password = person.sealed_password(keys, hash)?;
            let secret = person.sealed_secret(keys)?;
            authenticators.push(json!([person.password.as_str(), user, "password", hex(&password.0), now]));
            authenticators.push(json!([person.app.as_str(), user, "app", hex(&secret.0), now]));
        }
        self.fill(vec![(&USERS, users), (&MEMBERSHIPS, memberships), (&AUTHENTICATORS, authenticators)]).await
    }

    async fn open(&self, range: Range<usize>) -> Outcome {
        let now = clock::now();
        let (made, ends) = (now.as_millis(), now.as_millis() + DAY_MILLIS);
        let (mut ceremonies, mut sessions) = (Vec::new(), Vec::new());
        for person in range.map(|number| self.person(number)) {
            let user = person.user.as_str();
            let token = hex(&person.ceremony_token.hash().0);
            let purpose = CeremonyPurpose::SignIn.as_str();
            let lane = LadderSubject::user(&person.user);
            let proved = serde_json::to_string(&person.password_proved(now))?;
            ceremonies.push(json!([
                person.ceremony.as_str(),
                token,
                purpose,
                user,
                lane.as_str(),
                proved,
                made,
                ends
            ]));
            let token = hex(&person.session_token.hash().0);
            let proved = serde_json::to_string(&person.both_proved(now))?;
            sessions.push(json!([person.session.as_str(), token, user, proved, made]));
        }
        self.fill(vec![(&CEREMONIES, ceremonies), (&SESSIONS, sessions)]).await
    }

    /// Takes back what finished sign-ins left, so that every code counts as new.
    async fn reopen(&mut self) -> Outcome {
        let statements: Statements =
            vec![(&FORGET_STEPS, params![]), (&FORGET_ENDS, params![]), (&FORGET_BROWSERS, params![])];
        let statements = std::sync::Arc::new(statements);
        let reopening = self.database.write(move |tx| {
            let statements = std::sync::Arc::clone(&statements);
            Box::pin(async move { tx.execute_all((*statements).clone()).await.map(drop) })
        });
        reopening.await?;
        self.used = 0;
        Ok(())
    }

    async fn fill(&self, tables: Vec<(&'static Sql, Vec<Value>)>) -> Outcome {
        let statements: Vec<_> =
            tables.into_iter().map(|(sql, rows)| (sql, Value::from(rows).to_string())).collect();
        let filling = self.database.write(move |tx| {
            let statements: Statements =
                statements.iter().map(|(sql, rows)| (*sql, params![rows.as_str()])).collect();
            Box::pin(async move { tx.execute_all(statements).await.map(drop) })
        });
        Ok(filling.await?)
    }

    /// What PostgreSQL does by itself after a while, and a benchmark must not wait for.
    async fn analyze(&self) -> Outcome {
        if self.database.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let analyzing =
            self.database.write(|tx| Box::pin(async move { tx.execute(&ANALYZE, &[]).await.map(drop) }));
        Ok(analyzing.await?)
    }
}

async fn found_company(database: &Database) -> Outcome {
    let founding = database.write(|tx| {
        Box::pin(async move {
            let at = clock::now();
            let company = NewOrganization {
                id: OrganizationId::from_stored(COMPANY.to_owned()),
                name: "Bench".to_owned(),
                preset: Preset::Default.as_str(),
                policy: Preset::Default.policy(),
                two_factor_opened_at: Some(at),
                at,
            };
            add_organization(tx, &company).await
        })
    });
    Ok(founding.await?)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// People in one transaction.
const BATCH: usize = 1000;
const COMPANY: &str = "org_bench";
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Where a statement takes its rows from: one JSON array of arrays.
macro_rules! from_json {
    (sqlite) => {
        " FROM json_each($1)"
    };
    (postgres) => {
        " FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS each (value)"
    };
}

macro_rules! insert {
    ($sqlite:literal, $postgres:literal) => {
        Sql::per_dialect(
            concat!("INSERT INTO ", $sqlite, from_json!(sqlite)),
            concat!("INSERT INTO ", $postgres, from_json!(postgres)),
        )
    };
    ($both:literal) => {
        insert!($both, $both)
    };
}

static USERS: Sql = insert!(
    "users (id, email, name, epoch, created_at, email_verified_at) \
     SELECT value->>0, value->>1, 'Somebody', 0, CAST(value->>2 AS BIGINT), CAST(value->>2 AS BIGINT)"
);
static MEMBERSHIPS: Sql = insert!(
    "memberships (user_id, organization_id, role, created_at) \
     SELECT value->>0, value->>1, 'member', CAST(value->>2 AS BIGINT)"
);
static AUTHENTICATORS: Sql = insert!(
    "authenticators (id, user_id, kind, secret, created_at, bound_at, failures_in_a_row, failures_by_day) \
     SELECT value->>0, value->>1, value->>2, unhex(value->>3), CAST(value->>4 AS BIGINT), \
         CAST(value->>4 AS BIGINT), 0, ''",
    "authenticators (id, user_id, kind, secret, created_at, bound_at, failures_in_a_row, failures_by_day) \
     SELECT value->>0, value->>1, value->>2, decode(value->>3, 'hex'), CAST(value->>4 AS BIGINT), \
         CAST(value->>4 AS BIGINT), 0, ''"
);
static CEREMONIES: Sql = insert!(
    "ceremonies (id, token_hash, purpose, user_id, user_epoch, lane, evidence, created_at, expires_at) \
     SELECT value->>0, unhex(value->>1), value->>2, value->>3, 0, value->>4, value->>5, \
         CAST(value->>6 AS BIGINT), CAST(value->>7 AS BIGINT)",
    "ceremonies (id, token_hash, purpose, user_id, user_epoch, lane, evidence, created_at, expires_at) \
     SELECT value->>0, decode(value->>1, 'hex'), value->>2, value->>3, 0, value->>4, value->>5, \
         CAST(value->>6 AS BIGINT), CAST(value->>7 AS BIGINT)"
);
static SESSIONS: Sql = insert!(
    "sessions (id, token_hash, user_id, user_epoch, evidence, created_at, last_seen_at, step_up_failures, \
         source, user_agent) \
     SELECT value->>0, unhex(value->>1), value->>2, 0, value->>3, CAST(value->>4 AS BIGINT), \
         CAST(value->>4 AS BIGINT), 0, '127.0.0.1', 'wrk'",
    "sessions (id, token_hash, user_id, user_epoch, evidence, created_at, last_seen_at, step_up_failures, \
         source, user_agent) \
     SELECT value->>0, decode(value->>1, 'hex'), value->>2, 0, value->>3, CAST(value->>4 AS BIGINT), \
         CAST(value->>4 AS BIGINT), 0, '127.0.0.1', 'wrk'"
);
static FORGET_STEPS: Sql =
    Sql::new("UPDATE authenticators SET accepted_step = NULL WHERE accepted_step IS NOT NULL");
static FORGET_ENDS: Sql =
    Sql::new("UPDATE ceremonies SET ended_at = NULL, end_reason = NULL WHERE end_reason = 'completed'");
static FORGET_BROWSERS: Sql = Sql::new("DELETE FROM known_browsers");
static ANALYZE: Sql = Sql::new("ANALYZE");
