//! What is a code: six ASCII digits, as text, in one field of a form, of one step near now.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_service::clock::VirtualClock;
use countersign_web::router::{Access, doors};

use super::target::{A_STEP, AN_HOUR, Target, failures, gives_a_session, post, post_code};
use crate::harness::{On, Phone, TestServer, operator, sign_in_with_app, type_code};

/// A16: other spellings of a right code are no code; each counts, and none uses the code up.
#[tokio::test]
async fn atk_16_other_spellings_of_a_code_are_refused_and_counted() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    for disguise in DISGUISES {
        let mut browser = ann.half_signed_in(&server).await;
        let code = ann.code(&server);
        let reply = post_code(&mut browser, &disguise(&code)).await;
        assert_eq!(reply.status, 422, "{:?}", disguise(&code));
        assert_eq!(failures(&server, &ann.person).await, 1, "{:?}", disguise(&code));
        type_code(&mut browser, &code).await;
        browser.must_be_at("/profile");
        server.clock.advance(A_STEP);
    }
}

/// A16: the spaces and hyphens that are forgiven make no second code of a used one.
#[tokio::test]
async fn atk_16_other_spellings_of_a_used_code_are_refused() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let code = ann.code(&server);
    let (left, right) = code.split_at(3);
    let spellings =
        [format!("{left} {right}"), format!("{left}-{right}"), format!(" {code}"), format!("{code}  ")];
    let mut browser = ann.half_signed_in(&server).await;
    type_code(&mut browser, &spellings[0]).await;
    browser.must_be_at("/profile");
    let mut again = ann.half_signed_in(&server).await;
    for spelling in &spellings {
        let reply = post_code(&mut again, spelling).await;
        assert_eq!((reply.status, gives_a_session(&reply)), (409, false), "{spelling:?}");
    }
    for disguise in DISGUISES.iter().take(3) {
        assert!(!gives_a_session(&post_code(&mut again, &disguise(&code)).await));
    }
}

/// Ways to write a code that some parser somewhere takes for the same digits.
pub(super) const DISGUISES: [fn(&str) -> String; 12] = [
    |code| shifted(code, '０'),
    |code| shifted(code, '٠'),
    |code| shifted(code, '𝟎'),
    |code| format!("{code}\0"),
    |code| format!("{}\u{ad}{}", &code[..3], &code[3..]),
    |code| format!("\u{feff}{code}"),
    |code| format!("+{code}"),
    |code| format!("{code}\n"),
    |code| format!("{code}\t"),
    |code| format!("{}\u{a0}{}", &code[..3], &code[3..]),
    |code| format!("{code}{}", "0".repeat(60_000)),
    |code| format!("0{code}"),
];

/// The same digits of another script, whose zero is given.
fn shifted(code: &str, zero: char) -> String {
    let digits = code.chars().map(|digit| digit.to_digit(10).unwrap());
    digits.map(|digit| char::from_u32(u32::from(zero) + digit).unwrap()).collect()
}

/// A17: a code is text, not a number: its leading zero belongs to it, and no other notation means it.
#[tokio::test]
async fn atk_17_a_code_is_no_number() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    wait_for_leading_zero(&server.clock, &ann.phone);
    let code = ann.code(&server);
    let number: u32 = code.parse().unwrap();
    let mut browser = ann.half_signed_in(&server).await;
    for notation in [number.to_string(), format!("{number:#x}"), format!("{number}e0"), format!("{number}.0")]
    {
        assert_eq!(post_code(&mut browser, &notation).await.status, 422, "{notation}");
    }
    assert_eq!(failures(&server, &ann.person).await, 4);
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");
}

fn wait_for_leading_zero(clock: &VirtualClock, phone: &Phone) {
    while !phone.code(clock).starts_with('0') {
        clock.advance(A_STEP);
    }
}

/// A17, A18: forms are the one language of these doors; a number, a list or an object comes in none.
#[tokio::test]
async fn atk_18_json_is_refused_at_every_door_and_counts_nothing() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let mut browser = ann.half_signed_in(&server).await;
    browser.set_cookie("cs", ann.browser.cookie("cs").unwrap());
    let (cleo, her_app) = operator(&server, "Cleo Chen").await;
    let mut operating = sign_in_with_app(&server, &cleo, &her_app).await;
    let hashed_before = server.hash_runs();
    for door in doors().into_iter().filter(|door| door.authenticates) {
        let browser = if door.access == Access::Operator { &mut operating } else { &mut browser };
        for body in [
            format!(r#"{{"code":{}}}"#, ann.code(&server)),
            format!(r#"{{"code":["000000","{}"]}}"#, ann.code(&server)),
            r#"{"email":"ann.ames@example.com","password":{"$ne":1}}"#.to_owned(),
        ] {
            let headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
            let reply = browser.send(door.method.as_str(), door.path, &headers, body.into_bytes()).await;
            assert_eq!((reply.status, gives_a_session(&reply)), (415, false), "{}", door.path);
        }
    }
    assert_eq!(server.hash_runs(), hashed_before);
    assert_eq!(failures(&server, &ann.person).await, 0);
}

/// A18: a field twice, a list of fields, or a field that does not belong: refused before anything is compared.
#[tokio::test]
async fn atk_18_doubled_and_nested_fields_are_refused() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let mut half_signed_in = ann.half_signed_in(&server).await;
    let code = ann.code(&server);
    for fields in [
        vec![("code", "000000"), ("code", code.as_str())],
        vec![("code", code.as_str()), ("code", code.as_str())],
        vec![("code[]", code.as_str())],
        vec![("code[$ne]", "1")],
        vec![("code", code.as_str()), ("is_admin", "1")],
    ] {
        let reply = post(&mut half_signed_in, "/sign-in/code", &fields).await;
        assert_eq!((reply.status, gives_a_session(&reply)), (400, false), "{fields:?}");
    }
    let bea = server.person("Bea Birch", Preset::Default).await;
    let mut stranger = server.browser();
    stranger.goto("/sign-in").await;
    let (password, ann_email, bea_email) = (&bea.password, &ann.person.email, &bea.email);
    for fields in [
        [("email", ann_email.as_str()), ("email", bea_email), ("password", password)],
        [("email", bea_email), ("password", "a guess"), ("password", password)],
        [("email[]", bea_email), ("email[]", ann_email), ("password", password)],
    ] {
        let reply = post(&mut stranger, "/sign-in", &fields).await;
        assert_eq!((reply.status, gives_a_session(&reply)), (400, false), "{fields:?}");
    }
    for person in [&ann.person, &bea] {
        assert_eq!(failures(&server, person).await, 0);
    }
    type_code(&mut half_signed_in, &code).await;
    half_signed_in.must_be_at("/profile");
}

/// A22: a clock that is one step off is forgiven, and not a second more.
#[tokio::test]
async fn atk_22_one_step_of_skew_is_accepted_and_no_more() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    // Seconds that the server is into its step, seconds that the phone is ahead, and whether it may be.
    for (into_step, ahead, is_accepted) in [
        (0, -31, false),
        (0, -30, true),
        (0, -29, true),
        (0, 29, true),
        (0, 31, true),
        (0, 59, true),
        (0, 61, false),
        (29, -61, false),
        (29, -59, true),
        (29, 29, true),
        (29, 31, false),
    ] {
        server.clock.advance(Duration::from_mins(5));
        let mut browser = ann.half_signed_in(&server).await;
        let code = ann.phone.code_at(&server.clock, i64::div_euclid(into_step + ahead, 30));
        server.clock.advance(Duration::from_secs(into_step.unsigned_abs()));
        let reply = post_code(&mut browser, &code).await;
        assert_eq!(gives_a_session(&reply), is_accepted, "{into_step} s into the step, {ahead} s ahead");
        server.clock.advance(Duration::from_secs(30 - into_step.unsigned_abs()));
    }
}

/// A22: a server whose clock jumps an hour, back or ahead, takes no code that it took before.
#[tokio::test]
async fn atk_22_a_jump_of_the_clock_revives_no_code() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let now = server.clock.now();
    let code = ann.code(&server);
    let mut browser = ann.half_signed_in(&server).await;
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");

    server.clock.set(now.minus(AN_HOUR));
    let mut earlier = ann.half_signed_in(&server).await;
    for old in [code.clone(), ann.code(&server)] {
        assert!(!gives_a_session(&post_code(&mut earlier, &old).await));
    }
    server.clock.set(now);
    let mut again = ann.half_signed_in(&server).await;
    assert!(!gives_a_session(&post_code(&mut again, &code).await));
    server.clock.set(now.plus(AN_HOUR));
    let mut later = ann.half_signed_in(&server).await;
    assert!(!gives_a_session(&post_code(&mut later, &code).await));
    let fresh = ann.code(&server);
    assert!(gives_a_session(&post_code(&mut later, &fresh).await));
}
