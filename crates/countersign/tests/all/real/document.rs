//! CallRail's document, step by step, in Chromium: with text messages, which the demo's inbox shows, and with an
//! authenticator program; once more without scripts.

use super::{
    authenticator::{self, Authenticator},
    chromium::{Chromium, Script},
    demo::{Demo, SignIn},
};
use crate::harness::{type_password, until};

const NUMBER: &str = "+1 512-555-0134";

/// CR-1, CR-3, CR-9, CR-10, CR-11, CR-12, CR-13, CR-14, CR-15, CR-16, CR-17, CR-18, CR-19, CR-27, CR-28, CR-31: the
/// sections "Getting Started", "Verify Using SMS" and "Disabling Two-Factor Authentication", in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_follows_callrails_document_with_text_messages() {
    let demo = Demo::start().await;
    let ann = demo.person("ann@trackwell.example");
    let chromium = Chromium::start(&demo.url, Script::Runs).await;
    nothing_is_offered_before_support_was_asked(&demo).await;

    sign_in(&chromium, &ann).await;
    open_profile(&chromium).await;
    chromium.press("Two-factor authentication").await;
    a_wrong_password_stops_it(&chromium).await;
    choose_text(&chromium, &ann).await;
    a_wrong_texted_code_leaves_it_off(&chromium, &demo, &ann).await;
    complete_by_text(&chromium).await;
    sign_out(&chromium, "Ann Ames").await;
    sign_in_by_text(&chromium, &ann).await;
    turn_off(&chromium, &ann).await;
    change_password(&chromium, &ann).await;
    every_change_was_mailed(&chromium, &ann).await;
}

/// CR-12, CR-16, CR-17, CR-18, CR-19
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_without_script_signs_in_by_text_as_well() {
    let (_demo, chromium, ann) = at_the_switch_without_script().await;
    choose_text(&chromium, &ann).await;
    complete_by_text(&chromium).await;
    sign_out(&chromium, "Ann Ames").await;
    sign_in_by_text(&chromium, &ann).await;
}

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
    chromium.press("Next: confirm access").await;
    a_wrong_code_leaves_it_off(&chromium, &demo, &ann).await;
    let used = complete_setup(&chromium, &app).await;
    the_page_lists_apps(&chromium).await;
    sign_out(&chromium, "Ann Ames").await;

    // CR-4: nobody else has to do anything.
    let mut bens = demo.browser();
    type_password(&mut bens, &ben.email, &ben.password).await;
    bens.must_be_at("/profile");
    authenticator::enroll(&mut bens, &ben.password).await;

    sign_in_with_code(&chromium, &ann, &app, &used).await;
    turn_off(&chromium, &ann).await;
    sign_out(&chromium, "Ann Ames").await;
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
    let (_demo, chromium, ann) = at_the_switch_without_script().await;
    choose_app(&chromium, &ann).await;
    // Shown by the script alone, which tells that none runs here.
    assert!(!chromium.control_names().await.contains(&"Copy".to_owned()));
    let app = scan_app(&chromium).await;
    chromium.press("Next: confirm access").await;
    let used = complete_setup(&chromium, &app).await;
    sign_out(&chromium, "Ann Ames").await;
    sign_in_with_code(&chromium, &ann, &app, &used).await;
    chromium.must_be_at("/profile").await;
}

/// A78: what was shown stays in no cache and no memory of the browser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_78_the_back_button_shows_no_private_page_after_the_sign_out() {
    let demo = Demo::start().await;
    let ann = demo.person("ann@trackwell.example");
    let chromium = Chromium::start(&demo.url, Script::Runs).await;
    sign_in(&chromium, &ann).await;
    for page in ["/profile", "/profile/security", "/profile/security/activity"] {
        chromium.goto(page).await;
        chromium.must_be_at(page).await;
    }
    sign_out(&chromium, "Ann Ames").await;
    for _ in 0..4 {
        chromium.back().await;
        chromium.must_be_at("/sign-in").await;
        assert!(!chromium.text().await.contains("Ann Ames"));
    }
}

/// Ann, signed in, has pressed the switch; no script runs.
async fn at_the_switch_without_script() -> (Demo, Chromium, SignIn) {
    let demo = Demo::start().await;
    let ann = demo.person("ann@trackwell.example");
    let chromium = Chromium::start(&demo.url, Script::Blocked).await;
    sign_in(&chromium, &ann).await;
    open_profile(&chromium).await;
    chromium.press("Two-factor authentication").await;
    (demo, chromium, ann)
}

pub(super) async fn sign_in(chromium: &Chromium, person: &SignIn) {
    chromium.goto("/sign-in").await;
    chromium.fill("Email", &person.email).await;
    chromium.fill("Password", &person.password).await;
    chromium.press("Sign in").await;
}

/// Behind the person's initials.
pub(super) async fn sign_out(chromium: &Chromium, name: &str) {
    chromium.open(&format!("Menu of {name}")).await;
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

/// CR-3, CR-31: "please contact our support team".
async fn nothing_is_offered_before_support_was_asked(demo: &Demo) {
    let cleo = demo.person("cleo@harborline.example");
    let chromium = Chromium::start(&demo.url, Script::Runs).await;
    sign_in(&chromium, &cleo).await;
    chromium.goto("/profile/security").await;
    chromium.must_see("Not available for your company yet").await;
    chromium.must_see("support@trackwell.example").await;
    assert!(!chromium.control_names().await.contains(&"Two-factor authentication".to_owned()));
}

/// CR-15, CR-16, CR-17: from the password to the confirmation.
pub(super) async fn choose_text(chromium: &Chromium, person: &SignIn) {
    chromium.fill("Password", &person.password).await;
    chromium.press("Submit").await;
    chromium.choose("In a text message").await;
    chromium.press("Next").await;
    chromium.fill("Mobile number", NUMBER).await;
    chromium.press("Next: confirm access").await;
    chromium.must_be_at("/profile/security/phone/confirm").await;
    until_it_is_sent(chromium, "We sent a 6-digit code to").await;
}

/// Opens the page again until it says so: to a page that waited long enough a text is on its way still.
pub(super) async fn until_it_is_sent(chromium: &Chromium, sent: &str) {
    let page = chromium.address().await;
    until("the text is sent", async || {
        let is_sent = chromium.text().await.contains(sent);
        if !is_sent {
            chromium.goto(&page).await;
        }
        is_sent
    })
    .await;
}

/// CR-18: the newest text to exactly that number, as the demo's inbox shows it; then back to where one was.
pub(super) async fn read_text(chromium: &Chromium) -> String {
    let page = chromium.address().await;
    chromium.goto("/demo/inbox?to=%2B15125550134").await;
    let seen = chromium.text().await;
    let (before, _) = seen.split_once(" is your Trackwell ").expect("a text with a code");
    let code = before.split_whitespace().last().unwrap().to_owned();
    assert!(seen.contains(&format!("@localhost #{code}")), "{seen}");
    chromium.goto(&page).await;
    code
}

/// CR-19: until the right code came, the password alone still signs in.
async fn a_wrong_texted_code_leaves_it_off(chromium: &Chromium, demo: &Demo, person: &SignIn) {
    let right: u32 = read_text(chromium).await.parse().unwrap();
    chromium.fill("Authentication code", &format!("{:06}", (right + 1) % 1_000_000)).await;
    chromium.press("Next: complete setup").await;
    chromium.must_see("That code is not right.").await;
    let mut elsewhere = demo.browser();
    type_password(&mut elsewhere, &person.email, &person.password).await;
    elsewhere.must_be_at("/profile");
}

/// CR-19
pub(super) async fn complete_by_text(chromium: &Chromium) {
    let code = read_text(chromium).await;
    chromium.fill("Authentication code", &code).await;
    chromium.press("Next: complete setup").await;
    chromium.must_be_at("/profile/security/turned-on").await;
    chromium.must_see("Two-factor authentication is on").await;
    leave_the_end(chromium).await;
}

/// To the security page, without the backup codes that some policies offer there.
async fn leave_the_end(chromium: &Chromium) {
    let offers_codes = chromium.text().await.contains("Generate backup codes");
    chromium.follow(if offers_codes { "Not now" } else { "Done" }).await;
    assert!(chromium.switch_is_on("Two-factor authentication").await);
}

/// CR-1, CR-12: a new code each time, and it admits; the one of before is used up.
async fn sign_in_by_text(chromium: &Chromium, person: &SignIn) {
    sign_in(chromium, person).await;
    chromium.must_be_at("/sign-in/code").await;
    until_it_is_sent(chromium, "We sent a 6-digit code to •••• 34").await;
    chromium.goto("/profile").await;
    chromium.must_be_at("/sign-in/code").await;
    let code = read_text(chromium).await;
    chromium.fill("Authentication code", &code).await;
    chromium.press("Verify").await;
    chromium.must_be_at("/profile").await;
}

async fn change_password(chromium: &Chromium, person: &SignIn) {
    chromium.goto("/profile/password").await;
    chromium.fill("Current password", &person.password).await;
    chromium.fill("New password", "nine geese above a quiet barn").await;
    chromium.press("Save password").await;
    chromium.must_see("Your password is changed.").await;
}

/// CR-9, CR-10, CR-11: in the person's mailbox, the newest first.
async fn every_change_was_mailed(chromium: &Chromium, person: &SignIn) {
    let subjects = [
        "Your password was changed",
        "Two-factor authentication was turned off",
        "Two-factor authentication was turned on",
    ];
    let mut seen = String::new();
    until("every change is mailed", async || {
        chromium.goto(&format!("/demo/inbox?to={}", person.email)).await;
        seen = chromium.text().await;
        subjects.iter().all(|subject| seen.contains(subject))
    })
    .await;
    assert!(subjects.map(|subject| seen.find(subject)).is_sorted(), "{seen}");
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
    leave_the_end(chromium).await;
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
