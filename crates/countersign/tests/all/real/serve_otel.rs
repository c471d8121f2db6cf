//! The program's traces, as a collector gets them.

use super::loopback::{Recorder, client};
use crate::harness::{Installation, On};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_hears_of_each_request_by_its_route_and_no_word_that_was_typed() {
    let collector = Recorder::start().await;
    let here = Installation::migrated(On::Sqlite).await;
    let environment = [
        ("COUNTERSIGN_LISTEN", "127.0.0.1:0"),
        ("COUNTERSIGN_OTEL_ENDPOINT", collector.url()),
        // What is not logged is told all the same.
        ("COUNTERSIGN_LOG", "error"),
    ];
    let running = here.start(&["serve"], &environment);
    let url = format!("http://{}/healthz?canary=canary", running.address());
    let asked = client().get(url).header("user-agent", "canary").send().await.unwrap();
    let id = asked.headers()["x-request-id"].to_str().unwrap().to_owned();
    running.stop();

    let sent = collector.until_there_are(1).await;
    assert_eq!((sent[0].method.as_str(), sent[0].path.as_str()), ("POST", "/v1/traces"));
    assert_eq!(sent[0].header("content-type"), Some("application/x-protobuf"));
    let told = String::from_utf8_lossy(&sent[0].body).into_owned();
    for part in ["countersign", "GET /healthz", "answered", &id] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("canary"), "{told}");
}
