//! What must be true of the database after every kill, and of what arrived at the end.

use std::collections::{BTreeMap, BTreeSet};

use countersign_store::{Database, Sql};

use super::person::Person;
use crate::real::{mail::Mail, serving::rows};

/// What was used must stay used, at the same moment.
#[derive(Default)]
pub(super) struct UsedCodes(BTreeMap<String, i64>);

/// Each finds what must not be there.
static FORBIDDEN: [(&str, Sql); 5] = [
    (
        "a ceremony with two live codes",
        Sql::new(
            "SELECT ceremony_id FROM sent_codes WHERE used_at IS NULL AND superseded_at IS NULL \
             GROUP BY ceremony_id HAVING COUNT(*) > 1",
        ),
    ),
    (
        "a person with more sessions by text than codes that were used",
        Sql::new(
            "SELECT email FROM users WHERE \
                 (SELECT COUNT(*) FROM sessions WHERE user_id = users.id AND evidence LIKE '%\"phone\"%') > \
                 (SELECT COUNT(*) FROM sent_codes WHERE user_id = users.id AND used_at IS NOT NULL)",
        ),
    ),
    (
        "a person with a notice that is no email, or an email of none",
        Sql::new(
            "SELECT email FROM users WHERE \
                 (SELECT COUNT(*) FROM notices WHERE user_id = users.id) <> \
                 (SELECT COUNT(*) FROM outbox WHERE user_id = users.id AND kind = 'notice')",
        ),
    ),
    (
        "a notice that was given up",
        Sql::new(
            "SELECT id FROM outbox WHERE kind = 'notice' AND (dead_at IS NOT NULL OR dropped_at IS NOT NULL)",
        ),
    ),
    (
        "a message that waits without its body, or was sent and still has it",
        Sql::new(
            "SELECT id FROM outbox WHERE (body IS NULL) <> (sent_at IS NOT NULL OR dropped_at IS NOT NULL)",
        ),
    ),
];

pub(super) async fn check_database(database: &Database, used: &mut UsedCodes) {
    for (what, sql) in &FORBIDDEN {
        let found = rows(database, sql, Vec::new()).await;
        let named: Vec<_> = found.iter().map(|row| row.text(0).unwrap()).collect();
        assert!(named.is_empty(), "{what}: {named:?}");
    }
    let now_used: BTreeMap<_, _> = rows(database, &USED, Vec::new())
        .await
        .iter()
        .map(|row| (row.text(0).unwrap().to_owned(), row.int(1).unwrap()))
        .collect();
    for (code, at) in &used.0 {
        assert_eq!(now_used.get(code), Some(at), "the code {code} was used at another moment before");
    }
    used.0 = now_used;
}

/// Everything that was acknowledged was mailed, and everything that happened.
pub(super) async fn check_mails(database: &Database, people: &[Person], mails: &[Mail]) {
    let arrived: BTreeSet<_> = mails.iter().map(message_id).collect();
    for row in rows(database, &NOTICE_MAILS, Vec::new()).await {
        let id = row.text(0).unwrap();
        assert!(arrived.contains(id), "the notice {id} did not arrive");
    }
    for person in people {
        for (subject, count) in &person.told {
            let same = |mail: &&Mail| mail.to == person.email && mail.subject == *subject;
            let different: BTreeSet<_> = mails.iter().filter(same).map(message_id).collect();
            assert!(
                different.len() >= *count,
                "{subject:?} to {}: {} of {count}",
                person.email,
                different.len()
            );
        }
    }
}

/// How many of them are the same mail once more, which a kill between sending and recording makes.
pub(super) fn sent_again(mails: &[Mail]) -> usize {
    mails.len() - mails.iter().map(message_id).collect::<BTreeSet<_>>().len()
}

/// Ours, without the domain after it.
fn message_id(mail: &Mail) -> String {
    let [id] = mail.header("message-id")[..] else { panic!("a mail without an id") };
    id.trim_start_matches('<').split('@').next().unwrap().to_owned()
}

static USED: Sql = Sql::new("SELECT id, used_at FROM sent_codes WHERE used_at IS NOT NULL");
static NOTICE_MAILS: Sql = Sql::new("SELECT id FROM outbox WHERE kind = 'notice'");
