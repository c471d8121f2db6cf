//! Callroute's document, step by step, in Chromium: an authenticator program sets it up, the recovery code admits
//! without it, and the switch turns it off.

use super::{
    authenticator::Authenticator,
    chromium::{Chromium, Script},
    demo::{Demo, SignIn},
    document::{scan_app, sign_in, sign_out},
};

const SWITCH: &str = "Two-factor authentication";

/// CRT-1, CRT-2, CRT-4, CRT-5, CRT-7, CRT-8, CRT-9, CRT-10, CRT-11, CRT-12, CRT-13, CRT-14, CRT-16, CRT-18, CRT-19,
/// CRT-20, CRT-21, CRT-22, CRT-23, CRT-24: "How to enable MFA", "How to use your recovery code" and "How to disable
/// MFA", in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_follows_callroutes_document() {
    let demo = Demo::start().await;
    let eva = demo.person("eva@switchfield.example");
    let chromium = Chromium::start(&demo.url, Script::Runs).await;

    sign_in(&chromium, &eva).await;
    chromium.must_be_at("/profile").await;
    let (app, first_key) = set_up(&chromium).await;
    sign_out(&chromium, "Eva Eng").await;

    let second_key = sign_in_by_key(&chromium, &eva, &first_key).await;
    sign_out(&chromium, "Eva Eng").await;
    the_key_of_before_is_void(&chromium, &eva, &first_key).await;
    assert_ne!(first_key, second_key);

    chromium.fill("Authentication code", &app.code_after(&app.code()).await).await;
    chromium.press("Verify").await;
    chromium.must_be_at("/profile").await;
    turn_off(&chromium).await;
    sign_out(&chromium, "Eva Eng").await;
    sign_in(&chromium, &eva).await;
    chromium.must_be_at("/profile").await;
}

/// From the security page to the end; the app and the recovery key.
async fn set_up(chromium: &Chromium) -> (Authenticator, String) {
    chromium.open("Menu of Eva Eng").await;
    chromium.follow("Profile").await;
    chromium.goto("/profile/security").await;
    chromium.must_see("recommended").await;
    chromium.press(SWITCH).await;
    chromium.must_be_at("/profile/security/app").await;
    chromium.must_see("We recommend Microsoft Authenticator.").await;
    let app = scan_app(chromium).await;
    chromium.press("Next: confirm access").await;
    chromium.fill("Authentication code", "abc def").await;
    chromium.press("Next: complete setup").await;
    chromium.must_see("That code is not right.").await;
    chromium.fill("Authentication code", &app.code()).await;
    chromium.press("Next: complete setup").await;
    chromium.must_be_at("/profile/security/recovery-key").await;
    chromium.must_see("keep it in a safe place").await;
    for way in ["Copy", "Download"] {
        assert!(chromium.control_names().await.iter().any(|name| name == way), "{way}");
    }
    let key = chromium.text_named("Your recovery key").await;
    chromium.press("Continue").await;
    chromium.must_see("Two-factor authentication is on").await;
    (app, key)
}

/// The whole key, pasted into the field of the code; the one that takes its place.
async fn sign_in_by_key(chromium: &Chromium, eva: &SignIn, key: &str) -> String {
    sign_in(chromium, eva).await;
    chromium.must_be_at("/sign-in/code").await;
    chromium.must_see("Enter your whole recovery key in the same field.").await;
    chromium.fill("Authentication code", key).await;
    chromium.press("Verify").await;
    chromium.must_be_at("/sign-in/recovered").await;
    chromium.must_see("Download or copy it").await;
    let new = chromium.text_named("Your recovery key").await;
    chromium.press("Continue").await;
    chromium.must_be_at("/profile/security").await;
    new
}

async fn the_key_of_before_is_void(chromium: &Chromium, eva: &SignIn, key: &str) {
    sign_in(chromium, eva).await;
    chromium.fill("Authentication code", key).await;
    chromium.press("Verify").await;
    chromium.must_see("That code is not right.").await;
}

async fn turn_off(chromium: &Chromium) {
    chromium.goto("/profile/security").await;
    chromium.press(SWITCH).await;
    chromium.must_see("We recommend that you keep it on.").await;
    chromium.press("Disable").await;
    chromium.must_be_at("/profile/security").await;
    assert!(!chromium.switch_is_on(SWITCH).await);
}
