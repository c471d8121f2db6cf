//! CallRail's document, step by step, in Chromium with an authenticator program; once more without scripts.

use super::{
    authenticator::{self, Authenticator},
    chromium::{Chromium, Script},
    demo::{Demo, SignIn},
};
use crate::harness::type_password;

/// CR-1, CR-4, CR-13, CR-14, CR-15, CR-20, CR-21, CR-22, CR-23, CR-24, CR-25, CR-26, CR-27, CR-28, CR-29, CR-30:
/// the sections "Verify Using an Authenticator App" and "Disabling Two-Factor Authentication", in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_follows_callrails_document_with_an_authenticator_app() {
    let demo = Demo::start().await;
    let (ann, ben) = (demo.person("ann@trackwell.example"), demo.person("ben@trackwell.example"));
    let chromium = Chromium::start(&demo.url, Script::Runs).await;

    sign_in(&chromium, &ann).await;
    chromium.must_be_at("/profile").await;
    open_profile(&chromium).await;
    chromium.press("Two-factor authentication").await;
    a_wrong_password_stops_it(&chromium).await;
    choose_app(&chromium, &ann).await;
    assert!(chromium.control_names().await.contains(&"Copy".to_owned()));
    let app = scan_app(&chromium).await;
    a_wrong_code_leaves_it_off(&chromium, &demo, &ann).await;
    let used = complete_setup(&chromium, &app).await;
    the_page_lists_apps(&chromium).await;
    sign_out(&chromium).await;

    // CR-4: nobody else has to do anything.
    let mut bens = demo.browser();
    type_password(&mut bens, &ben.email, &ben.password).await;
    bens.must_be_at("/profile");
    authenticator::enroll(&mut bens, &ben.password).await;

    sign_in_with_code(&chromium, &ann, &app, &used).await;
    turn_off(&chromium, &ann).await;
    sign_out(&chromium).await;
    sign_in(&chromium, &ann).await;
    chromium.must_be_at("/profile").await;

    // CR-29: Ben's stays on.
    let mut bens = demo.browser();
    type_password(&mut bens, &ben.email, &ben.password).await;
    bens.must_be_at("/sign-in/code");
}

/// CR-14, CR-15, CR-24, CR-25, CR-26: every page works without a script.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_without_script_signs_in_as_well() {
    let demo = Demo::start().await;
    let ann = demo.person("ann@trackwell.example");
    let chromium = Chromium::start(&demo.url, Script::Blocked).await;
    sign_in(&chromium, &ann).await;
    open_profile(&chromium).await;
    chromium.press("Two-factor authentication").await;
    choose_app(&chromium, &ann).await;
    // Shown by the script alone, which tells that none runs here.
    assert!(!chromium.control_names().await.contains(&"Copy".to_owned()));
    let app = scan_app(&chromium).await;
    let used = complete_setup(&chromium, &app).await;
    sign_out(&chromium).await;
    sign_in_with_code(&chromium, &ann, &app, &used).await;
    chromium.must_be_at("/profile").await;
}

pub(super) async fn sign_in(chromium: &Chromium, person: &SignIn) {
    chromium.goto("/sign-in").await;
    chromium.fill("Email", &person.email).await;
    chromium.fill("Password", &person.password).await;
    chromium.press("Sign in").await;
}

/// Behind the person's initials.
pub(super) async fn sign_out(chromium: &Chromium) {
    chromium.open("Menu of Ann Ames").await;
    chromium.press("Sign out").await;
    chromium.must_be_at("/sign-in").await;
}

/// CR-13: "Select your login initials at the top of the page, then click Profile".
async fn open_profile(chromium: &Chromium) {
    chromium.must_see("AA").await;
    chromium.open("Menu of Ann Ames").await;
    chromium.follow("Profile").await;
    chromium.must_be_at("/profile").await;
}

/// CR-15
async fn a_wrong_password_stops_it(chromium: &Chromium) {
    chromium.fill("Password", "not the password of Ann").await;
    chromium.press("Submit").await;
    chromium.must_be_at("/profile/security/turn-on").await;
    chromium.must_see("That password is not right. After 4 more wrong tries").await;
    chromium.goto("/profile/security/app").await;
    let seen = chromium.text().await;
    assert!(!seen.contains("Manual key"), "the set-up goes on after a wrong password:\n{seen}");
    chromium.goto("/profile/security/turn-on").await;
}

/// CR-15, CR-23: from the password to the QR code.
async fn choose_app(chromium: &Chromium, person: &SignIn) {
    chromium.fill("Password", &person.password).await;
    chromium.press("Submit").await;
    chromium.choose("In an authenticator app").await;
    chromium.press("Next").await;
}

/// CR-24: what Chromium draws is read by another program, and the manual key does the same.
pub(super) async fn scan_app(chromium: &Chromium) -> Authenticator {
    let (scanned, address) = Authenticator::scan(&chromium.screenshot().await);
    assert_eq!((address.scheme(), address.host_str()), ("otpauth", Some("totp")));
    assert!(address.query_pairs().any(|(name, value)| name == "issuer" && value == "Trackwell"), "{address}");
    let typed = Authenticator::with_key(&chromium.text_named("Manual key").await);
    let moment = "2026-11-22 14:05 UTC";
    assert_eq!(scanned.code_at(moment), typed.code_at(moment), "QR code and manual key differ");
    chromium.press("Next: confirm access").await;
    scanned
}

/// CR-25: until the right code came, the password alone still signs in.
async fn a_wrong_code_leaves_it_off(chromium: &Chromium, demo: &Demo, person: &SignIn) {
    chromium.fill("Authentication code", "abc def").await;
    chromium.press("Next: complete setup").await;
    chromium.must_be_at("/profile/security/app/confirm").await;
    chromium.must_see("That code is not right.").await;
    let mut elsewhere = demo.browser();
    type_password(&mut elsewhere, &person.email, &person.password).await;
    elsewhere.must_be_at("/profile");
}

/// The code that was used up by it.
async fn complete_setup(chromium: &Chromium, app: &Authenticator) -> String {
    let code = app.code();
    chromium.fill("Authentication code", &code).await;
    chromium.press("Next: complete setup").await;
    chromium.must_be_at("/profile/security/turned-on").await;
    chromium.must_see("Two-factor authentication is on").await;
    chromium.follow("Done").await;
    assert!(chromium.switch_is_on("Two-factor authentication").await);
    code
}

/// CR-30
async fn the_page_lists_apps(chromium: &Chromium) {
    chromium.goto("/profile/security").await;
    chromium.must_see("Authenticator apps you can use").await;
    chromium.must_see("Google Authenticator").await;
    chromium.must_see("Microsoft Authenticator").await;
}

/// CR-1, CR-26: the password alone no longer opens anything.
async fn sign_in_with_code(chromium: &Chromium, person: &SignIn, app: &Authenticator, used: &str) {
    sign_in(chromium, person).await;
    chromium.must_be_at("/sign-in/code").await;
    chromium.goto("/profile").await;
    chromium.must_be_at("/sign-in/code").await;
    chromium.fill("Authentication code", &app.code_after(used).await).await;
    chromium.press("Verify").await;
    chromium.must_be_at("/profile").await;
}

/// CR-27, CR-28: the same switch, and the password before it takes effect.
async fn turn_off(chromium: &Chromium, person: &SignIn) {
    open_profile(chromium).await;
    chromium.press("Two-factor authentication").await;
    chromium.fill("Password", "not the password of Ann").await;
    chromium.press("Disable").await;
    chromium.must_be_at("/profile/security/turn-off").await;
    chromium.must_see("That password is not right.").await;
    chromium.fill("Password", &person.password).await;
    chromium.press("Disable").await;
    chromium.must_see("Two-factor authentication is off.").await;
    assert!(!chromium.switch_is_on("Two-factor authentication").await);
}
