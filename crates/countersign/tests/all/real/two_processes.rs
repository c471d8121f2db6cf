//! Two processes on one database and one set of keys, behind one public address: they count and remember as one.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::Barrier;

use super::authenticator::{self, Authenticator};
use crate::harness::{
    Browser, Installation, On, Reply, Running, has_postgres, shown_codes, type_code, type_password,
};

/// The product's own limit (P1).
const WRONG_TRIES_MAX: usize = 5;
const ANN: &str = "ann@example.com";
const PASSWORD: &str = "copper lantern drifts north";

struct Pair {
    one: Running,
    other: Running,
    /// After the processes that use its database: fields are dropped in this order.
    installation: Installation,
}

impl Pair {
    /// With Ann, who can sign in by her password.
    async fn start() -> Self {
        Self::of("per-user").await
    }

    /// The same in a company of another preset.
    async fn of(preset: &str) -> Self {
        let here = Installation::migrated(On::Postgres).await;
        here.run(&["org", "add", "Example", "--preset", preset, "--two-factor", "on"]).must_succeed();
        let add = ["user", "add", ANN, "--name", "Ann Ames", "--organization", "Example", "--verified-email"];
        here.run_with_input(&add, PASSWORD).must_succeed();
        Self { one: here.serve(), other: here.serve(), installation: here }
    }

    fn nodes(&self) -> [SocketAddr; 2] {
        [self.one.address(), self.other.address()]
    }

    /// Ann's browser after her password, which leads wherever it does.
    async fn after_the_password(&self) -> Browser {
        let mut browser = self.one.browser();
        type_password(&mut browser, ANN, PASSWORD).await;
        browser
    }

    async fn enroll_ann(&self) -> Authenticator {
        authenticator::enroll(&mut self.after_the_password().await, PASSWORD).await
    }

    /// Sends one form per entry, every second one to the other process, all at once.
    async fn send_at_once(
        &self,
        path: &'static str,
        forms: Vec<(Browser, Vec<(&'static str, String)>)>,
    ) -> Vec<(Browser, Reply)> {
        let start = Arc::new(Barrier::new(forms.len()));
        let nodes = self.nodes().into_iter().cycle();
        let senders: Vec<_> = nodes
            .zip(forms)
            .map(|(node, (browser, fields))| {
                let (mut browser, start) = (browser.by_way_of_address(node), Arc::clone(&start));
                tokio::spawn(async move {
                    let token = browser.form_token();
                    let mut sent = vec![("form_token", token.as_str())];
                    sent.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
                    start.wait().await;
                    let reply = browser.post_form(path, &sent).await;
                    (browser, reply)
                })
            })
            .collect();
        let mut answered = Vec::new();
        for sender in senders {
            answered.push(sender.await.unwrap());
        }
        answered
    }

    /// Whether Ann, with the right password, is told on both that her name is locked.
    async fn must_be_locked_on_both(&self) {
        for node in [&self.one, &self.other] {
            let mut browser = node.browser();
            type_password(&mut browser, ANN, PASSWORD).await;
            assert_eq!(browser.status(), 429);
            browser.must_see("This name is locked");
            assert_eq!(browser.cookie(SESSION), None);
        }
    }
}

/// A04: forty uses of one code, in four sign-ins, at both processes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_04_one_code_used_at_two_processes_at_once_opens_one_session() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    let app = pair.enroll_ann().await;
    // The present code went into the set-up; the next one is good as well, for a phone whose clock is fast.
    let code = app.code_at("30 seconds");
    let mut uses = Vec::new();
    for _ in 0..4 {
        let browser = pair.after_the_password().await;
        browser.must_be_at("/sign-in/code");
        uses.extend((0..10).map(|_| (browser.copy_of(), vec![("code", code.clone())])));
    }
    let answered = pair.send_at_once("/sign-in/code", uses).await;
    let mut winners = Vec::new();
    for (browser, reply) in answered {
        if browser.cookie(SESSION).is_some() {
            winners.push(browser);
        } else {
            let is_refused = (400..500).contains(&reply.status);
            // Who waits too long for the row hears that nobody could look.
            assert!(is_refused || reply.status == 503, "{}: {}", reply.status, reply.text());
        }
    }
    assert_eq!(winners.len(), 1, "sessions by one code");
    for node in pair.nodes() {
        winners[0].by_way_of_address(node).goto("/profile").await.must_be_at("/profile");
    }
}

/// A04: the same of a backup code, whose row is taken by one process only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_04_one_backup_code_used_at_two_processes_at_once_opens_one_session() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::of("default").await;
    let mut own = pair.after_the_password().await;
    let app = authenticator::enroll(&mut own, PASSWORD).await;
    own.goto("/profile/security/backup-codes/create").await.fill("Password", PASSWORD);
    own.fill("Authentication code", &app.code_at("30 seconds")).press("Generate backup codes").await;
    let codes = shown_codes(&own);
    for code in codes.iter().take(3) {
        let mut uses = Vec::new();
        for _ in 0..4 {
            let browser = pair.after_the_password().await;
            uses.extend((0..50).map(|_| (browser.copy_of(), vec![("code", code.clone())])));
        }
        let answered = pair.send_at_once("/sign-in/code", uses).await;
        let winners = answered.iter().filter(|(browser, _)| browser.cookie(SESSION).is_some()).count();
        assert_eq!(winners, 1, "sessions by one backup code");
    }
}

/// A05: whoever changes the process with every guess is counted as if there were one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_05_guesses_alternating_between_two_processes_are_counted_together() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    for (number, node) in (1..WRONG_TRIES_MAX).zip(pair.nodes().into_iter().cycle()) {
        let mut browser = pair.one.browser().by_way_of_address(node);
        type_password(&mut browser, ANN, "a guess of the attacker").await;
        let left = WRONG_TRIES_MAX - number;
        browser.must_see(&format!("do not match. After {left} more wrong "));
    }
    type_password(&mut pair.other.browser(), ANN, "a guess of the attacker").await;
    pair.must_be_locked_on_both().await;
}

/// A05, A06: thirty wrong passwords in one burst, half of them at each process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_06_a_burst_of_passwords_at_two_processes_gets_five_verdicts_at_most() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    let mut browser = pair.one.browser();
    browser.goto("/sign-in").await;
    let guess =
        |number| vec![("email", ANN.to_owned()), ("password", format!("a guess of the attacker {number}"))];
    let guesses = (0..30).map(|number| (browser.copy_of(), guess(number))).collect();
    let answered = pair.send_at_once("/sign-in", guesses).await;
    must_be_verdicts_or_lock(&answered, "That email and password do not match.");
    pair.must_be_locked_on_both().await;
}

/// A05, A06: thirty wrong codes in one burst, in three sign-ins, half of them at each process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_06_a_burst_of_codes_at_two_processes_gets_five_verdicts_at_most() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    let app = pair.enroll_ann().await;
    let mut guesses = Vec::new();
    for codes in app.wrong_codes(30).chunks(10) {
        let browser = pair.after_the_password().await;
        guesses.extend(codes.iter().map(|code| (browser.copy_of(), vec![("code", code.clone())])));
    }
    let half_way = guesses[0].0.copy_of();
    let answered = pair.send_at_once("/sign-in/code", guesses).await;
    must_be_verdicts_or_lock(&answered, "That code is not right.");
    pair.must_be_locked_on_both().await;
    for node in pair.nodes() {
        let mut browser = half_way.by_way_of_address(node);
        let token = browser.form_token();
        let fields = [("form_token", token.as_str()), ("code", &app.code_at("30 seconds"))];
        let reply = browser.post_form("/sign-in/code", &fields).await;
        assert!((400..500).contains(&reply.status), "a right code while locked: {}", reply.status);
        assert_eq!(browser.cookie(SESSION), None);
    }
}

/// A78, the server's side: what one process begins, both honor, and what one ends is over on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_made_by_one_process_lives_on_both_and_ends_on_both() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    let app = pair.enroll_ann().await;
    let at_one = pair.after_the_password().await;
    // The second step of a sign-in may reach another process than the first.
    let mut at_other = at_one.by_way_of_address(pair.other.address());
    type_code(&mut at_other, &app.code_at("30 seconds")).await;
    at_other.must_be_at("/profile");
    let mut at_one = at_other.by_way_of_address(pair.one.address());
    at_one.goto("/profile").await.must_be_at("/profile");
    at_one.press("Sign out").await;
    // The cookie of before, as a thief may have kept it.
    for node in pair.nodes() {
        at_other.by_way_of_address(node).goto("/profile").await.must_be_at("/sign-in");
    }
}

/// A52: what ends at one process is over at the other when the answer is there, and so is what a command rules.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_52_a_new_password_at_one_process_ends_sessions_and_sign_ins_at_the_other() {
    if !has_postgres() {
        return;
    }
    let pair = Pair::start().await;
    let mut thief = pair.after_the_password().await.by_way_of_address(pair.other.address());
    thief.goto("/profile/security").await.must_be_at("/profile/security");
    let mut ann = pair.after_the_password().await;
    ann.goto("/profile/password").await;
    ann.fill("Current password", PASSWORD).fill("New password", "four geese argue quietly");
    ann.press("Save password").await.must_see("Your password is changed.");
    thief.goto("/profile/security").await.must_be_at("/sign-in");

    let mut at_other = ann.by_way_of_address(pair.other.address());
    at_other.goto("/profile/security").await.must_see("Two-factor authentication");
    pair.installation.run(&["org", "two-factor", "Example", "off"]).must_succeed();
    for node in pair.nodes() {
        let mut browser = ann.by_way_of_address(node);
        browser.goto("/profile/security").await.must_see("Not available for your company yet");
    }
}

/// No more verdicts than tries, and no answer that is neither a verdict nor the lock nor that nobody could look.
fn must_be_verdicts_or_lock(answered: &[(Browser, Reply)], verdict: &str) {
    let (verdicts, others): (Vec<_>, Vec<_>) =
        answered.iter().map(|(_, reply)| reply).partition(|reply| reply.text().contains(verdict));
    assert!(verdicts.len() <= WRONG_TRIES_MAX, "{} verdicts", verdicts.len());
    for reply in others {
        assert!([409, 429, 503].contains(&reply.status), "{}: {}", reply.status, reply.text());
    }
    assert!(
        answered.iter().all(|(browser, _)| browser.cookie(SESSION).is_none()),
        "a guess opened a session"
    );
}

/// Its name over plain HTTP.
const SESSION: &str = "cs";
