//! What must be true of the database after every fault, and of what arrived at the end.
//!
//! `countersign invariants` looks at the database, with a journal of what people were told. What it cannot know is
//! looked at here: that what was used at one moment is not used at another one later.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use countersign_store::{Database, Sql};
use serde_json::json;

use super::{
    person::{CHANGES, Person},
    stranger::{GUESS, Stranger},
};
use crate::real::{
    mail::Mail,
    serving::{Serving, rows},
};

/// What was used must stay used, at the same moment.
#[derive(Default)]
pub(super) struct UsedCodes(BTreeMap<String, i64>);

/// For each sentence that was looked at: its invariant, what it forbids, and over how much.
#[derive(Default)]
pub(super) struct Examined(Vec<(String, String, i64)>);

impl Examined {
    pub(super) fn of(&self, invariant: &str) -> impl Iterator<Item = (&str, i64)> {
        let of_it = self.0.iter().filter(move |(number, ..)| number == invariant);
        of_it.map(|(_, forbids, examined)| (forbids.as_str(), *examined))
    }
}

/// Runs the program over the database, with what these people and this stranger were told.
pub(super) fn check_invariants(serving: &Serving, people: &[Person], stranger: &Stranger) -> Examined {
    let journal = serving.here.path().join("journal");
    let lines = people.iter().flat_map(lines_of).chain(lines_of_stranger(stranger));
    fs::write(&journal, lines.collect::<String>()).unwrap();
    let journal = journal.to_str().unwrap();
    let ran = serving.here.run(&["invariants", "--json", "--journal", journal]);
    assert!(ran.succeeded, "{}{}", ran.stdout, ran.stderr);
    let answer = ran.json();
    let checked = answer["checked"].as_array().unwrap().iter().map(|checked| {
        let text = |field: &str| checked[field].as_str().unwrap().to_owned();
        (text("invariant"), text("forbids"), checked["examined"].as_i64().unwrap())
    });
    let examined = Examined(checked.collect());
    for invariant in ["I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I10"] {
        assert!(examined.of(invariant).next().is_some(), "{invariant} was not looked at");
    }
    examined
}

/// What the person was told is done, and texts of theirs that must stand nowhere.
fn lines_of(person: &Person) -> Vec<String> {
    let act = |event: &str| format!("{}\n", json!({ "email": person.email, "event": event }));
    let mut lines = vec![act("sign_in.signed_in"); person.signed_in];
    for (subject, event) in CHANGES {
        lines.extend(vec![act(event); person.told.get(subject).copied().unwrap_or(0)]);
    }
    lines.push(format!("{}\n", json!({ "canary": person.password })));
    lines
}

fn lines_of_stranger(stranger: &Stranger) -> Vec<String> {
    let act = |event: &str| format!("{}\n", json!({ "email": stranger.email, "event": event }));
    let mut lines = vec![act("sign_in.refused"); stranger.refused];
    lines.extend(stranger.has_locked.then(|| act("name.locked")));
    lines.push(format!("{}\n", json!({ "canary": GUESS })));
    lines
}

pub(super) async fn check_used_codes(database: &Database, used: &mut UsedCodes) {
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
    let given_up = rows(database, &GIVEN_UP, Vec::new()).await;
    assert!(given_up.is_empty(), "{} notices were given up", given_up.len());
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
static GIVEN_UP: Sql = Sql::new("SELECT id FROM outbox WHERE kind = 'notice' AND dead_at IS NOT NULL");
