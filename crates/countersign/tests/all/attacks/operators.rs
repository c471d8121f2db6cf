//! What whoever reads the console too late, or twice, gets of it.

use crate::{
    attacks::target::post_at_once,
    harness::{Browser, On, Phone, TestServer},
};

on_both_databases! {
    /// A101: fifty browsers finish set-ups of one link at once, as fifty people; there is one operator.
    async fn atk_101_fifty_parallel_finishings_of_one_link_make_one_operator(on: On) {
        let server = TestServer::start(on).await;
        let token = server.service.invite_operator().await.unwrap();
        let link = format!("/operator/set-up?token={}", token.expose_text());
        let mut browsers = Vec::new();
        for number in 0..5 {
            let browser = begun(&server, &link, number).await;
            let code = Phone::scan(&browser).code(&server.clock);
            browsers.push((browser, code));
        }
        let mut running = Vec::new();
        for (browser, code) in &browsers {
            let tabs: Vec<Browser> = (0..10).map(|_| browser.copy_of()).collect();
            let code = code.clone();
            running.push(tokio::spawn(async move {
                post_at_once(tabs, "/operator/set-up/app", &[("code", code.as_str())]).await
            }));
        }
        let mut statuses = Vec::new();
        for answers in running {
            statuses.extend(answers.await.unwrap().iter().map(|(_, reply)| reply.status));
        }
        statuses.sort_unstable();
        let mut expected = vec![410; 49];
        expected.insert(0, 303);
        assert_eq!(statuses, expected);
        assert_eq!(server.service.operators().await.unwrap().len(), 1);
    }

    /// A101: a link that made an operator makes none again, whatever was begun with it before.
    async fn atk_101_a_used_link_is_of_no_use(on: On) {
        let server = TestServer::start(on).await;
        let token = server.service.invite_operator().await.unwrap();
        let link = format!("/operator/set-up?token={}", token.expose_text());
        let mut late = begun(&server, &link, 0).await;
        let mut first = begun(&server, &link, 1).await;
        let (late_code, code) =
            (Phone::scan(&late).code(&server.clock), Phone::scan(&first).code(&server.clock));
        first.fill("Authentication code", &code).press("Finish").await.must_be_at("/sign-in");
        late.fill("Authentication code", &late_code).press("Finish").await;
        assert_eq!(late.status(), 410);
        late.goto(&link).await;
        assert_eq!(late.status(), 410);
        assert_eq!(server.service.operators().await.unwrap().len(), 1);
    }
}

/// A browser before which the QR code stands.
async fn begun(server: &TestServer, link: &str, number: u32) -> Browser {
    let mut browser = server.browser();
    browser.goto(link).await;
    browser.fill("Name", "Nell New").fill("Email", &format!("nell{number}@example.com"));
    browser.fill("New password", "four geese argue quietly").press("Next").await;
    browser.must_be_at("/operator/set-up/app");
    browser
}
