//! Rows of numbers that earn somebody money by being texted (A41): few are, and everybody else goes on.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::{
    target::{gives_a_session, post, post_code},
    texted::{Texted, begin_phone},
};
use crate::harness::{Browser, On, Person, Setup, TestServer, sign_in, type_password};

const OPERATOR: &str = "operator@example.com";
const PROVED: &str = "+15125550134";
/// So long a code has before it counts as one that nobody entered.
const TO_BE_ENTERED: Duration = Duration::from_mins(3);

fn guarded() -> Setup {
    Setup {
        settings: vec![("sms_home_country", "US".to_owned()), ("operator_email", OPERATOR.to_owned())],
        ..Setup::default()
    }
}

/// Accounts that are there for nothing but to have numbers texted.
struct Ring<'s> {
    server: &'s TestServer,
    members: Vec<Person>,
    has_many_networks: bool,
    /// Of the last one who tried.
    browser: Browser,
}

impl<'s> Ring<'s> {
    async fn of(server: &'s TestServer, name: &str, (size, has_many_networks): (u8, bool)) -> Self {
        let mut members = Vec::new();
        for number in 0..size {
            members.push(server.person(&format!("{name} {number}"), Preset::Default).await);
        }
        Self { server, members, has_many_networks, browser: server.browser() }
    }

    /// One after the other signs in, from a network of their own if they can, and has a number texted. Says how
    /// many were, and the status of the last answer.
    async fn pump(&mut self, number: fn(usize) -> String) -> (i64, u16) {
        let before = texts(self.server).await;
        for (place, person) in self.members.iter().enumerate() {
            let network = if self.has_many_networks { u8::try_from(place + 1).unwrap() } else { 0 };
            self.browser = self.server.browser_from(IpAddr::V4(Ipv4Addr::new(127, 0, network, 1)));
            type_password(&mut self.browser, &person.email, &person.password).await;
            begin_phone(&mut self.browser, person, &number(place)).await;
            // What is being sent when its lease runs out is sent again.
            self.server.settle().await;
            self.server.advance(TO_BE_ENTERED);
        }
        (texts(self.server).await - before, self.browser.status())
    }
}

/// Numbers that follow each other.
fn adjacent(place: usize) -> String {
    format!("+1415867{place:04}")
}

/// Numbers of many blocks.
fn scattered(place: usize) -> String {
    format!("+1415{:03}2233", 300 + place)
}

on_both_databases! {
    /// A41: of numbers that follow each other five are texted, whoever asks and from wherever.
    async fn atk_41_numbers_that_follow_each_other_are_texted_no_more(on: On) {
        let server = guarded().start(on).await;
        let ann = Texted::new(&server, "Ann Ames", PROVED).await;
        let mut ring = Ring::of(&server, "Pat", (9, true)).await;
        assert_eq!(ring.pump(adjacent).await, (5, 429));
        the_others_go_on(&server, &ann, &mut ring).await;
        let alerts = server.mails_to(OPERATOR).await;
        assert_eq!(alerts.len(), 1, "told once, not nine times");
        assert!(alerts[0].rendered.text.contains("Many phone numbers that follow each other"));

        server.advance(Duration::from_hours(24));
        let mut next_day = Ring::of(&server, "Kim", (9, true)).await;
        assert_eq!(next_day.pump(|place| adjacent(100 + place)).await, (5, 429));
        assert_eq!(server.mails_to(OPERATOR).await.len(), 2, "and once the next day");
    }

    /// A41: of scattered numbers that nobody proves, one network gets ten.
    async fn atk_41_a_network_that_proves_no_number_is_texted_no_more(on: On) {
        let server = guarded().start(on).await;
        let ann = Texted::new(&server, "Ann Ames", PROVED).await;
        let mut ring = Ring::of(&server, "Pat", (13, false)).await;
        // Ann's own code, which she entered, is one of the ten that make a share.
        assert_eq!(ring.pump(scattered).await, (9, 429));
        the_others_go_on(&server, &ann, &mut ring).await;
        assert_eq!(server.mails_to(OPERATOR).await.len(), 1);
    }
}

/// A41: with a network for each account, one company gets twenty at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_41_a_company_that_proves_no_number_is_texted_no_more() {
    let server = guarded().start(On::Sqlite).await;
    let ann = Texted::new(&server, "Ann Ames", PROVED).await;
    let mut ring = Ring::of(&server, "Pat", (24, true)).await;
    // One of the twenty that make a share is Ann's, who entered hers.
    assert_eq!(ring.pump(scattered).await, (19, 429));
    the_others_go_on(&server, &ann, &mut ring).await;
    let alerts = server.mails_to(OPERATOR).await;
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].rendered.text.contains("Hardly any code"));
    // Another company is not made to suffer for it.
    let bea = server.person("Bea Birch", Preset::PerUser).await;
    let mut browser = sign_in(&server, &bea).await;
    begin_phone(&mut browser, &bea, "+12125550187").await;
    browser.must_be_at("/profile/security/phone/confirm");
}

/// A41: the installation's own bound holds whatever else does, and the operator hears of it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_41_the_hours_budget_of_everybody_holds() {
    let mut setup = guarded();
    setup.settings.push(("sms_hour_max", "3".to_owned()));
    let server = setup.start(On::Sqlite).await;
    let mut ring = Ring::of(&server, "Pat", (6, true)).await;
    assert_eq!(ring.pump(scattered).await, (3, 429));
    assert_eq!(server.mails_to(OPERATOR).await.len(), 1);
    server.advance(Duration::from_hours(1));
    let bea = server.person("Bea Birch", Preset::Default).await;
    let mut browser = sign_in(&server, &bea).await;
    begin_phone(&mut browser, &bea, "+12125550187").await;
    browser.must_be_at("/profile/security/phone/confirm");
}

/// A41: who proves a number of their own in the end had no other numbers texted for free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_41_an_own_number_pays_for_no_others() {
    let server = guarded().start(On::Sqlite).await;
    let mal = server.person("Mal Lory", Preset::PerUser).await;
    let mut browser = sign_in(&server, &mal).await;
    let mut foreign = Vec::new();
    for round in 0..3 {
        begin_phone(&mut browser, &mal, &scattered(10 * round)).await;
        foreign.push(scattered(10 * round));
        for place in 1..3 {
            foreign.push(scattered(10 * round + place));
            post(&mut browser, "/profile/security/phone", &[("phone", &scattered(10 * round + place))]).await;
        }
        let own = post(&mut browser, "/profile/security/phone", &[("phone", PROVED)]).await;
        if own.status == 303 {
            let code = server.text_code(PROVED).await;
            post(&mut browser, "/profile/security/phone/confirm", &[("code", &code)]).await;
            browser.goto("/profile/security/turn-off").await.fill("Password", &mal.password);
            browser.press("Disable").await.must_see("Two-factor authentication is off.");
        }
        server.advance(TO_BE_ENTERED);
    }
    let mut texted = 0;
    for number in &foreign {
        texted += server.texts_to(number).await.len();
    }
    assert_eq!((foreign.len(), texted), (9, 5), "as many unproven ones as an account has in an hour");
}

/// A41: a company whose phones were bought together sets all of them up: what is proved is no fraud.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_41_a_company_in_one_block_of_numbers_is_let_in() {
    let server = guarded().start(On::Sqlite).await;
    for place in 0..14 {
        Texted::new(&server, &format!("Ann {place}"), &adjacent(place)).await;
    }
    assert_eq!(server.mails_to(OPERATOR).await.len(), 0);
}

/// A41: numbers of other countries, premium numbers and those that no text reaches are not texted at all.
#[tokio::test]
async fn atk_41_only_mobile_numbers_of_the_named_countries_are_texted() {
    let server = guarded().start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut browser = sign_in(&server, &ann).await;
    for (number, said) in [
        ("+49 151 12345678", "We do not send text messages to numbers of this country."),
        ("+1 416 555 0134", "We do not send text messages to numbers of this country."),
        ("+53 5 1234567", "We do not send text messages to numbers of this country."),
        ("+881 6 1234 5678", "We do not send text messages to numbers of this country."),
        ("+1 900 555 0134", "Text messages do not reach this number."),
        ("+1 800 555 0134", "Text messages do not reach this number."),
        ("+44 9098 790 123", "Text messages do not reach this number."),
        ("+979 1234 56789", "Text messages do not reach this number."),
        ("911", "This is no phone number."),
        ("+1 512 555 0134,+1 900 555 0134", "This is no phone number."),
        ("+1 512 555 0134\r\n+1 900 555 0134", "This is no phone number."),
        ("+1 512 555 0134;ext=900", "This is no phone number."),
        ("*31#+15125550134", "This is no phone number."),
    ] {
        begin_phone(&mut browser, &ann, number).await;
        assert_eq!(browser.status(), 422, "{number}: {}", browser.page().text());
        browser.must_see(said);
    }
    assert_eq!(texts(&server).await, 0);
}

/// People whose number was proved sign in as before, and a set-up without texts is offered and works.
async fn the_others_go_on(server: &TestServer, ann: &Texted, ring: &mut Ring<'_>) {
    let (mut half, code) = ann.half_signed_in(server).await;
    assert!(gives_a_session(&post_code(&mut half, &code).await));
    ring.browser.must_see("For now we do not text codes to new numbers like this one.");
    let chosen = post(&mut ring.browser, "/profile/security/method", &[("method", "app")]).await;
    assert_eq!(chosen.location(), Some("/profile/security/app"));
}

async fn texts(server: &TestServer) -> i64 {
    server.number(&TEXTS, params![]).await
}

static TEXTS: Sql = Sql::new("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'");
