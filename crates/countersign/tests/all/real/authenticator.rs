//! An authenticator app made of other people's programs: `zbarimg` sees the QR code, `oathtool` shows the codes.

use std::{fs, process::Command, time::Duration};

use url::Url;

use super::output_of;
use crate::harness::{Browser, choose_app};

/// What an app keeps.
pub(super) struct Authenticator {
    key: String,
}

impl Authenticator {
    /// Photographs the screen; the address inside the QR code comes with it.
    pub(super) fn scan(screenshot: &[u8]) -> (Self, Url) {
        let folder = tempfile::tempdir().unwrap();
        let photo = folder.path().join("screen.png");
        fs::write(&photo, screenshot).unwrap();
        // Without `--nodbus` it complains that there is no desktop.
        let read = output_of(Command::new("zbarimg").args(["--raw", "-q", "--nodbus"]).arg(&photo));
        let address = Url::parse(&read).unwrap();
        let key = address.query_pairs().find(|(name, _)| name == "secret").expect("a secret").1.into_owned();
        (Self { key }, address)
    }

    /// Types the manual key, as it is grouped on the page.
    pub(super) fn with_key(manual_key: &str) -> Self {
        Self { key: manual_key.split_whitespace().collect() }
    }

    /// What the app shows now.
    pub(super) fn code(&self) -> String {
        self.code_at("now")
    }

    /// What the app shows at a time in words, such as `2026-11-22 14:05 UTC` or `30 seconds`, which is from now.
    pub(super) fn code_at(&self, time: &str) -> String {
        output_of(self.oathtool().args(["--now", time]))
    }

    /// Waits until the app shows another code: a person does just that, since each is good for one time only.
    pub(super) async fn code_after(&self, used: &str) -> String {
        loop {
            let code = self.code();
            if code != used {
                return code;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// So many six digits that are no code of these minutes.
    pub(super) fn wrong_codes(&self, count: usize) -> Vec<String> {
        let near = output_of(self.oathtool().args(["--now", "2 minutes ago", "--window", "9"]));
        let near: Vec<&str> = near.lines().collect();
        let codes = (0..).map(|number| format!("{number:06}"));
        codes.filter(|code| !near.contains(&code.as_str())).take(count).collect()
    }

    fn oathtool(&self) -> Command {
        let mut oathtool = Command::new("oathtool");
        oathtool.args(["--totp", "--base32", &self.key]);
        oathtool
    }
}

/// Turns two-factor authentication on for a signed-in person. Uses up the present code.
pub(super) async fn enroll(browser: &mut Browser, password: &str) -> Authenticator {
    browser.goto("/profile/security").await;
    browser.press("Two-factor authentication").await;
    browser.fill("Password", password).press("Submit").await;
    choose_app(browser).await;
    let app = Authenticator::with_key(&browser.page().text_named("Manual key"));
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &app.code()).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    app
}
