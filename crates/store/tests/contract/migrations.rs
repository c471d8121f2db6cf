//! Migrations: applied once, in order, whole, and never over a schema that is not understood.

use countersign_core::policy::presets::Preset;
use countersign_core::timestamp::Timestamp;
use countersign_store::database::Migration;
use countersign_store::migrations::MIGRATIONS;
use countersign_store::{Fault, Sql, params, people};
use futures_util::future::join_all;

use crate::support::{Home, run};

on_both_databases!(
    steps_are_applied_once_and_in_order,
    a_failing_step_leaves_nothing_and_the_next_run_goes_on,
    a_step_that_was_edited_is_refused,
    a_newer_schema_is_refused,
    parallel_runs_apply_each_step_once,
    policies_of_before_messages_say_what_their_presets_say_now,
);

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    text: "CREATE TABLE box (id {BIGINT} PRIMARY KEY, content {BYTES} NOT NULL) {STRICT};
           CREATE INDEX box_content ON box (content);",
};
const SECOND: Migration =
    Migration { number: 2, name: "second", text: "INSERT INTO box (id, content) VALUES (1, '');" };
const SECOND_ON_BOTH: Migration =
    Migration { number: 2, name: "second", text: "ALTER TABLE box ADD COLUMN label TEXT;" };

static ONE: &[Migration] = &[FIRST];
static TWO: &[Migration] = &[FIRST, SECOND_ON_BOTH];

async fn steps_are_applied_once_and_in_order(home: Home) {
    static RECORDED: Sql =
        Sql::new("SELECT COUNT(*), MIN(applied_at), MAX(applied_at) FROM schema_migrations");
    static FILL: Sql = Sql::new("INSERT INTO box (id, content, label) VALUES (1, $1, $2)");
    let database = home.open().await;
    assert_eq!(database.schema_number().await.unwrap(), 0);
    assert_eq!(database.migrate(ONE, 100).await.unwrap(), ["first"]);
    assert_eq!(database.migrate(TWO, 200).await.unwrap(), ["second"]);
    assert!(database.migrate(TWO, 300).await.unwrap().is_empty());
    assert_eq!(database.schema_number().await.unwrap(), 2);
    let row = database.read_one(&RECORDED, &[]).await.unwrap().unwrap();
    assert_eq!((row.int(0).unwrap(), row.int(1).unwrap(), row.int(2).unwrap()), (2, 100, 200));
    let filled =
        database.write(|tx| Box::pin(async move { tx.execute(&FILL, &params![b"\x00", "x"]).await }));
    assert_eq!(filled.await.unwrap(), 1);
}

async fn a_failing_step_leaves_nothing_and_the_next_run_goes_on(home: Home) {
    static FAILS_LATE: &[Migration] = &[
        FIRST,
        Migration {
            number: 2,
            name: "second",
            text: "CREATE TABLE half (id {BIGINT} PRIMARY KEY) {STRICT}; INSERT INTO nowhere VALUES (1);",
        },
    ];
    static HALF: Sql = Sql::new("SELECT COUNT(*) FROM half");
    let database = home.open().await;
    let failed = database.migrate(FAILS_LATE, 100).await.unwrap_err();
    assert_eq!(failed.to_string(), "migration 2 (second) failed");
    assert_eq!(database.schema_number().await.unwrap(), 1);
    assert!(matches!(database.read_one(&HALF, &[]).await, Err(Fault::Broken { .. })));
    assert_eq!(database.migrate(TWO, 200).await.unwrap(), ["second"]);
}

async fn a_step_that_was_edited_is_refused(home: Home) {
    static EDITED: &[Migration] = &[FIRST, SECOND];
    let database = home.open().await;
    database.migrate(TWO, 100).await.unwrap();
    let refused = database.migrate(EDITED, 200).await.unwrap_err();
    assert_eq!(refused.to_string(), "migration 2 (second) is not the one that was applied to this database");
}

async fn a_newer_schema_is_refused(home: Home) {
    static FROM_THE_FUTURE: &[Migration] = &[Migration {
        number: 1_000_000,
        name: "from_the_future",
        text: "CREATE TABLE future (id {BIGINT} PRIMARY KEY) {STRICT};",
    }];
    let database = home.open().await;
    database.migrate(FROM_THE_FUTURE, 100).await.unwrap();
    let refused = database.migrate(ONE, 200).await;
    assert!(matches!(refused, Err(Fault::SchemaTooNew { found: 1_000_000, known: 1 })), "{refused:?}");
    let reopened = home.open_with(&countersign_store::DatabaseOptions::default()).await;
    assert!(matches!(reopened.err(), Some(Fault::SchemaTooNew { found: 1_000_000, .. })));
}

async fn parallel_runs_apply_each_step_once(home: Home) {
    static EMPTY: Sql = Sql::new("DELETE FROM box");
    let mut databases = Vec::new();
    for _ in 0..4 {
        databases.push(home.open().await);
    }
    let runs = databases.iter().map(|database| database.migrate(TWO, 100));
    let mut applied: Vec<_> = join_all(runs).await.into_iter().flat_map(Result::unwrap).collect();
    applied.sort_unstable();
    assert_eq!(applied, ["first", "second"]);
    for database in &databases {
        run(database, &EMPTY).await.unwrap();
    }
}

/// A company that is there already keeps its second factor open, and its policy learns of phones.
async fn policies_of_before_messages_say_what_their_presets_say_now(home: Home) {
    static ADD: Sql = Sql::new(
        "INSERT INTO organizations (id, name, preset, policy, created_at) VALUES ($1, $1, $1, $2, 7)",
    );
    let database = home.open().await;
    database.migrate(&MIGRATIONS[..1], 100).await.unwrap();
    for preset in [Preset::Default, Preset::PerUser] {
        let mut policy = serde_json::to_value(preset.policy()).unwrap();
        let fields = policy.as_object_mut().unwrap();
        fields.remove("first_factor_needs_fresh_email_proof");
        fields["methods"] = serde_json::json!(["app"]);
        // In the order in which the program of then wrote them.
        let order = [
            "second_factor",
            "methods",
            "proofs_to_turn_on",
            "proofs_to_turn_off",
            "proofs_to_change_password",
            "known_browsers_have_own_ladder",
            "ladder",
        ];
        let fields: Vec<String> = order.iter().map(|name| format!("\"{name}\":{}", policy[name])).collect();
        let values = params![preset.as_str(), format!("{{{}}}", fields.join(","))];
        let adding = database.write(move |tx| {
            let values = values.clone();
            Box::pin(async move { tx.execute(&ADD, &values).await })
        });
        adding.await.unwrap();
    }
    database.migrate(MIGRATIONS, 200).await.unwrap();
    for preset in [Preset::Default, Preset::PerUser] {
        let found = database.read(move |tx| Box::pin(people::organization_by_name(tx, preset.as_str())));
        let organization = found.await.unwrap().unwrap();
        assert_eq!(organization.policy, preset.policy());
        assert_eq!(organization.two_factor_opened_at, Some(Timestamp::from_millis(7)));
    }
}
