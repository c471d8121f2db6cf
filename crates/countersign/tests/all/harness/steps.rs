//! The ways through the pages that most tests begin with, as a person walks them.

use std::time::Duration;

use countersign_core::{policy::presets::Preset, user::EmailAddress};

use super::{Browser, Person, Phone, TestServer};

/// Types email and password on the sign-in page and presses the button, wherever that leads.
pub(crate) async fn type_password(browser: &mut Browser, email: &str, password: &str) {
    browser.goto("/sign-in").await;
    browser.fill("Email", email).fill("Password", password);
    browser.press("Sign in").await;
}

/// Says on the page that the password of this address is forgotten, and has the server look at that wish.
pub(crate) async fn forget_password(server: &TestServer, browser: &mut Browser, email: &str) {
    browser.goto("/sign-in").await.follow("Forgot password?").await.must_be_at("/forgot-password");
    browser.fill("Email", email).press("Send link").await;
    assert_eq!((browser.status(), browser.heading().as_str()), (200, "Look in your mailbox"));
    server.service.take_up_wishes().await.unwrap();
}

/// Types a code on the page after the password, wherever that leads.
pub(crate) async fn type_code(browser: &mut Browser, code: &str) {
    browser.fill("Authentication code", code).press("Verify").await;
}

/// A new browser behind the password, where a code is asked for.
pub(crate) async fn behind_the_password(server: &TestServer, person: &Person) -> Browser {
    let mut browser = server.browser();
    type_password(&mut browser, &person.email, &person.password).await;
    browser.must_be_at("/sign-in/code");
    browser
}

/// A new browser, signed in by the password alone.
pub(crate) async fn sign_in(server: &TestServer, person: &Person) -> Browser {
    let mut browser = server.browser();
    type_password(&mut browser, &person.email, &person.password).await;
    browser.must_be_at("/profile");
    browser
}

/// A new browser, signed in and past the password step of the set-up.
pub(crate) async fn choosing_a_method(server: &TestServer, person: &Person) -> Browser {
    let mut browser = sign_in(server, person).await;
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.must_be_at("/profile/security/method");
    browser
}

/// Turns two-factor authentication on, and reads the email about it. The app's present code is used up by it:
/// the next one comes with the next thirty seconds.
pub(crate) async fn enroll_app(server: &TestServer, browser: &mut Browser, person: &Person) -> Phone {
    browser.goto("/profile/security").await;
    browser.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    choose_app(browser).await;
    let phone = confirm_app(server, browser).await;
    browser.must_see("Two-factor authentication is on");
    server.settle().await;
    phone
}

/// The same under a policy that wants nothing but the app's code and gives a recovery key, which the person saves.
pub(crate) async fn enroll_app_with_key(server: &TestServer, browser: &mut Browser) -> (Phone, String) {
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    let phone = confirm_app(server, browser).await;
    assert_eq!(browser.heading(), "Save your recovery key");
    let key = browser.page().text_named("Your recovery key");
    browser.press("Continue").await.must_see("Two-factor authentication is on");
    server.settle().await;
    (phone, key)
}

/// Generates backup codes behind the app's next code, saves them, and half a minute goes by. The codes.
pub(crate) async fn generate_backup_codes(
    server: &TestServer,
    browser: &mut Browser,
    (person, phone): (&Person, &Phone),
) -> Vec<String> {
    server.clock.advance(Duration::from_secs(30));
    browser.goto("/profile/security/backup-codes/create").await;
    browser.fill("Password", &person.password).fill("Authentication code", &phone.code(&server.clock));
    browser.press("Generate backup codes").await.must_be_at("/profile/security/backup-codes");
    let codes = shown_codes(browser);
    browser.press("Continue").await.must_be_at("/profile/security");
    server.clock.advance(Duration::from_secs(30));
    codes
}

/// The backup codes on the page that is open.
pub(crate) fn shown_codes(browser: &Browser) -> Vec<String> {
    browser.page().text_named("Your backup codes").split_whitespace().map(str::to_owned).collect()
}

/// Without a gateway for texts there is nothing to choose from, and no page for it.
pub(crate) async fn choose_app(browser: &mut Browser) {
    if browser.path() == "/profile/security/method" {
        browser.choose("In an authenticator app").press("Next").await;
    }
}

async fn confirm_app(server: &TestServer, browser: &mut Browser) -> Phone {
    let phone = Phone::scan(browser);
    browser.press("Next: confirm access").await;
    browser.fill("Authentication code", &phone.code(&server.clock)).press("Next: complete setup").await;
    phone
}

/// A new browser, signed in by password and code, thirty seconds later so that the code is a fresh one.
pub(crate) async fn sign_in_with_app(server: &TestServer, person: &Person, phone: &Phone) -> Browser {
    server.clock.advance(Duration::from_secs(30));
    let mut browser = behind_the_password(server, person).await;
    type_code(&mut browser, &phone.code(&server.clock)).await;
    browser.must_be_at("/profile");
    browser
}

/// An operator: somebody of the default policy's company with an app, whom the console made one, and everybody has
/// the email about it.
pub(crate) async fn operator(server: &TestServer, name: &str) -> (Person, Phone) {
    let person = server.person(name, Preset::Default).await;
    let phone = enroll_app(server, &mut sign_in(server, &person).await, &person).await;
    let email = EmailAddress::parse(&person.email).unwrap();
    server.service.add_operator(email).await.unwrap();
    server.settle().await;
    (person, phone)
}

/// Turns two-factor authentication on with text messages to this number, and reads the email about it.
pub(crate) async fn enroll_phone(server: &TestServer, browser: &mut Browser, person: &Person, number: &str) {
    browser.goto("/profile/security").await;
    browser.press("Two-factor authentication").await;
    browser.fill("Password", &person.password).press("Submit").await;
    browser.choose("In a text message").press("Next").await;
    browser.fill("Mobile number", number).press("Next: confirm access").await;
    let code = server.text_code(number).await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    browser.must_see("Two-factor authentication is on");
    server.settle().await;
}

/// Turns two-factor authentication on with codes by email, where policy wants nothing before the first of them and gives
/// a recovery key, which the person saves.
pub(crate) async fn enroll_mailbox(server: &TestServer, browser: &mut Browser, person: &Person) -> String {
    browser.goto("/profile/security").await.press("Two-factor authentication").await;
    browser.choose("In an email").press("Next").await.press("Send verification code").await;
    let code = server.mail_code(&person.email).await;
    browser.fill("Authentication code", &code).press("Next: complete setup").await;
    let key = browser.page().text_named("Your recovery key");
    browser.press("Continue").await.must_see("Two-factor authentication is on");
    server.settle().await;
    key
}

/// A new browser, signed in by password and the code of an email.
pub(crate) async fn sign_in_with_mail(server: &TestServer, person: &Person) -> Browser {
    let mut browser = behind_the_password(server, person).await;
    let code = server.mail_code(&person.email).await;
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");
    browser
}

/// A new browser, signed in by password and the code of a text message.
pub(crate) async fn sign_in_with_text(server: &TestServer, person: &Person, number: &str) -> Browser {
    let mut browser = behind_the_password(server, person).await;
    let code = server.text_code(number).await;
    type_code(&mut browser, &code).await;
    browser.must_be_at("/profile");
    browser
}
