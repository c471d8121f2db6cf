//! Every door of the router: who gets in, and what is said to forms that are not as they should be.
//!
//! The doors come from the router itself. One that is added there and not here fails.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, stated_reason::StatedReason, user::EmailAddress};
use countersign_web::router::{Access, Door, doors};

use crate::harness::{
    Browser, On, Reply, TestServer, enroll_app, operator, sign_in, sign_in_with_app, type_code, type_password,
};

/// Whose cookies a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    HalfSignedIn,
    SignedIn,
    /// Signed in with a second factor, as an operator is, and no operator.
    LowerRole,
    Operator,
    SignedOut,
    /// Signed in, and idle for too long.
    Idle,
    /// Signed in a day ago, and never idle since.
    DayOld,
    /// Signed in, until the same person ended that session from another browser.
    EndedElsewhere,
    /// Signed in before somebody turned two-factor authentication on elsewhere, which ends other sessions.
    EpochRaised,
    /// Half signed in once; that sign-in was finished elsewhere.
    CeremonyOver,
}

/// A status and, for a redirect, where it leads.
type Expected = (u16, Option<&'static str>);

const TO_SIGN_IN: Expected = (303, Some("/sign-in"));
const TO_CODE: Expected = (303, Some("/sign-in/code"));
const TO_PROFILE: Expected = (303, Some("/profile"));
const TO_SECURITY: Expected = (303, Some("/profile/security"));
const TO_TURN_ON: Expected = (303, Some("/profile/security/turn-on"));
const SHOWN: Expected = (200, None);
/// The form lacks its fields: it was read, so the door was open.
const READ: Expected = (400, None);
const NO_SUCH_PAGE: Expected = (404, None);
/// The address names somebody or something that is not there.
const OF_NOBODY: Expected = (404, None);
/// A page for a mailed link that is none.
const WITHOUT_LINK: Expected = (410, None);

fn expected(door: &Door, who: Who, on: On) -> Expected {
    match door.access {
        Access::Everybody => for_everybody(door, who, on),
        Access::Ceremony => match (who, door.method == "GET") {
            (Who::HalfSignedIn, is_shown) => within_ceremony(door, is_shown),
            // Its form is of its time, so it is told why.
            (Who::CeremonyOver, false) => (409, None),
            _ => TO_SIGN_IN,
        },
        Access::Session => match who {
            Who::SignedIn => within_session(door),
            Who::HalfSignedIn => TO_CODE,
            _ => TO_SIGN_IN,
        },
        Access::Operator => match who {
            Who::Operator => for_operator(door),
            Who::SignedIn | Who::LowerRole => NO_SUCH_PAGE,
            Who::HalfSignedIn => TO_CODE,
            _ => TO_SIGN_IN,
        },
        // Nothing here is signed as a gateway would.
        Access::Gateway => (403, None),
    }
}

fn for_everybody(door: &Door, who: Who, on: On) -> Expected {
    let is_signed_in = who == Who::SignedIn;
    match (door.method.as_str(), door.path) {
        ("GET", "/") => {
            if is_signed_in {
                TO_PROFILE
            } else {
                TO_SIGN_IN
            }
        }
        ("GET", "/sign-in") if is_signed_in => TO_PROFILE,
        // On PostgreSQL the virtual clock is far from the database's, and that is said.
        ("GET", "/readyz") if on == On::Postgres => (503, None),
        ("GET", "/sign-in" | "/forgot-password" | "/healthz" | "/readyz") => SHOWN,
        (
            "POST",
            "/sign-in"
            | "/forgot-password"
            | "/set-password"
            | "/reset-password"
            | "/operator/set-up"
            | "/operator/set-up/app",
        ) => READ,
        (
            _,
            "/set-password"
            | "/reset-password"
            | "/verify-email"
            | "/not-me"
            | "/unlock"
            | "/operator/set-up"
            | "/operator/set-up/app",
        ) => WITHOUT_LINK,
        ("GET", "/assets/{file}") => (404, None),
        _ => unknown(door),
    }
}

fn within_ceremony(door: &Door, is_shown: bool) -> Expected {
    match door.path {
        "/sign-in/code" if is_shown => SHOWN,
        "/sign-in/code" => (422, None),
        // Of somebody who has no phone.
        "/sign-in/code/send" => (403, None),
        "/sign-in/other-way" => TO_CODE,
        // Of somebody whose recovery key was not used.
        "/sign-in/recovered" | "/sign-in/recovered/file" if is_shown => TO_CODE,
        "/sign-in/recovered" => (409, None),
        _ => unknown(door),
    }
}

/// For somebody without two-factor authentication, who has begun nothing.
fn within_session(door: &Door) -> Expected {
    match (door.method.as_str(), door.path) {
        (
            "GET",
            "/profile"
            | "/profile/security"
            | "/profile/security/turn-on"
            | "/profile/security/turn-off"
            | "/profile/security/activity"
            // Of somebody who signed in before, for the other doors.
            | "/profile/security/end-sessions"
            | "/profile/password",
        ) => SHOWN,
        (
            "GET",
            "/profile/security/turned-on"
            | "/profile/security/change"
            | "/profile/security/recovery-key"
            | "/profile/security/recovery-key/file"
            | "/profile/security/recovery-key/create"
            | "/profile/security/backup-codes"
            | "/profile/security/backup-codes/file"
            | "/profile/security/backup-codes/create"
            | "/profile/security/backup-code-used",
        )
        | (
            "POST",
            "/profile/security/cancel"
            | "/profile/security/prove-email"
            | "/profile/security/end-sessions"
            | "/profile/security/recovery-key"
            | "/profile/security/backup-codes",
        ) => TO_SECURITY,
        (_, "/profile/security/method" | "/profile/security/app")
        | (
            "GET",
            "/profile/security/phone"
            | "/profile/security/email"
            | "/profile/security/app/confirm"
            | "/profile/security/phone/confirm"
            | "/profile/security/email/confirm",
        ) => TO_TURN_ON,
        (
            "POST",
            "/profile/security/change"
            | "/profile/security/send-code"
            | "/profile/security/end-session"
            | "/profile/security/backup-codes/create"
            | "/profile/security/app/confirm"
            | "/profile/security/phone"
            | "/profile/security/phone/confirm"
            | "/profile/security/email/confirm"
            | "/profile/password",
        ) => READ,
        // Where the policy asks for no password the form has none.
        (
            "POST",
            "/profile/security/turn-on"
            | "/profile/security/turn-off"
            | "/profile/security/recovery-key/create",
        ) => (422, None),
        ("POST", "/profile/security/phone/send" | "/profile/security/email" | "/profile/security/email/send") => {
            (409, None)
        }
        ("POST", "/sign-out") => TO_SIGN_IN,
        _ => unknown(door),
    }
}

fn for_operator(door: &Door) -> Expected {
    match (door.method.as_str(), door.path) {
        (
            "GET",
            "/operator"
            | "/operator/operators"
            | "/operator/organizations"
            | "/operator/organizations/add"
            | "/operator/users"
            | "/operator/delivery",
        ) => SHOWN,
        (
            "POST",
            "/operator/organizations/add"
            | "/operator/organizations/{organization}/two-factor"
            | "/operator/users/{user}/reset"
            | "/operator/users/{user}/reset/send-code"
            | "/operator/delivery/retry",
        ) => READ,
        (
            _,
            "/operator/organizations/{organization}"
            | "/operator/organizations/{organization}/two-factor"
            | "/operator/organizations/{organization}/two-factor/send-code"
            | "/operator/users/{user}"
            | "/operator/users/{user}/unlock"
            | "/operator/users/{user}/sign-out"
            | "/operator/users/{user}/reset",
        ) => OF_NOBODY,
        _ => unknown(door),
    }
}

fn unknown(door: &Door) -> ! {
    panic!("say here what {} {} answers to whom", door.method, door.path)
}

on_both_databases! {
    async fn every_door_opens_to_those_it_is_for_and_to_nobody_else(on: On) {
        let server = TestServer::start(on).await;
        let callers = callers_outside(&server).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let (cleo, her_app) = operator(&server, "Cleo Chen").await;
        let operating = sign_in_with_app(&server, &cleo, &her_app).await;
        let (ida, her_app) = operator(&server, "Ida Ito").await;
        let no_more = EmailAddress::parse(&ida.email).unwrap();
        let reason = StatedReason::parse("left the company").unwrap();
        server.service.remove_operator(no_more, reason).await.unwrap();
        let lower_role = sign_in_with_app(&server, &ida, &her_app).await;
        for door in doors() {
            for (who, caller) in &callers {
                knock(&door, *who, &mut caller.copy_of(), on).await;
            }
            // Each time anew, since one of the doors leads out.
            knock(&door, Who::SignedIn, &mut sign_in(&server, &ann).await, on).await;
            if door.access == Access::Operator {
                knock(&door, Who::Operator, &mut operating.copy_of(), on).await;
                knock(&door, Who::LowerRole, &mut lower_role.copy_of(), on).await;
            }
        }
    }
}

#[track_caller]
fn must_be(reply: &Reply, expected: Expected, what: &str) {
    assert_eq!((reply.status, reply.location()), expected, "{what}:\n{}", reply.text());
}

/// Every page that refuses something names the id by which the log knows it.
#[track_caller]
fn must_name_its_id(reply: &Reply, what: &str) {
    let id = reply.header("x-request-id").expect("a request id");
    let is_page = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if reply.status >= 400 && is_page {
        assert!(reply.text().contains(id), "{what}: {id} is not on\n{}", reply.text());
    }
}

/// Knocks with a form token that fits, so that nothing but the door itself decides.
async fn knock(door: &Door, who: Who, caller: &mut Browser, on: On) {
    let path = [
        ("{file}", "none.css"),
        ("{message}", "msg_1"),
        ("{token}", "AAAA"),
        ("{organization}", "org_nobody"),
        ("{user}", "usr_nobody"),
    ];
    let path = path.iter().fold(door.path.to_owned(), |path, (name, value)| path.replace(name, value));
    let reply = if door.method == "GET" {
        caller.send("GET", &path, &[], Vec::new()).await
    } else {
        let token = caller.form_token();
        let mut fields = vec![("form_token", token.as_str())];
        match door.path {
            "/sign-in/code" => fields.push(("code", "no code")),
            "/sign-in/code/send" => fields.push(("by", "sms")),
            _ => {}
        }
        caller.post_form(&path, &fields).await
    };
    let what = format!("{} {path} for {who:?}", door.method);
    must_be(&reply, expected(door, who, on), &what);
    must_name_its_id(&reply, &what);
    if door.access == Access::Gateway {
        assert_eq!(reply.header("set-cookie"), None, "{path}: a gateway is no browser");
    }
}

/// Everybody who is not, not yet or no longer let in; each on a page whose form token fits.
async fn callers_outside(server: &TestServer) -> Vec<(Who, Browser)> {
    let bea = server.person("Bea Bell", Preset::Default).await;
    let mut day_old = sign_in(server, &bea).await;
    for _ in 0..25 {
        server.clock.advance(Duration::from_mins(59));
        day_old.goto("/profile").await;
    }
    let ended_elsewhere = sign_in(server, &bea).await;
    let mut ending = sign_in(server, &bea).await;
    ending.goto("/profile/security/end-sessions").await.press("End all other sessions").await;
    let idle = sign_in(server, &bea).await;
    server.clock.advance(Duration::from_hours(1));

    let mut leaving = sign_in(server, &bea).await;
    let signed_out = leaving.copy_of();
    leaving.press("Sign out").await;

    let epoch_raised = sign_in(server, &bea).await;
    let phone = enroll_app(server, &mut sign_in(server, &bea).await, &bea).await;

    server.clock.advance(Duration::from_secs(30));
    let mut finishing = server.browser();
    type_password(&mut finishing, &bea.email, &bea.password).await;
    let ceremony_over = finishing.copy_of();
    type_code(&mut finishing, &phone.code(&server.clock)).await;
    finishing.must_be_at("/profile");

    let mut half = server.browser();
    type_password(&mut half, &bea.email, &bea.password).await;
    half.must_be_at("/sign-in/code");

    let mut callers = vec![
        (Who::Nobody, server.browser()),
        (Who::SignedOut, signed_out),
        (Who::Idle, idle),
        (Who::DayOld, day_old),
        (Who::EndedElsewhere, ended_elsewhere),
        (Who::EpochRaised, epoch_raised),
        (Who::CeremonyOver, ceremony_over),
    ];
    for (_, caller) in &mut callers {
        caller.goto("/sign-in").await.must_be_at("/sign-in");
    }
    callers.push((Who::HalfSignedIn, half));
    callers
}

// -- bad input

const FORM: &str = "application/x-www-form-urlencoded";

/// A problem page: its status, one sentence, what to do next, and what to tell support.
#[track_caller]
fn must_be_a_problem(reply: &Reply, status: u16, code: &str) {
    let html = reply.text();
    assert_eq!(reply.status, status, "{code}: {html}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{code}");
    let id = reply.header("x-request-id").expect("a request id");
    assert!(html.contains(&format!("For support: {code}, {id}")), "{code}: {html}");
    assert!(html.contains("<h1>") && html.contains("class=\"way-out\""), "{code}: {html}");
}

#[tokio::test]
async fn a_form_that_is_none_gets_its_status_a_sentence_and_a_code() {
    let server = TestServer::start(On::Sqlite).await;
    let mut browser = server.browser();
    browser.goto("/sign-in").await;
    let token = browser.form_token();
    let with = |fields: &str| format!("form_token={token}&{fields}").into_bytes();
    let many = (0..41).map(|number| format!("f{number}=1")).collect::<Vec<_>>().join("&");
    let filled = with("email=ann%40example.com&password=x");
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("application/json", br#"{"email":"a","password":"b"}"#.to_vec(), 415, "not-a-form"),
        ("text/plain", filled.clone(), 415, "not-a-form"),
        ("multipart/form-data; boundary=x", filled.clone(), 415, "not-a-form"),
        ("application/x-www-form-urlencoded-too", filled, 415, "not-a-form"),
        (FORM, with("email=a&password=b&email=c"), 400, "form-duplicate-field"),
        (FORM, with("email=a&password=b&%65mail=c"), 400, "form-duplicate-field"),
        (FORM, with("email=a&password=b&admin=1"), 400, "form-unknown-field"),
        (FORM, with("email=a"), 400, "form-missing-field"),
        (FORM, with("email=%zz&password=b"), 400, "form-malformed"),
        (FORM, with("email=%ff&password=b"), 400, "form-malformed"),
        (FORM, with(&many), 400, "form-too-many-fields"),
        (FORM, with(&format!("email=a&password={}", "p".repeat(64 * 1024))), 413, "body-too-large"),
        (FORM, vec![b'x'; 10_000_000], 413, "body-too-large"),
        (FORM, Vec::new(), 400, "form-missing-field"),
    ];
    for (kind, body, status, code) in cases {
        let reply = browser.send("POST", "/sign-in", &[("content-type", kind)], body).await;
        must_be_a_problem(&reply, status, code);
    }
    let packed = [("content-type", FORM), ("content-encoding", "gzip")];
    let reply = browser.send("POST", "/sign-in", &packed, with("email=a&password=b")).await;
    must_be_a_problem(&reply, 415, "not-a-form");
    assert_eq!(server.hash_runs(), 0);
}

#[tokio::test]
async fn an_address_a_method_and_a_host_that_are_not_ours_get_their_status_too() {
    let server = TestServer::start(On::Sqlite).await;
    let mut browser = server.browser();
    for path in ["/nowhere", "/sign-in/", "/SIGN-IN", "/assets/none.css", "/profile/../profile/x"] {
        let reply = browser.send("GET", path, &[], Vec::new()).await;
        must_be_a_problem(&reply, 404, "not-found");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = browser.send(method, "/sign-in", &[], Vec::new()).await;
        must_be_a_problem(&reply, 405, "method-not-allowed");
    }
    let reply = browser.send("GET", "/sign-in", &[("host", "evil.example")], Vec::new()).await;
    must_be_a_problem(&reply, 421, "wrong-host");
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_email_and_never_the_password() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut browser = server.browser();
    for (email, password, status) in [
        (ann.email.as_str(), "", 422),
        ("no address", "tulip-secret", 422),
        ("\"><b>@example.com", "tulip-secret", 422),
        (ann.email.as_str(), "tulip-secret", 422),
        (ann.email.as_str(), "tulip-secret", 422),
        (ann.email.as_str(), "tulip-secret", 422),
        (ann.email.as_str(), "tulip-secret", 422),
        (ann.email.as_str(), "tulip-secret", 429),
        (ann.email.as_str(), ann.password.as_str(), 429),
    ] {
        type_password(&mut browser, email, password).await;
        assert_eq!(browser.status(), status, "{email} {password}");
        assert_eq!(browser.field_value("Email"), email);
        assert_eq!(browser.field_value("Password"), "");
        assert_eq!(browser.error_summary().len(), 1, "{:?}", browser.error_summary());
        assert!(!browser.page().html.contains("tulip-secret"));
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_one_that_does_not_exist() {
    let server = TestServer::start(On::Sqlite).await;
    let reply = server.browser().send("GET", "/assets/%FF", &[], Vec::new()).await;
    must_be_a_problem(&reply, 404, "not-found");
}

on_both_databases! {
    async fn digits_of_other_scripts_are_a_wrong_code_and_count(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let phone = enroll_app(&server, &mut sign_in(&server, &ann).await, &ann).await;
        server.clock.advance(Duration::from_secs(30));
        let mut browser = server.browser();
        type_password(&mut browser, &ann.email, &ann.password).await;
        let code = phone.code(&server.clock);
        let in_script = |zero: char| -> String {
            let digit = |digit: char| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap());
            code.chars().filter_map(digit).collect()
        };
        for (typed, left) in [
            (in_script('０'), "4 more wrong tries"),
            (in_script('٠'), "3 more wrong tries"),
            (format!("{code}\u{0}"), "2 more wrong tries"),
            ("9".repeat(60_000), "1 more wrong try"),
        ] {
            type_code(&mut browser, &typed).await;
            assert_eq!(browser.status(), 422);
            browser.must_see("That code is not right.");
            browser.must_see(left);
        }
        type_code(&mut browser, &format!(" {}-{} ", &code[..3], &code[3..])).await;
        browser.must_be_at("/profile");
    }

    async fn a_form_from_before_and_a_form_sent_twice_do_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = server.browser();
        browser.goto("/sign-in").await;
        let from_before = browser.form_token();
        type_password(&mut browser, &ann.email, &ann.password).await;
        let fields = [
            ("form_token", from_before.as_str()),
            ("email", ann.email.as_str()),
            ("password", ann.password.as_str()),
        ];
        let stale = browser.post_form("/sign-in", &fields).await;
        assert_eq!(stale.status, 403);
        assert!(stale.text().contains("Type your password again."), "{}", stale.text());
        assert!(stale.text().contains(&format!("value=\"{}\"", ann.email)), "the email is kept");
        assert!(!stale.text().contains(&ann.password));
        let sign_out = [("form_token", from_before.as_str())];
        must_be_a_problem(&browser.post_form("/sign-out", &sign_out).await, 403, "form-stale");

        let phone = enroll_app(&server, &mut browser, &ann).await;
        server.clock.advance(Duration::from_secs(30));
        let mut second = server.browser();
        type_password(&mut second, &ann.email, &ann.password).await;
        let mut twice = second.copy_of();
        let code = phone.code(&server.clock);
        type_code(&mut second, &code).await;
        second.must_be_at("/profile");
        type_code(&mut twice, &code).await;
        assert_eq!((twice.status(), twice.heading().as_str()), (409, "Sign in"));
        twice.must_see("This sign-in ran out or was finished elsewhere.");
        assert_eq!(twice.cookie("cs"), None);
        second.goto("/profile").await.must_be_at("/profile");
    }
}
