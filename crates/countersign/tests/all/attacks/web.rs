//! What other sites, planted texts and oversized requests can do through a browser: nothing.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use countersign_core::{
    authenticator::password::Password, organization::Role, policy::presets::Preset, user::EmailAddress,
};
use countersign_service::people::{FirstAccess, PersonToAdd};
use countersign_store::{Sql, params};
use countersign_web::router::{Access, Door, doors};
use scraper::{Html, Selector};

use crate::harness::{
    Browser, On, Person, Phone, Reply, Setup, TestServer, enroll_app, forget_password, operator, sign_in,
    sign_in_with_app, type_password,
};

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Every field of a form with what would make it succeed, but for the form token.
fn fields_of(door: &Door, victim: &Victim) -> String {
    let Victim { person, code, operators_code, .. } = victim;
    let encode = |fields: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let password = ("password", person.password.as_str());
    match door.path {
        "/sign-in" => encode(&[("email", &person.email), password]),
        "/sign-in/code"
        | "/profile/security/app/confirm"
        | "/profile/security/phone/confirm"
        | "/profile/security/email/confirm" => encode(&[("code", code)]),
        "/profile/security/turn-on" => encode(&[password]),
        "/profile/security/method" => encode(&[("method", "app")]),
        "/profile/security/turn-off"
        | "/profile/security/change"
        | "/profile/security/backup-codes/create"
        | "/profile/security/recovery-key/create" => encode(&[password, ("code", code)]),
        "/profile/password" => {
            encode(&[password, ("code", code), ("new_password", "violet kettle hums at dawn")])
        }
        "/profile/security/phone" => encode(&[("phone", "+15125550134")]),
        "/sign-in/code/send" => encode(&[("by", "sms")]),
        "/profile/security/send-code" => encode(&[("act", "turn_off"), ("by", "sms")]),
        "/forgot-password" => encode(&[("email", &person.email)]),
        "/set-password" | "/reset-password" => encode(&[("new_password", "violet kettle hums at dawn")]),
        "/profile/security/end-session" => encode(&[("session", "ses_1")]),
        "/operator/organizations/add" => encode(&[("name", "Quietline"), ("preset", "default")]),
        "/operator/organizations/{organization}/two-factor" => {
            encode(&[("available", "on"), ("code", operators_code)])
        }
        "/operator/users/{user}/reset" => {
            encode(&[("method", "phone"), ("reason", "lost the phone"), ("code", operators_code)])
        }
        "/operator/users/{user}/reset/send-code" => encode(&[("method", "phone")]),
        "/operator/set-up" => encode(&OPERATOR),
        "/operator/set-up/app" => encode(&[("code", "123456")]),
        "/operator/delivery/retry" => encode(&[("message", "msg_1")]),
        "/operator/organizations/{organization}/two-factor/send-code"
        | "/operator/users/{user}/unlock"
        | "/operator/users/{user}/sign-out"
        | "/profile/security/end-sessions"
        | "/profile/security/app"
        | "/profile/security/cancel"
        | "/profile/security/phone/send"
        | "/profile/security/email"
        | "/profile/security/email/send"
        | "/profile/security/prove-email"
        | "/not-me"
        | "/unlock"
        | "/verify-email"
        | "/sign-in/recovered"
        | "/profile/security/recovery-key"
        | "/profile/security/backup-codes"
        | "/sign-out" => String::new(),
        _ => panic!("say here what {} {} asks for", door.method, door.path),
    }
}

const OPERATOR: [(&str, &str); 3] =
    [("name", "Nell New"), ("email", "nell@example.com"), ("new_password", "violet kettle hums at dawn")];

/// Somebody with two-factor authentication on, signed in and half signed in, with a code that is still good, who
/// opened a mailed link of each kind, and is about to become an operator as somebody else; and an operator.
pub(super) struct Victim {
    person: Person,
    code: String,
    signed_in: Browser,
    half: Browser,
    /// Of somebody who runs the installation, for the doors that are open to nobody else.
    operating: Browser,
    operators_code: String,
}

impl Victim {
    pub(super) async fn of(server: &TestServer) -> Self {
        Self::named(server, "Ann Ames").await
    }

    pub(super) async fn named(server: &TestServer, name: &str) -> Self {
        let person = server.person(name, Preset::Default).await;
        let phone = enroll_app(server, &mut sign_in(server, &person).await, &person).await;
        let mut signed_in = sign_in_with_app(server, &person, &phone).await;
        server.clock.advance(Duration::from_secs(30));
        let mut half = server.browser();
        // A lock by strangers must not end this sign-in.
        half.set_cookie("cs-known", signed_in.cookie("cs-known").unwrap());
        type_password(&mut half, &person.email, &person.password).await;
        let links = mailed_links(server, &person, &mut signed_in).await;
        for link in links {
            signed_in.goto(&link).await;
            half.goto(&link).await;
        }
        // With the first operator the open links end.
        let (cleo, her_app) = operator(server, &format!("Cleo for {name}")).await;
        half.goto(&operator_link(server).await).await;
        let [(_, nell), (_, email), (_, password)] = OPERATOR;
        half.fill("Name", nell).fill("Email", email).fill("New password", password).press("Next").await;
        half.must_be_at("/operator/set-up/app");
        signed_in.goto("/profile").await;
        half.goto("/sign-in/code").await;
        let mut operating = sign_in_with_app(server, &cleo, &her_app).await;
        operating.goto("/operator").await;
        server.clock.advance(Duration::from_secs(30));
        let (code, operators_code) = (phone.code(&server.clock), her_app.code(&server.clock));
        Self { person, code, signed_in, half, operating, operators_code }
    }

    /// A copy of the browser to which this door is open, and a form token that fits it.
    pub(super) fn at(&self, door: &Door) -> (Browser, String) {
        // That link is good in the session that asked for it.
        let is_for_signed_in = door.access == Access::Session || door.path == "/verify-email";
        let browser = match door.access {
            Access::Operator => &self.operating,
            _ if is_for_signed_in => &self.signed_in,
            _ => &self.half,
        };
        (browser.copy_of(), browser.form_token())
    }

    /// What they type and hold, none of which may be told to anybody.
    pub(super) fn secrets(&self) -> Vec<String> {
        let held = [&self.signed_in, &self.half, &self.operating].into_iter().flat_map(Browser::cookies);
        let held = held.map(str::to_owned);
        let typed = [&self.person.password, &self.code, &self.person.email, &self.operators_code];
        let typed = typed.map(String::clone);
        // One letter, by which a page knows what to say, is no secret.
        typed.into_iter().chain(held).filter(|secret| secret.len() > 5).collect()
    }

    pub(super) fn filled_form(&self, door: &Door, token: &str) -> Vec<u8> {
        format!("form_token={token}&{}", fields_of(door, self)).into_bytes()
    }
}

/// Prints a link on the console, and answers where it leads.
async fn operator_link(server: &TestServer) -> String {
    let token = server.service.invite_operator().await.unwrap();
    format!("/operator/set-up?token={}", token.expose_text())
}

/// Has a link of each kind mailed, and answers where they lead.
async fn mailed_links(server: &TestServer, person: &Person, signed_in: &mut Browser) -> Vec<String> {
    let token = signed_in.form_token();
    signed_in.post_form("/profile/security/prove-email", &[("form_token", &token)]).await;
    server.service.invite(EmailAddress::parse(&person.email).unwrap()).await.unwrap();
    let mut stranger = server.browser();
    for _ in 0..5 {
        type_password(&mut stranger, &person.email, "not the password of anybody").await;
    }
    let mut links = Vec::new();
    // Each from another network: one alone may ask for twenty.
    let network = server.number(&COUNT_WISHES, params![]).await.to_le_bytes()[0];
    let mut forgetful = server.browser_from(IpAddr::V4(Ipv4Addr::new(127, 1, network, 1)));
    forget_password(server, &mut forgetful, &person.email).await;
    for page in ["/set-password", "/reset-password", "/verify-email", "/not-me", "/unlock"] {
        links.push(server.link_in_mail(&person.email, page).await);
    }
    links
}

/// Doors for forms. Gateways send none, and prove who they are in other ways.
pub(super) fn unsafe_doors() -> Vec<Door> {
    let all = doors().into_iter();
    all.filter(|door| door.method != "GET" && door.access != Access::Gateway).collect()
}

#[track_caller]
pub(super) fn must_be_refused(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    assert_eq!(reply.location(), None, "{what}");
    let cookies = reply.headers.get_all("set-cookie").iter();
    for cookie in cookies.map(|cookie| cookie.to_str().unwrap()) {
        assert!(cookie.starts_with("cs-form="), "{what} sets {cookie}");
    }
}

on_both_databases! {
    /// A79: no form can be sent by another site, by a text or JSON body, or by another method.
    async fn atk_79_no_other_site_can_send_a_form(on: On) {
        let server = TestServer::start(on).await;
        let victim = Victim::of(&server).await;
        let everything_before = server.number(&COUNT_EVENTS, params![]).await;
        let ours = server.public_url();
        for door in unsafe_doors() {
            let (mut browser, token) = victim.at(&door);
            let filled = victim.filled_form(&door, &token);
            let from: [&[(&str, &str)]; 9] = [
                &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
                &[("sec-fetch-site", "cross-site"), ("origin", ours)],
                &[("sec-fetch-site", "same-site"), ("origin", ours)],
                &[("sec-fetch-site", "cross-site"), ("origin", "null")],
                &[("origin", "https://evil.example")],
                &[("origin", "http://localhost")],
                &[("origin", "http://localhost.evil.example")],
                &[("origin", "null")],
                &[("origin", "")],
            ];
            for headers in from {
                let headers = [headers, &[("content-type", FORM)]].concat();
                let reply = browser.send("POST", door.path, &headers, filled.clone()).await;
                must_be_refused(&reply, 403, &format!("{} {headers:?}", door.path));
                assert!(reply.text().contains("form-foreign"), "{}", door.path);
            }
            let mallory = server.browser().goto("/sign-in").await.form_token();
            for planted in ["", &mallory, "x", &token[..42], &format!("{token}A")] {
                let body = victim.filled_form(&door, planted);
                let same_origin = [("content-type", FORM), ("origin", ours), ("sec-fetch-site", "same-origin")];
                let without = fields_of(&door, &victim).into_bytes();
                for body in [body, without] {
                    let reply = browser.send("POST", door.path, &same_origin, body).await;
                    must_be_refused(&reply, 403, &format!("{} token {planted}", door.path));
                    let is_stale = ["form-stale", "Type your password again.", "please do it once more"];
                    assert!(is_stale.iter().any(|words| reply.text().contains(words)), "{}", reply.text());
                }
            }
            for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
                let reply = browser.send("POST", door.path, &[("content-type", kind)], filled.clone()).await;
                must_be_refused(&reply, 415, &format!("{} as {kind}", door.path));
            }
        }
        assert_eq!(server.number(&COUNT_EVENTS, params![]).await, everything_before, "something was done");
        victim.signed_in.copy_of().goto("/profile").await.must_be_at("/profile");
    }

    /// A79: a method that is written elsewhere than in the first line changes nothing.
    async fn atk_79_a_method_cannot_be_overridden(on: On) {
        let server = TestServer::start(on).await;
        let victim = Victim::of(&server).await;
        let everything_before = server.number(&COUNT_EVENTS, params![]).await;
        let overrides = ["x-http-method-override", "x-http-method", "x-method-override"];
        for door in unsafe_doors() {
            let (mut browser, token) = victim.at(&door);
            let body = victim.filled_form(&door, &token);
            let query = String::from_utf8(body.clone()).unwrap();
            for header in overrides {
                let path = format!("{}?_method=POST&{query}", door.path);
                let headers = [(header, "POST"), ("content-type", FORM)];
                let reply = browser.send("GET", &path, &headers, body.clone()).await;
                assert!([200, 303, 404, 405, 410].contains(&reply.status), "{path}: {}", reply.status);
            }
            for method in ["PUT", "DELETE", "PATCH"] {
                let reply = browser.send(method, door.path, &[("content-type", FORM)], body.clone()).await;
                must_be_refused(&reply, 405, &format!("{method} {}", door.path));
            }
            let with_method = [&body[..], b"&_method=DELETE"].concat();
            let reply = browser.send("POST", door.path, &[("content-type", FORM)], with_method).await;
            must_be_refused(&reply, 400, door.path);
        }
        assert_eq!(server.number(&COUNT_EVENTS, params![]).await, everything_before, "something was done");
    }

    /// A80: nobody is signed in to the attacker's account: the form belongs to the browser that was shown it.
    async fn atk_80_an_attacker_cannot_sign_a_victim_in(on: On) {
        let server = TestServer::start(on).await;
        let mallory = server.person("Mal Lory", Preset::Default).await;
        let mut attacking = server.browser();
        let token = attacking.goto("/sign-in").await.form_token();
        let mut victim = server.browser();
        victim.goto("/sign-in").await;
        let fields = [
            ("form_token", token.as_str()),
            ("email", mallory.email.as_str()),
            ("password", mallory.password.as_str()),
        ];
        let reply = victim.post_form("/sign-in", &fields).await;
        must_be_refused(&reply, 403, "the form of another browser");
        // Even with the attacker's own nonce planted, the request still comes from another site.
        let mut planted = server.browser();
        planted.set_cookie("cs-form", attacking.cookie("cs-form").unwrap());
        let body = format!("form_token={token}&email={}&password={}", mallory.email, mallory.password.replace(' ', "+"));
        for headers in [[("sec-fetch-site", "cross-site"), ("content-type", FORM)], [("origin", "null"), ("content-type", FORM)]] {
            let reply = planted.send("POST", "/sign-in", &headers, body.clone().into_bytes()).await;
            must_be_refused(&reply, 403, "a planted nonce");
        }
        assert_eq!((victim.cookie("cs"), planted.cookie("cs")), (None, None));
        assert_eq!(server.audit_events(&mallory, "sign_in.signed_in").await, 0);
        assert_eq!(attacking.post_form("/sign-in", &fields).await.location(), Some("/profile"));
    }
}

/// One answer of every kind that shows a page, errors among them.
async fn html_answers(server: &TestServer) -> Vec<(String, Reply)> {
    let victim = Victim::of(server).await;
    let mut answers = Vec::new();
    for door in doors() {
        for caller in [&server.browser(), &victim.half, &victim.signed_in] {
            let reply = caller.copy_of().send(door.method.as_str(), door.path, &[], Vec::new()).await;
            answers.push((format!("{} {}", door.method, door.path), reply));
        }
    }
    let mut browser = server.browser();
    let token = browser.goto("/sign-in").await.form_token();
    let form = [("content-type", FORM)];
    let with = |fields: &str| format!("form_token={token}&{fields}").into_bytes();
    for (path, headers, body) in [
        ("/nowhere", &form, Vec::new()),
        ("/sign-in", &[("host", "evil.example")], Vec::new()),
        ("/sign-in", &[("origin", "null")], Vec::new()),
        ("/sign-in", &[("content-type", "application/json")], Vec::new()),
        ("/sign-in", &form, with("email=a")),
        ("/sign-in", &form, with("email=a&password=b")),
        ("/sign-in", &form, with("email=a%40b.example&password=b")),
        ("/sign-in", &form, vec![b'a'; 100_000]),
    ] {
        answers.push((format!("POST {path}"), browser.send("POST", path, headers, body).await));
    }
    let places: Vec<_> = std::iter::from_fn(|| server.service.hasher().admit().ok()).collect();
    answers.push((
        "busy".into(),
        browser.send("POST", "/sign-in", &form, with("email=a%40b.example&password=b")).await,
    ));
    drop(places);
    answers
        .retain(|(_, reply)| reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    answers
}

/// A82, A86: every page, errors included, forbids frames, foreign and inline code, guessing and keeping.
#[tokio::test]
async fn atk_82_no_page_can_be_framed() {
    let server = TestServer::start(On::Sqlite).await;
    let answers = html_answers(&server).await;
    let statuses: BTreeSet<u16> = answers.iter().map(|(_, reply)| reply.status).collect();
    assert_eq!(statuses, BTreeSet::from([200, 400, 403, 404, 410, 413, 415, 421, 422, 503]));
    for (what, reply) in answers {
        let policy = reply.header("content-security-policy").unwrap_or_default();
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split(';').any(|part| part.trim() == directive),
                "{what} lacks {directive}: {policy}"
            );
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{what}");
        }
    }
}

/// A86: no answer to a request with a session or a half-made sign-in may be kept, whatever it is.
#[tokio::test]
async fn atk_86_no_private_answer_may_be_kept() {
    let server = TestServer::start(On::Sqlite).await;
    let victim = Victim::of(&server).await;
    let is_private = |door: &Door| matches!(door.access, Access::Ceremony | Access::Session);
    for door in doors().into_iter().filter(is_private) {
        let (mut browser, token) = victim.at(&door);
        let body = if door.method == "GET" { Vec::new() } else { victim.filled_form(&door, &token) };
        let reply = browser.send(door.method.as_str(), door.path, &[("content-type", FORM)], body).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{} {}", door.method, door.path);
    }
    let page = server.browser().goto("/sign-in").await.page().html.clone();
    for asset in page.split('"').filter(|text| text.starts_with("/assets/")) {
        let reply = victim.signed_in.copy_of().send("GET", asset, &[], Vec::new()).await;
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{asset}");
        assert!(reply.headers.get("set-cookie").is_none(), "{asset} is for everybody");
    }
}

/// Addresses on another site, in the spellings that fooled others; three hundred.
fn foreign_addresses() -> Vec<String> {
    let slashes =
        ["//", "///", "/\\", "\\\\", "\\/", "/\t/", "/\n/", "%2f%2f", "/%2f", "/%5c", "/%09/", "//%0d%0a"];
    let schemes = [
        "https://",
        "HTTPS://",
        "http:",
        "https:/",
        "ftp://",
        "javascript:alert(1)//",
        "data:text/html,",
        "vbscript:",
    ];
    let hosts = [
        "evil.example",
        "evil.example/profile",
        "localhost@evil.example",
        "evil.example%23@localhost",
        "evil。example",
    ];
    let around = ["", " ", "/profile?"];
    let beginnings = slashes.iter().chain(&schemes);
    let all = beginnings.flat_map(|beginning| {
        hosts.iter().flat_map(move |host| around.map(|before| format!("{before}{beginning}{host}")))
    });
    let all: Vec<String> = all.collect();
    assert_eq!(all.len(), 300);
    all
}

fn stays_here(location: &str) -> bool {
    doors().iter().any(|door| door.path == location)
}

/// A83: no parameter, field or header leads anybody away from here.
#[tokio::test]
async fn atk_83_no_redirect_leaves() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut signed_in = sign_in(&server, &ann).await;
    let mut nobody = server.browser();
    for (number, evil) in foreign_addresses().into_iter().enumerate() {
        let parameter = ["next", "redirect", "return_to", "url", "continue", "redirect_uri"][number % 6];
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair(parameter, &evil).finish();
        // Those pages that lead somewhere else: at least one of the two browsers is redirected.
        let path = ["/", "/sign-in", "/profile"][number % 3];
        for browser in [&mut nobody, &mut signed_in] {
            let reply = browser.send("GET", &format!("{path}?{query}"), &[], Vec::new()).await;
            assert!(reply.location().is_none_or(stays_here), "{evil}: {:?}", reply.location());
            assert!(!reply.text().contains("evil"), "{evil} is on the page");
        }
    }
    for path in
        ["//evil.example", "///evil.example", "/%2fevil.example", "/%5cevil.example", "/.//evil.example"]
    {
        let reply = nobody.send("GET", path, &[], Vec::new()).await;
        assert_eq!((reply.status, reply.location()), (404, None), "{path}");
    }
    for header in
        ["x-forwarded-host", "x-forwarded-server", "forwarded", "referer", "x-original-url", "x-rewrite-url"]
    {
        let reply = nobody.send("GET", "/", &[(header, "https://evil.example/")], Vec::new()).await;
        assert_eq!(reply.location(), Some("/sign-in"), "{header}");
    }
    let token = nobody.goto("/sign-in").await.form_token();
    let fields =
        [("form_token", token.as_str()), ("email", ann.email.as_str()), ("password", ann.password.as_str())];
    let mut with_next = fields.to_vec();
    with_next.push(("next", "//evil.example"));
    assert_eq!(nobody.post_form("/sign-in", &with_next).await.status, 400);
    let reply = nobody.post_form("/sign-in?next=//evil.example", &fields).await;
    assert_eq!(reply.location(), Some("/profile"));
}

/// Every address on a page: links, forms, images, scripts, styles.
fn addresses_on(html: &str) -> Vec<String> {
    let html = Html::parse_document(html);
    let addressed =
        Selector::parse("[href], [src], [action], [srcset], [formaction], [poster], [data]").unwrap();
    let names = ["href", "src", "action", "srcset", "formaction", "poster", "data"];
    html.select(&addressed)
        .flat_map(|element| names.into_iter().filter_map(move |name| element.attr(name)))
        .map(str::to_owned)
        .collect()
}

/// A84: no address carries a secret and none leads away; the QR code is part of its page.
#[tokio::test]
async fn atk_84_no_address_carries_a_secret() {
    let server = TestServer::start(On::Sqlite).await;
    let ann = server.person("Ann Ames", Preset::Default).await;
    let mut browser = sign_in(&server, &ann).await;
    let mut pages = vec![browser.page().clone()];
    browser.goto("/profile/security").await;
    pages.push(browser.press("Two-factor authentication").await.page().clone());
    pages.push(browser.fill("Password", &ann.password).press("Submit").await.page().clone());
    pages.push(browser.choose("In an authenticator app").press("Next").await.page().clone());
    let phone = Phone::scan(&browser);
    let key = browser.page().text_named("Manual key");
    let set_up = &browser.page().html;
    assert!(set_up.contains("<svg class=\"qr\"") && !set_up.contains("<img"), "the QR code is inline");
    assert!(!set_up.contains("otpauth:"), "the address of the QR code is in the picture only");
    pages.push(browser.press("Next: confirm access").await.page().clone());
    let code = phone.code(&server.clock);
    browser.fill("Authentication code", &code);
    pages.push(browser.press("Next: complete setup").await.page().clone());
    // From here on every link and every door is followed, by the person and by half of them.
    let mut half = server.browser();
    type_password(&mut half, &ann.email, &ann.password).await;
    for door in doors().into_iter().filter(|door| door.method == "GET" && !door.path.contains('{')) {
        pages.push(browser.goto(door.path).await.page().clone());
        pages.push(half.goto(door.path).await.page().clone());
    }
    let mut secrets = vec![key.replace(' ', ""), ann.password.clone(), ann.password.replace(' ', "+"), code];
    for caller in [&browser, &half] {
        for cookie in ["cs", "cs-flow", "cs-form", "cs-known"] {
            secrets.extend(caller.cookie(cookie).map(str::to_owned));
        }
    }
    for page in pages {
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{}", page.path);
        let mut addresses = addresses_on(&page.html);
        addresses.push(page.path.clone());
        for address in addresses {
            let is_ours =
                address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//"));
            // What somebody wants to change is no secret.
            let plain = address.trim_end_matches("?method=app").trim_end_matches("?method=phone");
            assert!(is_ours && !plain.contains('?'), "{} leads to {address}", page.path);
            for secret in &secrets {
                assert!(!address.contains(secret.as_str()), "{address} carries {secret}");
            }
        }
    }
}

const PLANTED: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} { $name } &lt;b&gt; %0a",
];

/// Nothing runs on this page but our own script, and no element or attribute came from a planted text.
#[track_caller]
fn must_hold_no_code(html: &str) {
    let page = Html::parse_document(html);
    for element in page.select(&Selector::parse("*").unwrap()) {
        let value = element.value();
        for (name, attribute) in value.attrs() {
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{name}={attribute}");
            assert!(
                !attribute.trim_start().to_lowercase().starts_with("javascript:") || name == "value",
                "{name}={attribute}"
            );
        }
        match value.name() {
            "script" => {
                assert!(
                    value.attr("src").is_some_and(|source| source.starts_with("/assets/")),
                    "{}",
                    element.html()
                );
                assert_eq!(element.inner_html(), "");
            }
            "style" | "img" | "iframe" | "object" | "embed" | "base" => panic!("{}", element.html()),
            _ => {}
        }
    }
}

/// A85: names, companies, the product and what is typed are text wherever they are shown.
#[tokio::test]
async fn atk_85_planted_texts_stay_texts() {
    for planted in PLANTED {
        let server = Setup { product_name: planted, support_contact: Some(planted), ..Setup::default() };
        let server = server.start(On::Sqlite).await;
        server.service.add_organization("Northline", Preset::Default, None).await.unwrap();
        // Such a name would be refused today; one may have been there before.
        server.change(&RENAME_ORGANIZATION, params![planted]).await;
        let person = Person {
            name: planted.to_owned(),
            email: "o'ann&b=<x>@example.com".to_owned(),
            password: "copper lantern drifts north".to_owned(),
            id: countersign_core::id::UserId::from_stored(String::new()),
        };
        let adding = server.service.add_user(PersonToAdd {
            email: EmailAddress::parse(&person.email).unwrap(),
            name: planted.to_owned(),
            organization: planted.to_owned(),
            role: Role::Member,
            access: FirstAccess::Password {
                password: Password::new(person.password.clone()),
                is_address_vouched_for: true,
            },
        });
        adding.await.unwrap();
        let mut browser = server.browser();
        type_password(&mut browser, planted, "x").await;
        assert_eq!(browser.field_value("Email"), planted);
        must_hold_no_code(&browser.page().html);
        browser = sign_in(&server, &person).await;
        browser.must_see(&planted.split_whitespace().collect::<Vec<_>>().join(" "));
        must_hold_no_code(&browser.page().html);
        enroll_app_looking(&server, &mut browser, &person).await;
        for door in doors().into_iter().filter(|door| door.method == "GET") {
            let html = browser.send("GET", door.path, &[], Vec::new()).await.text();
            must_hold_no_code(&html);
        }
        must_hold_no_code(&browser.send("GET", "/nowhere", &[], Vec::new()).await.text());
    }
}

/// Turns two-factor authentication on and looks at each page on the way.
async fn enroll_app_looking(server: &TestServer, browser: &mut Browser, person: &Person) {
    browser.goto("/profile/security/turn-on").await.fill("Password", &person.password);
    browser.press("Submit").await;
    must_hold_no_code(&browser.page().html);
    browser.choose("In an authenticator app").press("Next").await;
    must_hold_no_code(&browser.page().html);
    let phone = Phone::scan(browser);
    browser.press("Next: confirm access").await.fill("Authentication code", &phone.code(&server.clock));
    browser.press("Next: complete setup").await;
    must_hold_no_code(&browser.page().html);
    browser.must_see("Two-factor authentication is on");
}

static RENAME_ORGANIZATION: Sql = Sql::new("UPDATE organizations SET name = $1");
static COUNT_WISHES: Sql = Sql::new("SELECT COUNT(*) FROM reset_wishes");
pub(super) static COUNT_EVENTS: Sql = Sql::new("SELECT COUNT(*) FROM audit_events");
