//! The janitor takes away what is over, each kind at its age, and nothing that anybody still needs.

use std::time::Duration;

use countersign_core::{
    id::{AuthenticatorId, CeremonyId, KnownBrowserId, MessageId, NoticeId, SentCodeId, SessionId, WishId},
    timestamp::Timestamp,
};
use countersign_store::{
    Database, Sql, Value,
    janitor::{self, SWEEPS, WALKS},
    leases::{self, LeaseAsked},
    params,
};

use crate::{
    ann::{NOW, with_ann},
    support::Home,
};

on_both_databases!(
    each_kind_goes_at_its_age_and_not_before,
    what_something_else_refers_to_stays_until_that_has_gone,
    messages_past_their_life_lose_their_bodies_as_a_sender_would_end_them,
    a_walk_goes_around_a_whole_table_in_stretches,
    who_has_no_lease_removes_nothing,
);

const DAY: Duration = Duration::from_hours(24);
const JUST: Duration = Duration::from_millis(1);

async fn each_kind_goes_at_its_age_and_not_before(home: Home) {
    let database = with_ann(&home).await;
    // Each table's age, and how a row of it is made at a time.
    let kinds: [(&str, Duration, Make); 13] = [
        ("sent_codes", DAY * 2, sent_code),
        ("ceremonies", DAY * 3, ceremony),
        ("authenticators WHERE bound_at IS NULL", DAY * 3, pending),
        ("sessions", DAY * 31, session),
        ("links", DAY * 30, link),
        ("notices", DAY * 31, notice),
        ("outbox", DAY * 30, sent_message),
        ("ladders", DAY, unknown_name),
        ("source_failures", Duration::from_hours(1), source_failure),
        ("reset_wishes", Duration::from_hours(2), wish),
        ("used_backup_codes", DAY * 31, used_backup_code),
        ("operator_set_ups", DAY * 3, operator_set_up),
        ("operator_links", DAY * 30, operator_link),
    ];
    for (table, age, make) in kinds {
        let old = NOW.minus(age).minus(JUST);
        for (name, at) in [("old", old), ("older", old.minus(DAY)), ("young", NOW.minus(age).plus(JUST))] {
            make(&database, name, at).await;
        }
        // A code brings a ceremony and a phone along, which go at their own age.
        let before = count(&database, table).await;
        tidy(&database, NOW).await;
        assert_eq!(count(&database, table).await, before - 2, "{table}");
        tidy(&database, NOW).await;
        assert_eq!(count(&database, table).await, before - 2, "{table}");
    }
    // A year later nothing of it is left, but for what is somebody's own.
    tidy(&database, NOW.plus(DAY * 365)).await;
    for (table, _, _) in kinds {
        assert_eq!(count(&database, table).await, 0, "{table}");
    }
    assert_eq!(count(&database, "users").await, 1);
    assert_eq!(count(&database, "authenticators WHERE revoked_at IS NULL").await, 1, "the password");
}

async fn what_something_else_refers_to_stays_until_that_has_gone(home: Home) {
    let database = with_ann(&home).await;
    let at = NOW.minus(DAY * 60);
    notice(&database, "told", at).await;
    link(&database, "answer", NOW).await;
    change(&database, &TELL, params![NoticeId::earliest(at).as_str()]).await;
    sent_code(&database, "young", NOW).await;
    change(&database, &AGE, params![]).await;
    tidy(&database, NOW).await;
    for table in ["notices", "links", "sent_codes", "ceremonies", "authenticators WHERE bound_at IS NULL"] {
        assert_eq!(count(&database, table).await, 1, "{table}");
    }
}

async fn messages_past_their_life_lose_their_bodies_as_a_sender_would_end_them(home: Home) {
    let database = with_ann(&home).await;
    let over = Some(NOW.minus(Duration::from_hours(1)).minus(JUST));
    let rows: [(&str, Option<Timestamp>, &str); 5] = [
        ("msg_1_code", over, "code"),
        ("msg_2_link", over, "link"),
        ("msg_3_dead", over, "link"),
        ("msg_4_notice", None, "notice"),
        ("msg_5_live", Some(NOW), "code"),
    ];
    for (id, expires_at, kind) in rows {
        waiting_message(&database, id).await;
        change(&database, &END, params![id, expires_at.map(Timestamp::as_millis), kind]).await;
    }
    change(&database, &KILL, params!["msg_3_dead"]).await;
    tidy(&database, NOW).await;
    let found = query(&database, &ENDED).await;
    let said: Vec<Vec<i64>> =
        found.iter().map(|row| (1..5).map(|column| row.int(column).unwrap()).collect()).collect();
    assert_eq!(said, [[0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0]]);
}

async fn a_walk_goes_around_a_whole_table_in_stretches(home: Home) {
    let database = with_ann(&home).await;
    for number in 0..10u8 {
        let id = KnownBrowserId::earliest(NOW.plus(JUST * u32::from(number)));
        // Every other one was known under an epoch that is over.
        let values = params![id.as_str(), [number; 32], i64::from(number % 2) * 7];
        change(&database, &ADD, values).await;
        change(&database, &ADD_LADDER, params![format!("usr_ann/{id}")]).await;
    }
    let (walk, lease) = (&WALKS[0], lease("a", NOW));
    let mut after = String::new();
    let mut removed = Vec::new();
    loop {
        let walked = janitor::walk(&database, &lease, walk, &after, 4).await.unwrap().unwrap();
        removed.push(walked.removed);
        after = walked.end;
        if after.is_empty() {
            break;
        }
    }
    // Browsers and their ladders.
    assert_eq!(removed, [4, 4, 2, 0]);
    assert_eq!(count(&database, "known_browsers WHERE user_epoch = 0").await, 5);
    assert_eq!(count(&database, "known_browsers").await, 5);
    assert_eq!(count(&database, "ladders").await, 5);
}

async fn who_has_no_lease_removes_nothing(home: Home) {
    let database = with_ann(&home).await;
    session(&database, "old", NOW.minus(DAY * 60)).await;
    let sessions = SWEEPS.iter().find(|sweep| sweep.name == "sessions").unwrap();
    let nothing = SWEEPS.iter().find(|sweep| sweep.name == "links").unwrap();
    assert_eq!(janitor::sweep(&database, &lease("a", NOW), nothing, 9).await.unwrap(), Some(0));
    assert_eq!(janitor::sweep(&database, &lease("b", NOW), sessions, 9).await.unwrap(), None);
    assert_eq!(janitor::walk(&database, &lease("b", NOW), &WALKS[0], "", 9).await.unwrap(), None);
    leases::give_back(&database, "janitor", "a").await.unwrap();
    assert_eq!(janitor::sweep(&database, &lease("b", NOW), sessions, 9).await.unwrap(), Some(1));
}

type Make =
    for<'d> fn(&'d Database, &'d str, Timestamp) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'd>>;

/// Batches of one, so that every rule goes on after a full batch.
async fn tidy(database: &Database, now: Timestamp) {
    for sweep in &SWEEPS {
        while janitor::sweep(database, &lease("a", now), sweep, 1).await.unwrap() == Some(1) {}
    }
}

fn lease(holder: &str, now: Timestamp) -> LeaseAsked {
    LeaseAsked { name: "janitor", holder: holder.to_owned(), now, span: Duration::from_mins(1) }
}

/// Rows with only what their age and their keys need.
macro_rules! makes {
    ($($name:ident($database:ident, $label:ident, $at:ident) $body:block)+) => {$(
        fn $name<'d>(
            $database: &'d Database, $label: &'d str, $at: Timestamp,
        ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'd>> {
            Box::pin(async move { $body })
        }
    )+};
}

makes! {
    ceremony(database, _label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO ceremonies (id, purpose, user_id, user_epoch, lane, evidence, created_at, expires_at) \
             VALUES ($1, 'sign_in', 'usr_ann', 0, 'usr_ann', '[]', 0, 0)",
        );
        change(database, &ADD, params![CeremonyId::earliest(at).as_str()]).await;
    }

    pending(database, _label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO authenticators \
                 (id, user_id, kind, secret, created_at, failures_in_a_row, failures_by_day) \
             VALUES ($1, 'usr_ann', 'app', $2, $3, 0, '')",
        );
        let id = AuthenticatorId::earliest(at);
        change(database, &ADD, params![id.as_str(), b"sealed", at.as_millis()]).await;
    }

    sent_code(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO sent_codes (id, ceremony_id, purpose, user_id, authenticator_id, message_id, digest, \
                 sent_at, expires_at, guesses, counts_from, destination, block, network) \
             VALUES ($1, $2, 'sign_in', 'usr_ann', $3, 'msg_1', $4, 0, 0, 0, 0, '+1', '+', '')",
        );
        // The ceremony and the phone live while their code is there.
        let born = at.plus(DAY * 100);
        ceremony(database, label, born).await;
        pending(database, label, born).await;
        let (ceremony, phone) = (CeremonyId::earliest(born), AuthenticatorId::earliest(born));
        let id = SentCodeId::earliest(at);
        change(database, &ADD, params![id.as_str(), ceremony.as_str(), phone.as_str(), [0; 32]]).await;
    }

    session(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO sessions (id, token_hash, user_id, user_epoch, evidence, created_at, last_seen_at, \
                 step_up_failures, source, user_agent) \
             VALUES ($1, $2, 'usr_ann', 0, '[]', 0, 0, 0, '', '')",
        );
        change(database, &ADD, params![SessionId::earliest(at).as_str(), label.as_bytes()]).await;
    }

    link(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO links (token_hash, purpose, user_id, created_at, expires_at, message_id) \
             VALUES ($1, 'not_me', 'usr_ann', $2, 0, 'msg_1')",
        );
        change(database, &ADD, params![label.as_bytes(), at.as_millis()]).await;
    }

    notice(database, _label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO notices (id, user_id, kind, at, source, user_agent) \
             VALUES ($1, 'usr_ann', 'password_changed', 0, '', '')",
        );
        change(database, &ADD, params![NoticeId::earliest(at).as_str()]).await;
    }

    sent_message(database, _label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO outbox (id, channel, recipient, kind, created_at, urgency, due_at, attempts, sent_at) \
             VALUES ($1, 'email', 'ann@trackwell.example', 'notice', $2, 1, 0, 1, 1)",
        );
        change(database, &ADD, params![MessageId::earliest(at).as_str(), at.as_millis()]).await;
    }

    unknown_name(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO ladders (subject, failures, last_failure_at, shelf) VALUES ($1, 3, $2, 1)",
        );
        change(database, &ADD, params![format!("unk_{label}"), at.as_millis()]).await;
    }

    source_failure(database, label, at) {
        static ADD: Sql = Sql::new("INSERT INTO source_failures (network, name, failed_at) VALUES ('', $1, $2)");
        change(database, &ADD, params![label, at.as_millis()]).await;
    }

    wish(database, _label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO reset_wishes (id, email, network, source, user_agent, at) VALUES ($1, NULL, '', '', '', $2)",
        );
        change(database, &ADD, params![WishId::earliest(at).as_str(), at.as_millis()]).await;
    }

    used_backup_code(database, label, at) {
        static ADD_SET: Sql = Sql::new(
            "INSERT INTO authenticators (id, user_id, kind, secret, created_at, bound_at, revoked_at, \
                 failures_in_a_row, failures_by_day) VALUES ($1, 'usr_ann', 'backup_codes', $2, 0, 0, 0, 0, '')",
        );
        static ADD: Sql =
            Sql::new("INSERT INTO used_backup_codes (authenticator_id, number, used_at) VALUES ($1, 3, $2)");
        change(database, &ADD_SET, params![label, b"digests"]).await;
        change(database, &ADD, params![label, at.as_millis()]).await;
    }

    operator_link(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO operator_links (token_hash, created_at, expires_at, set_ups) VALUES ($1, $2, 0, 0)",
        );
        change(database, &ADD, params![label.as_bytes(), at.as_millis()]).await;
    }

    operator_set_up(database, label, at) {
        static ADD: Sql = Sql::new(
            "INSERT INTO operator_set_ups (token_hash, link_hash, user_id, email, name, password_id, \
                 password_hash, app_id, app_secret, wrong_codes, created_at, expires_at) \
             VALUES ($1, $2, '', '', '', '', $1, '', $1, 0, $3, 0)",
        );
        // The link lives while somebody may be behind it.
        let link = format!("link of {label}");
        operator_link(database, &link, at.plus(DAY * 100)).await;
        change(database, &ADD, params![label.as_bytes(), link.as_bytes(), at.as_millis()]).await;
    }
}

async fn waiting_message(database: &Database, id: &str) {
    static ADD: Sql = Sql::new(
        "INSERT INTO outbox (id, channel, recipient, kind, body, created_at, urgency, due_at, attempts) \
         VALUES ($1, 'email', 'ann@trackwell.example', 'notice', $2, $3, 1, 0, 1)",
    );
    change(database, &ADD, params![id, b"sealed", NOW.as_millis()]).await;
}

async fn change(database: &Database, sql: &'static Sql, values: Vec<Value>) {
    let changing = database.write(move |tx| {
        let values = values.clone();
        Box::pin(async move { tx.execute(sql, &values).await })
    });
    changing.await.unwrap();
}

async fn query(database: &Database, sql: &'static Sql) -> Vec<countersign_store::Row> {
    database.read(move |tx| Box::pin(async move { tx.query(sql, &[]).await })).await.unwrap()
}

async fn count(database: &Database, table: &str) -> i64 {
    let sql: &'static Sql =
        Box::leak(Box::new(Sql::new(Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str()))));
    query(database, sql).await[0].int(0).unwrap()
}

static TELL: Sql = Sql::new("UPDATE links SET notice_id = $1");
static AGE: Sql = Sql::new("UPDATE authenticators SET created_at = 0 WHERE bound_at IS NULL");
static ENDED: Sql = Sql::new(
    "SELECT id, body IS NOT NULL, dropped_at IS NOT NULL, dead_at IS NOT NULL, last_error IS NOT NULL \
     FROM outbox ORDER BY id",
);
static END: Sql = Sql::new("UPDATE outbox SET expires_at = $2, kind = $3 WHERE id = $1");
static KILL: Sql = Sql::new("UPDATE outbox SET dead_at = 1, last_error = '550' WHERE id = $1");
static ADD: Sql = Sql::new(
    "INSERT INTO known_browsers (id, token_hash, user_id, user_epoch, created_at) VALUES ($1, $2, 'usr_ann', $3, 0)",
);
static ADD_LADDER: Sql = Sql::new("INSERT INTO ladders (subject, failures) VALUES ($1, 3)");
