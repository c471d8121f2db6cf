//! `B3Networks`' document in its order, in the demo: codes by email, the recovery key, a new one, and off again.

use super::{
    super::{
        demo::{Demo, SignIn},
        document::{sign_in, sign_out},
    },
    Walk,
};
use crate::harness::until;

const SWITCH: &str = "Two-factor authentication";

/// B3-2 … B3-17, LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_b3networks_document_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let finn = demo.person("finn@mailbridge.example");
    let mut walk = Walk::begin(&demo.url).await;
    sign_in(&walk.chromium, &finn).await;
    let mut codes = Vec::new();
    let key = walk.through_turning_email_codes_on(&finn, &mut codes).await;
    walk.through_signing_in_by_email(&finn, &mut codes).await;
    sign_out(&walk.chromium, "Finn Falk").await;
    let key = walk.through_losing_the_mailbox(&finn, &key, &mut codes).await;
    walk.through_a_new_key(&finn, &key, &mut codes).await;
    sign_out(&walk.chromium, "Finn Falk").await;
    walk.through_signing_in_by_email(&finn, &mut codes).await;
    walk.through_turning_email_codes_off(&finn, &mut codes).await;
    walk.end();
}

impl Walk {
    /// "Enable 2FA"; the key.
    async fn through_turning_email_codes_on(&mut self, finn: &SignIn, codes: &mut Vec<String>) -> String {
        self.chromium.open("Menu of Finn Falk").await;
        self.chromium.follow("Profile").await;
        self.chromium.goto("/profile/security").await;
        self.chromium.press(SWITCH).await;
        self.look("method-email").await;
        self.chromium.choose("In an email").await;
        self.chromium.press("Next").await;
        self.look("email-codes").await;
        self.chromium.press("Send verification code").await;
        self.chromium.must_be_at("/profile/security/email/confirm").await;
        let code = self.mailed_code(finn, codes).await;
        self.look("email-codes-confirm").await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Next: complete setup").await;
        self.chromium.must_see("so that you are not locked out").await;
        let key = self.chromium.text_named("Your recovery key").await;
        self.chromium.press("Continue").await;
        self.look("turned-on-email-codes").await;
        self.open("/profile/security", "security-email-codes").await;
        self.chromium.goto("/profile").await;
        sign_out(&self.chromium, "Finn Falk").await;
        key
    }

    /// "Your next sign-in will require you to key in the 2FA code sent to your email address".
    async fn through_signing_in_by_email(&mut self, finn: &SignIn, codes: &mut Vec<String>) {
        sign_in(&self.chromium, finn).await;
        self.chromium.must_be_at("/sign-in/code").await;
        let code = self.mailed_code(finn, codes).await;
        self.look("code-mailed").await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Verify").await;
        self.chromium.must_be_at("/profile").await;
    }

    /// "… or use the Recovery Key to login"; the one that takes its place.
    async fn through_losing_the_mailbox(
        &mut self,
        finn: &SignIn,
        key: &str,
        codes: &mut Vec<String>,
    ) -> String {
        sign_in(&self.chromium, finn).await;
        // The mail comes all the same, and must not be taken for a later one.
        self.mailed_code(finn, codes).await;
        self.chromium.fill("Authentication code", key).await;
        self.chromium.press("Verify").await;
        self.chromium.must_be_at("/sign-in/recovered").await;
        let new = self.chromium.text_named("Your recovery key").await;
        self.chromium.press("Continue").await;
        new
    }

    /// "Create a new Recover Key".
    async fn through_a_new_key(&mut self, finn: &SignIn, key: &str, codes: &mut Vec<String>) {
        self.chromium.goto("/profile/security").await;
        self.chromium.follow("Create new recovery key").await;
        self.look("create-recovery-key-by-email").await;
        self.chromium.press("Send a code").await;
        let code = self.mailed_code(finn, codes).await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Create new recovery key").await;
        assert_ne!(self.chromium.text_named("Your recovery key").await, key);
        self.chromium.press("Continue").await;
    }

    /// "Disable 2FA".
    async fn through_turning_email_codes_off(&mut self, finn: &SignIn, codes: &mut Vec<String>) {
        self.chromium.goto("/profile/security").await;
        self.chromium.press(SWITCH).await;
        self.chromium.press("Send a code").await;
        let code = self.mailed_code(finn, codes).await;
        self.look("turn-off-by-email").await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Disable").await;
        assert!(!self.chromium.switch_is_on(SWITCH).await);
    }

    /// The code in the newest mail, as the demo's inbox shows it, which is none of `read`; then back to where one was.
    async fn mailed_code(&self, finn: &SignIn, read: &mut Vec<String>) -> String {
        let page = self.chromium.address().await;
        let unread = async || {
            self.chromium.goto(&format!("/demo/inbox?to={}", finn.email)).await;
            let seen = self.chromium.text().await;
            let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
            seen.split_whitespace().filter(is_code).map(str::to_owned).find(|code| !read.contains(code))
        };
        until("a code is in the mailbox", async || unread().await.is_some()).await;
        let code = unread().await.unwrap();
        self.chromium.goto(&page).await;
        read.push(code.clone());
        code
    }
}
