//! The pages of backup codes, in the demo: offered, made, used, few.

use super::{
    super::{
        demo::{Demo, SignIn},
        document::{scan_app, sign_in, sign_out},
    },
    Walk,
};

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_backup_codes_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let dora = demo.person("dora@quietline.example");
    let mut walk = Walk::begin(&demo.url).await;
    sign_in(&walk.chromium, &dora).await;
    let codes = walk.through_a_set_up_that_leads_to_codes(&dora).await;
    walk.through_sign_ins_by_codes(&dora, &codes).await;
    walk.end();
}

impl Walk {
    async fn through_a_set_up_that_leads_to_codes(&mut self, dora: &SignIn) -> Vec<String> {
        self.chromium.goto("/profile/security/turn-on").await;
        self.chromium.fill("Password", &dora.password).await;
        self.chromium.press("Submit").await;
        self.chromium.choose("In an authenticator app").await;
        self.chromium.press("Next").await;
        let app = scan_app(&self.chromium).await;
        self.chromium.press("Next: confirm access").await;
        self.chromium.fill("Authentication code", &app.code()).await;
        self.chromium.press("Next: complete setup").await;
        self.look("turned-on-with-codes").await;
        self.open("/profile/security", "security-without-codes").await;
        self.open("/profile/security/backup-codes/create", "create-backup-codes").await;
        self.chromium.fill("Password", &dora.password).await;
        // The present code went into the set-up; the next one is good as well, for a phone whose clock is fast.
        self.chromium.fill("Authentication code", &app.code_at("30 seconds")).await;
        self.chromium.press("Generate backup codes").await;
        self.look("backup-codes").await;
        let codes = self.chromium.text_named("Your backup codes").await;
        self.chromium.press("Continue").await;
        self.look("security-with-codes").await;
        self.chromium.goto("/profile").await;
        sign_out(&self.chromium, "Dora Diaz").await;
        codes.split_whitespace().map(str::to_owned).collect()
    }

    async fn through_sign_ins_by_codes(&mut self, dora: &SignIn, codes: &[String]) {
        sign_in(&self.chromium, dora).await;
        self.look("code-or-backup-code").await;
        self.chromium.fill("Authentication code", &codes[0][1..]).await;
        self.chromium.press("Verify").await;
        self.look("code-backup-code-mistyped").await;
        for (place, code) in codes.iter().take(7).enumerate() {
            self.chromium.fill("Authentication code", code).await;
            self.chromium.press("Verify").await;
            if place == 0 {
                self.look("backup-code-used").await;
            }
            if place < 6 {
                sign_out(&self.chromium, "Dora Diaz").await;
                sign_in(&self.chromium, dora).await;
            }
        }
        self.look("backup-code-used-few").await;
        self.open("/profile/security", "security-with-few-codes").await;
        self.open("/profile/security/backup-codes/create", "create-backup-codes-again").await;
        self.open("/profile/security/change?method=app", "change-after-backup-code").await;
    }
}
