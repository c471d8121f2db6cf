//! The pages of texts and mailed links, in the demo.

use countersign_store::Sql;

use super::{
    super::{
        demo::{Demo, SignIn},
        document::{choose_text, complete_by_text, read_text, scan_app, sign_in, sign_out, until_it_is_sent},
    },
    Walk,
};
use crate::harness::{type_password, wait_for};

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_texts_and_links_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let mut walk = Walk::begin(&demo.url).await;
    let ann = demo.person("ann@trackwell.example");
    walk.through_the_set_up_of_a_phone(&ann).await;
    walk.through_the_change_of_methods(&ann).await;
    walk.through_the_other_way(&ann).await;
    walk.through_what_was_not_me(&ann).await;
    walk.through_a_forgotten_password(&demo.person("cleo@harborline.example")).await;
    walk.at_a_company_that_is_not_opened(&demo.person("cleo@harborline.example")).await;
    let dora = demo.person("dora@quietline.example");
    walk.through_a_lock_by_strangers(&demo, &dora).await;
    demo.change(&A_MONTH_LATER).await;
    walk.through_the_proof_of_an_address(&dora).await;
    walk.end();
}

impl Walk {
    async fn through_the_set_up_of_a_phone(&mut self, ann: &SignIn) {
        self.until_a_number_is_awaited(ann).await;
        self.look("phone").await;
        self.chromium.press("Next: confirm access").await;
        self.look("phone-empty").await;
        self.chromium.fill("Mobile number", "+44 20 7946 0000").await;
        self.chromium.press("Next: confirm access").await;
        self.look("phone-abroad").await;
        self.chromium.goto("/profile/security/turn-on").await;
        choose_text(&self.chromium, ann).await;
        self.look("phone-confirm").await;
        self.has_focus("code").await;
        self.chromium.fill("Authentication code", "abc def").await;
        self.chromium.press("Next: complete setup").await;
        self.look("phone-confirm-wrong").await;
        let code = read_text(&self.chromium).await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Next: complete setup").await;
        self.look("turned-on-by-text").await;
        self.open("/profile/security", "security-by-text").await;
        sign_out(&self.chromium, "Ann Ames").await;
        sign_in(&self.chromium, ann).await;
        until_it_is_sent(&self.chromium, "We sent a 6-digit code to").await;
        self.look("code-by-text").await;
        self.has_focus("code").await;
        let code = read_text(&self.chromium).await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Verify").await;
        self.chromium.must_be_at("/profile").await;
    }

    async fn through_the_change_of_methods(&mut self, ann: &SignIn) {
        self.chromium.goto("/profile/security").await;
        self.chromium.follow("Add app").await;
        self.look("change-methods").await;
        self.chromium.press("Send a code").await;
        until_it_is_sent(&self.chromium, "We sent a 6-digit code to").await;
        self.look("change-methods-sent").await;
        let code = read_text(&self.chromium).await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.fill("Password", &ann.password).await;
        self.chromium.press("Submit").await;
        self.look("method-to-add").await;
        self.chromium.choose("In an authenticator app").await;
        self.chromium.press("Next").await;
        let app = scan_app(&self.chromium).await;
        self.chromium.press("Next: confirm access").await;
        self.chromium.fill("Authentication code", &app.code()).await;
        self.chromium.press("Next: complete setup").await;
        self.look("security-with-both").await;
        self.open("/demo/inbox", "inbox-full").await;
    }

    async fn through_the_other_way(&mut self, ann: &SignIn) {
        self.chromium.goto("/profile").await;
        sign_out(&self.chromium, "Ann Ames").await;
        sign_in(&self.chromium, ann).await;
        self.look("code-by-app-or-text").await;
        self.chromium.follow("Try another way").await;
        self.look("other-way").await;
        self.chromium.press("Text a code to •••• 34").await;
        self.look("other-way-sent").await;
    }

    async fn through_what_was_not_me(&mut self, ann: &SignIn) {
        let link = self.newest_link(&ann.email, "/not-me").await;
        self.open(&link, "not-me").await;
        self.chromium.press("This was not me").await;
        self.look("not-me-done").await;
        self.open(&link, "not-me-dead").await;
        let link = self.newest_link(&ann.email, "/set-password").await;
        self.open(&link, "set-password").await;
        self.chromium.fill("New password", "short").await;
        self.chromium.press("Save password").await;
        self.look("set-password-short").await;
        self.chromium.fill("New password", "nine geese above a quiet barn").await;
        self.chromium.press("Save password").await;
        self.look("password-saved").await;
        self.open(&link, "set-password-dead").await;
    }

    /// The password stays as it is.
    async fn through_a_forgotten_password(&mut self, cleo: &SignIn) {
        self.open("/forgot-password", "forgot-password").await;
        self.has_focus("email").await;
        self.chromium.fill("Email", "cleo at harborline").await;
        self.chromium.press("Send link").await;
        self.look("forgot-password-malformed").await;
        self.chromium.fill("Email", &cleo.email).await;
        self.chromium.press("Send link").await;
        self.look("forgot-password-sent").await;
        let link = self.newest_link(&cleo.email, "/reset-password").await;
        self.open(&link, "reset-password").await;
        self.chromium.fill("New password", "short").await;
        self.chromium.press("Save password").await;
        self.look("reset-password-short").await;
        self.open("/reset-password?token=none", "reset-password-dead").await;
    }

    async fn at_a_company_that_is_not_opened(&mut self, cleo: &SignIn) {
        sign_in(&self.chromium, cleo).await;
        self.open("/profile/security", "security-closed").await;
        sign_out(&self.chromium, "Cleo Chen").await;
    }

    async fn through_a_lock_by_strangers(&mut self, demo: &Demo, dora: &SignIn) {
        let mut stranger = demo.browser();
        for _ in 0..5 {
            type_password(&mut stranger, &dora.email, "not her password").await;
        }
        let link = self.newest_link(&dora.email, "/unlock").await;
        self.open(&link, "unlock").await;
        self.chromium.press("Let this browser in").await;
        self.look("unlocked").await;
        self.open(&link, "unlock-dead").await;
    }

    async fn through_the_proof_of_an_address(&mut self, dora: &SignIn) {
        sign_in(&self.chromium, dora).await;
        self.open("/profile/security", "security-unproved").await;
        self.open("/profile/security/turn-on", "prove-email").await;
        self.chromium.press("Send link").await;
        self.look("prove-email-sent").await;
        let link = self.newest_link(&dora.email, "/verify-email").await;
        self.open(&link, "verify-email").await;
        self.chromium.press("Confirm this address").await;
        self.look("email-confirmed").await;
        self.open(&link, "verify-email-dead").await;
        self.chromium.goto("/profile/security/turn-on").await;
        choose_text(&self.chromium, dora).await;
        complete_by_text(&self.chromium).await;
        self.open("/profile/security/turn-off", "turn-off-with-code").await;
        self.open("/profile/password", "password-with-code").await;
    }

    /// Where the newest mail to this address that leads to this page does, as the demo's inbox shows it as soon as
    /// there is one.
    async fn newest_link(&self, email: &str, page: &str) -> String {
        wait_for(&format!("a mail to {email} that leads to {page}"), async || {
            self.chromium.goto(&format!("/demo/inbox?to={email}")).await;
            let seen = self.chromium.text().await;
            let mut links = seen.split_whitespace().filter_map(|word| url::Url::parse(word).ok());
            let link = links.find(|link| link.path() == page && link.query().is_some())?;
            Some(format!("{page}?{}", link.query()?))
        })
        .await
    }
}

static A_MONTH_LATER: Sql = Sql::new("UPDATE users SET email_verified_at = email_verified_at - 2678400000");
