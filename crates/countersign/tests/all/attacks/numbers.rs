//! The page of numbers after strangers did their worst: every label is one of ours, and there is an end to them.

use std::{collections::BTreeSet, sync::LazyLock};

use countersign::metrics::{BUILD_INFO, Metrics};
use countersign_core::policy::presets::Preset;
use countersign_delivery::metrics as delivery;
use countersign_service::load;
use countersign_store::metrics as store;
use countersign_web::{metrics as web, router::doors};

use super::target::{Target, post_code};
use crate::harness::{On, TestServer, enroll_phone, sign_in, sign_in_with_text, type_password};

/// One recorder in a process, begun before the server whose numbers it holds.
pub(super) static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::start().unwrap());

/// Names and words as a stranger chooses them.
const HOSTILE: [&str; 6] = [
    "canary@example.com",
    "canary\"} 1\n# HELP canary@example.com",
    "canary\\",
    "canary\u{202e}",
    "{canary=\"canary\"}",
    "../../canary",
];

on_both_databases! {
    /// A108: nothing that a stranger chose becomes a label, and the labels are those that are listed.
    async fn atk_108_labels_are_ours_and_there_is_an_end_to_them(on: On) {
        let metrics = LazyLock::force(&METRICS);
        let server = TestServer::start(on).await;
        do_everything(&server).await;
        let before = metrics.render(&server.service).await;
        be_hostile(&server).await;
        be_hostile(&server).await;
        let after = metrics.render(&server.service).await;
        assert!(!after.contains("canary"), "{after}");
        let labels: BTreeSet<_> = series(&after).flat_map(|(_, labels)| labels).collect();
        for (name, value) in &labels {
            assert!(is_ours(name, value), "{name}={value:?} is not listed");
        }
        let names: BTreeSet<&str> = series(&after).map(|(name, _)| base(name)).collect();
        assert_eq!(names, every_name(on), "{after}");
        // Hostile words again and again leave no more behind than a few routes and refusals.
        let grown = series(&after).count() - series(&before).count();
        assert!(grown < 150, "{grown} more series");
    }

    /// What is counted is what happened.
    async fn what_people_do_is_counted_once_it_is_committed(on: On) {
        let metrics = LazyLock::force(&METRICS);
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut browser = ann.half_signed_in(&server).await;
        let before = metrics.render(&server.service).await;
        post_code(&mut browser, &ann.wrong_code(&server)).await;
        post_code(&mut browser, &ann.code(&server)).await;
        for _ in 0..5 {
            type_password(&mut server.browser(), &ann.person.email, "wrong").await;
        }
        let after = metrics.render(&server.service).await;
        for (series, times) in [
            ("countersign_events_total{kind=\"sign_in.refused\",reason=\"wrong_code\"}", 1),
            ("countersign_events_total{kind=\"sign_in.refused\",reason=\"wrong_password\"}", 5),
            ("countersign_events_total{kind=\"sign_in.signed_in\",reason=\"none\"}", 1),
            ("countersign_events_total{kind=\"name.locked\",reason=\"none\"}", 1),
            ("countersign_request_seconds_count{method=\"POST\",route=\"/sign-in\",status=\"4xx\"}", 5),
        ] {
            assert_eq!(value(&after, series) - value(&before, series), times, "{series}\n{after}");
        }
    }
}

/// All that is counted happens: sign-ins by every factor, mails, texts, refusals, a lock.
async fn do_everything(server: &TestServer) {
    let ann = Target::new(server, "Ann Ames").await;
    let mut half = ann.half_signed_in(server).await;
    post_code(&mut half, &ann.wrong_code(server)).await;
    let bea = server.person("Bea Birch", Preset::Default).await;
    let mut browser = sign_in(server, &bea).await;
    enroll_phone(server, &mut browser, &bea, "+15125550134").await;
    sign_in_with_text(server, &bea, "+15125550134").await;
}

async fn be_hostile(server: &TestServer) {
    for word in HOSTILE {
        let mut stranger = server.browser();
        "canary".clone_into(&mut stranger.user_agent);
        type_password(&mut stranger, word, word).await;
        let path: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
        for path in [format!("/{path}"), format!("/assets/{path}"), format!("/sign-in?{path}")] {
            for method in ["GET", "POST", "CANARY", "OPTIONS"] {
                stranger.send(method, &path, &[("x-canary", "canary")], Vec::new()).await;
            }
        }
    }
}

/// The lines that hold a number: the name, and the labels but for the buckets' bounds.
fn series(text: &str) -> impl Iterator<Item = (&str, Vec<(String, String)>)> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let (series, _number) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty());
        let labels = labels.map(|label| label.split_once("=\"").unwrap());
        let labels = labels.map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned()));
        (name, labels.filter(|(name, _)| name != "le").collect())
    })
}

fn is_ours(name: &str, value: &str) -> bool {
    match name {
        "kind" => {
            value.split('.').all(|part| part.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
        }
        "reason" => store::REASONS.contains(&value) && value != "other" || delivery::REASONS.contains(&value),
        "mode" => ["read", "write"].contains(&value),
        "channel" => ["sms", "email"].contains(&value),
        "outcome" => delivery::OUTCOMES.contains(&value),
        "route" => {
            value == web::NO_ROUTE
                || delivery::ROUTES.contains(&value)
                || doors().iter().any(|door| door.path == value)
        }
        "method" => web::METHODS.contains(&value),
        "status" => web::STATUS_CLASSES.contains(&value),
        "version" => value == env!("CARGO_PKG_VERSION"),
        _ => false,
    }
}

/// Without what a histogram's name ends in.
fn base(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

fn every_name(on: On) -> BTreeSet<&'static str> {
    let names = [
        BUILD_INFO,
        store::EVENTS,
        store::TRANSACTION_SECONDS,
        delivery::SENDS,
        web::REQUEST_SECONDS,
        load::HASH_PLACES,
        load::HASH_PLACES_TAKEN,
        load::WRITES_WAITING,
        load::CONNECTIONS_USED,
        load::NETWORKS_SLOWED,
        load::FLOOD,
        load::OUTBOX_WAITING,
        load::OUTBOX_OLDEST_SECONDS,
        load::AUDIT_UNSEALED_SECONDS,
    ];
    // PostgreSQL groups commits by itself, and does not tell.
    let of_sqlite = (on == On::Sqlite).then_some(store::COMMIT_GROUP_SIZE);
    names.into_iter().chain(of_sqlite).collect()
}

fn value(text: &str, series: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    line.map_or(0, |number| number.trim().parse().unwrap())
}
