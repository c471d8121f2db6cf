//! Pages as different people see them at different times.

use std::sync::Arc;
use std::time::Duration;

use countersign_core::audit::event::AuditKind;
use countersign_core::authenticator::AuthenticatorKind::{
    self, App as AnApp, Email as AMailbox, Phone as APhone,
};
use countersign_core::authenticator::destination::Destination;
use countersign_core::authenticator::phone::PhoneNumber;
use countersign_core::id::{AuditEventId, SessionId, UserId};
use countersign_core::link::LinkPurpose;
use countersign_core::notice::{NoticeKind, Told};
use countersign_core::policy::Proofs;
use countersign_core::refusal::Refusal;
use countersign_core::secret::Secret;
use countersign_core::throttle::budget::{NextSend, Withheld};
use countersign_core::timestamp::Timestamp;
use countersign_core::user::{EmailAddress, PasswordChangeReason, User};
use countersign_service::activity::{Activity as Record, ActivityPage};
use countersign_service::become_operator::OpenOperatorLink;
use countersign_service::end_sessions::SessionState;
use countersign_service::new_codes::ShownCodes;
use countersign_service::operators::OperatorLine;
use countersign_service::profile::{
    BackupCodesState, CodesInForce, EmailProof, MethodState, Profile as State, RecoveryKeyState,
    TwoFactorState,
};
use countersign_service::recover::ShownKey;
use countersign_service::sending::{CodeWays, Reach, Sending};
use countersign_service::set_password::OpenPasswordLink;
use countersign_service::unlock::OpenLock;

use crate::demo::InboxMessage;
use crate::error::{FormProblem, PageError};
use crate::extract::browser::Browser;
use crate::said::Said;
use crate::site::{Site, sample};
use crate::view::Page;
use crate::view::activity::{Activity, Line};
use crate::view::app::{App, PendingKey};
use crate::view::app_confirm::AppConfirm;
use crate::view::backup_code_used::BackupCodeUsed;
use crate::view::backup_codes::{BackupCodes, CreateBackupCodes};
use crate::view::become_operator::{BecomeOperator, OperatorsApp, Typed};
use crate::view::change_methods::ChangeMethods;
use crate::view::change_password::{ChangePassword, PasswordRule};
use crate::view::code::{Code, Way};
use crate::view::create_recovery_key::CreateRecoveryKey;
use crate::view::dead_link::DeadLink;
use crate::view::email::Email;
use crate::view::end_others::EndOthers;
use crate::view::forgot_password::ForgotPassword;
use crate::view::forgot_password_sent::ForgotPasswordSent;
use crate::view::frame::{Frame, Mistake, Person};
use crate::view::inbox::Inbox;
use crate::view::method::ChooseMethod;
use crate::view::not_me::NotMe;
use crate::view::not_me_done::NotMeDone;
use crate::view::operator::Operator;
use crate::view::operators::Operators;
use crate::view::other_way::OtherWay;
use crate::view::phone::Phone;
use crate::view::problem::Problem;
use crate::view::profile::{Facts, Profile};
use crate::view::prove_email::ProveEmail;
use crate::view::qr::QrCode;
use crate::view::reach_confirm::ReachConfirm;
use crate::view::recovered::Recovered;
use crate::view::recovery_key::{NewKey, RecoveryKey};
use crate::view::refusal::{Occasion, explain};
use crate::view::security::{Security, Unsaved};
use crate::view::sessions::Sessions;
use crate::view::set_password::SetPassword;
use crate::view::set_up::SetUp;
use crate::view::set_up_over::SetUpOver;
use crate::view::sign_in::SignIn;
use crate::view::turn_off::TurnOff;
use crate::view::turn_on::TurnOn;
use crate::view::turned_on::TurnedOn;
use crate::view::two_factor::TwoFactor;
use crate::view::unlock::Unlock;
use crate::view::verify_email::VerifyEmail;

pub(super) fn all_sources() -> Vec<(&'static str, String)> {
    let site = Arc::new(sample());
    [
        sign_in_pages(&site),
        code_pages(&site),
        account_pages(&site),
        set_up_pages(&site),
        phone_pages(&site),
        recovery_key_pages(&site),
        backup_code_pages(&site),
        link_pages(&site),
        operator_pages(&site),
        problem_pages(&site),
        inbox_pages(&site),
        look_back_pages(&site),
    ]
    .concat()
}

fn recovery_key_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let key = |text: Option<&str>| {
        let shown = ShownKey { text: text.map(|text| Secret::new(text.to_owned())) };
        NewKey::new(&shown, "/sign-in/recovered/file")
    };
    let own = || visitor(site).for_person(person("Ann Ames"));
    let with_key =
        |has_app| CodeWays { or_else: Some(AuthenticatorKind::RecoveryKey), ..ways(has_app, None) };
    let made = (Timestamp::from_millis(1_795_000_000_000), true);
    let has_one = State {
        recovery_key: RecoveryKeyState { in_force: Some(made), may_create: true, stands_in: false },
        ..state(vec![method(site, AnApp)])
    };
    let slip = explain(site, Refusal::KeySlip, Occasion::SignIn).mistake;
    vec![
        ("code_or_key", html(&Code::new(visitor(site), &with_key(true), None))),
        ("code_key_only", html(&Code::new(visitor(site), &with_key(false), None))),
        ("code_key_slip", html(&Code::new(visitor(site).with_mistakes(vec![slip]), &with_key(true), None))),
        ("recovered", html(&Recovered::new(visitor(site), key(Some(KEY))))),
        ("recovered_late", html(&Recovered::new(visitor(site), key(None)))),
        ("recovery_key", html(&RecoveryKey::new(own(), key(Some(KEY)), true))),
        ("recovery_key_late", html(&RecoveryKey::new(own(), key(None), false))),
        ("recovery_key_create", html(&CreateRecoveryKey::new(own(), &has_one, Some(&ways(true, None))))),
        (
            "security_with_key",
            html(&Security::new(
                own(),
                &has_one,
                Unsaved { key: true, codes: false },
                sessions(site, &own(), 1),
                Vec::new(),
            )),
        ),
    ]
}

fn backup_code_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let own = || visitor(site).for_person(person("Ann Ames"));
    let with_code =
        |has_app| CodeWays { or_else: Some(AuthenticatorKind::BackupCodes), ..ways(has_app, None) };
    let with_left = |left: u32| {
        let made_at = Timestamp::from_millis(1_795_000_000_000);
        let in_force = Some(CodesInForce { made_at, left, is_usable: true });
        State {
            backup_codes: BackupCodesState { in_force, may_create: true, stands_in: true },
            ..state(vec![method(site, AnApp)])
        }
    };
    let shown = |texts: &[&str]| ShownCodes {
        texts: texts.iter().map(|text| Secret::new((*text).to_owned())).collect(),
    };
    let security = |left| {
        let unsaved = Unsaved { key: false, codes: true };
        html(&Security::new(own(), &with_left(left), unsaved, sessions(site, &own(), 1), Vec::new()))
    };
    let slip = explain(site, Refusal::BackupSlip, Occasion::SignIn).mistake;
    vec![
        ("code_or_backup", html(&Code::new(visitor(site), &with_code(true), None))),
        ("code_backup_only", html(&Code::new(visitor(site), &with_code(false), None))),
        (
            "code_backup_slip",
            html(&Code::new(visitor(site).with_mistakes(vec![slip]), &with_code(true), None)),
        ),
        ("backup_codes", html(&BackupCodes::new(own(), &shown(&CODES)))),
        ("backup_codes_late", html(&BackupCodes::new(own(), &shown(&[])))),
        ("backup_codes_create", html(&CreateBackupCodes::new(own(), &with_left(7), Some(&ways(true, None))))),
        ("backup_code_used", html(&BackupCodeUsed::new(own(), &with_left(9)))),
        ("backup_code_used_last", html(&BackupCodeUsed::new(own(), &with_left(0)))),
        ("turned_on_with_codes", html(&TurnedOn::new(own(), None, true))),
        ("security_with_codes", security(7)),
        ("security_with_few_codes", security(3)),
    ]
}

const CODES: [&str; 2] = ["0H7K2M-9Q4WXE-6TRB8C", "18YCD0-FGJ3NP-S0H7KM"];

const KEY: &str = "0H7K-2M9Q-4WXE-6TRB-8YCD-0FGJ-3NPS";

fn sign_in_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let wrong = mistake(
        Some("password"),
        "That email and password do not match. After 3 more wrong tries this name is locked for 5 minutes.",
    );
    let locked = mistake(None, "Too many wrong entries. This name is locked until 14:05 UTC.");
    let session_over =
        visitor(site).with_mistakes(mistake(None, &site.texts.get(Said::SessionOver.text_id())));
    vec![
        ("session_over", html(&SignIn::new(session_over, ""))),
        ("sign_in", html(&SignIn::new(visitor(site), ""))),
        ("sign_in_wrong", html(&SignIn::new(visitor(site).with_mistakes(wrong), "ann@trackwell.example"))),
        ("sign_in_locked", html(&SignIn::new(visitor(site).with_mistakes(locked), "ann@trackwell.example"))),
        ("signed_out", html(&SignIn::new(visitor(site).saying(Some(Said::SignedOut)), ""))),
        ("password_saved", html(&SignIn::new(visitor(site).saying(Some(Said::PasswordSaved)), ""))),
    ]
}

fn code_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let page = |has_app, text, way| html(&Code::new(visitor(site), &ways(has_app, text), way));
    let texted = |sending, next| Some(text(sending, next));
    let wrong_code = mistake(Some("code"), "That code is not right. Enter the newest one that you have.");
    let app_only = ways(true, None);
    let why = Withheld::Number;
    let held_back = ways(true, texted(Sending::Withheld(why), NextSend::Now));
    let refused = explain(site, Refusal::NotSent(why), Occasion::SignIn).mistake;
    let mailed = |sending| Some(by_email(sending, in_30_seconds(site)));
    let every_way =
        ways(true, [text(Sending::Sent, NextSend::Now), by_email(Sending::NotAsked, NextSend::Now)]);
    let no_text = [text(Sending::Failed, NextSend::Now), by_email(Sending::NotAsked, NextSend::Now)];
    vec![
        ("code_mailed", page(false, mailed(Sending::Sent), None)),
        ("code_same_mailbox", page(false, mailed(Sending::Withheld(Withheld::SameMailbox)), None)),
        ("code_failed_with_other", html(&Code::new(visitor(site), &ways(false, no_text), None))),
        ("code", page(true, None, None)),
        ("code_wrong", html(&Code::new(visitor(site).with_mistakes(wrong_code), &app_only, None))),
        ("code_sent", page(false, texted(Sending::Sent, in_30_seconds(site)), None)),
        ("code_on_its_way", page(true, texted(Sending::OnItsWay, in_30_seconds(site)), None)),
        ("code_app_wanted", page(true, texted(Sending::Sent, NextSend::Now), Some(Way::App))),
        ("code_again", page(false, texted(Sending::Sent, NextSend::Now), None)),
        ("code_failed", page(false, texted(Sending::Failed, NextSend::Now), None)),
        ("code_spent", page(false, texted(Sending::Sent, NextSend::Never), None)),
        ("code_country", page(false, texted(Sending::Withheld(Withheld::Country), NextSend::Now), None)),
        ("code_held_back", html(&Code::new(visitor(site).with_mistakes(vec![refused]), &held_back, None))),
        ("other_way", html(&OtherWay::new(visitor(site), &every_way))),
    ]
}

fn account_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let hostile = visitor(site).for_person(person("<script>alert(1)</script>"));
    let rule = PasswordRule {
        characters_min: 15,
        code: Some(ways(true, Some(text(Sending::NotAsked, NextSend::Now)))),
        due: Some(PasswordChangeReason::SomebodyKnowsIt),
    };
    let nobody = State { email_proof: EmailProof::Needed, ..state(Vec::new()) };
    let out_of_reach = State { email_proof: EmailProof::OutOfReach, ..state(Vec::new()) };
    let closed = State { is_two_factor_open: false, ..state(Vec::new()) };
    let off = TwoFactor::of(&state(Vec::new()));
    let unproven = Facts { email_is_verified: false, email_is_provable: true, ..facts("Ann Ames") };
    let unproven_on = State { is_email_provable: true, ..state(vec![method(site, AnApp)]) };
    let profile = |frame, name, two_factor| html(&Profile::new(frame, facts(name), two_factor));
    let security = |said, state: &State| {
        let frame = ann(site).saying(said);
        let (sessions, lines) = (sessions(site, &frame, 2), lines(site, &frame));
        html(&Security::new(frame, state, Unsaved::default(), sessions, lines))
    };
    vec![
        ("profile", profile(ann(site), "Ann Ames", off)),
        ("profile_unproven", html(&Profile::new(ann(site), unproven, off))),
        ("profile_closed", profile(ann(site), "Ann Ames", TwoFactor::of(&closed))),
        ("profile_hostile", profile(hostile, "<script>alert(1)</script>", off)),
        ("security_off", security(None, &state(Vec::new()))),
        ("security_closed", security(None, &closed)),
        ("security_unproven", security(None, &nobody)),
        ("security_unproven_on", security(None, &unproven_on)),
        ("security_without_mail", security(None, &out_of_reach)),
        ("security_link_on_its_way", security(Some(Said::LinkOnItsWay), &nobody)),
        ("security_link_mailed", security(Some(Said::LinkMailed), &nobody)),
        ("security_on", security(None, &state(vec![method(site, AnApp), method(site, APhone)]))),
        ("security_app_only", security(Some(Said::MethodSetUp), &state(vec![method(site, AnApp)]))),
        ("password", html(&ChangePassword::new(ann(site), &rule))),
    ]
}

fn set_up_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let address = "otpauth://totp/Trackwell:ann%40trackwell.example\
        ?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Trackwell&algorithm=SHA1&digits=6&period=30";
    let base32 = Secret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned());
    let pending = || PendingKey::new(&base32, "ann@trackwell.example".to_owned(), "Trackwell".to_owned());
    let (key, same_key) = (pending(), pending());
    let wrong = mistake(Some("password"), "That password is not right.");
    let none = mistake(Some("method"), "Choose where you want to receive your code.");
    let over = mistake(None, "This set-up ran out or was finished elsewhere. Start again.");
    let both = [APhone, AnApp, AMailbox];
    let (nobody, somebody) = (state(vec![]), state(vec![method(site, AnApp)]));
    let (first, another) = (SetUp::of(&nobody), SetUp::of(&somebody));
    let confirmed_only = State {
        offered: vec![AnApp],
        proofs_to_turn_on: Proofs::NONE,
        proofs_to_turn_off: Proofs::NONE,
        ..state(vec![])
    };
    let by_app = ways(true, None);
    let by_mail = ways(false, [by_email(Sending::NotAsked, NextSend::Now)]);
    let every_way =
        ways(true, [text(Sending::NotAsked, NextSend::Now), by_email(Sending::Sent, in_30_seconds(site))]);
    let by_code_only =
        State { proofs_to_turn_off: Proofs::CURRENT_FACTOR, ..state(vec![method(site, AMailbox)]) };
    let by_text = ways(false, Some(text(Sending::Sent, in_30_seconds(site))));
    let blocked = ways(false, None);
    vec![
        ("turn_on", html(&TurnOn::new(ann(site), &nobody))),
        ("turn_on_unproved", html(&TurnOn::new(ann(site), &confirmed_only))),
        ("method", html(&ChooseMethod::new(ann(site).with_mistakes(none), first, &both, None))),
        ("method_wanted", html(&ChooseMethod::new(ann(site), another, &both, Some(AnApp)))),
        ("app", html(&App::new(ann(site), first, None, QrCode::of(address).unwrap(), key))),
        (
            "app_recommended",
            html(&App::new(
                ann(site),
                SetUp::of(&confirmed_only),
                Some("Microsoft Authenticator"),
                QrCode::of(address).unwrap(),
                same_key,
            )),
        ),
        ("app_confirm", html(&AppConfirm::new(ann(site), first))),
        ("set_up_over", html(&SetUpOver::new(ann(site).with_mistakes(over), another))),
        ("turned_on", html(&TurnedOn::new(ann(site), None, false))),
        ("turned_on_mails", html(&TurnedOn::new(ann(site), Some(&mailbox()), false))),
        ("turned_on_texts", html(&TurnedOn::new(ann(site), Some(&phone()), false))),
        ("turn_off", html(&TurnOff::new(ann(site).with_mistakes(wrong), &somebody, Some(&by_app)))),
        ("turn_off_mail", html(&TurnOff::new(ann(site), &by_code_only, Some(&by_mail)))),
        ("turn_off_every_way", html(&TurnOff::new(ann(site), &somebody, Some(&every_way)))),
        ("turn_off_text", html(&TurnOff::new(ann(site), &somebody, Some(&by_text)))),
        ("turn_off_password_only", html(&TurnOff::new(ann(site), &somebody, None))),
        ("turn_off_blocked", html(&TurnOff::new(ann(site), &somebody, Some(&blocked)))),
        ("turn_off_unproved", html(&TurnOff::new(ann(site), &confirmed_only, None))),
        ("change_methods", html(&ChangeMethods::new(ann(site), &somebody, Some(&by_text), Some(APhone)))),
    ]
}

fn phone_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let malformed = mistake(Some("phone"), "This is no phone number.");
    let first = SetUp::of(&state(vec![]));
    let example = Some("(201) 555-0123");
    let confirm = |sending, next| html(&ReachConfirm::new(ann(site), first, &text(sending, next), true));
    let confirm_email =
        ReachConfirm::new(ann(site), first, &by_email(Sending::Sent, in_30_seconds(site)), true);
    let spent = explain(site, Refusal::NotSent(Withheld::Mailbox), Occasion::Profile).mistake;
    let address = email();
    let email_page = |frame| html(&Email::new(frame, first, address.as_str(), true));
    vec![
        ("email", email_page(ann(site))),
        ("email_held_back", email_page(ann(site).with_mistakes(vec![spent]))),
        ("email_confirm", html(&confirm_email)),
        ("phone", html(&Phone::new(ann(site), first, "", example, true))),
        ("phone_malformed", html(&Phone::new(ann(site).with_mistakes(malformed), first, "12", None, true))),
        ("phone_confirm", confirm(Sending::Sent, in_30_seconds(site))),
        ("phone_confirm_failed", confirm(Sending::Failed, NextSend::Now)),
        ("phone_confirm_spent", confirm(Sending::OnItsWay, NextSend::Never)),
    ]
}

fn link_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let choosing = |purpose| {
        let link = OpenPasswordLink { purpose, email: email(), password_characters_min: 15 };
        html(&SetPassword::new(visitor(site), &link))
    };
    let forgotten = |can_mail| html(&ForgotPassword::new(visitor(site), "", can_mail));
    let told = |kind, method, user_agent: &str| Told {
        kind,
        method,
        at: (site.sources.now)(),
        source: "203.0.113.7".to_owned(),
        user_agent: user_agent.to_owned(),
    };
    let added = told(NoticeKind::MethodAdded, Some(APhone), "Mozilla/5.0 (X11; Linux) Firefox/145.0");
    let hostile = told(NoticeKind::PasswordChanged, None, "<b>your bank</b>");
    let by_operator = Told { source: "0.0.0.0".to_owned(), ..told(NoticeKind::PasswordChanged, None, "") };
    let dead = |purpose| html(&DeadLink::new(visitor(site), purpose));
    let lock = OpenLock { email: email(), until: (site.sources.now)().plus(Duration::from_hours(1)) };
    vec![
        ("set_password", choosing(LinkPurpose::SetPassword)),
        ("forgot_password", forgotten(true)),
        ("forgot_password_without_mail", forgotten(false)),
        ("forgot_password_sent", html(&ForgotPasswordSent::new(visitor(site)))),
        ("reset_password", choosing(LinkPurpose::ResetPassword)),
        ("dead_reset_password", dead(LinkPurpose::ResetPassword)),
        ("verify_email", html(&VerifyEmail::new(visitor(site), email().as_str()))),
        ("prove_email", html(&ProveEmail::new(ann(site), EmailProof::Needed))),
        ("prove_email_without_mail", html(&ProveEmail::new(ann(site), EmailProof::OutOfReach))),
        ("not_me", html(&NotMe::new(visitor(site), &added, Some("Austin, US")))),
        ("not_me_hostile", html(&NotMe::new(visitor(site), &hostile, None))),
        ("not_me_by_operator", html(&NotMe::new(visitor(site), &by_operator, None))),
        ("not_me_done", html(&NotMeDone::new(visitor(site)))),
        ("dead_set_password", dead(LinkPurpose::SetPassword)),
        ("dead_verify_email", dead(LinkPurpose::VerifyEmail)),
        ("dead_not_me", dead(LinkPurpose::NotMe)),
        ("unlock", html(&Unlock::new(visitor(site), &lock))),
        ("dead_unlock", dead(LinkPurpose::Unlock)),
        ("missing_link", html(&DeadLink::missing(visitor(site), LinkPurpose::NotMe))),
    ]
}

fn operator_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let cleo = || visitor(site).for_person(Person { is_operator: true, ..person("Cleo Chen") });
    let line = |name: &str, can_sign_in| OperatorLine {
        name: name.to_owned(),
        email: email().to_string(),
        since: Timestamp::from_millis(1_795_000_000_000),
        can_sign_in,
    };
    let open = |operator| OpenOperatorLink { operator, entered: None, password_characters_min: 8 };
    let typed = Typed { name: "Nell New".to_owned(), email: email().to_string() };
    let taken = vec![explain(site, Refusal::EmailTaken, Occasion::Profile).mistake];
    let wrong = vec![explain(site, Refusal::WrongFirstCode { tries: 4 }, Occasion::Profile).mistake];
    let base32 = Secret::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned());
    let app = |frame| {
        let key = PendingKey::new(&base32, email().to_string(), "Trackwell".to_owned());
        html(&OperatorsApp::new(frame, QrCode::of("otpauth://totp/Trackwell:ann").unwrap(), key))
    };
    let begin = |frame, link: &OpenOperatorLink| html(&BecomeOperator::new(frame, link, &typed));
    vec![
        ("operator", html(&Operator::new(cleo()))),
        ("operators", html(&Operators::new(cleo(), vec![line("Cleo Chen", true), line("Ida Ito", false)]))),
        ("become_operator", begin(visitor(site), &open(None))),
        ("become_operator_taken", begin(visitor(site).with_mistakes(taken), &open(None))),
        ("become_operator_anew", begin(visitor(site), &open(Some(state(Vec::new()).user)))),
        ("operators_app", app(visitor(site))),
        ("operators_app_wrong", app(visitor(site).with_mistakes(wrong))),
        ("dead_operator_link", html(&DeadLink::of_operator(visitor(site), true))),
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
        ("problem_fault", page(PageError::Fault)),
    ]
}

fn inbox_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let page = |messages, to: Option<&str>| html(&Inbox::new(visitor(site), messages, to.map(str::to_owned)));
    vec![
        ("inbox", page(vec![text_message(), mail()], None)),
        ("inbox_of_one", page(vec![mail()], Some("ann@trackwell.example"))),
        ("inbox_empty", page(Vec::new(), None)),
    ]
}

fn look_back_pages(site: &Arc<Site>) -> Vec<(&'static str, String)> {
    let ending = |count| {
        let frame = ann(site);
        let sessions = sessions(site, &frame, count);
        html(&EndOthers::new(frame, sessions))
    };
    let activity = |older: Option<&str>, has_lines: bool| {
        let frame = ann(site);
        let lines = if has_lines { lines(site, &frame) } else { Vec::new() };
        let older = older.map(|id| AuditEventId::from_stored(id.to_owned()));
        let page = ActivityPage { newest_first: Vec::new(), older };
        html(&Activity::new(frame, &page, lines, !has_lines))
    };
    vec![
        ("end_others", ending(2)),
        ("end_others_many", ending(100)),
        ("activity", activity(Some("evt_01"), true)),
        ("activity_at_its_end", activity(None, false)),
    ]
}

fn sessions(site: &Site, frame: &Frame, count: usize) -> Sessions {
    let state = |number| SessionState {
        id: SessionId::from_stored(format!("ses_{number}")),
        is_this: number == 0,
        source: "203.0.113.7".to_owned(),
        user_agent: if number == 1 { "<b>Firefox/" } else { "Firefox/145.0" }.to_owned(),
        signed_in_at: Timestamp::from_millis(1_795_342_500_000),
        last_seen_at: (site.sources.now)(),
    };
    let states: Vec<SessionState> = (0..count).map(state).collect();
    Sessions::of(frame, &states, |_| None)
}

/// One line for everything that can be recorded, and one that this program does not know.
fn lines(site: &Site, frame: &Frame) -> Vec<Line> {
    let record = |kind, reason: &str| Record {
        at: (site.sources.now)(),
        kind,
        reason: reason.to_owned(),
        source: "203.0.113.7".to_owned(),
        user_agent: "<b>your bank</b>".to_owned(),
        is_by_operator: false,
    };
    let known = AuditKind::ALL.iter().map(|kind| record(Some(*kind), "by the person"));
    let others = [
        record(None, "ann@trackwell.example"),
        Record { is_by_operator: true, ..record(Some(AuditKind::MethodReset), "phone: lost") },
        record(Some(AuditKind::SignInRefused), "wrong_password failures=3"),
        record(Some(AuditKind::SignInRefused), "wrong_code failures=3"),
    ];
    let place = |_: &str| Some("Austin, US".to_owned());
    known.chain(others).map(|record| Line::of(frame, &record, place)).collect()
}

fn text_message() -> InboxMessage {
    let text = "123456 is your Trackwell sign-in code, asked for at 14:05 UTC (Firefox). It works for 10 \
        minutes. We never ask for it.\n@signin.trackwell.example #123456";
    InboxMessage {
        channel: "sms",
        to: "+15125550134".to_owned(),
        subject: None,
        text: text.to_owned(),
        sent_at: Timestamp::from_millis(1_795_342_500_000),
    }
}

fn mail() -> InboxMessage {
    let text = "<b>Two-factor</b> authentication was turned on.\n\nThis was not me\n\
        https://signin.trackwell.example/not-me?token=cs_n1_x\n";
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
        is_operator: false,
    }
}

fn email() -> EmailAddress {
    EmailAddress::parse("ann@trackwell.example").unwrap()
}

fn facts(name: &str) -> Facts {
    Facts {
        name: name.to_owned(),
        email: email().to_string(),
        email_is_verified: true,
        email_is_provable: false,
        organization: Some("Harbor Dental".to_owned()),
    }
}

fn state(methods: Vec<MethodState>) -> State {
    State {
        user: User::new(UserId::from_stored("usr_ann".to_owned()), "Ann Ames".to_owned(), email()),
        organization: Some("Harbor Dental".to_owned()),
        two_factor: if methods.is_empty() { TwoFactorState::Off } else { TwoFactorState::On },
        offered: vec![APhone, AnApp],
        is_two_factor_open: true,
        email_proof: EmailProof::NotNeeded,
        is_email_provable: false,
        may_turn_off: true,
        proofs_to_turn_on: Proofs::PASSWORD,
        proofs_to_turn_off: Proofs::PASSWORD,
        proofs_to_change_password: Proofs::PASSWORD,
        proofs_to_change_methods: Proofs::PASSWORD_AND_FACTOR,
        proofs_to_create_recovery_key: Proofs::PASSWORD_AND_FACTOR,
        recommended_app: None,
        methods,
        recovery_key: RecoveryKeyState { in_force: None, may_create: false, stands_in: false },
        backup_codes: BackupCodesState { in_force: None, may_create: false, stands_in: false },
        password_characters_min: 15,
    }
}

/// An app in use, or a phone that was blocked before it ever was.
fn method(site: &Site, kind: AuthenticatorKind) -> MethodState {
    let is_app = kind == AnApp;
    MethodState {
        kind,
        to: match kind {
            APhone => Some(phone()),
            AMailbox => Some(mailbox()),
            _ => None,
        },
        bound_at: Timestamp::from_millis(1_795_000_000_000),
        last_used_at: is_app.then(|| (site.sources.now)()),
        is_usable: is_app,
    }
}

fn ways(has_app: bool, reaches: impl IntoIterator<Item = Reach>) -> CodeWays {
    let reaches = reaches.into_iter().collect();
    CodeWays { has_app, reaches, or_else: None, is_recovered: false }
}

fn phone() -> Destination {
    Destination::Phone(PhoneNumber::from_stored("+15125550134".to_owned()))
}

fn mailbox() -> Destination {
    Destination::Mailbox(email())
}

fn text(sending: Sending, next: NextSend) -> Reach {
    Reach { to: phone(), sending, next }
}

fn by_email(sending: Sending, next: NextSend) -> Reach {
    Reach { to: mailbox(), sending, next }
}

fn in_30_seconds(site: &Site) -> NextSend {
    NextSend::At((site.sources.now)().plus(Duration::from_millis(29_400)))
}

fn mistake(field: Option<&'static str>, sentence: &str) -> Vec<Mistake> {
    vec![Mistake { field, sentence: sentence.to_owned() }]
}
