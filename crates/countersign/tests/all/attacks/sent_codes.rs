//! Codes that were sent: each is good once, for ten minutes, for one person, one number, one browser and one act.

use std::time::Duration;

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, database::Injection, params};

use super::{
    codes::DISGUISES,
    target::{failures, gives_a_session, post, post_at_once, post_code, sessions, wrong_codes_judged},
    texted::{Texted, begin_phone, forget_failures, wrong},
};
use crate::harness::{Browser, On, Person, Reply, TestServer, sign_in, type_code, type_password};

const ANNS: &str = "+15125550134";
const BEAS: &str = "+12125550187";
const ANOTHER: &str = "+13035550142";
const TEN_MINUTES: Duration = Duration::from_mins(10);
const A_MILLISECOND: Duration = Duration::from_millis(1);

on_both_databases! {
    /// A04: thirty uses of one code at the same moment, at two nodes, make one session.
    async fn atk_04_thirty_parallel_uses_of_a_sent_code_make_one_session(on: On) {
        let server = TestServer::first_node(on).await;
        let second = server.second_node().await;
        for ann in Texted::by_either(&server).await {
            let sessions_before = sessions(&server, &ann.person).await;
            let (half, code) = ann.half_signed_in(&server).await;
            let crowd = (0..30).map(|number| if number % 2 == 0 { half.copy_of() } else { half.by_way_of(&second) });
            let answers = post_at_once(crowd.collect(), "/sign-in/code", &[("code", &code)]).await;
            let winners = answers.iter().filter(|(_, reply)| gives_a_session(reply)).count();
            assert_eq!(winners, 1);
            assert_eq!(sessions(&server, &ann.person).await, sessions_before + 1);
        }
    }

    /// A07: whatever fails while a wrong code is judged, the guess is counted, on the code as on the name.
    async fn atk_07_a_fault_is_no_free_guess_at_a_sent_code(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        for statement in 1.. {
            let (mut browser, code) = ann.half_signed_in(&server).await;
            server.database.inject(Injection::FailStatement(statement), 1);
            let reply = post_code(&mut browser, &wrong(&code)).await;
            server.database.inject(Injection::FailStatement(statement), 0);
            assert!(reply.status == 422 || reply.status >= 500, "{}", reply.status);
            assert_eq!(failures(&server, &ann.person).await, 1, "at statement {statement}");
            assert_eq!(guesses(&server, &ann.person).await, 1, "at statement {statement}");
            // A complete sign-in ends the row.
            type_code(&mut browser, &code).await;
            browser.must_be_at("/profile");
            if reply.status == 422 {
                assert!(statement > 6, "only {statement} statements were hit");
                break;
            }
        }
    }

    /// A07: past a fault a right code admits nobody, is not used up, and works afterwards.
    async fn atk_07_a_fault_admits_nobody_and_uses_up_no_sent_code(on: On) {
        let server = TestServer::start(on).await;
        for ann in Texted::by_either(&server).await {
            for statement in 1.. {
                let (mut browser, code) = ann.half_signed_in(&server).await;
                let sessions_before = sessions(&server, &ann.person).await;
                server.database.inject(Injection::FailStatement(statement), 1);
                let reply = post_code(&mut browser, &code).await;
                server.database.inject(Injection::FailStatement(statement), 0);
                if gives_a_session(&reply) {
                    assert!(statement > 10, "only {statement} statements were hit");
                    break;
                }
                assert!(reply.status >= 500, "{}", reply.status);
                assert_eq!(sessions(&server, &ann.person).await, sessions_before);
                type_code(&mut browser, &code).await;
                browser.must_be_at("/profile");
            }
        }
    }

    /// A09: a new code is no new row of guesses: four wrong ones, another code, and the fifth locks.
    async fn atk_09_a_resend_gives_no_fresh_guesses(on: On) {
        let server = TestServer::start(on).await;
        for ann in Texted::by_either(&server).await {
            let (mut browser, mut code) = ann.half_signed_in(&server).await;
            for number in 1..=4 {
                assert_eq!(post_code(&mut browser, &wrong(&code)).await.status, 422);
                assert_eq!(failures(&server, &ann.person).await, number);
                if number > 1 {
                    assert_eq!(ann.send_again(&server, &mut browser).await.status, 303);
                    code = ann.code(&server).await;
                }
            }
            assert_eq!(post_code(&mut browser, &wrong(&code)).await.status, 429, "the fifth locks");
            let right = post_code(&mut browser, &code).await;
            assert!(!gives_a_session(&right), "{}", right.status);
            assert_eq!(wrong_codes_judged(&server, &ann.person).await, 5);

            let sent_before = ann.sent(&server).await;
            type_password(&mut browser, &ann.person.email, &ann.person.password).await;
            assert_eq!((browser.status(), ann.sent(&server).await), (429, sent_before), "a locked name is sent nothing");
            server.advance(Duration::from_hours(1));
            let (mut again, code) = ann.half_signed_in(&server).await;
            assert!(gives_a_session(&post_code(&mut again, &code).await));
        }
    }

    /// A11: the newest code only: the one before is void, in the same sign-in as in another one.
    async fn atk_11_a_newer_code_voids_the_older_one(on: On) {
        let server = TestServer::start(on).await;
        for ann in Texted::by_either(&server).await {
            let (mut browser, first) = ann.half_signed_in(&server).await;
            ann.send_again(&server, &mut browser).await;
            let second = ann.code(&server).await;
            assert_eq!(post_code(&mut browser, &first).await.status, 422);

            let (mut elsewhere, third) = ann.half_signed_in(&server).await;
            assert!(!gives_a_session(&post_code(&mut browser, &second).await), "another sign-in took its place");
            assert!(gives_a_session(&post_code(&mut elsewhere, &third).await));
            assert!(!gives_a_session(&post_code(&mut browser, &third).await));
        }
    }

    /// A12: a code ends with its tenth minute, to the millisecond, also at a server that was started since.
    async fn atk_12_a_sent_code_ends_with_its_tenth_minute(on: On) {
        let server = TestServer::first_node(on).await;
        let restarted = server.second_node().await;
        for ann in Texted::by_either(&server).await {
            for (age, is_good) in [
                (TEN_MINUTES.checked_sub(A_MILLISECOND).unwrap(), true),
                (TEN_MINUTES, false),
                (TEN_MINUTES + A_MILLISECOND, false),
            ] {
                for is_restarted in [false, true] {
                    let (half, code) = ann.half_signed_in(&server).await;
                    let mut browser = if is_restarted { half.by_way_of(&restarted) } else { half };
                    server.advance(age);
                    let reply = post_code(&mut browser, &code).await;
                    assert_eq!(gives_a_session(&reply), is_good, "{age:?}: {}", reply.text());
                    assert!(is_good || reply.status == 409, "nothing is compared: {}", reply.status);
                }
            }
            assert_eq!(failures(&server, &ann.person).await, 0);
        }
    }

    /// A14: in a set-up, a code to the number before confirms no other number, also when that one returns.
    async fn atk_14_a_code_to_the_number_before_confirms_nothing(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        begin_phone(&mut browser, &ann, ANOTHER).await;
        let to_the_other = server.text_code(ANOTHER).await;
        for (number, older) in [(ANNS, &to_the_other), (ANOTHER, &to_the_other)] {
            browser.follow("Use another number").await;
            browser.fill("Mobile number", number).press("Next: confirm access").await;
            let reply = post(&mut browser, "/profile/security/phone/confirm", &[("code", older)]).await;
            assert_eq!(reply.status, 422, "{number}: {}", reply.text());
        }
        assert_eq!(server.audit_events(&ann, "two_factor.turned_on").await, 0);
        let newest = server.text_code(ANOTHER).await;
        browser.fill("Authentication code", &newest).press("Next: complete setup").await;
        browser.must_see("Two-factor authentication is on");
        assert_eq!(server.rows(&PHONES, params![ann.id.as_str()]).await[0].text(0).unwrap(), ANOTHER);
    }

    /// A14: a code that was texted before the number was replaced is void, and so is the sign-in it was for.
    async fn atk_14_replacing_a_number_voids_the_codes_to_the_old_one(on: On) {
        let server = TestServer::start(on).await;
        let mut ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let (mut half, old_code) = ann.half_signed_in(&server).await;
        let mut own = ann.browser.copy_of();
        let proof = ann.code_for(&server, &mut own, "change_methods").await;
        replace_number(&server, &mut own, (&ann.person, &proof), ANOTHER).await;
        let reply = post_code(&mut half, &old_code).await;
        assert_eq!((reply.status, gives_a_session(&reply)), (409, false), "{}", reply.text());
        ANOTHER.clone_into(&mut ann.to);
        let (mut again, new_code) = ann.half_signed_in(&server).await;
        assert!(!gives_a_session(&post_code(&mut again, &old_code).await));
        assert!(gives_a_session(&post_code(&mut again, &new_code).await));
    }

    /// A15: a code that was read out to somebody is worth nothing in another browser than the one it was for.
    async fn atk_15_a_sent_code_is_good_in_its_own_browser_only(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        let bea = Texted::new(&server, "Bea Birch", BEAS).await;
        let (mut another, _) = ann.half_signed_in(&server).await;
        let (mut own, code) = ann.half_signed_in(&server).await;
        let (mut beas, _) = bea.half_signed_in(&server).await;

        let mut without = server.browser();
        without.goto("/sign-in").await;
        let reply = post_code(&mut without, &code).await;
        assert_eq!((reply.status, reply.location()), (303, Some("/sign-in")));
        let mut stripped = own.copy_of();
        stripped.forget_cookie("cs-flow");
        assert!(!gives_a_session(&post_code(&mut stripped, &code).await));
        for browser in [&mut another, &mut beas] {
            let reply = post_code(browser, &code).await;
            assert!(!gives_a_session(&reply) && [409, 422].contains(&reply.status), "{}", reply.status);
        }
        assert!(gives_a_session(&post_code(&mut own, &code).await));
    }

    /// A25: each door that compares a sent code counts a wrong one on the name.
    async fn atk_25_every_door_counts_wrong_sent_codes(on: On) {
        let server = TestServer::start(on).await;
        // Under this preset no browser has a ladder of its own.
        let ann = Texted::under(&server, Preset::PerUser, ("Ann Ames", ANNS)).await;
        let (mut half, code) = ann.half_signed_in(&server).await;
        post_code(&mut half, &wrong(&code)).await;
        assert_eq!(failures(&server, &ann.person).await, 1);
        let mut own = ann.browser.copy_of();
        let code = ann.code_for(&server, &mut own, "change_methods").await;
        let change = [("password", ann.person.password.as_str()), ("code", &wrong(&code))];
        assert_eq!(post(&mut own, "/profile/security/change", &change).await.status, 422);
        assert_eq!(failures(&server, &ann.person).await, 2);

        let bea = server.person("Bea Birch", Preset::PerUser).await;
        let mut browser = sign_in(&server, &bea).await;
        begin_phone(&mut browser, &bea, BEAS).await;
        let code = server.text_code(BEAS).await;
        for number in 1..=5 {
            let entry = [("code", &*wrong(&code))];
            let reply = post(&mut browser, "/profile/security/phone/confirm", &entry).await;
            assert_eq!(reply.status, if number < 5 { 422 } else { 429 });
            assert_eq!(failures(&server, &bea).await, number);
        }
        let reply = post(&mut browser, "/profile/security/phone/confirm", &[("code", &code)]).await;
        assert_eq!(reply.status, 429, "locked, the right code confirms nothing");
        assert_eq!(server.audit_events(&bea, "two_factor.turned_on").await, 0);
    }

    /// A59: a number that was not confirmed is no factor: it is asked for nothing, and it is owed nothing.
    async fn atk_59_a_phone_that_was_not_confirmed_is_no_factor(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        begin_phone(&mut browser, &ann, ANNS).await;
        browser.must_be_at("/profile/security/phone/confirm");
        let late = server.text_code(ANNS).await;
        let mut elsewhere = sign_in(&server, &ann).await;
        elsewhere.goto("/profile/security").await;
        assert!(!elsewhere.page().switch_is_on("Two-factor authentication"));
        let reply = post(&mut elsewhere, "/profile/security/send-code", &[("act", "turn_off"), ("by", "sms")]).await;
        assert_eq!(reply.status, 403, "no proof is texted to it");
        assert_eq!(server.texts_to(ANNS).await.len(), 1, "nor did the sign-in send anything");
        server.advance(TEN_MINUTES);
        let reply = post(&mut browser, "/profile/security/phone/confirm", &[("code", &late)]).await;
        assert!([303, 409].contains(&reply.status), "{}", reply.status);
        assert_eq!(server.audit_events(&ann, "two_factor.turned_on").await, 0);
    }
}

/// A13: of two people and every kind of code, each code fits its own door and person, and no other of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_13_a_sent_code_is_good_for_its_own_person_only() {
    let server = TestServer::start(On::Sqlite).await;
    let mut anns = all_kinds(&server, "Ann", [ANNS, ANOTHER]).await;
    let mut beas = all_kinds(&server, "Bea", [BEAS, "+14155550155"]).await;
    let codes_of = |kinds: &[Sent]| kinds.iter().map(Sent::code).collect::<Vec<String>>();
    must_all_be_refused(&server, &mut anns, &codes_of(&beas)).await;
    must_all_be_refused(&server, &mut beas, &codes_of(&anns)).await;
    for sent in [&mut anns[0], &mut beas[0]] {
        let code = sent.code();
        assert!(gives_a_session(&sent.enter(&code).await), "its own code opens it");
    }
}

/// A54, A03: a code that was sent for one thing is refused for every other, of the same person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_54_a_code_sent_for_one_act_is_none_for_another() {
    let server = TestServer::start(On::Sqlite).await;
    let mut kinds = all_kinds(&server, "Ann", [ANNS, ANOTHER]).await;
    let codes: Vec<String> = kinds.iter().map(Sent::code).collect();
    for (place, sent) in kinds.iter_mut().enumerate() {
        let others = codes.iter().enumerate().filter(|(other, _)| *other != place);
        for (_, code) in others {
            let reply = sent.enter(code).await;
            assert_eq!(reply.status, 422, "at {}: {}", sent.door, reply.text());
            forget_failures(&server).await;
        }
    }
    // Last, since it ends all others.
    let turn_off = &mut kinds[1];
    let code = turn_off.code();
    assert_eq!(turn_off.enter(&code).await.status, 303, "its own code does what it was sent for");
}

/// A16, A17: other spellings of a sent code are no code; each counts, and none uses the code up.
#[tokio::test]
async fn atk_16_other_spellings_of_a_sent_code_are_refused_and_counted() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Texted::new(&server, "Ann Ames", ANNS).await;
    let as_number = |code: &str| format!("{:#x}", code.parse::<u32>().unwrap());
    for disguise in DISGUISES.iter().copied().chain([as_number as fn(&str) -> String]) {
        let (mut browser, code) = ann.half_signed_in(&server).await;
        let reply = post_code(&mut browser, &disguise(&code)).await;
        assert_eq!(reply.status, 422, "{:?}", disguise(&code));
        assert_eq!(failures(&server, &ann.person).await, 1, "{:?}", disguise(&code));
        type_code(&mut browser, &format!(" {}-{} ", &code[..3], &code[3..])).await;
        browser.must_be_at("/profile");
    }
    // What was forgiven above is no second code of one that is used.
    let (mut browser, code) = ann.half_signed_in(&server).await;
    let mut again = browser.copy_of();
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");
    for spelling in [format!("{} {}", &code[..3], &code[3..]), format!(" {code}"), code] {
        assert!(!gives_a_session(&post_code(&mut again, &spelling).await), "{spelling:?}");
    }
}

/// A code under way, and the browser and form where it is awaited.
struct Sent {
    door: &'static str,
    browser: Browser,
    /// Beside the code.
    fields: Vec<(&'static str, String)>,
    code: String,
}

impl Sent {
    fn code(&self) -> String {
        self.code.clone()
    }

    async fn enter(&mut self, code: &str) -> Reply {
        let mut fields: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("code", code));
        post(&mut self.browser.copy_of(), self.door, &fields).await
    }
}

/// One code of every kind: four of somebody with a phone, and one of their colleague who sets one up.
async fn all_kinds(server: &TestServer, name: &str, [number, new_number]: [&str; 2]) -> Vec<Sent> {
    let person = Texted::new(server, &format!("{name} Ames"), number).await;
    let (browser, code) = person.half_signed_in(server).await;
    let mut kinds = vec![Sent { door: "/sign-in/code", browser, fields: Vec::new(), code }];
    for (act, door) in [
        ("turn_off", "/profile/security/turn-off"),
        ("change_methods", "/profile/security/change"),
        ("change_password", "/profile/password"),
    ] {
        let mut browser = person.browser.copy_of();
        let code = person.code_for(server, &mut browser, act).await;
        let mut fields = vec![("password", person.person.password.clone())];
        if act == "change_password" {
            fields.push(("new_password", "violet kettle hums at dawn".to_owned()));
        }
        kinds.push(Sent { door, browser, fields, code });
    }
    let colleague = server.person(&format!("{name} Birch"), Preset::Default).await;
    let mut browser = sign_in(server, &colleague).await;
    begin_phone(&mut browser, &colleague, new_number).await;
    let code = server.text_code(new_number).await;
    kinds.push(Sent { door: "/profile/security/phone/confirm", browser, fields: Vec::new(), code });
    kinds
}

async fn must_all_be_refused(server: &TestServer, kinds: &mut [Sent], codes: &[String]) {
    for sent in kinds {
        for code in codes {
            let reply = sent.enter(code).await;
            assert_eq!(reply.status, 422, "at {}: {}", sent.door, reply.text());
            forget_failures(server).await;
        }
    }
}

/// Puts another number in the place of the old one, behind the proof that was texted to the old one.
pub(super) async fn replace_number(
    server: &TestServer,
    browser: &mut Browser,
    (person, proof): (&Person, &str),
    number: &str,
) {
    browser.goto("/profile/security/change?method=phone").await;
    browser.fill("Password", &person.password).fill("Authentication code", proof).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", number).press("Next: confirm access").await;
    let code = server.text_code(number).await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Your new method is set up.");
}

/// Wrong entries of the one code that is under way.
async fn guesses(server: &TestServer, person: &Person) -> i64 {
    server.number(&GUESSES, params![person.id.as_str()]).await
}

static GUESSES: Sql = Sql::new(
    "SELECT guesses FROM sent_codes WHERE user_id = $1 AND used_at IS NULL AND superseded_at IS NULL",
);
static PHONES: Sql = Sql::new(
    "SELECT phone_number FROM authenticators \
     WHERE user_id = $1 AND kind = 'phone' AND bound_at IS NOT NULL AND revoked_at IS NULL",
);
