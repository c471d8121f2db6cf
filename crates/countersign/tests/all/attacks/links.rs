//! Links that are mailed: where they lead, what looking at them does, who can use them, and how often.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};
use countersign_store::{Sql, params};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    target::{AN_HOUR, post, post_at_once},
    texted::{Texted, links_used},
};
use crate::harness::{
    Browser, On, Person, TestServer, enroll_phone, forget_password, sign_in, type_password,
};

const ANNS: &str = "+15125550134";
const BEAS: &str = "+12125550187";
const PROVE_EMAIL: &str = "/profile/security/prove-email";
const NEW_PASSWORD: &str = "violet kettle hums at dawn";
/// So long a proved address lets its person set up the first second factor.
const PROOF_LASTS: Duration = Duration::from_hours(14 * 24);
/// Headers by which some programs let themselves be told another address of their own.
pub(super) const IGNORED_HEADERS: [(&str, &str); 16] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "javascript"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-prefix", "//evil.example"),
    ("x-forwarded-for", "evil.example"),
    ("forwarded", "host=evil.example;proto=https"),
    ("x-host", "evil.example"),
    ("x-original-host", "evil.example"),
    ("x-http-host-override", "evil.example"),
    ("x-original-url", "https://evil.example/"),
    ("x-rewrite-url", "https://evil.example/"),
    ("referer", "https://evil.example/"),
    ("base-url", "https://evil.example/"),
    ("x-real-ip", "evil.example"),
    ("via", "1.1 evil.example"),
];

/// The four links of one person, as paths with their tokens, and a browser in which all of them are good.
struct Mailed {
    ann: Texted,
    set_password: String,
    reset_password: String,
    verify_email: String,
    not_me: String,
}

impl Mailed {
    async fn to(server: &TestServer, name: &str) -> Self {
        let ann = Texted::new(server, name, ANNS).await;
        let email = &ann.person.email;
        let mut own = ann.browser.copy_of();
        post(own.goto("/profile").await, PROVE_EMAIL, &[]).await;
        invite(server, &ann.person).await;
        forget_password(server, &mut server.browser(), email).await;
        Self {
            reset_password: server.link_in_mail(email, "/reset-password").await,
            set_password: server.link_in_mail(email, "/set-password").await,
            verify_email: server.link_in_mail(email, "/verify-email").await,
            not_me: server.link_in_mail(email, "/not-me").await,
            ann,
        }
    }

    fn all(&self) -> [&str; 4] {
        [&self.set_password, &self.reset_password, &self.verify_email, &self.not_me]
    }

    async fn used(&self, server: &TestServer) -> i64 {
        let mut used = 0;
        for purpose in ["set_password", "reset_password", "verify_email", "not_me"] {
            used += links_used(server, &self.ann.person, purpose).await;
        }
        used
    }
}

on_both_databases! {
    /// A04: of thirty uses of one link at the same moment, at two nodes, one does what it is for.
    async fn atk_04_thirty_parallel_uses_of_a_link_do_it_once(on: On) {
        let server = TestServer::first_node(on).await;
        let second = server.second_node().await;
        let mailed = Mailed::to(&server, "Ann Ames").await;
        // Last the one that ends the session in which the second is good.
        for (link, done, event) in [
            (&mailed.verify_email, 303, "email.verified"),
            (&mailed.not_me, 200, "account.not_me"),
        ] {
            let crowd = crowd_before(&server, &second, (&mailed.ann.browser, link)).await;
            let answers = post_at_once(crowd, page_of(link), &[]).await;
            let winners = answers.iter().filter(|(_, reply)| reply.status == done).count();
            let told: Vec<u16> = answers.iter().map(|(_, reply)| reply.status).collect();
            assert_eq!(winners, 1, "{link}: {told:?}");
            assert_eq!(server.audit_events(&mailed.ann.person, event).await, 1);
        }
        // "This was not me" mailed a newer one.
        let link = server.link_in_mail(&mailed.ann.person.email, "/set-password").await;
        assert_ne!(link, mailed.set_password);
        let crowd = crowd_before(&server, &second, (&server.browser(), &link)).await;
        let answers = post_at_once(crowd, "/set-password", &[("new_password", NEW_PASSWORD)]).await;
        assert_eq!(answers.iter().filter(|(_, reply)| reply.location() == Some("/sign-in")).count(), 1);
        assert_eq!(server.audit_events(&mailed.ann.person, "password.changed").await, 1);
        assert_eq!(links_used(&server, &mailed.ann.person, "reset_password").await, 0, "it died with that");
    }

    /// A43: programs that open every link, however they ask, use none up; pressing the button does, once.
    async fn atk_43_looking_at_a_link_uses_nothing_up(on: On) {
        let server = TestServer::start(on).await;
        let mailed = Mailed::to(&server, "Ann Ames").await;
        let looks: [(&str, &[(&str, &str)]); 7] = [
            ("GET", &[]),
            ("HEAD", &[]),
            ("OPTIONS", &[]),
            ("GET", &[("purpose", "prefetch"), ("sec-purpose", "prefetch;prerender")]),
            ("GET", &[("user-agent", "Mozilla/5.0 (compatible; SafeLinks/1.0; +https://scan.example)")]),
            ("GET", &[("sec-fetch-site", "cross-site"), ("referer", "https://mail.example/")]),
            ("POST", &[("content-type", "application/x-www-form-urlencoded"), ("origin", "https://scan.example")]),
        ];
        for link in mailed.all() {
            for (method, headers) in looks {
                for mut visitor in [server.browser(), mailed.ann.browser.copy_of()] {
                    let reply = visitor.send(method, link, headers, Vec::new()).await;
                    assert!([303, 403, 405, 410].contains(&reply.status), "{method} {link}: {}", reply.status);
                    visitor.goto(reply.location().unwrap_or(link)).await;
                }
            }
        }
        assert_eq!(mailed.used(&server).await, 0);
        mailed.ann.browser.copy_of().goto("/profile").await.must_be_at("/profile");

        let mut own = mailed.ann.browser.copy_of();
        own.goto(&mailed.verify_email).await.press("Confirm this address").await;
        own.must_see("Your email address is confirmed.");
        let mut stranger = server.browser();
        stranger.goto(&mailed.set_password).await.fill("New password", NEW_PASSWORD);
        stranger.press("Save password").await.must_see("Your password is saved.");
        stranger.goto(&mailed.not_me).await.press("This was not me").await.must_see("Your account is shut");
        assert_eq!(mailed.used(&server).await, 3);
        for link in mailed.all() {
            assert_eq!(own.goto(link).await.status(), 410, "{link}");
            let mut again = server.browser();
            again.goto("/sign-in").await.set_cookie(cookie_of(link), token_of(link));
            assert_eq!(post(&mut again, page_of(link), fields_of(page_of(link))).await.status, 410, "{link}");
        }
    }

    /// A43: a link ends with its time, to the millisecond, and a newer one of its kind ends it at once.
    async fn atk_43_a_link_is_good_for_its_time_only(on: On) {
        let server = TestServer::start(on).await;
        let mailed = Mailed::to(&server, "Ann Ames").await;
        let mut stranger = server.browser();
        let a_millisecond = Duration::from_millis(1);
        server.clock.advance(Duration::from_hours(24).checked_sub(a_millisecond).unwrap());
        assert_eq!(stranger.goto(&mailed.set_password).await.status(), 200);
        server.clock.advance(a_millisecond);
        assert_eq!(stranger.goto(&mailed.set_password).await.status(), 410);
        assert_eq!(stranger.goto(&mailed.not_me).await.status(), 200, "a notice may be read after a weekend");
        server.clock.advance(Duration::from_hours(48));
        assert_eq!(stranger.goto(&mailed.not_me).await.status(), 410);

        invite(&server, &mailed.ann.person).await;
        let first = server.link_in_mail(&mailed.ann.person.email, "/set-password").await;
        invite(&server, &mailed.ann.person).await;
        assert_eq!(stranger.goto(&first).await.status(), 410);
        let token = token_of(&first).to_owned();
        for spelled in ["", "x", &token[..token.len() - 1], &format!("{token}A"), &token.to_uppercase()] {
            let spelled = format!("/set-password?token={spelled}");
            assert_eq!(stranger.goto(&spelled).await.status(), 410, "{spelled}");
        }
    }

    /// A13: a token of one kind is none of another, and a person's own link does nothing to somebody else.
    async fn atk_13_a_link_is_good_for_its_own_purpose_and_person(on: On) {
        let server = TestServer::start(on).await;
        let mailed = Mailed::to(&server, "Ann Ames").await;
        for page in mailed.all().map(page_of) {
            for other in mailed.all().into_iter().filter(|link| page_of(link) != page) {
                let crossed = format!("{page}?token={}", token_of(other));
                assert_eq!(mailed.ann.browser.copy_of().goto(&crossed).await.status(), 410, "{crossed}");
                let mut own = mailed.ann.browser.copy_of();
                own.goto("/profile").await.set_cookie(cookie_of(page), token_of(other));
                assert_eq!(post(&mut own, page, fields_of(page)).await.status, 410, "{crossed}");
            }
        }
        // The address of Ann is not proved in the session of Bea, nor that of Bea by Ann's link.
        let bea = server.person("Bea Birch", Preset::Default).await;
        let mut beas = sign_in(&server, &bea).await;
        assert_eq!(beas.goto(&mailed.verify_email).await.status(), 410);
        assert_eq!(post(beas.goto("/profile").await, "/verify-email", &[]).await.status, 410);
        assert_eq!(mailed.used(&server).await, 0);
    }

    /// A58: under the default policy, who knows the password of somebody without a second factor binds none.
    async fn atk_58_a_password_thief_binds_nothing_under_the_default_policy(on: On) {
        let server = TestServer::start(on).await;
        let never = server.person_with_unproved_address("Ann Ames", Preset::Default).await;
        let long_ago = server.person("Bea Birch", Preset::Default).await;
        server.clock.advance(PROOF_LASTS + Duration::from_millis(1));
        for person in [&never, &long_ago] {
            let mut thief = sign_in(&server, person).await;
            thief.goto("/profile/security").await.press("Two-factor authentication").await;
            thief.must_see("First confirm your email address");
            let reply = post(&mut thief, "/profile/security/turn-on", &[("password", &person.password)]).await;
            assert_eq!(reply.status, 403, "{}", reply.text());
            for (door, field) in [
                ("/profile/security/method", ("method", "app")),
                ("/profile/security/phone", ("phone", ANNS)),
                ("/profile/security/change", ("password", person.password.as_str())),
            ] {
                let reply = post(&mut thief, door, &[field]).await;
                assert!(!reply.text().contains("Manual key") && reply.status != 200, "{door}: {}", reply.status);
            }
            assert_eq!(server.audit_events(person, "enrollment.started").await, 0);
            post(&mut thief, PROVE_EMAIL, &[]).await;

            // The owner finds a mail, opens it where they are, and that is no help to the thief.
            let page = if person.id == never.id { "/set-password" } else { "/verify-email" };
            let link = server.link_in_mail(&person.email, page).await;
            let mut owner = server.browser();
            owner.goto(&link).await;
            if person.id == never.id {
                owner.fill("New password", NEW_PASSWORD).press("Save password").await;
                thief.goto("/profile").await.must_be_at("/sign-in");
                type_password(&mut thief, &person.email, &person.password).await;
                thief.must_be_at("/sign-in");
            } else {
                assert_eq!(owner.status(), 410);
                sign_in(&server, person).await.goto(&link).await.must_see("This link does not work here");
                let reply =
                    post(&mut thief, "/profile/security/turn-on", &[("password", &person.password)]).await;
                assert_eq!(reply.status, 403);
            }
        }
        assert_eq!(server.texts_to(ANNS).await.len(), 0);
    }

    /// A58: a proof of the address opens the set-up to the session that asked for it, for fourteen days.
    async fn atk_58_a_proof_of_the_address_opens_the_set_up_for_fourteen_days(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        server.clock.advance(PROOF_LASTS + Duration::from_millis(1));
        let mut own = sign_in(&server, &ann).await;
        post(own.goto("/profile").await, PROVE_EMAIL, &[]).await;
        let link = server.link_in_mail(&ann.email, "/verify-email").await;
        own.goto(&link).await.press("Confirm this address").await;
        server.clock.advance(PROOF_LASTS);
        let mut later = sign_in(&server, &ann).await;
        later.goto("/profile/security").await.press("Two-factor authentication").await;
        assert!(later.page().has_field("Password"));
        server.clock.advance(Duration::from_millis(1));
        later.goto("/profile/security/turn-on").await.must_see("First confirm your email address");
    }

    /// A58: where a document lets each person turn it on by the password alone, its owner is told, and the
    /// link in that mail shuts the thief out: the phone as well as the password.
    async fn atk_58_the_notice_shuts_a_thief_out_where_a_password_is_enough(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut thief = sign_in(&server, &ann).await;
        enroll_phone(&server, &mut thief, &ann, ANNS).await;
        let mut owner = server.browser();
        owner.goto(&server.link_in_mail(&ann.email, "/not-me").await).await.press("This was not me").await;
        thief.goto("/profile").await.must_be_at("/sign-in");
        type_password(&mut thief, &ann.email, &ann.password).await;
        assert_eq!(thief.status(), 422, "the password is locked");
        owner.goto(&server.link_in_mail(&ann.email, "/set-password").await).await;
        owner.fill("New password", NEW_PASSWORD).press("Save password").await;
        let texts_before = server.texts_to(ANNS).await.len();
        type_password(&mut owner, &ann.email, NEW_PASSWORD).await;
        assert_eq!(owner.status(), 403, "the thief's phone is blocked, and nobody gets past it by mail alone");
        assert_eq!(server.texts_to(ANNS).await.len(), texts_before);
    }

    /// A62: before the address was proved nobody binds anything, under whichever preset; and when its owner
    /// comes, the password and the sessions of before are over.
    async fn atk_62_nothing_of_before_the_owner_came_is_left(on: On) {
        let server = TestServer::start(on).await;
        for (name, preset) in [("Ann Ames", Preset::PerUser), ("Bea Birch", Preset::Default)] {
            let person = server.person_with_unproved_address(name, preset).await;
            let mut planter = sign_in(&server, &person).await;
            planter.goto("/profile/security").await;
            let password = [("password", person.password.as_str())];
            assert_eq!(post(&mut planter, "/profile/security/turn-on", &password).await.status, 403);
            for (door, field) in [
                ("/profile/security/phone", ("phone", ANNS)),
                ("/profile/security/method", ("method", "app")),
            ] {
                let reply = post(&mut planter, door, &[field]).await;
                assert!([303, 409].contains(&reply.status), "there is no set-up: {door} {}", reply.status);
            }
            assert_eq!(server.audit_events(&person, "enrollment.started").await, 0);

            invite(&server, &person).await;
            let mut owner = server.browser();
            owner.goto(&server.link_in_mail(&person.email, "/set-password").await).await;
            owner.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
            planter.goto("/profile").await.must_be_at("/sign-in");
            type_password(&mut planter, &person.email, &person.password).await;
            planter.must_be_at("/sign-in");
            type_password(&mut owner, &person.email, NEW_PASSWORD).await;
            owner.goto("/profile/security").await.must_see("Nothing is set up yet.");
            let proved = Person { password: NEW_PASSWORD.to_owned(), ..person };
            enroll_phone(&server, &mut owner, &proved, if name == "Ann Ames" { ANNS } else { BEAS }).await;
        }
    }

    /// A62: what the owner set up after proving the address stays: a mailbox alone gets past no second factor.
    async fn atk_62_a_mailbox_alone_removes_no_second_factor(on: On) {
        let server = TestServer::start(on).await;
        let ann = Texted::new(&server, "Ann Ames", ANNS).await;
        invite(&server, &ann.person).await;
        let mut reader = server.browser();
        reader.goto(&server.link_in_mail(&ann.person.email, "/set-password").await).await;
        reader.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
        type_password(&mut reader, &ann.person.email, NEW_PASSWORD).await;
        reader.must_be_at("/sign-in/code");
        assert_eq!(server.notices(&ann.person, "password_changed").await, 1);
        ann.browser.copy_of().goto("/profile").await.must_be_at("/sign-in");
    }

    /// A62: nor by saying "this was not me", also where nobody proved the address before the factor was set
    /// up: whoever reads the mailbox can have such a notice sent without any password.
    async fn atk_62_not_me_by_a_mailbox_alone_removes_no_second_factor(on: On) {
        let server = TestServer::start(on).await;
        for (name, number, is_proved) in [("Ann Ames", ANNS, true), ("Bea Birch", BEAS, false)] {
            let person = Texted::new(&server, name, number).await.person;
            if !is_proved {
                // As of an account that was made when addresses were not proved yet.
                server.change(&FORGET_PROOF, params![person.id.as_str()]).await;
            }
            server.advance(Duration::from_mins(1));
            let mut reader = server.browser();
            for _ in 0..5 {
                type_password(&mut reader, &person.email, "not the password").await;
            }
            let not_me = server.link_in_mail(&person.email, "/not-me").await;
            reader.goto(&not_me).await.press("This was not me").await;
            reader.goto(&server.link_in_mail(&person.email, "/set-password").await).await;
            reader.fill("New password", NEW_PASSWORD).press("Save password").await;
            server.advance(Duration::from_mins(5));
            type_password(&mut reader, &person.email, NEW_PASSWORD).await;
            reader.must_be_at("/sign-in/code");
        }
    }
}

/// A42: whatever host a request names, either it is refused or the mail that it leads to holds our links only.
#[tokio::test]
async fn atk_42_no_header_changes_where_links_lead() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut own = sign_in(&server, &ann).await;
    for host in foreign_hosts(&server) {
        let reply = send_link(&mut own, &[("host", &host)]).await;
        assert!([400, 421].contains(&reply), "{host}: {reply}");
    }
    assert_eq!(server.mails_to(&ann.email).await.len(), 0);

    for (name, value) in IGNORED_HEADERS {
        server.clock.advance(AN_HOUR);
        let person = server.person(&format!("Bea {name}"), Preset::Default).await;
        let mut browser = sign_in(&server, &person).await;
        assert_eq!(send_link(&mut browser, &[(name, value)]).await, 303, "{name}");
        must_lead_home(&server, &person).await;
    }
}

/// A42: nor does an address in the first line, or a second host.
#[tokio::test]
async fn atk_42_an_address_in_the_request_line_changes_no_link() {
    let server = TestServer::start(On::Sqlite).await;
    let ours = server.public_url().trim_start_matches("http://").to_owned();
    let ann = server.person("Ann Ames", Preset::Default).await;
    let own = sign_in(&server, &ann).await;
    for (target, hosts) in [
        ("http://evil.example/profile/security/prove-email", vec![ours.as_str()]),
        ("http://evil.example/profile/security/prove-email", vec!["evil.example"]),
        (PROVE_EMAIL, vec![ours.as_str(), "evil.example"]),
        (PROVE_EMAIL, vec!["evil.example", ours.as_str()]),
        (PROVE_EMAIL, vec![]),
        ("//evil.example/profile/security/prove-email", vec![ours.as_str()]),
    ] {
        let status = raw_post(&server, &own, target, &hosts).await;
        assert!([400, 404, 421].contains(&status), "{target} {hosts:?}: {status}");
    }
    assert_eq!(server.mails_to(&ann.email).await.len(), 0);
    let absolute = format!("http://{ours}{PROVE_EMAIL}");
    assert_eq!(raw_post(&server, &own, &absolute, &[&ours]).await, 303, "our own address is no other one");
    must_lead_home(&server, &ann).await;
}

/// Hosts that are not ours, however much they look like it.
pub(super) fn foreign_hosts(server: &TestServer) -> [String; 11] {
    let ours = server.public_url().trim_start_matches("http://").to_owned();
    let port = server.address().port();
    [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "localhost".to_owned(),
        "localhost:1".to_owned(),
        format!("localhost.evil.example:{port}"),
        format!("evil.example@localhost:{port}"),
        format!("localhost:{port}.evil.example"),
        format!("localhost:{port}, evil.example"),
        format!("127.0.0.1:{port}"),
        format!("localhost.:{port}"),
        format!("{ours}/evil"),
    ]
}

/// Every address in the mails to a person is ours.
pub(super) async fn must_lead_home(server: &TestServer, person: &Person) {
    let mails = server.mails_to(&person.email).await;
    assert!(!mails.is_empty());
    for mail in mails {
        let html = mail.rendered.html.unwrap();
        for text in [&mail.rendered.text, &html] {
            assert!(!text.contains("evil.example") && !text.contains(":666"), "{text}");
            let addresses = text.match_indices("://").map(|(at, _)| &text[at.saturating_sub(5)..]);
            for address in addresses.filter_map(|address| address.find("http").map(|at| &address[at..])) {
                assert!(address.starts_with(&format!("{}/", server.public_url())), "{address}");
            }
        }
    }
}

/// Asks for a link that proves the address, with a form that is in order.
async fn send_link(browser: &mut Browser, headers: &[(&str, &str)]) -> u16 {
    let body = format!("form_token={}", browser.goto("/profile").await.form_token());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    browser.send("POST", PROVE_EMAIL, &[headers, &form].concat(), body.into_bytes()).await.status
}

/// The same with a request line and hosts that no client would write.
async fn raw_post(server: &TestServer, browser: &Browser, target: &str, hosts: &[&str]) -> u16 {
    let body = format!("form_token={}", browser.form_token());
    let hosts: Vec<String> = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
    let hosts = hosts.concat();
    let cookies =
        ["cs", "cs-form"].map(|name| format!("{name}={}", browser.cookie(name).unwrap())).join("; ");
    let request = format!(
        "POST {target} HTTP/1.1\r\n{hosts}cookie: {cookies}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len(),
    );
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).unwrap_or_default().parse().unwrap()
}

async fn invite(server: &TestServer, person: &Person) {
    server.service.invite(EmailAddress::parse(&person.email).unwrap()).await.unwrap();
}

fn page_of(link: &str) -> &'static str {
    let page = link.split('?').next().unwrap_or_default();
    ["/set-password", "/reset-password", "/verify-email", "/not-me"]
        .into_iter()
        .find(|known| *known == page)
        .unwrap()
}

fn token_of(link: &str) -> &str {
    link.split_once("?token=").unwrap().1
}

/// Where the browser keeps the token while its page is shown.
fn cookie_of(link: &str) -> &'static str {
    match page_of(link) {
        "/set-password" => "cs-set-password",
        "/reset-password" => "cs-reset-password",
        "/verify-email" => "cs-verify-email",
        _ => "cs-not-me",
    }
}

/// What the form of a page sends.
fn fields_of(page: &str) -> &'static [(&'static str, &'static str)] {
    if ["/set-password", "/reset-password"].contains(&page) { &[("new_password", NEW_PASSWORD)] } else { &[] }
}

/// Thirty windows of one browser on the page of a link, half of them by way of the second node.
pub(super) async fn crowd_before(
    server: &TestServer,
    second: &TestServer,
    (browser, link): (&Browser, &str),
) -> Vec<Browser> {
    let mut browser = browser.copy_of();
    assert_eq!(browser.goto(link).await.status(), 200, "{}", server.public_url());
    (0..30)
        .map(|number| if number % 2 == 0 { browser.copy_of() } else { browser.by_way_of(second) })
        .collect()
}

static FORGET_PROOF: Sql = Sql::new("UPDATE users SET email_verified_at = NULL WHERE id = $1");
