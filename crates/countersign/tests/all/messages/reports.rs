//! What a gateway tells about a text that it took: once it was told, telling it again changes nothing (A47).

use countersign_core::policy::presets::Preset;
use countersign_store::Sql;

use super::gateway::Gateway;
use crate::harness::{On, Person, TestServer, behind_the_password, type_code};

const NUMBER: &str = "+15125550134";
const SENT: &str = "We sent a 6-digit code to •••• 34.";
const DELIVERED: &str = "1";
const FAILED: &str = "2";

on_both_databases! {
    async fn a_repeated_report_changes_nothing(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        report(&gateway, &server, DELIVERED).await;
        server.advance(std::time::Duration::from_secs(5));
        let told = reported(&server).await;
        for status in [DELIVERED, FAILED, "4", "8", "16", "", "no number"] {
            report(&gateway, &server, status).await;
            assert_eq!(reported(&server).await, told, "{status}");
        }
        browser.goto("/sign-in/code").await.must_see(SENT);
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
    }

    async fn a_text_that_was_not_delivered_is_told_on_the_page_and_its_code_stays_good(on: On) {
        let (gateway, server, ann) = somebody_with_texts(on).await;
        let mut browser = behind_the_password(&server, &ann).await;
        browser.must_see(SENT);
        report(&gateway, &server, FAILED).await;
        report(&gateway, &server, DELIVERED).await;
        browser.goto("/sign-in/code").await.must_see("We could not send a code to •••• 34.");
        type_code(&mut browser, &gateway.code(NUMBER)).await;
        browser.must_be_at("/profile");
    }
}

async fn somebody_with_texts(on: On) -> (Gateway, TestServer, Person) {
    let gateway = Gateway::start().await;
    let server = gateway.as_kannel().start(on).await;
    let ann = server.person("Ann Ames", Preset::PerUser).await;
    gateway.enroll(&server, &ann, NUMBER).await;
    (gateway, server, ann)
}

/// Calls the address that the newest text came with, as Kannel does.
async fn report(gateway: &Gateway, server: &TestServer, status: &str) {
    server.settle().await;
    let text = gateway.texts_to(NUMBER).pop().unwrap();
    let path = text.reports_url.strip_prefix(server.public_url()).unwrap().replace("%d", status);
    let reply = server.browser().send("GET", &path.replace(' ', "%20"), &[], Vec::new()).await;
    assert_eq!((reply.status, reply.header("set-cookie")), (204, None), "{status}");
}

/// When and how each text was reported on, and when the newest code was used.
async fn reported(server: &TestServer) -> Vec<String> {
    let rows = server.rows(&REPORTED, Vec::new()).await;
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

static REPORTED: Sql = Sql::new(
    "SELECT id || ' ' || COALESCE(CAST(delivered_at AS TEXT), '') || ' ' \
         || COALESCE(CAST(undelivered_at AS TEXT), '') || ' ' || COALESCE(last_error, '') \
     FROM outbox WHERE channel = 'sms' ORDER BY id",
);
