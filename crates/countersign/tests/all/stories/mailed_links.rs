//! A mailed link in the browser: where its token goes, and what counts when two were opened.

use countersign_core::{policy::presets::Preset, user::EmailAddress};

use crate::harness::{On, Person, TestServer, forget_password, sign_in, type_password};

const NEW_PASSWORD: &str = "violet kettle hums at dawn";
const COOKIES: [(&str, &str); 5] = [
    ("/set-password", "cs-set-password"),
    ("/reset-password", "cs-reset-password"),
    ("/verify-email", "cs-verify-email"),
    ("/unlock", "cs-unlock"),
    ("/not-me", "cs-not-me"),
];

on_both_databases! {
    /// A43: a cookie takes the token over, for the page of the link alone, until the link is used.
    async fn atk_43_the_token_of_a_link_stays_in_no_address_and_no_page(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let own = browser.form_token();
        browser.post_form("/profile/security/prove-email", &[("form_token", &own)]).await;
        for (page, cookie) in COOKIES {
            if page == "/set-password" {
                invite(&server, &ann).await;
            }
            if page == "/reset-password" {
                forget_password(&server, &mut server.browser(), &ann.email).await;
            }
            if page == "/unlock" {
                let mut stranger = server.browser();
                for _ in 0..5 {
                    type_password(&mut stranger, &ann.email, "not the password of anybody").await;
                }
            }
            let link = server.link_in_mail(&ann.email, page).await;
            let (_, token) = link.split_once("?token=").unwrap();
            let reply = browser.send("GET", &link, &[], Vec::new()).await;
            assert_eq!((reply.status, reply.location()), (303, Some(page)));
            let set = reply.header("set-cookie").unwrap();
            assert_eq!(set, format!("{cookie}={token}; Path={page}; HttpOnly; SameSite=Lax; Max-Age=1800"));
            browser.goto(page).await;
            assert_eq!(browser.status(), 200, "{page}");
            assert!(!browser.page().html.contains(token), "{page}");
            match page {
                "/set-password" | "/reset-password" => browser.fill("New password", NEW_PASSWORD).press("Save password").await,
                "/verify-email" => browser.press("Confirm this address").await,
                "/unlock" => browser.press("Let this browser in").await,
                _ => browser.press("This was not me").await,
            };
            assert_eq!(browser.cookie(cookie), None, "{page} is done");
            assert_eq!(browser.goto(page).await.status(), 410);
            browser.must_see("Open the link in our email once more");
            assert_eq!(browser.goto(&link).await.status(), 410);
            assert_eq!(browser.cookie(cookie), None, "a dead link is not kept");
            if ["/set-password", "/reset-password"].contains(&page) {
                type_password(&mut browser, &ann.email, NEW_PASSWORD).await;
                browser.goto("/profile").await;
                let own = browser.form_token();
                browser.post_form("/profile/security/prove-email", &[("form_token", &own)]).await;
            }
        }
    }

    async fn of_two_links_that_were_opened_the_newer_counts(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let bea = server.person("Bea Birch", Preset::Default).await;
        let mut browser = server.browser();
        for person in [&ann, &bea] {
            invite(&server, person).await;
            browser.goto(&server.link_in_mail(&person.email, "/set-password").await).await;
            browser.must_see(&format!("For {}", person.email));
        }
        browser.goto("/set-password").await.must_see(&format!("For {}", bea.email));
        browser.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
        type_password(&mut browser, &ann.email, &ann.password).await;
        browser.must_be_at("/profile");
    }

    /// A password that may not be chosen leaves the link as it is.
    async fn a_mistake_does_not_lose_the_link(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        invite(&server, &ann).await;
        let mut browser = server.browser();
        browser.goto(&server.link_in_mail(&ann.email, "/set-password").await).await;
        for unfit in ["", "short", &ann.email] {
            browser.fill("New password", unfit).press("Save password").await;
            assert_eq!(browser.status(), 422, "{unfit}");
        }
        browser.fill("New password", NEW_PASSWORD).press("Save password").await.must_be_at("/sign-in");
    }
}

async fn invite(server: &TestServer, person: &Person) {
    server.service.invite(EmailAddress::parse(&person.email).unwrap()).await.unwrap();
}
