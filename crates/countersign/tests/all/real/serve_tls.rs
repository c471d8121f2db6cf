//! The program itself with a certificate: what browsers are told, a new certificate by SIGHUP, and what `doctor` says.

use std::os::unix::fs::PermissionsExt;

use super::{
    certificate,
    serving::Serving,
    tls::{Client, ask, certificate_of},
};
use crate::harness::{On, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_serves_https_and_takes_a_new_certificate_when_it_is_told_to() {
    let serving = Serving::prepare(On::Sqlite, "").await;
    let folder = serving.here.path().to_owned();
    let authority = certificate::make(&folder);
    let url = serving.url().replace("http://", "https://");
    let host = url.trim_start_matches("https://").to_owned();
    serving.here.configure(&format!(
        "listen = \"{}\"\npublic_url = \"{url}\"\ntls_certificate = \"certificate.pem\"\ntls_key = \"certificate.key\"\n",
        serving.address()
    ));
    let running = serving.start();
    let mut early = Client::trusting(&[&authority]).connect(serving.address()).await.unwrap();
    let page = ask(&mut early, "/sign-in", &host).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("strict-transport-security: max-age=63072000\r\n"), "{page}");
    assert!(page.contains("set-cookie: __Host-"), "{page}");

    let authority = certificate::make(&folder);
    running.send_signal("HUP");
    let client = Client::trusting(&[&authority]);
    // By the new authority alone: until the new certificate is shown there is no connection.
    let late = wait_for("the new certificate", async || client.connect(serving.address()).await.ok()).await;
    assert_ne!(certificate_of(&late), certificate_of(&early));
    assert!(ask(&mut early, "/healthz", &host).await.ends_with("ok"), "cut off by a new certificate");
    drop((early, late));
    assert!(running.stop().contains("a new certificate is shown"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_says_what_is_wrong_with_a_certificate_before_browsers_do() {
    let serving = Serving::prepare(On::Sqlite, "").await;
    let folder = serving.here.path().to_owned();
    certificate::make(&folder);
    let configure = |url: &str| {
        serving.here.configure(&format!(
            "public_url = \"{url}\"\ntls_certificate = \"certificate.pem\"\ntls_key = \"certificate.key\"\n"
        ));
    };
    let certificate = || {
        let ran = serving.here.run(&["doctor", "--json"]);
        let text = if ran.stdout.is_empty() { &ran.stderr } else { &ran.stdout };
        let findings: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let findings = findings.as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["check"] == "certificate").unwrap()
    };
    configure("https://localhost:8443");
    // The certificates of the tests are good for two days.
    let finding = certificate();
    assert_eq!(finding["verdict"], "warn", "{finding}");
    assert!(finding["tried"].as_str().unwrap().contains("good for 1 more days"), "{finding}");
    let key = folder.join("certificate.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let finding = certificate();
    assert_eq!(finding["verdict"], "fail", "{finding}");
    assert!(finding["tried"].as_str().unwrap().starts_with("everybody can read "), "{finding}");
    configure("https://signin.example.com");
    let finding = certificate();
    assert_eq!(finding["verdict"], "fail", "{finding}");
    assert!(
        finding["tried"].as_str().unwrap().contains("is not for https://signin.example.com"),
        "{finding}"
    );
    std::fs::write(key, "canary").unwrap();
    let finding = certificate();
    assert!(finding["tried"].as_str().unwrap().contains("holds no private key"), "{finding}");
    let ran = serving.here.run(&["serve"]);
    assert!(ran.refusal().contains("holds no private key"), "{}", ran.stderr);
}
