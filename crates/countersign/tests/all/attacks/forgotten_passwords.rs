//! The door that everybody may knock at: what it tells, what it costs, whom it mails, and what a mailbox alone is worth.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use countersign_core::policy::presets::Preset;
use countersign_store::{Sql, params};

use super::{
    enumeration::{TransactionCounter, known_people, seen, stranger_to},
    links::{IGNORED_HEADERS, crowd_before, foreign_hosts, must_lead_home},
    target::{AN_HOUR, Target, gives_a_session, post, post_at_once},
    texted::links_used,
};
use crate::harness::{
    Browser, On, Person, Reply, Setup, TestServer, forget_password, sign_in, type_password,
};

const DOOR: &str = "/forgot-password";
const NEW_PASSWORD: &str = "violet kettle hums at dawn";
const OTHER_PASSWORD: &str = "amber ladder sinks in fog";

/// The form as it is sent, answered and not yet looked at.
async fn ask(browser: &mut Browser, email: &str) -> Reply {
    post(browser.goto(DOOR).await, DOOR, &[("email", email)]).await
}

/// Each from a network of its own, so that no budget of theirs is spent.
fn somewhere(server: &TestServer, network: u8) -> Browser {
    server.browser_from(IpAddr::V4(Ipv4Addr::new(127, 1, network, 1)))
}

async fn reset_links(server: &TestServer, person: &Person) -> i64 {
    server.number(&RESET_LINKS, params![person.id.as_str()]).await
}

on_both_databases! {
    /// A34, ASVS 6.3.8: known, unknown, disabled, out of use, never proved, asked too often: the same bytes.
    async fn atk_34_a_forgotten_password_tells_no_name(on: On) {
        let server = TestServer::start(on).await;
        let mut people = known_people(&server).await;
        people.push(server.invited_person("Fay Fox", Preset::Default).await);
        people.push(server.person_with_unproved_address("Gus Gray", Preset::Default).await);
        for (network, person) in (0..).zip(&people) {
            let stranger = stranger_to(&person.email);
            let (mut at_known, mut at_unknown) = (somewhere(&server, network), somewhere(&server, network));
            // The sixth is beyond what one person is mailed.
            for _ in 0..7 {
                let known = ask(&mut at_known, &person.email).await;
                let unknown = ask(&mut at_unknown, &stranger).await;
                assert_eq!(known.status, 200);
                assert_eq!(seen(&known, &[&person.email]), seen(&unknown, &[&stranger]), "{}", person.name);
                server.service.take_up_wishes().await.unwrap();
            }
            assert_eq!(server.mails_to(&stranger).await.len(), 0);
        }
        // Two are beyond the budget of a network, and see no other page.
        let mut browser = somewhere(&server, 100);
        for number in 0..22 {
            let reply = ask(&mut browser, &format!("nobody{number}@example.com")).await;
            assert_eq!(reply.status, 200);
        }
    }

    /// A35: before the answer there is no look at whose address it is: no hash, and one transaction for each.
    async fn atk_35_a_forgotten_password_costs_the_same_for_every_name(on: On) {
        let server = TestServer::start(on).await;
        let people = known_people(&server).await;
        // So that the worker has nothing to do, whose transactions would be counted as well.
        server.settle().await;
        let counter = TransactionCounter::start(&server).await;
        for person in people {
            for name in [person.email.as_str(), &stranger_to(&person.email)] {
                let before = (server.hash_runs(), counter.count(&server).await);
                ask(&mut server.browser(), name).await;
                let after = (server.hash_runs(), counter.count(&server).await);
                assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "{name}");
            }
        }
    }

    /// A10, A40: a mailbox gets five in an hour and ten in a day, however often and from wherever it is asked for;
    /// the newest of them works.
    async fn atk_40_a_mailbox_is_not_flooded_with_links(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        for (hour, expected) in [(0, 5), (1, 10), (2, 10)] {
            for number in 0..10 {
                forget_password(&server, &mut somewhere(&server, hour * 10 + number), &ann.email).await;
            }
            assert_eq!(reset_links(&server, &ann).await, expected, "hour {hour}");
            let link = server.link_in_mail(&ann.email, "/reset-password").await;
            assert_eq!(server.browser().goto(&link).await.status(), if hour < 2 { 200 } else { 410 });
            server.advance(AN_HOUR);
        }
        // What strangers used up is not what she may have mailed while she is signed in.
        let mut own = sign_in(&server, &ann).await;
        post(own.goto("/profile").await, "/profile/security/prove-email", &[]).await;
        server.link_in_mail(&ann.email, "/verify-email").await;
    }

    /// P4: one network asks for twenty in an hour, whoever is named; two nodes count together.
    async fn atk_40_a_network_has_twenty_links_mailed_in_an_hour(on: On) {
        let server = TestServer::start(on).await;
        let second = server.second_node().await;
        let mut people = Vec::new();
        for number in 0..5 {
            people.push(server.person(&format!("Ann {number}"), Preset::Default).await);
        }
        let mut browser = somewhere(&server, 1);
        for round in 0..5 {
            for person in &people {
                let node = if round % 2 == 0 { &server } else { &second };
                ask(&mut browser.by_way_of(node), &person.email).await;
            }
        }
        server.service.take_up_wishes().await.unwrap();
        let mut mailed = 0;
        for person in &people {
            mailed += reset_links(&server, person).await;
        }
        assert_eq!(mailed, 20);
        server.advance(AN_HOUR);
        forget_password(&server, &mut browser, &people[0].email).await;
        assert_eq!(reset_links(&server, &people[0]).await, 5);
    }

    /// P4: and all networks together as many as the operator lets, who hears of it.
    async fn atk_40_everybody_has_so_many_links_mailed_in_an_hour(on: On) {
        let mut setup = Setup::default();
        let settings = [("reset_links_hour_max", "3"), ("operator_email", "operator@example.com")];
        setup.settings.extend(settings.map(|(name, value)| (name, value.to_owned())));
        let server = setup.start(on).await;
        let mut mailed = Vec::new();
        for number in 0..5_u8 {
            let person = server.person(&format!("Ann {number}"), Preset::Default).await;
            forget_password(&server, &mut somewhere(&server, number), &person.email).await;
            mailed.push(reset_links(&server, &person).await);
        }
        assert_eq!(mailed, [1, 1, 1, 0, 0]);
        assert_eq!(server.mails_to("operator@example.com").await.len(), 1);
    }

    /// A04: two nodes take up the same wishes at the same moment, and each leads to one mail.
    async fn atk_04_a_wish_that_two_nodes_take_up_leads_to_one_mail(on: On) {
        let server = TestServer::start(on).await;
        let second = server.second_node().await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        for round in 1..=4 {
            ask(&mut server.browser(), &ann.email).await;
            let (one, other) =
                tokio::join!(server.service.take_up_wishes(), second.service.take_up_wishes());
            one.unwrap();
            other.unwrap();
            assert_eq!(reset_links(&server, &ann).await, round);
        }
    }

    /// A04: of thirty parallel uses, at two nodes, of a link for a forgotten password and of an invitation beside it,
    /// one chooses the password.
    async fn atk_04_of_many_parallel_resets_one_chooses_the_password(on: On) {
        let server = TestServer::start(on).await;
        let second = server.second_node().await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        for (round, fields) in (1..).zip([[("new_password", NEW_PASSWORD)], [("new_password", OTHER_PASSWORD)]]) {
            forget_password(&server, &mut server.browser(), &ann.email).await;
            let link = server.link_in_mail(&ann.email, "/reset-password").await;
            let crowd = crowd_before(&server, &second, (&server.browser(), &link)).await;
            let answers = post_at_once(crowd, "/reset-password", &fields).await;
            let winners = answers.iter().filter(|(_, reply)| reply.location() == Some("/sign-in")).count();
            let told: Vec<u16> = answers.iter().map(|(_, reply)| reply.status).collect();
            assert_eq!(winners, 1, "{told:?}");
            assert_eq!(server.audit_events(&ann, "password.changed").await, round);
            assert_eq!(links_used(&server, &ann, "reset_password").await, round);
        }
        sign_in(&server, &Person { password: OTHER_PASSWORD.to_owned(), ..ann }).await;
    }

    /// A65: behind the link there is the sign-in, and nothing of the answer opens a session.
    async fn atk_65_a_reset_signs_nobody_in_and_skips_no_second_factor(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await;
        let half = ann.half_signed_in(&server).await;
        let mut thief = server.browser();
        forget_password(&server, &mut thief, &ann.person.email).await;
        let link = server.link_in_mail(&ann.person.email, "/reset-password").await;
        thief.goto(&link).await;
        let reply = post(&mut thief, "/reset-password", &[("new_password", NEW_PASSWORD)]).await;
        assert_eq!((reply.status, reply.location()), (303, Some("/sign-in")));
        assert!(!gives_a_session(&reply));
        assert_eq!(thief.cookie("cs-flow"), None);
        for door in ["/profile", "/profile/security", "/sign-in/code"] {
            thief.copy_of().goto(door).await.must_be_at("/sign-in");
        }
        // What was under way before is over, the owner's sessions and a sign-in that awaits its code.
        ann.browser.copy_of().goto("/profile").await.must_be_at("/sign-in");
        half.copy_of().goto("/sign-in/code").await.must_be_at("/sign-in");
        type_password(&mut thief, &ann.person.email, NEW_PASSWORD).await;
        thief.must_be_at("/sign-in/code");
    }

    /// A67: whose password it is stands in the link and nowhere else, whatever a form says beside it.
    async fn atk_67_a_link_resets_nobody_elses_password(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let bea = server.person("Bea Birch", Preset::Default).await;
        let mut browser = server.browser();
        forget_password(&server, &mut browser, &ann.email).await;
        let link = server.link_in_mail(&ann.email, "/reset-password").await;
        browser.goto(&link).await;
        for (name, value) in [("email", bea.email.as_str()), ("user", bea.id.as_str()), ("purpose", "set_password")] {
            let fields = [("new_password", NEW_PASSWORD), (name, value)];
            assert_eq!(post(&mut browser, "/reset-password", &fields).await.status, 400, "{name}");
        }
        // Two addresses in one field are none.
        for both in [format!("{},{}", ann.email, bea.email), format!("{}\r\nbcc: {}", ann.email, bea.email)] {
            assert_eq!(ask(&mut server.browser(), &both).await.status, 422, "{both}");
        }
        browser.goto("/reset-password").await.fill("New password", NEW_PASSWORD).press("Save password").await;
        type_password(&mut browser, &bea.email, NEW_PASSWORD).await;
        browser.must_see("That email and password do not match.");
        sign_in(&server, &bea).await;
        assert_eq!(server.mails_to(&bea.email).await.len(), 0);
    }

    /// A31: a lock stays a lock: a mailbox buys no tries.
    async fn atk_31_a_reset_opens_no_lock(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut stranger = server.browser();
        for _ in 0..5 {
            type_password(&mut stranger, &ann.email, "not the password of anybody").await;
        }
        let mut own = server.browser();
        forget_password(&server, &mut own, &ann.email).await;
        own.goto(&server.link_in_mail(&ann.email, "/reset-password").await).await;
        own.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
        type_password(&mut own, &ann.email, NEW_PASSWORD).await;
        assert_eq!(own.status(), 429);
        server.advance(Duration::from_mins(5));
        type_password(&mut own, &ann.email, NEW_PASSWORD).await;
        own.must_be_at("/profile");
    }

    /// A62: whoever reads the mailbox can ask for it without any password, so it throws out no second factor, also
    /// where nobody proved the address before that was set up.
    async fn atk_62_a_reset_removes_no_second_factor(on: On) {
        let server = TestServer::start(on).await;
        let ann = Target::new(&server, "Ann Ames").await.person;
        server.change(&FORGET_PROOF, params![ann.id.as_str()]).await;
        let mut reader = server.browser();
        forget_password(&server, &mut reader, &ann.email).await;
        reader.goto(&server.link_in_mail(&ann.email, "/reset-password").await).await;
        reader.fill("New password", NEW_PASSWORD).press("Save password").await;
        type_password(&mut reader, &ann.email, NEW_PASSWORD).await;
        reader.must_be_at("/sign-in/code");
    }
}

/// A42, O-06: whatever host a request names, either it is refused or the mail that it leads to holds our links only.
#[tokio::test]
async fn atk_42_no_header_changes_where_a_link_for_a_forgotten_password_leads() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    for host in foreign_hosts(&server) {
        let status = ask_with(&server, &ann.email, ("host", &host)).await;
        assert!([400, 421].contains(&status), "{host}: {status}");
    }
    server.service.take_up_wishes().await.unwrap();
    assert_eq!(server.mails_to(&ann.email).await.len(), 0);
    for (name, value) in IGNORED_HEADERS {
        server.clock.advance(AN_HOUR);
        let person = server.person(&format!("Bea {name}"), Preset::Default).await;
        assert_eq!(ask_with(&server, &person.email, (name, value)).await, 200, "{name}");
        server.service.take_up_wishes().await.unwrap();
        must_lead_home(&server, &person).await;
    }
}

async fn ask_with(server: &TestServer, email: &str, header: (&str, &str)) -> u16 {
    let mut browser = server.browser();
    let token = browser.goto(DOOR).await.form_token();
    let body = format!("form_token={token}&email={}", email.replace('@', "%40").replace(' ', "+"));
    let form = ("content-type", "application/x-www-form-urlencoded");
    browser.send("POST", DOOR, &[header, form], body.into_bytes()).await.status
}

static RESET_LINKS: Sql =
    Sql::new("SELECT COUNT(*) FROM links WHERE user_id = $1 AND purpose = 'reset_password'");
static FORGET_PROOF: Sql = Sql::new("UPDATE users SET email_verified_at = NULL WHERE id = $1");
