//! What a token is good for: a half-made sign-in opens nothing, a planted one is never promoted, and a
//! stolen session changes nothing that protects the account.

use std::{collections::HashSet, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};
use countersign_web::router::{Access, Door, doors};

use crate::harness::{
    Browser, On, Person, Phone, Reply, TestServer, enroll_app, sign_in, sign_in_with_app, type_code,
    type_password,
};

const NEW_PASSWORD: &str = "violet kettle hums at dawn";

/// Somebody with two-factor authentication on, and their app.
async fn person_with_app(server: &TestServer, name: &str) -> (Person, Phone) {
    let person = server.person(name, Preset::Default).await;
    let phone = enroll_app(server, &mut sign_in(server, &person).await, &person).await;
    (person, phone)
}

/// A browser whose password was right and of which a code is awaited.
async fn half_signed_in(server: &TestServer, person: &Person) -> Browser {
    let mut half = server.browser();
    type_password(&mut half, &person.email, &person.password).await;
    half.must_be_at("/sign-in/code");
    half
}

fn doors_for_sessions() -> impl Iterator<Item = Door> {
    doors().into_iter().filter(|door| door.access == Access::Session)
}

/// The session that this token was given for opens the profile page.
async fn opens_profile(server: &TestServer, session: &str) -> bool {
    let mut browser = server.browser();
    browser.set_cookie("cs", session);
    browser.goto("/profile").await;
    browser.path() == "/profile"
}

on_both_databases! {
    /// A49: the token of a half-made sign-in is no session, whatever carries it there.
    async fn atk_49_a_half_signed_in_token_is_no_session_anywhere(on: On) {
        let server = TestServer::start(on).await;
        let (ann, _phone) = person_with_app(&server, "Ann Ames").await;
        let half = half_signed_in(&server, &ann).await;
        let token = half.cookie("cs-flow").unwrap().to_owned();
        let with_the_prefix_of_a_session = token.replace("cs_c1_", "cs_s1_");
        assert_ne!(token, with_the_prefix_of_a_session);
        let cookie = |value: &str| ("cookie", format!("cs={value}"));
        let basic = |text: String| ("authorization", format!("Basic {}", STANDARD.encode(text)));
        let carriers = [
            (String::new(), cookie(&token)),
            (String::new(), cookie(&with_the_prefix_of_a_session)),
            (String::new(), ("cookie", format!("__Host-cs={token}"))),
            (String::new(), ("authorization", format!("Bearer {token}"))),
            (String::new(), ("authorization", format!("Bearer {with_the_prefix_of_a_session}"))),
            (String::new(), basic(format!("{}:{token}", ann.email))),
            (String::new(), basic(format!("{}:{}", ann.email, ann.password))),
            (format!("?cs={token}&token={token}&access_token={token}"), ("x-token", token.clone())),
        ];
        for door in doors_for_sessions() {
            for (query, (name, value)) in &carriers {
                let path = format!("{}{query}", door.path);
                let form = ("content-type", "application/x-www-form-urlencoded");
                let headers = [(*name, value.as_str()), form];
                let reply = server.browser().send(door.method.as_str(), &path, &headers, Vec::new()).await;
                assert_eq!((reply.status, reply.location()), (303, Some("/sign-in")), "{path} {name}: {value}");
            }
        }
        assert_eq!(server.number(&COUNT_SESSIONS, params![]).await, 1, "the one of the set-up");
    }

    /// A49: nor is a session's token a half-made sign-in.
    async fn atk_49_a_session_token_is_no_half_made_sign_in(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let session = sign_in(&server, &ann).await.cookie("cs").unwrap().to_owned();
        for planted in [session.clone(), session.replace("cs_s1_", "cs_c1_")] {
            let mut browser = server.browser();
            browser.set_cookie("cs-flow", &planted);
            browser.goto("/sign-in/code").await.must_be_at("/sign-in");
            let token = browser.form_token();
            let code = [("form_token", token.as_str()), ("code", "123456")];
            let reply = browser.post_form("/sign-in/code", &code).await;
            assert_eq!(reply.location(), Some("/sign-in"));
            assert_eq!(browser.cookie("cs"), None);
        }
        assert!(opens_profile(&server, &session).await);
    }

    /// A50: after the password, every page behind the sign-in leads back to the code, and nothing is done.
    async fn atk_50_nobody_walks_past_the_page_for_the_code(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = person_with_app(&server, "Ann Ames").await;
        server.clock.advance(Duration::from_secs(30));
        let mut half = half_signed_in(&server, &ann).await;
        let token = half.form_token();
        let code = phone.code(&server.clock);
        let everything = [
            ("form_token", token.as_str()),
            ("password", ann.password.as_str()),
            ("code", code.as_str()),
            ("new_password", NEW_PASSWORD),
        ];
        for door in doors_for_sessions() {
            let reply = match door.method.as_str() {
                "GET" => half.send("GET", door.path, &[], Vec::new()).await,
                _ => half.post_form(door.path, &everything).await,
            };
            assert_eq!((reply.status, reply.location()), (303, Some("/sign-in/code")), "{}", door.path);
        }
        assert_eq!(server.audit_events(&ann, "two_factor.turned_off").await, 0);
        assert_eq!(server.audit_events(&ann, "password.changed").await, 0);
        half.goto("/").await.must_be_at("/sign-in");
        half.goto("/sign-in/code").await;
        type_code(&mut half, &code).await;
        half.must_be_at("/profile");
    }

    /// A51: every step draws its own token, and each ends with the step that it was for.
    async fn atk_51_every_step_has_its_own_token_and_old_ones_die(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = person_with_app(&server, "Ann Ames").await;
        server.clock.advance(Duration::from_secs(30));
        let mut browser = half_signed_in(&server, &ann).await;
        let nonce = browser.cookie("cs-form").unwrap().to_owned();
        let ceremony = browser.cookie("cs-flow").unwrap().to_owned();
        let at_the_code = browser.copy_of();
        type_code(&mut browser, &phone.code(&server.clock)).await;
        let session = browser.cookie("cs").unwrap().to_owned();
        assert_eq!(browser.cookie("cs-flow"), None);
        let known = browser.cookie("cs-known").unwrap().to_owned();

        server.clock.advance(Duration::from_secs(30));
        let mut again = at_the_code.copy_of();
        type_code(&mut again, &phone.code(&server.clock)).await;
        assert_eq!(again.status(), 409, "the sign-in is over, a fresh code changes nothing");
        assert_eq!(again.cookie("cs"), None);

        browser.goto("/profile/password").await;
        browser.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Save password").await;
        browser.must_see("Your password is changed.");
        let after_step_up = browser.cookie("cs").unwrap().to_owned();
        assert!(!opens_profile(&server, &session).await, "the session goes on under its new token only");
        assert!(opens_profile(&server, &after_step_up).await);

        let ids = [nonce, ceremony, session, known, after_step_up];
        let parts: HashSet<&str> = ids.iter().map(|id| id.rsplit_once("1_").map_or(&**id, |two| two.1)).collect();
        assert_eq!(parts.len(), ids.len(), "{ids:?}");
    }

    /// A51: turning two-factor authentication on and off gives the session a new token at each proof.
    async fn atk_51_every_proof_within_a_session_renews_its_token(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let mut tokens = vec![browser.cookie("cs").unwrap().to_owned()];
        browser.goto("/profile/security/turn-on").await;
        browser.fill("Password", &ann.password).press("Submit").await;
        tokens.push(browser.cookie("cs").unwrap().to_owned());
        let phone = {
            browser.choose("In an authenticator app").press("Next").await;
            let phone = Phone::scan(&browser);
            browser.press("Next: confirm access").await;
            browser.fill("Authentication code", &phone.code(&server.clock));
            browser.press("Next: complete setup").await;
            phone
        };
        tokens.push(browser.cookie("cs").unwrap().to_owned());
        server.clock.advance(Duration::from_secs(30));
        browser.goto("/profile/security/turn-off").await.fill("Password", &ann.password);
        browser.fill("Authentication code", &phone.code(&server.clock)).press("Disable").await;
        browser.must_see("Two-factor authentication is off.");
        tokens.push(browser.cookie("cs").unwrap().to_owned());
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 4);
        for old in &tokens[..3] {
            assert!(!opens_profile(&server, old).await);
        }
        assert!(opens_profile(&server, &tokens[3]).await);
    }

    /// A51: what an attacker planted before the sign-in is worth nothing after it.
    async fn atk_51_planted_tokens_are_never_promoted(on: On) {
        let server = TestServer::start(on).await;
        let (mallory, _phone) = person_with_app(&server, "Mal Lory").await;
        let mal_ceremony = half_signed_in(&server, &mallory).await.cookie("cs-flow").unwrap().to_owned();
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut ended = sign_in(&server, &ann).await;
        let dead_session = ended.cookie("cs").unwrap().to_owned();
        ended.press("Sign out").await;

        let mut victim = server.browser();
        let planted_nonce = "A".repeat(43);
        for (name, planted) in [("cs", &dead_session), ("cs-flow", &mal_ceremony), ("cs-form", &planted_nonce)] {
            victim.set_cookie(name, planted);
        }
        type_password(&mut victim, &ann.email, &ann.password).await;
        victim.must_be_at("/profile");
        victim.must_see("Ann Ames");
        assert_eq!(victim.cookie("cs-flow"), None, "the planted sign-in is gone with the real one");
        for planted in [&dead_session, &mal_ceremony, &planted_nonce] {
            assert_ne!(victim.cookie("cs"), Some(planted.as_str()));
            assert!(!opens_profile(&server, planted).await);
        }
    }

    /// A51: signing in over a session that is still open ends that one, instead of leaving it behind unseen.
    async fn atk_51_a_new_sign_in_ends_the_session_it_takes_the_place_of(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let before = browser.cookie("cs").unwrap().to_owned();
        let token = browser.form_token();
        let fields = [
            ("form_token", token.as_str()),
            ("email", ann.email.as_str()),
            ("password", ann.password.as_str()),
        ];
        assert_eq!(browser.post_form("/sign-in", &fields).await.location(), Some("/profile"));
        assert_ne!(browser.cookie("cs"), Some(before.as_str()));
        assert!(!opens_profile(&server, &before).await, "the session before still opens the profile");
    }
}

/// A sensitive door, with what a thief without password or phone can put into its form.
fn fields_of<'f>(door: &Door, password: &'f str, code: &'f str) -> Vec<(&'static str, &'f str)> {
    match door.path {
        "/profile/security/turn-on" => vec![("password", password)],
        "/profile/security/app/confirm"
        | "/profile/security/phone/confirm"
        | "/profile/security/email/confirm" => vec![("code", code)],
        "/profile/security/turn-off"
        | "/profile/security/change"
        | "/profile/security/backup-codes/create"
        | "/profile/security/recovery-key/create" => {
            vec![("password", password), ("code", code)]
        }
        "/profile/password" => {
            vec![("password", password), ("code", code), ("new_password", NEW_PASSWORD)]
        }
        _ => panic!("say here what {} {} asks for", door.method, door.path),
    }
}

/// Posts to a sensitive door with a form token of the session.
async fn try_door(browser: &mut Browser, path: &str, fields: &[(&'static str, &str)]) -> Reply {
    let token = browser.goto("/profile").await.form_token();
    let mut all = vec![("form_token", token.as_str())];
    all.extend(fields);
    browser.post_form(path, &all).await
}

on_both_databases! {
    /// A53: with a stolen session alone, young or old, nothing that protects the account can be changed.
    async fn atk_53_a_stolen_session_opens_no_sensitive_door(on: On) {
        let server = TestServer::start(on).await;
        for minutes in [0, 59] {
            for has_app in [false, true] {
                for door in doors_for_sessions().filter(|door| door.authenticates) {
                    let ann = server.person(&format!("Ann {minutes} {has_app} {}", door.path.replace('/', "-")), Preset::Default).await;
                    let mut browser = sign_in(&server, &ann).await;
                    if has_app {
                        enroll_app(&server, &mut browser, &ann).await;
                    }
                    let mut thief = browser.copy_of();
                    server.clock.advance(Duration::from_mins(minutes));
                    for (password, code) in [("", ""), ("a guess", "000000"), ("", "000000")] {
                        let reply = try_door(&mut thief, door.path, &fields_of(&door, password, code)).await;
                        // 303, 409: there is no set-up that could be confirmed.
                        let is_refused = [303, 409, 422].contains(&reply.status);
                        assert!(is_refused, "{} {}: {}", door.path, reply.status, reply.text());
                        assert!(reply.headers.get("set-cookie").is_none(), "{}", door.path);
                    }
                    for event in ["two_factor.turned_off", "password.changed", "enrollment.started"] {
                        let before = i64::from(has_app && event == "enrollment.started");
                        assert_eq!(server.audit_events(&ann, event).await, before, "{} {event}", door.path);
                    }
                }
            }
        }
    }

    /// A53: to turn it off, or to change the password, takes the password and a code that was not used yet.
    async fn atk_53_turning_off_and_a_new_password_take_both_proofs(on: On) {
        let server = TestServer::start(on).await;
        let sensitive = [("/profile/security/turn-off", "two_factor.turned_off"), ("/profile/password", "password.changed")];
        for (path, event) in sensitive {
            let door = doors().into_iter().find(|door| door.path == path && door.method == "POST").unwrap();
            let (ann, phone) = person_with_app(&server, &format!("Ann {}", path.len())).await;
            let mut browser = sign_in_with_app(&server, &ann, &phone).await;
            let used = phone.code(&server.clock);
            let fresh = phone.code_at(&server.clock, 1);
            let wrong = phone.wrong_code(&server.clock);
            for (password, code) in [
                (ann.password.as_str(), ""),
                ("", fresh.as_str()),
                ("a guess", &fresh),
                (&ann.password, &wrong),
                (&ann.password, &used),
            ] {
                let reply = try_door(&mut browser, path, &fields_of(&door, password, code)).await;
                assert_eq!(reply.status, 422, "{path} {password} {code}: {}", reply.text());
            }
            assert_eq!(server.audit_events(&ann, event).await, 0);
            let reply = try_door(&mut browser, path, &fields_of(&door, &ann.password, &fresh)).await;
            assert_eq!(reply.status, 303, "both proofs open the door: {}", reply.text());
            assert_eq!(server.audit_events(&ann, event).await, 1);
        }
    }

    /// A55: five wrong proofs end the session, and they count on the ladder of the name.
    async fn atk_55_five_wrong_proofs_end_the_session_and_lock_the_name(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = person_with_app(&server, "Ann Ames").await;
        let owner = sign_in_with_app(&server, &ann, &phone).await;
        let mut thief = owner.copy_of();
        // The thief has the session and no other cookie: wrong proofs count on the name's own ladder.
        thief.forget_cookie("cs-known");
        let code = phone.wrong_code(&server.clock);
        for number in 1..=5 {
            let fields = [("password", ann.password.as_str()), ("code", code.as_str())];
            let reply = try_door(&mut thief, "/profile/security/turn-off", &fields).await;
            assert_eq!(reply.status, if number < 5 { 422 } else { 409 }, "{}", reply.text());
        }
        assert!(!opens_profile(&server, owner.cookie("cs").unwrap()).await, "the session is over everywhere");
        assert_eq!(server.number(&COUNT_ENDED, params![ann.id.as_str()]).await, 1);
        let mut stranger = server.browser();
        type_password(&mut stranger, &ann.email, &ann.password).await;
        assert_eq!(stranger.status(), 429, "a right password from elsewhere is refused now");
        let mut at_home = owner.copy_of();
        at_home.forget_cookie("cs");
        type_password(&mut at_home, &ann.email, &ann.password).await;
        at_home.must_be_at("/sign-in/code");
        server.clock.advance(Duration::from_mins(5));
        type_password(&mut stranger, &ann.email, &ann.password).await;
        stranger.must_be_at("/sign-in/code");
    }

    /// A55: many wrong proofs at once are judged five times at most.
    async fn atk_55_a_burst_of_wrong_proofs_is_judged_five_times(on: On) {
        let server = TestServer::start(on).await;
        let (ann, phone) = person_with_app(&server, "Ann Ames").await;
        let mut browser = sign_in_with_app(&server, &ann, &phone).await;
        browser.goto("/profile/security/turn-off").await;
        let hashed_before = server.hash_runs();
        let tries = (0..12).map(|number| {
            let mut thief = browser.copy_of();
            thief.fill("Password", "a guess").fill("Authentication code", &format!("{number:06}"));
            tokio::spawn(async move { thief.press("Disable").await.status() })
        });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        assert_eq!(server.hash_runs() - hashed_before, 5);
        assert_eq!(server.number(&COUNT_ENDED, params![ann.id.as_str()]).await, 1);
        assert_eq!(server.audit_events(&ann, "two_factor.turned_off").await, 0);
    }

    /// A59: an app whose first code never came is no factor: it is not asked for, and it protects nothing.
    async fn atk_59_an_app_that_was_not_confirmed_is_no_factor(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let pending = begin_set_up(&mut browser, &ann).await;
        let mut elsewhere = sign_in(&server, &ann).await;
        elsewhere.goto("/profile/security").await;
        assert!(!elsewhere.page().switch_is_on("Two-factor authentication"));
        elsewhere.must_see("Nothing is set up yet.");
        assert_eq!(server.notices(&ann, "two_factor_turned_on").await, 0);
        // A proof asks for the password alone: nobody can be shut out by a set-up that was left.
        elsewhere.goto("/profile/password").await;
        assert!(!elsewhere.page().has_field("Authentication code"));
        elsewhere.fill("Current password", &ann.password).fill("New password", NEW_PASSWORD);
        elsewhere.press("Save password").await.must_be_at("/profile");
        // The new password ended the session with the set-up, and the pending app with it.
        browser.goto("/profile/security/app").await.must_be_at("/sign-in");
        let (token, code) = (browser.form_token(), pending.code(&server.clock));
        let late = [("form_token", token.as_str()), ("code", code.as_str())];
        let reply = browser.post_form("/profile/security/app/confirm", &late).await;
        assert_eq!(reply.location(), Some("/sign-in"));
        assert_eq!(server.audit_events(&ann, "two_factor.turned_on").await, 0);
    }

    /// A60: the key is shown while the set-up lasts, to the session that began it, and never again.
    async fn atk_60_the_key_is_never_shown_again(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut other = sign_in(&server, &ann).await;
        for ending in ["ten minutes", "canceled", "confirmed"] {
            let mut browser = sign_in(&server, &ann).await;
            let phone = begin_set_up(&mut browser, &ann).await;
            let key = browser.page().text_named("Manual key");
            browser.goto("/profile/security/app").await;
            assert_eq!(browser.page().text_named("Manual key"), key, "shown while it is pending");
            other.goto("/profile/security/app").await.must_be_at("/profile/security/turn-on");
            match ending {
                "ten minutes" => server.clock.advance(Duration::from_mins(10)),
                "canceled" => {
                    browser.press("Cancel").await.must_be_at("/profile/security");
                }
                _ => {
                    browser.press("Next: confirm access").await;
                    browser.fill("Authentication code", &phone.code(&server.clock));
                    browser.press("Next: complete setup").await.must_see("Two-factor authentication is on");
                }
            }
            let folded = key.replace(' ', "");
            for door in doors_for_sessions().filter(|door| door.method == "GET") {
                let shown = browser.send("GET", door.path, &[], Vec::new()).await.text();
                assert!(!shown.contains(&key) && !shown.contains(&folded), "{} after {ending}", door.path);
            }
            let begins_at = match ending {
                // The set-up goes on, without that secret.
                "ten minutes" => "/profile/security/method",
                "canceled" => "/profile/security/turn-on",
                _ => "/profile/security",
            };
            browser.goto("/profile/security/app").await.must_be_at(begins_at);
        }
    }

    /// A61: no page shows a secret: not the app's key, no hash, no token, no password, to nobody.
    async fn atk_61_no_page_shows_a_secret(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut enrolling = sign_in(&server, &ann).await;
        let phone = begin_set_up(&mut enrolling, &ann).await;
        let key = enrolling.page().text_named("Manual key");
        enrolling.press("Next: confirm access").await;
        enrolling.fill("Authentication code", &phone.code(&server.clock));
        enrolling.press("Next: complete setup").await;
        let signed_in = sign_in_with_app(&server, &ann, &phone).await;
        server.clock.advance(Duration::from_secs(30));
        let half = half_signed_in(&server, &ann).await;
        let code = phone.code(&server.clock);

        let mut secrets = vec![key.replace(' ', ""), key, ann.password.clone(), code, "argon2".to_owned()];
        for browser in [&signed_in, &half] {
            for cookie in ["cs", "cs-flow", "cs-form", "cs-known"] {
                secrets.extend(browser.cookie(cookie).map(str::to_owned));
            }
        }
        for row in server.rows(&STORED_SECRETS, params![]).await {
            let stored = row.bytes(0).unwrap();
            secrets.push(STANDARD.encode(stored));
            secrets.push(hex(stored));
        }
        assert!(secrets.iter().all(|secret| secret.len() >= 6), "{secrets:?}");
        for door in doors().into_iter().filter(|door| door.method == "GET") {
            for caller in [&server.browser(), &half, &signed_in] {
                let reply = caller.copy_of().send("GET", door.path, &[], Vec::new()).await;
                let body = reply.text();
                for secret in &secrets {
                    assert!(!body.contains(secret.as_str()), "{} shows {secret}", door.path);
                }
            }
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Begins a set-up and leaves it on the page with the QR code.
async fn begin_set_up(browser: &mut Browser, person: &Person) -> Phone {
    browser.goto("/profile/security/turn-on").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.choose("In an authenticator app").press("Next").await;
    browser.must_be_at("/profile/security/app");
    Phone::scan(browser)
}

static COUNT_SESSIONS: Sql = Sql::new("SELECT COUNT(*) FROM sessions");
static COUNT_ENDED: Sql =
    Sql::new("SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND end_reason = 'step_up_failures'");
static STORED_SECRETS: Sql = Sql::new(
    "SELECT secret FROM authenticators UNION ALL SELECT token_hash FROM sessions \
     UNION ALL SELECT token_hash FROM ceremonies WHERE token_hash IS NOT NULL \
     UNION ALL SELECT token_hash FROM known_browsers",
);
