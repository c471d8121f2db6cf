//! Every page with sample data: sound markup, and files in `target/pages` to look at.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::secret::Secret;
use countersign_core::timestamp::Timestamp;
use countersign_core::user::PasswordChangeReason;
use countersign_service::profile::TwoFactorState;
use scraper::{ElementRef, Html, Selector};

use super::app::{App, PendingKey};
use super::app_confirm::AppConfirm;
use super::change_password::{ChangePassword, PasswordRule};
use super::code::Code;
use super::frame::{Frame, Mistake, Person};
use super::inbox::Inbox;
use super::method::ChooseMethod;
use super::problem::Problem;
use super::profile::{Facts, Profile};
use super::qr::QrCode;
use super::security::{Method, Security};
use super::sign_in::SignIn;
use super::turn_off::TurnOff;
use super::turn_on::TurnOn;
use super::turned_on::TurnedOn;
use super::two_factor::TwoFactor;
use super::when::When;
use super::*;
use crate::assets::{ICON, SCRIPT, STYLE};
use crate::demo::InboxMessage;
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::said::Said;
use crate::site::{Site, sample};

#[test]
fn no_page_has_inline_script_style_or_handlers() {
    for (name, page) in all_pages() {
        assert!(select(&page, "style, script:not([src])").is_empty(), "{name}");
        for element in page.root_element().descendent_elements() {
            let inline = element.value().attrs().find(|(key, _)| *key == "style" || key.starts_with("on"));
            assert_eq!(inline, None, "{name}");
        }
    }
}

#[test]
fn ids_are_unique_and_everything_that_points_to_one_finds_it() {
    for (name, page) in all_pages() {
        let mut ids = BTreeSet::new();
        for element in select(&page, "[id]") {
            let id = element.attr("id").unwrap();
            assert!(ids.insert(id), "{name}: #{id} twice");
        }
        for key in ["for", "aria-describedby", "aria-labelledby", "data-copy", "form"] {
            for element in select(&page, &format!("[{key}]")) {
                for id in element.attr(key).unwrap().split(' ') {
                    assert!(ids.contains(id), "{name}: {key} points to #{id}");
                }
            }
        }
        for link in select(&page, "a[href^='#']") {
            assert!(ids.contains(&link.attr("href").unwrap()[1..]), "{name}");
        }
    }
}

#[test]
fn every_field_has_one_label_and_every_posting_form_a_token() {
    for (name, page) in all_pages() {
        for field in select(&page, "input:not([type=hidden], [hidden])") {
            let label = format!("label[for='{}']", field.attr("id").unwrap());
            assert_eq!(select(&page, &label).len(), 1, "{name}: {label}");
        }
        for form in select(&page, "form[method=post]") {
            let token = Selector::parse("input[name=form_token]").unwrap();
            assert_eq!(form.select(&token).count(), 1, "{name}");
        }
    }
}

#[test]
fn every_page_has_one_heading_a_title_a_language_and_stays_below_30_kb() {
    for (name, html) in all_sources() {
        assert!(html.len() <= 30_000, "{name} has {} bytes", html.len());
        let page = Html::parse_document(&html);
        assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
        assert_eq!(select(&page, "h1").len(), 1, "{name}");
        assert_eq!(select(&page, "main").len(), 1, "{name}");
        assert_eq!(select(&page, "html[lang=en]").len(), 1, "{name}");
        assert!(select(&page, "title")[0].text().collect::<String>().contains("Trackwell"), "{name}");
    }
}

#[test]
fn a_mistake_stands_at_the_top_at_its_field_and_in_the_title() {
    let page = Html::parse_document(&source_of("sign_in_wrong"));
    let title = select(&page, "title")[0].text().collect::<String>();
    assert!(title.starts_with("Error: "), "{title}");
    assert_eq!(select(&page, ".summary a[href='#password']").len(), 1);
    assert_eq!(select(&page, "#password[aria-invalid][aria-describedby=password-mistake]").len(), 1);
    assert_eq!(select(&page, "[autofocus]").len(), 1);
}

#[test]
fn a_page_below_a_section_leads_back_to_it() {
    for (name, above, own) in [
        ("turn_on", "/profile/security", "Turn on two-factor authentication"),
        ("app_confirm", "/profile/security", "Turn on two-factor authentication"),
        ("turn_off", "/profile/security", "Turn off two-factor authentication"),
        ("password", "/profile", "Change password"),
    ] {
        let page = Html::parse_document(&source_of(name));
        let link = select(&page, "nav[aria-label=Breadcrumb] a");
        assert_eq!(link[0].attr("href"), Some(above), "{name}");
        let present = select(&page, "nav[aria-label=Breadcrumb] [aria-current=page]");
        assert_eq!(present[0].text().collect::<String>(), own);
    }
    assert!(!source_of("security_on").contains("Breadcrumb"));
}

#[test]
fn names_and_addresses_are_shown_as_text_whatever_they_hold() {
    let html = source_of("profile_hostile");
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("&#60;script&#62;alert"));
}

/// For designers: `target/pages/*.html` with the style sheet beside them.
#[test]
fn all_pages_can_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    for asset in [&STYLE, &SCRIPT, &ICON] {
        std::fs::write(folder.join(asset.path.trim_start_matches("/assets/")), asset.content).unwrap();
    }
    for (name, html) in all_sources() {
        std::fs::write(folder.join(format!("{name}.html")), html.replace("\"/assets/", "\"")).unwrap();
    }
}

fn all_pages() -> Vec<(&'static str, Html)> {
    all_sources().into_iter().map(|(name, html)| (name, Html::parse_document(&html))).collect()
}

fn source_of(wanted: &str) -> String {
    all_sources().into_iter().find(|(name, _)| *name == wanted).unwrap().1
}

fn all_sources() -> Vec<(&'static str, String)> {
    let site = Arc::new(sample());
    [sign_in_pages(&site), account_pages(&site), set_up_pages(&site), problem_pages(&site)].concat()
}

fn sign_in_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let wrong = mistake(
        Some("password"),
        "That email and password do not match. After 3 more wrong tries this name is locked for 5 minutes.",
    );
    let locked = mistake(None, "Too many wrong entries. This name is locked until 14:05 UTC.");
    let wrong_code = mistake(Some("code"), "That code is not right. Wait for the next one in your app.");
    let mut signed_out = visitor(site);
    signed_out.status = Some(signed_out.text(Said::SignedOut.text_id()));
    let mut session_over = visitor(site);
    session_over = session_over.with_mistakes(mistake(None, &site.texts.get(Said::SessionOver.text_id())));
    vec![
        ("session_over", html(&SignIn::new(session_over, ""))),
        ("sign_in", html(&SignIn::new(visitor(site), ""))),
        ("sign_in_wrong", html(&SignIn::new(visitor(site).with_mistakes(wrong), "ann@trackwell.example"))),
        ("sign_in_locked", html(&SignIn::new(visitor(site).with_mistakes(locked), "ann@trackwell.example"))),
        ("signed_out", html(&SignIn::new(signed_out, ""))),
        ("code", html(&Code::new(visitor(site)))),
        ("code_wrong", html(&Code::new(visitor(site).with_mistakes(wrong_code)))),
    ]
}

fn account_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let hostile = Frame::for_person(visitor(site), person("<script>alert(1)</script>"));
    let rule = PasswordRule {
        characters_min: 15,
        asks_code: true,
        due: Some(PasswordChangeReason::SomebodyKnowsIt),
    };
    vec![
        ("profile", html(&Profile::new(ann(site), facts("Ann Ames"), two_factor(TwoFactorState::Off, true)))),
        (
            "profile_hostile",
            html(&Profile::new(
                hostile,
                facts("<script>alert(1)</script>"),
                two_factor(TwoFactorState::Off, false),
            )),
        ),
        ("security_off", html(&Security::new(ann(site), two_factor(TwoFactorState::Off, true), Vec::new()))),
        ("security_on", html(&security_on(site))),
        ("password", html(&ChangePassword::new(ann(site), rule))),
    ]
}

fn security_on(site: &Arc<Site>) -> Security {
    let frame = ann(site);
    let method = |is_usable, last_used| Method {
        kind: AuthenticatorKind::App,
        is_usable,
        added: When::at(&frame, Timestamp::from_millis(1_795_000_000_000)),
        last_used,
    };
    let used = Some(When::at(&frame, (site.sources.now)()));
    let methods = vec![method(true, used), method(false, None)];
    Security::new(frame, two_factor(TwoFactorState::On, false), methods)
}

fn set_up_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let address = "otpauth://totp/Trackwell:ann%40trackwell.example\
        ?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Trackwell&algorithm=SHA1&digits=6&period=30";
    let base32 = Secret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned());
    let key = PendingKey::new(&base32, "ann@trackwell.example".to_owned(), "Trackwell".to_owned());
    let wrong = mistake(Some("password"), "That password is not right.");
    let none = mistake(Some("method"), "Choose where you want to receive your code.");
    vec![
        ("turn_on", html(&TurnOn::new(ann(site)))),
        ("method", html(&ChooseMethod::new(ann(site).with_mistakes(none), &[AuthenticatorKind::App]))),
        ("app", html(&App::new(ann(site), QrCode::of(address).unwrap(), key))),
        ("app_confirm", html(&AppConfirm::new(ann(site)))),
        ("turned_on", html(&TurnedOn::new(ann(site)))),
        ("turn_off", html(&TurnOff::new(ann(site).with_mistakes(wrong), true))),
    ]
}

fn problem_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let page = |error| html(&Problem::new(site, error, "Q2hQ0m6sZkWv3bXa"));
    vec![
        ("problem_not_found", page(PageError::NotFound)),
        ("problem_method", page(PageError::MethodNotAllowed)),
        ("problem_host", page(PageError::WrongHost)),
        ("problem_large", page(PageError::BodyTooLarge)),
        ("problem_slow", page(PageError::BodyTooSlow)),
        ("problem_not_a_form", page(PageError::NotAForm)),
        ("problem_unknown_field", page(PageError::BadForm(FormProblem::UnknownField))),
        ("problem_many_fields", page(PageError::BadForm(FormProblem::TooManyFields))),
        ("problem_stale", page(PageError::StaleForm("/sign-in"))),
        ("problem_foreign", page(PageError::ForeignForm)),
        ("problem_busy", page(PageError::Busy)),
        ("problem_unavailable", page(PageError::Unavailable)),
        ("inbox", html(&inbox(site, vec![message("To sign in, enter 123456.")]))),
        ("inbox_empty", html(&inbox(site, Vec::new()))),
        ("problem_fault", page(PageError::Fault)),
    ]
}

fn inbox(site: &Arc<Site>, messages: Vec<InboxMessage>) -> Inbox {
    Inbox::new(visitor(site), messages)
}

fn message(text: &str) -> InboxMessage {
    InboxMessage {
        channel: "email",
        to: "ann@trackwell.example".to_owned(),
        subject: Some("Two-factor authentication was turned on".to_owned()),
        text: text.to_owned(),
        sent_at: Timestamp::from_millis(1_795_342_500_000),
    }
}

fn html(page: &impl Page) -> String {
    page.render().unwrap()
}

fn visitor(site: &Arc<Site>) -> Frame {
    Frame::new(site, &Browser::sample())
}

fn ann(site: &Arc<Site>) -> Frame {
    visitor(site).for_person(person("Ann Ames"))
}

fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        email: "ann@trackwell.example".to_owned(),
        organization: Some("Harbor Dental".to_owned()),
    }
}

fn facts(name: &str) -> Facts {
    Facts {
        name: name.to_owned(),
        email: "ann@trackwell.example".to_owned(),
        email_is_verified: true,
        organization: Some("Harbor Dental".to_owned()),
    }
}

fn two_factor(state: TwoFactorState, may_switch: bool) -> TwoFactor {
    TwoFactor { state, may_switch }
}

fn mistake(field: Option<&'static str>, sentence: &str) -> Vec<Mistake> {
    vec![Mistake { field, sentence: sentence.to_owned() }]
}

fn select<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}
