//! What was granted before a change of what protects the account is worth nothing after it (A52).
//!
//! ```text
//!                     session   half a sign-in   set-up   code for an act   known browser
//!   turned on            ✕            –             ✕            –                ✕
//!   turned off           ✕            ✕             ✕            ✕                ✕
//!   …                    every change × everything that can be granted before it
//! ```

use std::time::Duration;

use countersign_core::{
    authenticator::{AuthenticatorKind, password::Password},
    ceremony::by_operator::{Lost, Reset},
    policy::presets::Preset,
    stated_reason::StatedReason,
    user::EmailAddress,
};
use countersign_service::authority::By;
use countersign_store::{Sql, params};

use crate::harness::{
    Browser, On, Person, Phone, TestServer, behind_the_password, choosing_a_method, enroll_phone,
    forget_password, operator, sign_in, sign_in_with_text,
};

const NEW_PASSWORD: &str = "violet kettle hums at dawn";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    TurnedOn,
    TurnedOff,
    MethodAdded,
    MethodReplaced,
    PasswordChanged,
    PasswordSetByLink,
    PasswordReset,
    PasswordSetByOperator,
    SecondFactorResetByOperator,
    MethodResetByOperator,
    SignedOutByOperator,
    NotMe,
    MadeOperator,
    RemovedAsOperator,
    ResetAsOperator,
}

const CHANGES: [Change; 15] = [
    Change::TurnedOn,
    Change::TurnedOff,
    Change::MethodAdded,
    Change::MethodReplaced,
    Change::PasswordChanged,
    Change::PasswordSetByLink,
    Change::PasswordReset,
    Change::PasswordSetByOperator,
    Change::SecondFactorResetByOperator,
    Change::MethodResetByOperator,
    Change::SignedOutByOperator,
    Change::NotMe,
    Change::MadeOperator,
    Change::RemovedAsOperator,
    Change::ResetAsOperator,
];

/// Somebody, the browser that makes the change, and what other browsers hold by then.
struct Before {
    person: Person,
    number: String,
    changing: Browser,
    session: Browser,
    set_up: Browser,
    /// Of somebody with a second factor: a sign-in that awaits its code, a code for an act, and both codes.
    codes: Option<[(Browser, String); 2]>,
}

impl Before {
    async fn of(server: &TestServer, change: Change, which: usize) -> Self {
        let person = server.person(&format!("Ann {change:?}"), Preset::Default).await;
        let number = format!("+1512555{:04}", 100 + 11 * which);
        if change == Change::TurnedOn {
            let session = sign_in(server, &person).await;
            let set_up = choosing_a_method(server, &person).await;
            let changing = sign_in(server, &person).await;
            return Self { person, number, changing, session, set_up, codes: None };
        }
        enroll_phone(server, &mut sign_in(server, &person).await, &person, &number).await;
        if matches!(change, Change::RemovedAsOperator | Change::ResetAsOperator) {
            server.service.add_operator(address(&person)).await.unwrap();
        }
        let session = sign_in_with_text(server, &person, &number).await;
        let mut set_up = sign_in_with_text(server, &person, &number).await;
        set_up.goto("/profile/security/change?method=app").await;
        prove(server, &mut set_up, &person, &number, "Submit").await;
        set_up.must_be_at("/profile/security/method");
        let mut asking = sign_in_with_text(server, &person, &number).await;
        asking.goto("/profile/password").await.press("Send a code").await;
        let for_the_act = server.text_code(&number).await;
        let changing = sign_in_with_text(server, &person, &number).await;
        let half = behind_the_password(server, &person).await;
        let for_the_sign_in = server.text_code(&number).await;
        let codes = Some([(half, for_the_sign_in), (asking, for_the_act)]);
        Self { person, number, changing, session, set_up, codes }
    }

    async fn undergo(&mut self, server: &TestServer, change: Change) {
        let Self { person, number, changing, .. } = self;
        match change {
            Change::TurnedOn => enroll_phone(server, changing, person, number).await,
            Change::TurnedOff => {
                changing.goto("/profile/security/turn-off").await;
                prove(server, changing, person, number, "Disable").await;
            }
            Change::MethodAdded => {
                changing.goto("/profile/security/change?method=app").await;
                prove(server, changing, person, number, "Submit").await;
                changing.choose("In an authenticator app").press("Next").await;
                let app = Phone::scan(changing);
                changing.press("Next: confirm access").await;
                changing.fill("Authentication code", &app.code(&server.clock));
                changing.press("Next: complete setup").await.must_see("Your new method is set up.");
            }
            Change::MethodReplaced => {
                changing.goto("/profile/security/change?method=phone").await;
                prove(server, changing, person, number, "Submit").await;
                changing.choose("In a text message").press("Next").await;
                let new = number.replace("+1512555", "+1512556");
                changing.fill("Mobile number", &new).press("Next: confirm access").await;
                let code = server.text_code(&new).await;
                changing.fill("Authentication code", &code).press("Next: complete setup").await;
                changing.must_see("Your new method is set up.");
            }
            Change::PasswordChanged => {
                changing.goto("/profile/password").await.press("Send a code").await;
                let code = server.text_code(number).await;
                changing.fill("Current password", &person.password).fill("New password", NEW_PASSWORD);
                changing.fill("Authentication code", &code).press("Save password").await;
                changing.must_see("Your password is changed.");
            }
            Change::PasswordSetByLink => {
                server.service.invite(address(person)).await.unwrap();
                set_password_by_link(server, person, "/set-password").await;
            }
            Change::PasswordReset => {
                forget_password(server, &mut server.browser(), &person.email).await;
                set_password_by_link(server, person, "/reset-password").await;
            }
            Change::NotMe => {
                let link = server.link_in_mail(&person.email, "/not-me").await;
                server.browser().goto(&link).await.press("This was not me").await;
            }
            by_operator => make(server, by_operator, person).await,
        }
    }
}

/// What an operator does about somebody, or to another operator, at the console.
async fn make(server: &TestServer, change: Change, person: &Person) {
    let (service, email) = (&server.service, address(person));
    let reason = || StatedReason::parse("lost the phone").unwrap();
    let whom = service.user_named(&email).await.unwrap();
    let reset = async |lost| {
        let reset = Reset { lost, reason: reason() };
        service.reset_at_console(whom.clone(), reset).await.unwrap().unwrap();
    };
    match change {
        Change::PasswordSetByOperator => {
            service.set_password(email, Password::new(NEW_PASSWORD.to_owned())).await.unwrap();
        }
        Change::SecondFactorResetByOperator => reset(Lost::SecondFactors).await,
        Change::MethodResetByOperator => reset(Lost::Method(AuthenticatorKind::Phone)).await,
        Change::SignedOutByOperator => {
            service.sign_out_everywhere(By::Console, whom.clone()).await.unwrap().unwrap();
        }
        Change::MadeOperator => service.add_operator(email).await.unwrap(),
        Change::RemovedAsOperator => service.remove_operator(email, reason()).await.unwrap(),
        Change::ResetAsOperator => drop(service.reset_operator(email, reason()).await.unwrap()),
        _ => panic!("{change:?} is made on the pages"),
    }
}

fn address(person: &Person) -> EmailAddress {
    EmailAddress::parse(&person.email).unwrap()
}

/// Types password and a fresh code of the phone into the page of an act.
async fn prove(server: &TestServer, browser: &mut Browser, person: &Person, number: &str, button: &str) {
    browser.press("Send a code").await;
    let code = server.text_code(number).await;
    browser.fill("Password", &person.password).fill("Authentication code", &code).press(button).await;
}

on_both_databases! {
    /// A52: at once, on the node that made the change and on the other.
    async fn atk_52_nothing_that_was_granted_before_a_change_outlives_it(on: On) {
        let server = TestServer::first_node(on).await;
        let other_node = server.second_node().await;
        // Who stays when another operator goes.
        operator(&server, "Cleo Chen").await;
        for (which, change) in CHANGES.into_iter().enumerate() {
            let mut before = Before::of(&server, change, which).await;
            before.undergo(&server, change).await;
            for node in [&server, &other_node] {
                let mut session = before.session.by_way_of(node);
                session.goto("/profile").await;
                assert_eq!(session.path(), "/sign-in", "{change:?}: the session of another browser");
                let mut set_up = before.set_up.by_way_of(node);
                set_up.goto("/profile/security/method").await;
                assert_eq!(set_up.path(), "/sign-in", "{change:?}: the set-up of another session");
                for (holder, code) in before.codes.iter().flatten() {
                    let mut holder = holder.by_way_of(node);
                    let is_half = holder.cookie("cs-flow").is_some();
                    holder.fill("Authentication code", code);
                    if is_half {
                        holder.press("Verify").await;
                    } else {
                        holder.fill("Current password", &before.person.password);
                        holder.fill("New password", "copper violins sleep in june").press("Save password").await;
                    }
                    let page = holder.goto("/profile").await.path().to_owned();
                    assert_eq!(page, "/sign-in", "{change:?}: a code that was sent, half signed in: {is_half}");
                }
            }
            let known = server.number(&COUNT_KNOWN, params![before.person.id.as_str()]).await;
            let is_in_a_session = matches!(
                change,
                Change::TurnedOn | Change::TurnedOff | Change::MethodAdded | Change::MethodReplaced | Change::PasswordChanged
            );
            assert_eq!(known, i64::from(is_in_a_session), "{change:?}: known browsers");
            let mut changing = before.changing;
            changing.goto("/profile").await;
            let expected = if is_in_a_session { "/profile" } else { "/sign-in" };
            assert_eq!(changing.path(), expected, "{change:?}: the browser that made the change");
            // The budgets for text messages are not what this is about.
            server.advance(Duration::from_hours(1));
        }
    }

    /// A52: a person's own wish ends sessions as surely, on every node, and nothing of other people.
    async fn atk_52_a_session_that_was_ended_from_another_is_over_on_every_node(on: On) {
        let server = TestServer::first_node(on).await;
        let other_node = server.second_node().await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let bea = server.person("Bea Bell", Preset::PerUser).await;
        let mut here = sign_in(&server, &ann).await;
        let mut bea_here = sign_in(&server, &bea).await;
        let mut stolen = sign_in(&server, &ann).await.by_way_of(&other_node);
        stolen.goto("/profile").await.must_be_at("/profile");
        here.goto("/profile/security").await.press("End session on Firefox on Linux").await;
        here.must_see("The session is over. That browser is signed out.");
        for node in [&other_node, &server] {
            stolen.by_way_of(node).goto("/profile").await.must_be_at("/sign-in");
        }
        here.goto("/profile").await.must_be_at("/profile");
        bea_here.goto("/profile").await.must_be_at("/profile");
        assert_eq!(server.audit_events(&ann, "session.ended").await, 1);
    }

    /// The id of somebody else's session reads like one that never was, and so does what is no id.
    async fn sessions_of_other_people_cannot_be_ended_or_told_from_none(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let bea = server.person("Bea Bell", Preset::Default).await;
        let mut bea_here = sign_in(&server, &bea).await;
        let mut here = sign_in(&server, &ann).await;
        let token = here.goto("/profile/security").await.form_token();
        let session_of = async |person: &Person| {
            let rows = server.rows(&SESSION_OF, params![person.id.as_str()]).await;
            rows[0].text(0).unwrap().to_owned()
        };
        let (foreign, own) = (session_of(&bea).await, session_of(&ann).await);
        let mut answers = Vec::new();
        let unknown = "ses_00000000000000000000000000";
        for id in [foreign.as_str(), own.as_str(), unknown, "ses_1", "", "\0", "' OR 1=1"] {
            let fields = [("form_token", token.as_str()), ("session", id)];
            let reply = here.post_form("/profile/security/end-session", &fields).await;
            let request = reply.header("x-request-id").unwrap().to_owned();
            answers.push((reply.status, reply.text().replace(&request, "")));
        }
        assert_eq!(answers[0].0, 404, "{}", answers[0].1);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        bea_here.goto("/profile").await.must_be_at("/profile");
        here.goto("/profile").await.must_be_at("/profile");
        assert_eq!(server.audit_events(&bea, "session.ended").await, 0);
    }
}

/// Somebody opens the link in the mailbox and chooses a password.
async fn set_password_by_link(server: &TestServer, person: &Person, page: &str) {
    let mut owner = server.browser();
    owner.goto(&server.link_in_mail(&person.email, page).await).await;
    owner.fill("New password", NEW_PASSWORD).press("Save password").await;
    owner.must_be_at("/sign-in");
}

static COUNT_KNOWN: Sql = Sql::new(
    "SELECT COUNT(*) FROM known_browsers \
     JOIN users ON users.id = known_browsers.user_id AND users.epoch = known_browsers.user_epoch \
     WHERE users.id = $1",
);
static SESSION_OF: Sql = Sql::new("SELECT id FROM sessions WHERE user_id = $1");
