//! The pages of the preset `authenticator`, in the demo: its set-up without a password, and the recovery key.

use super::{
    super::{
        demo::{Demo, SignIn},
        document::{scan_app, sign_in, sign_out},
    },
    Walk,
};

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_a_recovery_key_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let eva = demo.person("eva@switchfield.example");
    let mut walk = Walk::begin(&demo.url).await;
    sign_in(&walk.chromium, &eva).await;
    let key = walk.through_a_set_up_that_gives_a_key().await;
    walk.through_a_recovery(&eva, &key).await;
    walk.end();
}

impl Walk {
    /// The key.
    async fn through_a_set_up_that_gives_a_key(&mut self) -> String {
        self.open("/profile/security", "security-recommended").await;
        self.open("/profile/security/turn-on", "turn-on-unproved").await;
        self.chromium.goto("/profile/security").await;
        self.chromium.press("Two-factor authentication").await;
        self.look("app-recommended").await;
        let app = scan_app(&self.chromium).await;
        self.chromium.press("Next: confirm access").await;
        self.look("app-confirm-of-two").await;
        self.chromium.fill("Authentication code", &app.code()).await;
        self.chromium.press("Next: complete setup").await;
        self.look("recovery-key").await;
        let key = self.chromium.text_named("Your recovery key").await;
        self.chromium.press("Continue").await;
        self.open("/profile/security", "security-with-key").await;
        self.open("/profile/security/recovery-key/create", "create-recovery-key").await;
        self.open("/profile/security/turn-off", "turn-off-unproved").await;
        self.chromium.goto("/profile").await;
        sign_out(&self.chromium, "Eva Eng").await;
        key
    }

    async fn through_a_recovery(&mut self, eva: &SignIn, key: &str) {
        sign_in(&self.chromium, eva).await;
        self.look("code-or-key").await;
        self.chromium.fill("Authentication code", &key[1..]).await;
        self.chromium.press("Verify").await;
        self.look("code-key-mistyped").await;
        self.chromium.fill("Authentication code", key).await;
        self.chromium.press("Verify").await;
        self.look("recovered").await;
        self.chromium.press("Continue").await;
        self.look("security-recovered").await;
    }
}
