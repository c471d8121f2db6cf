//! What is refused on a page, and what the log says of it.

use crate::harness::{Browser, Installation, On, type_password};

/// Whoever helps finds by the number on the page what was refused, and why.
#[tokio::test]
async fn the_number_on_a_refused_page_is_in_the_log_with_the_reason() {
    let here = Installation::migrated(On::Sqlite).await;
    let server = here.serve();
    let mut browser = server.browser();
    let mut seen = Vec::new();
    type_password(&mut browser, "nobody@example.com", "not the password").await;
    seen.push(("wrong_password", shown(&browser)));
    type_password(&mut browser, "no address", "not the password").await;
    seen.push(("form-incomplete", shown(&browser)));
    browser.goto("/set-password").await;
    seen.push(("link_over", shown(&browser)));
    browser.goto("/operator/set-up").await;
    seen.push(("link_over", shown(&browser)));
    browser.goto("/nowhere").await;
    seen.push(("not-found", shown(&browser)));
    let log = server.stop();
    for (code, id) in seen {
        let lines = log.lines().filter(|line| line.contains(&id));
        let said: Vec<&str> = lines.filter(|line| line.contains("\"answered\"")).collect();
        assert!(said.len() == 1 && said[0].contains(&format!("\"refused\":\"{code}\"")), "{code} {said:?}");
    }
}

/// The id that the page shows, which is that of its answer.
fn shown(browser: &Browser) -> String {
    let page = browser.page();
    let id = page.headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(page.text().contains(&id), "{}", page.text());
    id
}
