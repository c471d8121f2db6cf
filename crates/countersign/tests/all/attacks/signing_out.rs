//! Signing out leaves nothing behind (A78), and nobody is signed out by another site (A81).

use countersign_core::policy::presets::Preset;

use crate::harness::{On, TestServer, sign_in};

/// Of one request, by name.
type Headers<'h> = Vec<(&'h str, &'h str)>;

on_both_databases! {
    /// A78: over on the server, so that a copy of the cookie is worth nothing; the browser is told to forget.
    async fn atk_78_a_sign_out_ends_the_session_everywhere_and_empties_the_browser(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut browser = sign_in(&server, &ann).await;
        let thief = browser.copy_of();
        for page in ["/profile", "/profile/security", "/profile/security/activity", "/profile/password"] {
            let reply = browser.send("GET", page, &[], Vec::new()).await;
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{page}");
        }
        let token = browser.form_token();
        let reply = browser.post_form("/sign-out", &[("form_token", token.as_str())]).await;
        assert_eq!((reply.status, reply.location()), (303, Some("/sign-in")));
        assert_eq!(reply.header("clear-site-data"), Some("\"cache\", \"storage\""));
        assert_eq!((browser.cookie("cs"), browser.cookie("cs-flow")), (None, None));
        for node in [&server, &server.second_node().await] {
            thief.by_way_of(node).goto("/profile").await.must_be_at("/sign-in");
        }
        assert_eq!(server.audit_events(&ann, "session.signed_out").await, 1);
    }

    /// A81: by a button of our own page only, whatever another site makes the browser send.
    async fn atk_81_no_image_link_or_foreign_form_signs_anybody_out(on: On) {
        let server = TestServer::start(on).await;
        let ann = server.person("Ann Ames", Preset::Default).await;
        let mut victim = sign_in(&server, &ann).await;
        let token = victim.form_token();
        let stranger = {
            let mut stranger = server.browser();
            stranger.goto("/sign-in").await.form_token()
        };
        for method in ["GET", "HEAD"] {
            let reply = victim.send(method, "/sign-out", &[("sec-fetch-site", "cross-site")], Vec::new()).await;
            assert_eq!(reply.status, 405, "{method}");
        }
        let form = ("content-type", "application/x-www-form-urlencoded");
        let with = |token: &str| format!("form_token={token}").into_bytes();
        let our_origin = server.public_url().to_owned();
        let cases: [(&str, Headers<'_>, Vec<u8>); 5] = [
            ("another site", vec![form, ("origin", "https://evil.example")], with(&token)),
            ("another site, says the browser", vec![form, ("sec-fetch-site", "cross-site")], with(&token)),
            ("a sandboxed frame", vec![form, ("origin", "null")], with(&token)),
            ("no token", vec![form, ("origin", &our_origin)], Vec::new()),
            ("the token of another browser", vec![form, ("origin", &our_origin)], with(&stranger)),
        ];
        for (case, headers, body) in cases {
            let reply = victim.send("POST", "/sign-out", &headers, body).await;
            assert_eq!(reply.status, 403, "{case}: {}", reply.text());
            assert_eq!(reply.header("set-cookie"), None, "{case}");
            victim.goto("/profile").await.must_be_at("/profile");
        }
        assert_eq!(server.audit_events(&ann, "session.signed_out").await, 0);
        victim.press("Sign out").await.must_see("You are signed out.");
    }
}
