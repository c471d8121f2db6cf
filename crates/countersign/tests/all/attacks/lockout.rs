//! The lock of a name: no door, spelling, header or success of others leads past it, and it tells nothing.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};
use countersign_store::{Sql, params};
use countersign_web::router::{Access, doors};

use super::target::{
    AN_HOUR, Target, failures, gives_a_session, open_sign_ins, post, post_code, post_password, sessions,
};
use crate::harness::{
    Browser, On, Person, Phone, Reply, TestServer, operator, sign_in, sign_in_with_app, type_code,
    type_password,
};

const WRONG: &str = "not the password of anybody";
const NUMBER: &str = "+15125550134";

/// Five wrong passwords on this browser's ladder.
async fn lock(browser: &mut Browser, email: &str) {
    for _ in 0..5 {
        type_password(browser, email, WRONG).await;
    }
    assert_eq!(browser.status(), 429);
}

/// A25: while the name is locked, every door where something is compared refuses the right entries.
#[tokio::test]
async fn atk_25_no_door_leads_past_the_lock() {
    let server = TestServer::start(On::Sqlite).await;
    for door in doors().into_iter().filter(|door| door.authenticates) {
        let (mut browser, fields) = at_the_door(&server, door.path).await;
        let address = address(&server, door.path).await;
        let runs_before = server.hash_runs();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = post(&mut browser, &address, &fields).await;
        assert!([409, 429].contains(&reply.status), "{} answers {}", door.path, reply.status);
        assert!(!gives_a_session(&reply), "{}", door.path);
        assert_eq!(server.hash_runs(), runs_before, "{} compared a password", door.path);
    }
}

/// Where a door is that names a company or somebody else: each of them is there.
async fn address(server: &TestServer, path: &str) -> String {
    if !path.contains('{') {
        return path.to_owned();
    }
    let ben = Target::new(server, &format!("Ben {}", path.replace(['/', '{', '}'], " ").trim())).await;
    let email = EmailAddress::parse(&ben.person.email).unwrap();
    let ben = server.service.user_named(&email).await.unwrap();
    let companies = server.rows(&A_COMPANY, params![]).await;
    path.replace("{user}", ben.as_str()).replace("{organization}", companies[0].text(0).unwrap())
}

/// Somebody who is before this door with the right entries, and whose name was locked on the way: on the
/// ladder of strangers as on that of their own browser.
async fn at_the_door(server: &TestServer, path: &str) -> (Browser, Vec<(&'static str, String)>) {
    let name = format!("Ann {}", path.replace(['/', '{', '}'], " ").trim());
    match path {
        "/sign-in" => {
            let ann = server.person(&name, Preset::Default).await;
            let mut browser = server.browser();
            lock_everywhere(server, &mut browser, &ann).await;
            browser.goto(path).await;
            (browser, vec![("email", ann.email), ("password", ann.password)])
        }
        "/sign-in/code" => {
            let ann = Target::new(server, &name).await;
            let browser = ann.half_signed_in(server).await;
            lock_everywhere(server, &mut browser.copy_of(), &ann.person).await;
            let code = ann.code(server);
            assert_eq!(open_sign_ins(server, &ann.person).await, 0);
            (browser, vec![("code", code)])
        }
        "/profile/security/turn-on" => {
            let ann = server.person(&name, Preset::Default).await;
            let mut browser = sign_in(server, &ann).await;
            browser.goto(path).await;
            lock_everywhere(server, &mut browser.copy_of(), &ann).await;
            (browser, vec![("password", ann.password)])
        }
        "/profile/security/app/confirm" => {
            let ann = server.person(&name, Preset::Default).await;
            let mut browser = sign_in(server, &ann).await;
            let phone = begin_enrollment(&mut browser, &ann).await;
            lock_everywhere(server, &mut browser.copy_of(), &ann).await;
            (browser, vec![("code", phone.code(&server.clock))])
        }
        "/profile/security/phone/confirm" | "/profile/security/email/confirm" => {
            at_a_sent_code(server, path, &name).await
        }
        "/profile/security/turn-off"
        | "/profile/security/change"
        | "/profile/security/backup-codes/create"
        | "/profile/security/recovery-key/create" => {
            let mut ann = Target::new(server, &name).await;
            ann.browser.goto(path).await;
            lock_everywhere(server, &mut ann.browser.copy_of(), &ann.person).await;
            let code = ann.code(server);
            (ann.browser, vec![("password", ann.person.password), ("code", code)])
        }
        "/profile/password" => {
            let mut ann = Target::new(server, &name).await;
            ann.browser.goto(path).await;
            lock_everywhere(server, &mut ann.browser.copy_of(), &ann.person).await;
            let code = ann.code(server);
            let new = "seven violet harbors wait".to_owned();
            (ann.browser, vec![("password", ann.person.password), ("code", code), ("new_password", new)])
        }
        "/operator/organizations/{organization}/two-factor" | "/operator/users/{user}/reset" => {
            let (cleo, her_app) = operator(server, &name).await;
            let mut browser = sign_in_with_app(server, &cleo, &her_app).await;
            browser.goto("/operator").await;
            server.clock.advance(Duration::from_secs(30));
            lock_everywhere(server, &mut browser.copy_of(), &cleo).await;
            let code = her_app.code(&server.clock);
            let switch = [("available", "on".to_owned()), ("code", code.clone())];
            let reset = [("method", "app".to_owned()), ("reason", "lost it".to_owned()), ("code", code)];
            (browser, if path.ends_with("two-factor") { switch.to_vec() } else { reset.to_vec() })
        }
        other => panic!("{other} authenticates: say here what the right entries are"),
    }
}

/// Before the code that was sent in a set-up.
async fn at_a_sent_code(
    server: &TestServer,
    path: &str,
    name: &str,
) -> (Browser, Vec<(&'static str, String)>) {
    let is_mailed = path.contains("email");
    let preset = if is_mailed { Preset::EmailKey } else { Preset::Default };
    let ann = server.person(name, preset).await;
    let mut browser = sign_in(server, &ann).await;
    let code = if is_mailed {
        browser.goto("/profile/security").await.press("Two-factor authentication").await;
        browser.choose("In an email").press("Next").await.press("Send verification code").await;
        server.mail_code(&ann.email).await
    } else {
        begin_phone_enrollment(&mut browser, &ann).await;
        server.text_code(NUMBER).await
    };
    lock_everywhere(server, &mut browser.copy_of(), &ann).await;
    (browser, vec![("code", code)])
}

async fn lock_everywhere(server: &TestServer, own: &mut Browser, person: &Person) {
    own.forget_cookie("cs");
    own.forget_cookie("cs-flow");
    lock(own, &person.email).await;
    let mut stranger = server.browser();
    for _ in 0..5 {
        type_password(&mut stranger, &person.email, WRONG).await;
    }
    assert_eq!(stranger.status(), 429);
}

async fn begin_enrollment(browser: &mut Browser, person: &Person) -> Phone {
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.choose("In an authenticator app").press("Next").await;
    let phone = Phone::scan(browser);
    browser.press("Next: confirm access").await;
    phone
}

async fn begin_phone_enrollment(browser: &mut Browser, person: &Person) {
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", NUMBER).press("Next: confirm access").await;
}

/// A25: a door that is not marked as one that authenticates makes nobody signed in, whatever it is given.
#[tokio::test]
async fn atk_25_no_other_door_makes_a_session() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let bea = server.person("Bea Birch", Preset::Default).await;
    let half_signed_in = ann.half_signed_in(&server).await;
    let mut stranger = server.browser();
    stranger.goto("/sign-in").await;
    let code = ann.code(&server);
    let (email, password) = (("email", bea.email.as_str()), ("password", bea.password.as_str()));
    let entries = [vec![], vec![email, password], vec![password], vec![("code", code.as_str())]];
    let before = (sessions(&server, &ann.person).await, sessions(&server, &bea).await);
    for door in doors().into_iter().filter(|door| !door.authenticates) {
        // One more code is sent to whoever it is for, or a key was compared before: nothing is compared here.
        let compares_nothing =
            door.method == "GET" || ["/sign-in/code/send", "/sign-in/recovered"].contains(&door.path);
        assert!(door.access != Access::Ceremony || compares_nothing, "{} compares nothing", door.path);
        for browser in [&stranger, &half_signed_in] {
            for fields in &entries {
                let mut browser = browser.copy_of();
                let reply = match door.method.as_str() {
                    "GET" => browser.send("GET", door.path, &[], Vec::new()).await,
                    _ => post(&mut browser, door.path, fields).await,
                };
                assert!(!gives_a_session(&reply), "{} {} gives a session", door.method, door.path);
            }
        }
    }
    assert_eq!((sessions(&server, &ann.person).await, sessions(&server, &bea).await), before);
}

/// A26: however an address is spelled, it is one name with one ladder, whether anybody has it or not.
#[tokio::test]
async fn atk_26_five_hundred_spellings_share_one_ladder() {
    let server = TestServer::start(On::Sqlite).await;
    server.person("Ann Ames", Preset::Default).await;
    for address in ["ann.ames@example.com", "nobody.here@example.com"] {
        let spellings = spellings_of(address, 500);
        let ladders_before = server.number(&LADDERS, params![]).await;
        let runs_before = server.hash_runs();
        let mut guesser = server.browser();
        guesser.goto("/sign-in").await;
        for (number, spelling) in spellings.iter().enumerate() {
            let reply = post_password(&mut guesser, spelling, WRONG).await;
            let expected = if number < 4 { 422 } else { 429 };
            assert_eq!(reply.status, expected, "{number}: {spelling:?}");
        }
        assert_eq!(server.hash_runs() - runs_before, 5);
        assert_eq!(server.number(&LADDERS, params![]).await - ladders_before, 1);
    }
}

/// Different texts for one address: upper case, full width, other dots in the domain, white space around.
fn spellings_of(address: &str, count: usize) -> Vec<String> {
    let around = [("", ""), (" ", ""), ("", "\t"), ("\u{3000}", " "), ("\u{a0}", "\r\n")];
    let (local, domain) = address.split_once('@').unwrap();
    let domains = [
        domain.to_owned(),
        domain.to_uppercase(),
        domain.replace('.', "\u{3002}"),
        domain.replace('e', "\u{ff45}"),
        domain.replace('m', "\u{24dc}"),
    ];
    let mut spellings: Vec<String> = Vec::new();
    for number in 0.. {
        let respelled: String = (0..)
            .zip(local.chars())
            .map(|(place, letter)| match number >> place & 1 {
                1 if place % 2 == 0 => letter.to_ascii_uppercase(),
                1 if letter.is_ascii_lowercase() => {
                    char::from_u32(u32::from('ａ') + u32::from(letter) - u32::from('a')).unwrap()
                }
                _ => letter,
            })
            .collect();
        let (before, after) = around[number % around.len()];
        let spelling = format!("{before}{respelled}@{}{after}", domains[number / 5 % domains.len()]);
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
        if spellings.len() == count {
            break;
        }
    }
    spellings
}

/// A27: what a request says about where it came from changes nothing; neither do words that make no sense.
#[tokio::test]
async fn atk_27_forwarding_headers_open_no_second_ladder() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut guesser = server.browser();
    guesser.goto("/sign-in").await;
    let token = guesser.form_token();
    for (number, (name, value)) in HEADERS.iter().enumerate() {
        let password = if number < 5 { WRONG } else { &ann.password };
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("form_token", token.as_str()), ("email", &ann.email), ("password", password)])
            .finish();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            (*name, *value),
        ];
        let reply = guesser.send("POST", "/sign-in", &headers, body.into_bytes()).await;
        let expected = if number < 4 { 422 } else { 429 };
        assert_eq!(reply.status, expected, "{name}: {value}");
    }
    assert_eq!(failures(&server, &ann).await, 5);
    assert_eq!(server.number(&EVENTS_FROM_ELSEWHERE, params![]).await, 0);
}

const HEADERS: [(&str, &str); 10] = [
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-for", "a"),
    ("x-real-ip", "203.0.113.8"),
    ("forwarded", "for=203.0.113.9;host=evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-for", "203.0.113.10, 127.0.0.1"),
    ("cf-connecting-ip", "203.0.113.11"),
    ("true-client-ip", "203.0.113.12"),
    ("forwarded", "for=\"[::1"),
    ("x-original-url", "/profile"),
];

/// A28: the attacker's own sign-ins in between clear the attacker's ladder and no other.
#[tokio::test]
async fn atk_28_an_own_success_clears_no_other_ladder() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let eve = server.person("Eve Elder", Preset::Default).await;
    let mut browser = server.browser();
    for wrong in 1..=5 {
        type_password(&mut browser, &ann.email, WRONG).await;
        assert_eq!(failures(&server, &ann).await, wrong);
        type_password(&mut browser, &eve.email, &eve.password).await;
        browser.must_be_at("/profile");
        browser.forget_cookie("cs");
    }
    type_password(&mut browser, &ann.email, &ann.password).await;
    assert_eq!(browser.status(), 429);
}

/// A29: a locked name answers right and wrong passwords with the same bytes, and compares neither.
#[tokio::test]
async fn atk_29_a_locked_name_tells_right_from_wrong_to_nobody() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let mut guesser = server.browser();
    lock(&mut guesser, &ann.person.email).await;
    let notices_before = server.number(&NOTICES, params![]).await;
    let runs_before = server.hash_runs();
    let mut other = server.browser();
    for browser in [&mut guesser, &mut other] {
        browser.goto("/sign-in").await;
        let right = post_password(browser, &ann.person.email, &ann.person.password).await;
        let wrong = post_password(browser, &ann.person.email, WRONG).await;
        assert_eq!((right.status, wrong.status), (429, 429));
        assert_eq!(right.text_without_id(), wrong.text_without_id());
        let header_names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(header_names(&right), header_names(&wrong));
    }
    assert_eq!(server.hash_runs(), runs_before);
    assert_eq!(failures(&server, &ann.person).await, 5);
    assert_eq!(open_sign_ins(&server, &ann.person).await, 0);
    assert_eq!(server.number(&NOTICES, params![]).await, notices_before);
}

/// A30: the page for the code tells nothing to who did not pass the page for the password.
#[tokio::test]
async fn atk_30_the_code_page_is_no_oracle_for_passwords() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let mut guesser = server.browser();
    guesser.goto("/sign-in").await;
    let runs_before = server.hash_runs();
    let code = ann.code(&server);
    let entries = [("code", code.as_str()), ("email", &ann.person.email), ("password", &ann.person.password)];
    let reply = post(&mut guesser, "/sign-in/code", &entries).await;
    assert_eq!((reply.status, reply.location()), (303, Some("/sign-in")));
    assert_eq!(server.hash_runs(), runs_before);

    // Each way to that page is a try of the password, which counts.
    for guess in 0..5 {
        type_password(&mut guesser, &ann.person.email, &format!("guess number {guess}")).await;
        guesser.must_be_at("/sign-in");
    }
    type_password(&mut guesser, &ann.person.email, &ann.person.password).await;
    assert_eq!(guesser.status(), 429);
    assert_eq!(open_sign_ins(&server, &ann.person).await, 0);
}

/// A30: where password and code are asked for together, a wrong code does not tell whether the password was
/// right, and tries there and at the sign-in count together.
#[tokio::test]
async fn atk_30_a_stolen_session_is_no_oracle_for_passwords() {
    for (path, extra) in
        [("/profile/security/turn-off", None), ("/profile/password", Some("seven violet harbors wait"))]
    {
        let server = TestServer::start(On::Sqlite).await;
        let mut ann = Target::new(&server, "Ann Ames").await;
        let wrong_code = ann.wrong_code(&server);
        ann.browser.goto(path).await;
        let mut thief = ann.browser.copy_of();
        let mut told = Vec::new();
        for password in [WRONG, ann.person.password.as_str(), WRONG, &ann.person.password] {
            let mut fields = vec![("password", password), ("code", &wrong_code)];
            fields.extend(extra.map(|new| ("new_password", new)));
            let runs_before = server.hash_runs();
            let reply = post(&mut thief, path, &fields).await;
            assert_eq!(reply.status, 422);
            assert!(reply.text().contains("The password or the code is not right."));
            // Hashing is what takes long: as many hashes, as long an answer.
            told.push((server.hash_runs() - runs_before, without_what_is_left(&reply.text_without_id())));
        }
        told.dedup();
        let hashes: Vec<u64> = told.iter().map(|(runs, _)| *runs).collect();
        assert_eq!(told.len(), 1, "{path}, hashes for each: {hashes:?}");
        thief.forget_cookie("cs");
        type_password(&mut thief, &ann.person.email, WRONG).await;
        assert_eq!(thief.status(), 429, "four there and one here lock the name");
    }
}

/// The page without the number of tries, which goes down with each.
fn without_what_is_left(page: &str) -> String {
    let left = ["1 more wrong try", "2 more wrong tries", "3 more wrong tries", "4 more wrong tries"];
    left.iter().fold(page.to_owned(), |page, left| page.replace(left, "more wrong tries"))
}

/// T-03, A31: a stranger who locks the name does not end what its owner has begun on a known browser.
#[tokio::test]
async fn a_strangers_lock_ends_no_sign_in_on_a_known_browser() {
    let server = TestServer::start(On::Sqlite).await;
    let mut ann = Target::new(&server, "Ann Ames").await;
    ann.browser.forget_cookie("cs");
    type_password(&mut ann.browser, &ann.person.email, &ann.person.password).await;
    ann.browser.must_be_at("/sign-in/code");
    lock(&mut server.browser(), &ann.person.email).await;
    let code = ann.code(&server);
    type_code(&mut ann.browser, &code).await;
    ann.browser.must_be_at("/profile");
}

/// T-03, A31: strangers who never stop close the name to strangers, and not to its owner's own browser.
#[tokio::test]
async fn strangers_who_never_stop_do_not_close_a_known_browser() {
    let server = TestServer::start(On::Sqlite).await;
    let mut ann = Target::new(&server, "Ann Ames").await;
    for _ in 0..21 {
        let mut stranger = server.browser();
        for _ in 0..5 {
            type_password(&mut stranger, &ann.person.email, WRONG).await;
        }
        server.clock.advance(AN_HOUR);
    }
    ann.browser.forget_cookie("cs");
    type_password(&mut ann.browser, &ann.person.email, &ann.person.password).await;
    ann.browser.must_be_at("/sign-in/code");
    let code = ann.code(&server);
    assert!(gives_a_session(&post_code(&mut ann.browser, &code).await));
}

static LADDERS: Sql = Sql::new("SELECT COUNT(*) FROM ladders");
static NOTICES: Sql = Sql::new("SELECT COUNT(*) FROM notices");
// An operator's console has no address.
static EVENTS_FROM_ELSEWHERE: Sql =
    Sql::new("SELECT COUNT(*) FROM audit_events WHERE source NOT IN ('127.0.0.1', '0.0.0.0')");

static A_COMPANY: Sql = Sql::new("SELECT id FROM organizations");
