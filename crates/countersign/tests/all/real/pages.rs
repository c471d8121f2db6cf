//! Every page as a person may meet it: narrow and wide, light and dark, judged by a script and kept as a picture.

mod backup_codes;
mod emailed;
mod messages;
mod operator;
mod recovery;
mod troubles;

use std::{fs, path::PathBuf};

use serde_json::json;

use super::{
    authenticator::Authenticator,
    chromium::{Chromium, Script},
    demo::{Demo, SignIn},
    document::{scan_app, sign_in, sign_out},
};
use crate::harness::type_password;

/// A phone and a desk.
const WIDTHS: [u32; 2] = [390, 1280];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// One walk through all pages, and what was found wrong on the way.
struct Walk {
    chromium: Chromium,
    pictures: PathBuf,
    problems: Vec<String>,
}

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_fits_a_phone_and_a_desk_in_both_themes() {
    let demo = Demo::start().await;
    let ann = demo.person("ann@trackwell.example");
    let mut walk = Walk::begin(&demo.url).await;
    walk.around_the_door(&ann).await;
    type_password(&mut demo.browser(), &ann.email, &ann.password).await;
    walk.at_two_places().await;
    let app = walk.through_the_set_up(&ann).await;
    walk.at_home().await;
    walk.through_the_code(&ann, &app).await;
    walk.through_turning_off(&ann).await;
    walk.until_the_lock(&ann).await;
    walk.end();
}

impl Walk {
    async fn begin(url: &str) -> Self {
        let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../pages");
        fs::create_dir_all(&pictures).unwrap();
        Self { chromium: Chromium::start(url, Script::Runs).await, pictures, problems: Vec::new() }
    }

    #[track_caller]
    fn end(self) {
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
    }

    async fn around_the_door(&mut self, ann: &SignIn) {
        self.open("/sign-in", "sign-in").await;
        self.has_focus("email").await;
        self.chromium.press("Sign in").await;
        self.look("sign-in-empty").await;
        self.chromium.fill("Email", &ann.email).await;
        self.chromium.fill("Password", "not the password of Ann").await;
        self.chromium.press("Sign in").await;
        self.look("sign-in-wrong").await;
        self.open("/nowhere", "problem").await;
        self.open("/demo/inbox", "inbox").await;
        sign_in(&self.chromium, ann).await;
        self.look("profile-off").await;
        self.open("/profile/security", "security-off").await;
        self.open("/profile/password", "password").await;
        self.chromium.press("Save password").await;
        self.look("password-empty").await;
    }

    async fn at_two_places(&mut self) {
        self.open("/profile/security", "security-two-sessions").await;
        self.open("/profile/security/end-sessions", "end-others").await;
        self.open("/profile/security/activity", "activity").await;
    }

    async fn through_the_set_up(&mut self, ann: &SignIn) -> Authenticator {
        self.chromium.goto("/profile/security").await;
        self.chromium.press("Two-factor authentication").await;
        self.look("turn-on").await;
        self.chromium.press("Submit").await;
        self.look("turn-on-empty").await;
        self.chromium.fill("Password", &ann.password).await;
        self.chromium.press("Submit").await;
        self.look("method").await;
        self.chromium.choose("In an authenticator app").await;
        self.chromium.press("Next").await;
        self.look("app").await;
        let app = scan_app(&self.chromium).await;
        self.chromium.press("Next: confirm access").await;
        self.look("app-confirm").await;
        self.has_focus("code").await;
        self.chromium.press("Next: complete setup").await;
        self.look("app-confirm-empty").await;
        self.chromium.fill("Authentication code", &app.code()).await;
        self.chromium.press("Next: complete setup").await;
        self.look("turned-on").await;
        app
    }

    async fn at_home(&mut self) {
        self.open("/profile", "profile-on").await;
        self.chromium.show_at(WIDTHS[0], SCHEMES[0]).await;
        self.chromium.open("Account sections").await;
        self.chromium.open("Menu of Ann Ames").await;
        self.look("profile-menus").await;
        self.open("/profile/security", "security-on").await;
        sign_out(&self.chromium, "Ann Ames").await;
        self.look("signed-out").await;
    }

    async fn through_the_code(&mut self, ann: &SignIn, app: &Authenticator) {
        sign_in(&self.chromium, ann).await;
        self.look("code").await;
        self.has_focus("code").await;
        self.chromium.fill("Authentication code", "abc def").await;
        self.chromium.press("Verify").await;
        self.look("code-wrong").await;
        // The present code went into the set-up; the next one is good as well, for a phone whose clock is fast.
        self.chromium.fill("Authentication code", &app.code_at("30 seconds")).await;
        self.chromium.press("Verify").await;
        self.chromium.must_be_at("/profile").await;
    }

    async fn through_turning_off(&mut self, ann: &SignIn) {
        self.open("/profile/security/turn-off", "turn-off").await;
        self.chromium.fill("Password", "not the password of Ann").await;
        self.chromium.press("Disable").await;
        self.look("turn-off-wrong").await;
        self.chromium.fill("Password", &ann.password).await;
        self.chromium.press("Disable").await;
        self.look("turned-off").await;
        sign_out(&self.chromium, "Ann Ames").await;
    }

    async fn until_the_lock(&mut self, ann: &SignIn) {
        while !self.chromium.text().await.contains("This name is locked") {
            self.chromium.fill("Email", &ann.email).await;
            self.chromium.fill("Password", "not the password of Ann").await;
            self.chromium.press("Sign in").await;
        }
        self.look("locked").await;
    }

    async fn until_a_number_is_awaited(&mut self, ann: &SignIn) {
        sign_in(&self.chromium, ann).await;
        self.chromium.goto("/profile/security/turn-on").await;
        self.chromium.fill("Password", &ann.password).await;
        self.chromium.press("Submit").await;
        self.chromium.choose("In a text message").await;
        self.chromium.press("Next").await;
    }

    async fn open(&mut self, path: &str, name: &str) {
        self.chromium.goto(path).await;
        self.look(name).await;
    }

    /// Judges the page that is open, at each width and in each scheme, and keeps a picture of each.
    async fn look(&mut self, name: &str) {
        for width in WIDTHS {
            for scheme in SCHEMES {
                self.chromium.show_at(width, scheme).await;
                let found = self.chromium.look_with(AUDIT, vec![json!(width)]).await;
                let place = format!("{name}-{width}-{scheme}");
                self.problems.extend(found.into_iter().map(|problem| format!("{place}: {problem}")));
                let picture = self.pictures.join(format!("{place}.png"));
                fs::write(picture, self.chromium.long_screenshot().await).unwrap();
            }
        }
        if self.chromium.control_names().await.iter().any(String::is_empty) {
            self.problems.push(format!("{name}: a control has no name"));
        }
        let said = self.chromium.complaints().await;
        self.problems.extend(said.into_iter().map(|line| format!("{name}: the console says {line}")));
    }

    async fn has_focus(&mut self, field: &str) {
        let focused = self.chromium.look_with("return [document.activeElement.id];", Vec::new()).await;
        if focused != [field] {
            self.problems.push(format!("{focused:?} has the focus instead of {field}"));
        }
    }
}

const AUDIT: &str = include_str!("audit.js");
