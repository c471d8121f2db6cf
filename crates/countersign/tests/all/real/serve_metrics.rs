//! The program's numbers: at an address of their own, and nowhere else.

use super::loopback::client;
use crate::harness::{Installation, On};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_shown_where_the_operator_says_and_nowhere_else() {
    let here = Installation::migrated(On::Sqlite).await;
    let environment = [("COUNTERSIGN_LISTEN", "127.0.0.1:0"), ("COUNTERSIGN_METRICS_LISTEN", "127.0.0.1:0")];
    let running = here.start(&["serve"], &environment);
    let at = running.ready["metrics"].as_str().unwrap().to_owned();
    let get = async |url: String| client().get(url).send().await.unwrap();
    assert_eq!(get(format!("http://{}/healthz", running.address())).await.status(), 200);

    let page = get(format!("http://{at}/metrics")).await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let numbers = page.text().await.unwrap();
    assert!(numbers.contains("countersign_build_info{version="), "{numbers}");
    let health = "countersign_request_seconds_count{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 1\n";
    assert!(numbers.contains(health), "{numbers}");

    let public = running.browser().goto("/metrics").await.status();
    assert_eq!(public, 404, "numbers at the public address");
    assert_eq!(get(format!("http://{at}/sign-in")).await.status(), 404, "pages at the address of numbers");
    running.stop();

    let running = here.serve();
    assert!(running.ready["metrics"].is_null());
    running.stop();
}
