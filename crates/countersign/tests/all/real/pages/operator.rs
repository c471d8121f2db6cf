//! The operators' pages: tables that stack on a phone, and acts that say whom they touch.

use countersign_store::Sql;

use super::{
    super::{
        demo::{Demo, SignIn},
        document::{scan_app, sign_in},
    },
    Walk,
};
use crate::harness::type_password;

const NELL: &str = "nell@trackwell.example";
const PASSWORD: &str = "four geese argue quietly";

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_operators_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let mut stranger = demo.browser();
    for _ in 0..5 {
        type_password(&mut stranger, "ben@trackwell.example", "not the password of Ben").await;
    }
    let mut walk = Walk::begin(&demo.url).await;
    walk.behind_the_link(&demo.operator_link()).await;
    demo.change(&FAIL_A_MESSAGE).await;
    demo.change(&GIVE_BEN_A_PHONE).await;
    walk.over_the_lists().await;
    walk.around_ben().await;
    walk.around_a_company().await;
    walk.end();
}

impl Walk {
    /// Until there is an operator, who signed in.
    async fn behind_the_link(&mut self, link: &str) {
        let path = link.split_once("/operator").map(|(_, rest)| format!("/operator{rest}")).unwrap();
        self.open(&path, "become-operator").await;
        self.has_focus("name").await;
        self.chromium.press("Next").await;
        self.look("become-operator-empty").await;
        self.chromium.fill("Name", "Nell New").await;
        self.chromium.fill("Email", NELL).await;
        self.chromium.fill("New password", PASSWORD).await;
        self.chromium.press("Next").await;
        self.look("become-operator-app").await;
        let app = scan_app(&self.chromium).await;
        self.chromium.fill("Authentication code", &app.wrong_codes(1)[0]).await;
        self.chromium.press("Finish").await;
        self.look("become-operator-app-wrong").await;
        self.chromium.fill("Authentication code", &app.code()).await;
        self.chromium.press("Finish").await;
        self.look("became-operator").await;
        self.chromium.goto(&path).await;
        self.look("become-operator-over").await;
        sign_in(&self.chromium, &SignIn { email: NELL.to_owned(), password: PASSWORD.to_owned() }).await;
        // The first code went into the set-up.
        self.chromium.fill("Authentication code", &app.code_at("30 seconds")).await;
        self.chromium.press("Verify").await;
        self.chromium.must_be_at("/profile").await;
        self.look("profile-unproved").await;
        self.open("/profile/security", "security-unproved-operator").await;
    }

    async fn over_the_lists(&mut self) {
        self.open("/operator", "operator").await;
        self.open("/operator/organizations", "operator-organizations").await;
        self.open("/operator/users", "operator-users").await;
        self.open("/operator/users?q=nobody", "operator-users-none").await;
        self.open("/operator/delivery", "operator-delivery").await;
    }

    async fn around_ben(&mut self) {
        self.open("/operator/users?locked=yes", "operator-users-locked").await;
        self.chromium.follow("Ben Boyle").await;
        self.look("operator-user").await;
        self.chromium.follow("Sign out everywhere Ben Boyle").await;
        self.look("operator-sign-out").await;
        self.chromium.follow("Cancel").await;
        self.chromium.follow("Remove lost phone").await;
        self.look("operator-reset").await;
        self.chromium.press("Remove the phone of Ben Boyle").await;
        self.look("operator-reset-empty").await;
        self.chromium.follow("Keep it").await;
        self.chromium.press("Unlock Ben Boyle").await;
        self.look("operator-unlocked").await;
    }

    async fn around_a_company(&mut self) {
        self.open("/operator/organizations", "operator-organizations").await;
        self.chromium.follow("Harborline").await;
        self.look("operator-organization").await;
        self.chromium.press("Two-factor authentication available").await;
        self.look("operator-gate").await;
        self.open("/operator/organizations/add", "operator-organization-add").await;
        self.chromium.press("Add company").await;
        self.look("operator-organization-add-empty").await;
    }
}

static FAIL_A_MESSAGE: Sql = Sql::new(
    "INSERT INTO outbox (id, channel, recipient, kind, created_at, urgency, due_at, attempts, dead_at, last_error) \
     VALUES ('msg_dead', 'email', 'cleo@harborline.example', 'link', 1795356000000, 0, 1795356000000, 3, \
         1795356300000, '550 5.1.1 no such mailbox')",
);
static GIVE_BEN_A_PHONE: Sql = Sql::new(
    "INSERT INTO authenticators (id, user_id, kind, secret, phone_number, created_at, bound_at, \
         failures_in_a_row, failures_by_day) \
     SELECT 'aut_phone_of_ben', id, 'phone', X'', '+15125550134', 1795356000000, 1795356000000, 0, '' \
     FROM users WHERE email = 'ben@trackwell.example'",
);
