//! Guessing: by the crowd, patiently, and by how near a guess comes.

use countersign_core::{organization::Role, policy::presets::Preset};
use countersign_delivery::recorded::Message;

use super::target::{
    A_STEP, AN_HOUR, Target, app_failures, failures, gives_a_session, open_sign_ins, post_at_once, post_code,
    post_password, sessions, wrong_codes_judged,
};
use crate::harness::{Browser, On, TestServer, sign_in, type_code, type_password};

on_both_databases! {
    /// A05: who has the password opens sign-ins side by side, and still gets five guesses in all of them.
    async fn atk_05_parallel_sign_ins_share_five_guesses(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut opened = Vec::new();
        for _ in 0..10 {
            opened.push(ann.half_signed_in(&server).await);
        }
        assert_eq!(open_sign_ins(&server, &ann.person).await, 5);

        let crowd = opened.iter().cycle().take(50).map(Browser::copy_of).collect();
        let wrong = ann.wrong_code(&server);
        post_at_once(crowd, "/sign-in/code", &[("code", &wrong)]).await;
        assert_eq!(wrong_codes_judged(&server, &ann.person).await, 5);
        assert_eq!(app_failures(&server, &ann.person).await, 5);

        let code = ann.code(&server);
        for mut browser in opened {
            assert!(!gives_a_session(&post_code(&mut browser, &code).await));
        }
        let mut another = server.browser();
        type_password(&mut another, &ann.person.email, &ann.person.password).await;
        assert_eq!(another.status(), 429);
    }

    /// A06: of five hundred wrong codes at the same moment five are judged.
    async fn atk_06_a_burst_of_codes_gets_five_verdicts(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let mut half_signed_in = ann.half_signed_in(&server).await;
        let crowd = (0..500).map(|_| half_signed_in.copy_of()).collect();
        let wrong = ann.wrong_code(&server);
        let answers = post_at_once(crowd, "/sign-in/code", &[("code", &wrong)]).await;

        let told = |status| answers.iter().filter(|(_, reply)| reply.status == status).count();
        // On PostgreSQL what was counted may not have been told: then, too, nobody else gets that try.
        assert!(told(422) <= 4 && told(429) <= 1, "{} verdicts, {} locks", told(422), told(429));
        if on == On::Sqlite {
            assert_eq!((told(422), told(429)), (4, 1));
        }
        // For the rest the sign-in is over, or the server too busy to look.
        assert_eq!(told(422) + told(429) + told(409) + told(503), 500);
        assert_eq!(wrong_codes_judged(&server, &ann.person).await, 5);
        assert_eq!(app_failures(&server, &ann.person).await, 5);
        let code = ann.code(&server);
        assert!(!gives_a_session(&post_code(&mut half_signed_in, &code).await));
    }

    /// A06: of a burst of passwords for one name five are hashed, whether anybody has that name or not.
    async fn atk_06_a_burst_of_passwords_gets_five_hashes(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = server.browser();
        browser.goto("/sign-in").await;
        for email in [ann.email.as_str(), "nobody@example.com"] {
            let crowd = (0..250).map(|_| browser.copy_of()).collect();
            let before = server.hash_runs();
            let fields = [("email", email), ("password", "not the password of Ann")];
            let answers = post_at_once(crowd, "/sign-in", &fields).await;
            for (_, reply) in answers {
                assert!([422, 429, 503].contains(&reply.status), "{}", reply.status);
            }
            assert_eq!(server.hash_runs() - before, 5, "{email}");
            let right = post_password(&mut browser, email, &ann.password).await;
            assert_eq!(right.status, 429, "{email}");
        }
        assert_eq!(failures(&server, &ann).await, 5);
    }
}

/// A08: five guesses an hour, day and night, end at the fiftieth in a row; the person is told long before.
#[tokio::test]
async fn atk_08a_patient_guessing_ends_at_the_fiftieth_wrong_code() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let mut guesses = 0;
    for _ in 0..10 {
        guesses += guess_until_locked(&server, &ann).await;
        server.clock.advance(AN_HOUR);
    }
    assert_eq!(guesses, 50);
    assert_eq!(server.audit_events(&ann.person, "authenticator.disabled").await, 1);
    assert_eq!(server.notices(&ann.person, "authenticator_disabled").await, 1);
    assert_eq!(server.notices(&ann.person, "somebody_has_the_password").await, 2, "at 20 and at 40");

    let sessions_before = sessions(&server, &ann.person).await;
    let mut browser = server.browser();
    type_password(&mut browser, &ann.person.email, &ann.person.password).await;
    assert_eq!(browser.status(), 403);
    browser.must_see("Your second step is blocked");
    browser.goto("/sign-in/code").await.must_be_at("/sign-in");
    let right = ann.code(&server);
    assert!(!gives_a_session(&post_code(&mut browser, &right).await));
    assert_eq!(sessions(&server, &ann.person).await, sessions_before);
}

/// A08: the victim's own sign-ins end the row of fifty, but not the hundred of a month.
#[tokio::test]
async fn atk_08b_the_victims_own_sign_ins_give_a_guesser_no_fresh_start() {
    let server = TestServer::start(On::Sqlite).await;
    let mut ann = Target::new(&server, "Ann Ames").await;
    let mut guesses = 0;
    for hour in 0..24 {
        guesses += guess_until_locked(&server, &ann).await;
        server.clock.advance(AN_HOUR);
        let is_blocked = server.audit_events(&ann.person, "authenticator.disabled").await > 0;
        if hour % 6 == 5 && !is_blocked {
            // On the browser that is known, whose ladder strangers do not fill.
            ann.browser.forget_cookie("cs");
            type_password(&mut ann.browser, &ann.person.email, &ann.person.password).await;
            let code = ann.phone.code(&server.clock);
            type_code(&mut ann.browser, &code).await;
            ann.browser.must_be_at("/profile/password");
        }
    }
    assert_eq!(guesses, 100);
    assert_eq!(server.audit_events(&ann.person, "authenticator.disabled").await, 1);
}

/// A08: the person and whoever administers their company are told, at the twentieth wrong code of a month and when
/// the app is taken out of use; others of the company are not.
#[tokio::test]
async fn atk_08_a_patient_guesser_is_told_of_to_the_victim_and_to_whoever_can_help() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = Target::new(&server, "Ann Ames").await;
    let bea = server.person("Bea Birch", Preset::Default).await;
    let olga = server.person_who_is("Olga Owens", Preset::Default, Role::Owner).await;
    for _ in 0..24 {
        guess_until_locked(&server, &ann).await;
        server.clock.advance(AN_HOUR);
    }
    let subjects = |mails: Vec<Message>| {
        let subjects = mails.into_iter().filter_map(|mail| mail.rendered.subject);
        subjects.filter(|subject| !subject.contains("locked for a while")).collect::<Vec<_>>()
    };
    let known = "Somebody may know a password in your company";
    let expected = ["A way to sign in was blocked in your company", known, known];
    assert_eq!(subjects(server.mails_to(&olga.email).await), expected);
    assert!(
        server.mails_to(&olga.email).await[0]
            .rendered
            .text
            .contains("Person: Ann Ames (ann.ames@example.com)")
    );
    let own = subjects(server.mails_to(&ann.person.email).await);
    assert_eq!(
        own[..3],
        [
            "A way to sign in was blocked",
            "Somebody may know your password",
            "Somebody may know your password"
        ]
    );
    assert!(server.mails_to(&bea.email).await.is_empty());
}

/// As many wrong codes as one rung of the ladder allows; answers how many were judged.
async fn guess_until_locked(server: &TestServer, ann: &Target) -> i64 {
    let before = wrong_codes_judged(server, &ann.person).await;
    let mut guesser = server.browser();
    type_password(&mut guesser, &ann.person.email, &ann.person.password).await;
    if guesser.path() == "/sign-in/code" {
        let wrong = ann.wrong_code(server);
        for _ in 0..6 {
            post_code(&mut guesser.copy_of(), &wrong).await;
        }
    }
    wrong_codes_judged(server, &ann.person).await - before
}

/// A24: however near a guess comes, it costs one hash, and the answer does not say how near.
#[tokio::test]
async fn atk_24_a_near_guess_costs_and_tells_what_a_far_one_does() {
    let server = TestServer::start(On::Sqlite).await;
    let bea = server.person("Bea Birch", Preset::Default).await;
    let password = &bea.password;
    let mut told = Vec::new();
    for guess in [
        format!("x{}", &password[1..]),
        format!("{}x", &password[..password.len() - 1]),
        password[..password.len() - 1].to_owned(),
        format!("{password}x"),
        "x".to_owned(),
    ] {
        let mut stranger = server.browser();
        stranger.goto("/sign-in").await;
        let before = server.hash_runs();
        let reply = post_password(&mut stranger, &bea.email, &guess).await;
        assert_eq!(server.hash_runs() - before, 1, "{guess}");
        told.push((reply.status, reply.text_without_id().replace(&stranger.form_token(), "")));
        sign_in(&server, &bea).await;
    }
    told.dedup();
    assert_eq!(told.len(), 1);

    let ann = Target::new(&server, "Ann Ames").await;
    let mut told = Vec::new();
    for place in [0, 3, 5] {
        let mut browser = ann.half_signed_in(&server).await;
        let near = with_another_digit(&ann, &server, place);
        let reply = post_code(&mut browser, &near).await;
        told.push((reply.status, reply.text_without_id().replace(&browser.form_token(), "")));
        type_code(&mut browser, &ann.code(&server)).await;
        browser.must_be_at("/profile");
        server.clock.advance(A_STEP);
    }
    told.dedup();
    assert_eq!(told.len(), 1);
}

/// The right code but for one digit, and none of another step.
fn with_another_digit(ann: &Target, server: &TestServer, place: usize) -> String {
    let code = ann.code(server);
    let near = (0..10).map(|digit| {
        let mut near = code.clone();
        near.replace_range(place..=place, &digit.to_string());
        near
    });
    let codes = [-1, 0, 1].map(|away| ann.phone.code_at(&server.clock, away));
    near.into_iter().find(|near| !codes.contains(near)).unwrap()
}

/// A24: codes, password hashes and form tokens are compared by functions that take the same time for all.
#[test]
fn atk_24_secrets_are_compared_in_constant_time() {
    for (source, call) in [
        (include_str!("../../../../core/src/secret.rs"), "left.ct_eq(right)"),
        (include_str!("../../../../core/src/authenticator/totp.rs"), "same(expected.as_bytes(), digits)"),
        (include_str!("../../../../service/src/hasher.rs"), "same(computed.as_slice(), expected.as_bytes())"),
        (include_str!("../../../../web/src/extract/form_token.rs"), "self.key.fits(&bound.parts(), &given)"),
        (include_str!("../../../../core/src/keys.rs"), "self.mac(parts).verify_slice(digest)"),
    ] {
        assert!(source.contains(call), "{call} is gone; what compares now?");
    }
}
