//! Chromium, used as a person uses it: controls are found by the names that it tells screen readers.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel, RequestData, SessionId,
    common::command::FormatRequestData, prelude::*,
};

use super::{loopback, missing};

pub(super) struct Chromium {
    /// Before its driver program: it ends the session, and with it Chromium, when it is dropped.
    driver: WebDriver,
    _chromedriver: ChromeDriver,
    _profile: TempDir,
    url: String,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Runs,
    Blocked,
}

/// The program between us and Chromium; it is ended when this is dropped.
struct ChromeDriver {
    child: Child,
    /// Kept open: a program that cannot print ends.
    _stdout: BufReader<ChildStdout>,
    port: u16,
}

/// Far longer than a page takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(20);

/// A browser of its own: without a window, and without anything that would call home.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    // Root needs it, and these pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--window-size=1280,900",
];

impl Chromium {
    /// Starts it for the pages at `url`.
    pub(super) async fn start(url: &str, script: Script) -> Self {
        let chromedriver = ChromeDriver::start();
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = ChromeCapabilities::new();
        for argument in ARGUMENTS {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        if script == Script::Blocked {
            let blocked = json!({ "profile.managed_default_content_settings.javascript": 2 });
            capabilities.add_experimental_option("prefs", blocked).unwrap();
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::Warning).unwrap();
        let server = format!("http://127.0.0.1:{}", chromedriver.port);
        let driver = WebDriver::builder(server, capabilities).client(loopback::client()).await.unwrap();
        Self { driver, _chromedriver: chromedriver, _profile: profile, url: url.to_owned() }
    }

    // -- what a person does

    /// Types an address.
    pub(super) async fn goto(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.url)).await.unwrap();
    }

    /// Types into the field of this name, over what stood there.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        let field = self.control(FIELDS, name).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Picks the radio button of this name.
    pub(super) async fn choose(&self, name: &str) {
        let radio = self.control("input[type=radio]", name).await;
        // The words are the larger target, and people point at them.
        let label = format!("label[for={}]", radio.id().await.unwrap().unwrap());
        self.driver.find(By::Css(label)).await.unwrap().click().await.unwrap();
        assert!(radio.is_selected().await.unwrap());
    }

    /// Presses a button or a switch, and waits for the page that it leads to.
    pub(super) async fn press(&self, name: &str) {
        self.leave_by(self.control("button", name).await).await;
    }

    /// Follows the link of this name.
    pub(super) async fn follow(&self, name: &str) {
        self.leave_by(self.control("a", name).await).await;
    }

    /// Presses the browser's own button.
    pub(super) async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    /// Opens the menu of this name; the page stays.
    pub(super) async fn open(&self, menu: &str) {
        self.control("summary", menu).await.click().await.unwrap();
    }

    // -- what a person sees

    pub(super) async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// Path and query, for the way back.
    pub(super) async fn address(&self) -> String {
        let page = self.driver.current_url().await.unwrap();
        page[url::Position::BeforePath..].to_owned()
    }

    pub(super) async fn text(&self) -> String {
        self.driver.find(By::Tag("body")).await.unwrap().text().await.unwrap()
    }

    pub(super) async fn must_see(&self, text: &str) {
        let seen = self.text().await;
        assert!(seen.contains(text), "{text:?} is not on {}:\n{seen}", self.path().await);
    }

    pub(super) async fn must_be_at(&self, path: &str) {
        assert_eq!(self.path().await, path, "the page says:\n{}", self.text().await);
    }

    /// The text of what has this name and is no control, such as the manual key.
    pub(super) async fn text_named(&self, name: &str) -> String {
        self.control("[role=group]", name).await.text().await.unwrap()
    }

    pub(super) async fn switch_is_on(&self, name: &str) -> bool {
        let checked = self.control("[role=switch]", name).await.attr("aria-checked").await.unwrap();
        checked.as_deref() == Some("true")
    }

    /// The window as it is seen, as PNG.
    pub(super) async fn screenshot(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.unwrap()
    }

    // -- what only a tester does

    /// A window of this width in this color scheme. Below 600 px it is a phone's, where the page decides the scale.
    pub(super) async fn show_at(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The page from top to bottom, as PNG.
    pub(super) async fn long_screenshot(&self) -> Vec<u8> {
        let layout = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let mut clip = layout["cssContentSize"].clone();
        clip["scale"] = json!(1);
        let parameters = json!({ "captureBeyondViewport": true, "clip": clip });
        let shot = self.devtools("Page.captureScreenshot", parameters).await;
        BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// What a script of ours finds on the page.
    pub(super) async fn look_with(&self, script: &str, arguments: Vec<Value>) -> Vec<String> {
        self.driver.execute(script, arguments).await.unwrap().convert().unwrap()
    }

    /// The names of all visible controls, as screen readers are told them.
    pub(super) async fn control_names(&self) -> Vec<String> {
        self.named(CONTROLS).await.into_iter().map(|(name, _)| name).collect()
    }

    /// What the console warns of since the last look. That the page itself came with an error status is no complaint.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let page = self.driver.current_url().await.unwrap();
        let said = self.driver.browser_log().await.unwrap().into_iter().map(|entry| entry.message);
        said.filter(|line| !line.starts_with(&format!("{page} - Failed to load resource"))).collect()
    }

    async fn control(&self, selector: &str, name: &str) -> WebElement {
        let mut there = Vec::new();
        for (other, element) in self.named(selector).await {
            if other == name {
                return element;
            }
            there.push(other);
        }
        panic!("no {selector} {name:?} but {there:?} on {}:\n{}", self.path().await, self.text().await)
    }

    async fn named(&self, selector: &str) -> Vec<(String, WebElement)> {
        let mut named = Vec::new();
        for element in self.driver.find_all(By::Css(selector)).await.unwrap() {
            if element.is_displayed().await.unwrap() {
                let asked = ComputedLabel(element.element_id().to_string());
                named.push((self.driver.cmd(asked).await.unwrap().value().unwrap(), element));
            }
        }
        named
    }

    async fn leave_by(&self, control: WebElement) {
        let page = self.driver.find(By::Tag("html")).await.unwrap();
        control.click().await.unwrap();
        page.wait_until().wait(PATIENCE, GLANCE).stale().await.unwrap();
    }

    async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap()
    }
}

impl ChromeDriver {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        // It picks a free port itself and says which.
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{}", missing(&command, &cause)));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let said = "was started successfully on port ";
        let port = loop {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "chromedriver ended before it was ready");
            if let Some((_, port)) = line.trim_end().trim_end_matches('.').split_once(said) {
                break port.parse().unwrap();
            }
        };
        Self { child, _stdout: stdout, port }
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The protocol's "get computed label", which our client library does not have.
#[derive(Debug)]
struct ComputedLabel(String);

impl FormatRequestData for ComputedLabel {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(Method::GET, format!("session/{session}/element/{}/computedlabel", self.0))
    }
}

const FIELDS: &str = "input:not([type=hidden], [type=radio])";
const CONTROLS: &str = "input:not([type=hidden]), button, a, summary";
