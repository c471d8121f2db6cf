//! Every kind of letter in its final words.

use std::{path::Path, time::Duration};

use countersign_core::{
    authenticator::AuthenticatorKind,
    ceremony::CeremonyPurpose,
    letter::{AlertKind, AlertLetter, CodeLetter, LinkLetter, MemberLetter, NoticeLetter, UnlockLetter},
    notice::NoticeKind,
    timestamp::Timestamp,
};
use proptest::prelude::*;
use scraper::{Html, Selector};

use super::*;
use crate::sms::segments::{Encoding, Segments};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
/// 2026-11-22, 14:05 UTC, a Sunday.
const ASKED_AT: Timestamp = Timestamp::from_millis(1_795_356_345_000);
const TOKEN: &str = "nme_Canary-0123456789_token";
const CODE: &str = "123456";

fn options() -> RendererOptions {
    RendererOptions {
        product_name: "Trackwell".into(),
        public_url: "https://signin.trackwell.example".into(),
        host: "signin.trackwell.example".into(),
        support_contact: Some("help@trackwell.example".into()),
        places: None,
    }
}

fn places() -> Places {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/places.mmdb");
    Places::open(&file).unwrap()
}

fn renderer() -> Renderer {
    Renderer::new(options())
}

fn named(product_name: &str) -> Renderer {
    Renderer::new(RendererOptions { product_name: product_name.into(), places: Some(places()), ..options() })
}

fn code(purpose: CeremonyPurpose) -> Letter {
    Letter::Code(CodeLetter {
        purpose,
        code: Secret::new(CODE.into()),
        asked_at: ASKED_AT,
        expires_at: ASKED_AT.plus(Duration::from_mins(10)),
        source: "203.0.113.7".into(),
        user_agent: FIREFOX.into(),
    })
}

fn notice(kind: NoticeKind, method: Option<AuthenticatorKind>) -> Letter {
    Letter::Notice(NoticeLetter {
        kind,
        method,
        at: ASKED_AT,
        source: "203.0.113.7".into(),
        user_agent: FIREFOX.into(),
        is_by_operator: false,
        not_me: Secret::new(TOKEN.into()),
        unlock: None,
    })
}

/// Of a lock that its person may open.
fn lock_to_open() -> Letter {
    let Letter::Notice(letter) = notice(NoticeKind::NameLocked, None) else { panic!("a notice") };
    let expires_at = ASKED_AT.plus(LinkPurpose::Unlock.life());
    let unlock = Some(UnlockLetter { token: Secret::new(TOKEN.into()), expires_at });
    Letter::Notice(NoticeLetter { unlock, ..letter })
}

fn link(purpose: LinkPurpose, organization: Option<&str>) -> Letter {
    Letter::Link(LinkLetter {
        purpose,
        token: Secret::new(TOKEN.into()),
        organization: organization.map(str::to_owned),
        at: ASKED_AT,
        expires_at: ASKED_AT.plus(purpose.life()),
    })
}

fn member(kind: NoticeKind, name: &str) -> Letter {
    let (method, email) = (Some(AuthenticatorKind::App), "ann@a.example".into());
    Letter::Member(MemberLetter { kind, method, name: name.into(), email, at: ASKED_AT })
}

fn alert(kind: AlertKind, about: &str) -> Letter {
    Letter::Alert(AlertLetter { kind, about: about.into(), at: ASKED_AT })
}

fn letters_to_mailboxes() -> Vec<Letter> {
    let alerts = [
        AlertKind::UnprovenNumbers,
        AlertKind::AdjacentNumbers,
        AlertKind::EverybodysBudget,
        AlertKind::OrganizationsBudget,
        AlertKind::ManyFailures,
        AlertKind::ResetLinksBudget,
    ];
    let notices = NoticeKind::ALL.map(|kind| notice(kind, Some(AuthenticatorKind::App))).into_iter();
    notices
        .chain([
            link(LinkPurpose::SetPassword, Some("Northline Plumbing")),
            link(LinkPurpose::ResetPassword, None),
            link(LinkPurpose::VerifyEmail, None),
            lock_to_open(),
            member(NoticeKind::SomebodyHasThePassword, "Ann Ames"),
            member(NoticeKind::AuthenticatorDisabled, "Ann Ames"),
        ])
        .chain(alerts.map(|kind| alert(kind, "US")))
        .chain(CeremonyPurpose::ALL.map(code))
        .collect()
}

fn email(renderer: &Renderer, letter: &Letter) -> Rendered {
    renderer.render(MessageId::from_stored("msg_1".into()), (Channel::Email, "ann@a.example".into()), letter)
}

fn sms(renderer: &Renderer, letter: &Letter) -> String {
    renderer.render(MessageId::from_stored("msg_1".into()), (Channel::Sms, "+15550100".into()), letter).text
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| *word != "--").collect()
}

fn words_of_html(html: &str) -> String {
    let document = Html::parse_document(html);
    let body = document.select(&Selector::parse("body").unwrap()).next().unwrap();
    body.text().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_text_reads_as_designed_and_fits_one_segment() {
    assert_eq!(
        sms(&renderer(), &code(CeremonyPurpose::SignIn)),
        "123456 is your Trackwell sign-in code, asked for at 14:05 UTC (Firefox). It works for 10 minutes. \
         We never ask for it.\n@signin.trackwell.example #123456"
    );
}

#[test]
fn with_a_location_file_it_says_where_and_leaves_away_what_would_cost_a_segment() {
    let text = sms(&named("Trackwell"), &code(CeremonyPurpose::SignIn));
    assert_eq!(
        text,
        "123456 is your Trackwell sign-in code, asked for at 14:05 UTC from Austin, US. It works for 10 minutes. \
         We never ask for it.\n@signin.trackwell.example #123456"
    );
    assert!(Segments::of(&text).is_one());
    let longer = sms(&named("Trackwell Telephony"), &code(CeremonyPurpose::SignIn));
    assert!(longer.contains("Austin") && !longer.contains("We never"), "{longer}");
    let longest = sms(&named("Trackwell Telephony and Data Services"), &code(CeremonyPurpose::SignIn));
    assert!(!longest.contains("Austin"), "{longest}");
    assert!(Segments::of(&longer).is_one() && Segments::of(&longest).is_one());
}

#[test]
fn a_text_that_needs_two_segments_anyway_says_everything() {
    for name in ["Трекуэлл", &"Trackwell ".repeat(9)] {
        let text = sms(&named(name), &code(CeremonyPurpose::Enroll));
        assert!(text.contains("Austin, US (Firefox)") && text.contains("We never ask for it."), "{text}");
        assert!(!Segments::of(&text).is_one());
    }
    assert_eq!(
        Segments::of(&sms(&named("Трекуэлл"), &code(CeremonyPurpose::SignIn))).encoding,
        Encoding::Ucs2
    );
}

#[test]
fn the_code_stands_first_and_the_domain_bound_line_last_whatever_it_is_for() {
    for purpose in CeremonyPurpose::ALL {
        let text = sms(&named("Trackwell"), &code(purpose));
        assert!(text.starts_with("123456 is your Trackwell "), "{text}");
        assert_eq!(text.lines().last().unwrap(), "@signin.trackwell.example #123456");
    }
    // No code is sent to save a key.
    let sent = CeremonyPurpose::ALL.into_iter().filter(|purpose| {
        !matches!(purpose, CeremonyPurpose::SaveRecoveryKey | CeremonyPurpose::SaveBackupCodes)
    });
    let texts: Vec<_> = sent.map(|purpose| sms(&renderer(), &code(purpose))).collect();
    let different: std::collections::BTreeSet<_> = texts.iter().collect();
    assert_eq!(different.len(), texts.len(), "two purposes read alike");
}

/// B3-3, B3-7: the code stands by itself, and whoever did not ask for it reads what that means.
#[test]
fn a_mail_with_a_code_reads_as_designed() {
    let mail = email(&renderer(), &code(CeremonyPurpose::SignIn));
    assert_eq!(mail.subject.as_deref(), Some("Your Trackwell code"));
    let expected = "\
Your code to sign in to Trackwell:

123456

When: Sunday, November 22, 2026 at 14:05 UTC
Where: the network address 203.0.113.7
Browser: Firefox on Linux

It works for 10 minutes, once. Type it on the page that asks for it, and tell it to nobody.

If you are not signing in right now, somebody knows your password. Do not pass the code on, and change your password.

-- 
Need help? Contact help@trackwell.example
Trackwell sends you this to keep your account safe. We never ask for your password or a code.
";
    assert_eq!(mail.text, expected);
}

#[test]
fn a_notice_says_what_when_where_by_which_browser_and_what_to_do() {
    let letter = notice(NoticeKind::TwoFactorTurnedOn, Some(AuthenticatorKind::Phone));
    let mail = email(&renderer(), &letter);
    assert_eq!(mail.subject.as_deref(), Some("Two-factor authentication was turned on"));
    let expected = "\
Two-factor authentication was turned on for your Trackwell account.

Method: text messages to your phone
When: Sunday, November 22, 2026 at 14:05 UTC
Where: the network address 203.0.113.7
Browser: Firefox on Linux

If this was you, there is nothing to do.

If this was not you, tell us with the link below. We sign your account out everywhere, keep it shut until you \
choose a new password, and send you an email for that.

This was not me
https://signin.trackwell.example/not-me?token=nme_Canary-0123456789_token

The link works once, until Wednesday, November 25, 2026 at 14:05 UTC.

--\x20
Need help? Contact help@trackwell.example
Trackwell sends you this to keep your account safe. We never ask for your password or a code.
";
    assert_eq!(mail.text, expected);
    assert!(email(&named("Trackwell"), &letter).text.contains("\nWhere: Austin, US\n"));
}

#[test]
fn the_html_says_what_the_text_says() {
    for letter in letters_to_mailboxes() {
        let mail = email(&named("Trackwell"), &letter);
        let html = words_of_html(&mail.html.unwrap());
        assert_eq!(words(&html), words(&mail.text));
    }
}

#[test]
fn mails_load_nothing_from_elsewhere_and_follow_light_and_dark() {
    for letter in letters_to_mailboxes() {
        let html = email(&renderer(), &letter).html.unwrap();
        for foreign in ["<img", "<script", "<style", "<link", "@import", "url(", "src="] {
            assert!(!html.contains(foreign), "{foreign}");
        }
        assert!(html.contains(r#"<meta name="color-scheme" content="light dark">"#));
        let addresses = html.matches("href=\"").count();
        let ours = html.matches("href=\"https://signin.trackwell.example/").count();
        assert_eq!(addresses, ours);
    }
}

/// A46
#[test]
fn atk_46_no_subject_holds_a_link_or_a_token() {
    for letter in letters_to_mailboxes() {
        let mail = email(&renderer(), &letter);
        let subject = mail.subject.unwrap();
        assert!(!subject.contains(TOKEN) && !subject.contains("http"), "{subject}");
        assert!(!subject.is_empty());
    }
}

/// A58: the mail that somebody else had sent may be the only sign that they have the password.
#[test]
fn atk_58_who_did_not_ask_for_a_link_is_told_who_may_have() {
    let mail = email(&renderer(), &link(LinkPurpose::VerifyEmail, None)).text;
    let warning = "Somebody who signed in with your password asked for this. If it was not you, do not open the \
                   link: change your password now.";
    assert!(mail.contains(warning) && !mail.contains("ignore"), "{mail}");
    let mail = email(&renderer(), &link(LinkPurpose::SetPassword, None)).text;
    let warning = "have a password here already, somebody may know it: choose a new one.";
    assert!(mail.contains(warning), "{mail}");
}

#[test]
fn what_an_operator_did_has_no_address_and_no_browser() {
    let letter = NoticeLetter {
        kind: NoticeKind::PasswordChanged,
        method: None,
        at: ASKED_AT,
        source: "0.0.0.0".into(),
        user_agent: "countersign command".into(),
        is_by_operator: true,
        not_me: Secret::new(TOKEN.into()),
        unlock: None,
    };
    let mail = email(&renderer(), &Letter::Notice(letter)).text;
    assert!(mail.contains("Somebody who runs Trackwell did this."), "{mail}");
    for absent in ["Where:", "Browser:", "0.0.0.0", "If this was you"] {
        assert!(!mail.contains(absent), "{absent} in {mail}");
    }
}

/// A42
#[test]
fn atk_42_links_lead_to_our_own_address_and_to_the_page_of_their_purpose() {
    for (purpose, page) in [
        (LinkPurpose::SetPassword, "set-password"),
        (LinkPurpose::ResetPassword, "reset-password"),
        (LinkPurpose::VerifyEmail, "verify-email"),
        (LinkPurpose::NotMe, "not-me"),
        (LinkPurpose::Unlock, "unlock"),
    ] {
        let expected = format!("https://signin.trackwell.example/{page}?token={TOKEN}\n");
        let letter = match purpose {
            LinkPurpose::NotMe => notice(NoticeKind::PasswordChanged, None),
            LinkPurpose::Unlock => lock_to_open(),
            LinkPurpose::SetPassword | LinkPurpose::ResetPassword | LinkPurpose::VerifyEmail => {
                link(purpose, None)
            }
        };
        let mail = email(&renderer(), &letter);
        assert!(mail.text.contains(&expected), "{}", mail.text);
        // The mail of a lock holds the link of every notice, too.
        let links = if purpose == LinkPurpose::Unlock { 2 } else { 1 };
        assert_eq!(mail.text.matches("http").count(), links);
    }
}

/// A44, A45
#[test]
fn atk_45_what_people_typed_stays_text_on_one_line() {
    for hostile in [
        "<a href=\"https://evil.example\">click</a>",
        "x\r\nBcc: eve@evil.example",
        "x\u{2028}\u{202e}gnp.exe",
        "{{ subject }} { $product } %s",
        "<!--",
        "</title><script>",
        "&lt;b&gt;",
        "\0\u{1b}[31m",
    ] {
        let ours = email(&named(hostile), &link(LinkPurpose::SetPassword, Some(hostile)));
        let cleaned = clean(hostile);
        assert!(ours.text.contains(&format!("Company: {cleaned}\n")), "{}", ours.text);
        let html = ours.html.unwrap();
        assert_eq!(words(&words_of_html(&html)), words(&ours.text), "{hostile}");
        assert!(!html.contains("<script") && html.matches("<a ").count() == 1, "{html}");
        let subject = ours.subject.unwrap();
        assert!(!subject.contains(char::is_control), "{subject:?}");

        let noticed = Letter::Notice(NoticeLetter {
            kind: NoticeKind::PasswordChanged,
            method: None,
            at: ASKED_AT,
            source: hostile.into(),
            user_agent: hostile.into(),
            is_by_operator: false,
            not_me: Secret::new(TOKEN.into()),
            unlock: None,
        });
        let mail = email(&renderer(), &noticed);
        assert!(mail.text.contains("Browser: a browser we do not know\n"), "{}", mail.text);
        assert_eq!(words(&words_of_html(&mail.html.unwrap())), words(&mail.text));
        let text = email(&renderer(), &alert(AlertKind::EverybodysBudget, hostile)).text;
        assert!(text.contains(&format!("About: {cleaned}\n")), "{text}");
    }
}

#[test]
fn without_a_support_contact_nobody_is_sent_to_one() {
    let renderer = Renderer::new(RendererOptions { support_contact: None, ..options() });
    let mail = email(&renderer, &notice(NoticeKind::NameLocked, None));
    assert!(!mail.text.contains("Need help?") && !mail.html.unwrap().contains("Need help?"));
}

#[test]
fn no_message_shows_the_id_of_a_text_or_an_unfilled_value() {
    let renderer = named("Trackwell");
    let mails = letters_to_mailboxes().into_iter().map(|letter| email(&renderer, &letter));
    let mails = mails.flat_map(|mail| [mail.subject.unwrap(), mail.text]);
    for text in mails.chain(CeremonyPurpose::ALL.map(|purpose| sms(&renderer, &code(purpose)))) {
        for odd in ["{", "}", "$", "mail-", "notice-", "link-", "text-", "alert-", "method-", "detail-"] {
            assert!(!text.contains(odd), "{odd} in {text}");
        }
    }
}

proptest! {
    /// A44, A45: whatever is typed, there is one subject line, and the HTML says what the text says.
    #[test]
    fn atk_44_no_name_breaks_out_of_its_line(name in ".{0,120}") {
        let mail = email(&named(&name), &link(LinkPurpose::SetPassword, Some(&name)));
        prop_assert!(!mail.subject.unwrap().contains(char::is_control));
        let html = mail.html.unwrap();
        let shown = words_of_html(&html);
        prop_assert_eq!(words(&shown), words(&mail.text));
        prop_assert_eq!(html.matches("<a ").count(), 1);
    }
}
