//! What whoever reads the console too late, or twice, gets of it; and that no act of operators goes unrecorded.

use std::time::Duration;

use countersign_core::{
    ceremony::by_operator::{Lost, Reset},
    id::MessageId,
    policy::presets::Preset,
    stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_service::authority::By;
use countersign_store::{Sql, params};

use super::records::only_with_its_record;
use crate::{
    attacks::target::post_at_once,
    harness::{Browser, On, Person, Phone, TestServer, enroll_app, sign_in, type_password},
};

on_both_databases! {
    /// A101: five people finish set-ups of one link at once, each in ten tabs; there is one operator.
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
        let told = |status| statuses.iter().filter(|told| **told == status).count();
        assert_eq!(told(303), 1, "{statuses:?}");
        // The link is of no use any more, or the server was too busy to look.
        assert_eq!(told(410) + told(503), 49, "{statuses:?}");
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

    /// A104: whoever becomes an operator, or is none any more.
    async fn atk_104_nobody_becomes_or_ceases_to_be_an_operator_without_a_record(on: On) {
        let server = TestServer::start(on).await;
        let service = &server.service;
        let ann = with_app(&server, "Ann Ames").await;
        let mut link = String::new();
        only_with_its_record(&server, "an invitation", async || {
            let made = service.invite_operator().await;
            link = made.as_ref().map(|token| path(&token.expose_text())).unwrap_or_default();
            status(made.is_ok())
        })
        .await;
        let mut nell = begun(&server, &link, 0).await;
        finish(&server, &mut nell, "becoming an operator").await;
        service.invite_operator().await.unwrap();
        only_with_its_record(&server, "a withdrawal", async || {
            status(service.withdraw_operator_links().await.is_ok())
        })
        .await;
        only_with_its_record(&server, "adding", async || {
            status(service.add_operator(email(&ann.email)).await.is_ok())
        })
        .await;
        only_with_its_record(&server, "removing", async || {
            status(service.remove_operator(email(&ann.email), why()).await.is_ok())
        })
        .await;
        only_with_its_record(&server, "a reset", async || {
            let made = service.reset_operator(email("nell0@example.com"), why()).await;
            link = made.as_ref().map(|token| path(&token.expose_text())).unwrap_or_default();
            status(made.is_ok())
        })
        .await;
        server.advance(Duration::from_secs(1));
        let mut nell = server.browser();
        nell.goto(&link).await.fill("New password", "seven plums on a tin roof").press("Next").await;
        finish(&server, &mut nell, "setting up anew").await;
        server.must_keep_its_promises().await;
    }

    /// A104: what an operator does about somebody else.
    async fn atk_104_an_operator_helps_nobody_without_a_record(on: On) {
        let server = TestServer::start(on).await;
        let service = &server.service;
        let ann = with_app(&server, "Ann Ames").await;
        let user = service.user_named(&email(&ann.email)).await.unwrap();
        for _ in 0..5 {
            type_password(&mut server.browser(), &ann.email, "not the password of Ann").await;
        }
        only_with_its_record(&server, "an unlock", async || {
            status(matches!(service.unlock_user(By::Console, user.clone()).await, Ok(Ok(()))))
        })
        .await;
        only_with_its_record(&server, "a sign-out everywhere", async || {
            status(matches!(service.sign_out_everywhere(By::Console, user.clone()).await, Ok(Ok(()))))
        })
        .await;
        server.change(&USE_STEPS_AHEAD, params![]).await;
        only_with_its_record(&server, "making codes good again", async || {
            status(matches!(service.reset_app_clock(user.clone(), why()).await, Ok(Ok(()))))
        })
        .await;
        only_with_its_record(&server, "a reset", async || {
            let reset = Reset { lost: Lost::SecondFactors, reason: why() };
            status(matches!(service.reset_at_console(user.clone(), reset).await, Ok(Ok(()))))
        })
        .await;
        server.settle().await;
        server.change(&FAIL_A_MESSAGE, params![vec![0_u8]]).await;
        only_with_its_record(&server, "sending once more", async || {
            let message = MessageId::from_stored("msg_dead".to_owned());
            status(matches!(service.retry_message(By::Console, message).await, Ok(Ok(()))))
        })
        .await;
        server.must_keep_its_promises().await;
    }
}

/// Presses the button on the page of the app as often as it takes.
async fn finish(server: &TestServer, browser: &mut Browser, what: &str) {
    let code = Phone::scan(browser).code(&server.clock);
    only_with_its_record(server, what, async || {
        browser.goto("/operator/set-up/app").await.fill("Authentication code", &code);
        browser.press("Finish").await.status()
    })
    .await;
}

async fn with_app(server: &TestServer, name: &str) -> Person {
    let person = server.person(name, Preset::Default).await;
    enroll_app(server, &mut sign_in(server, &person).await, &person).await;
    server.settle().await;
    person
}

fn status(is_done: bool) -> u16 {
    if is_done { 200 } else { 500 }
}

fn path(token: &str) -> String {
    format!("/operator/set-up?token={token}")
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn why() -> StatedReason {
    StatedReason::parse("ticket 4711").unwrap()
}

static USE_STEPS_AHEAD: Sql =
    Sql::new("UPDATE authenticators SET accepted_step = accepted_step + 200 WHERE accepted_step IS NOT NULL");
static FAIL_A_MESSAGE: Sql = Sql::new(
    "INSERT INTO outbox (id, channel, recipient, kind, body, created_at, urgency, due_at, attempts, dead_at, \
         last_error) \
     VALUES ('msg_dead', 'email', 'cleo@harborline.example', 'notice', $1, 1, 0, 1, 3, 1, '550 no such mailbox')",
);

/// A browser before which the QR code stands.
async fn begun(server: &TestServer, link: &str, number: u32) -> Browser {
    let mut browser = server.browser();
    browser.goto(link).await;
    browser.fill("Name", "Nell New").fill("Email", &format!("nell{number}@example.com"));
    browser.fill("New password", "four geese argue quietly").press("Next").await;
    browser.must_be_at("/operator/set-up/app");
    browser
}
