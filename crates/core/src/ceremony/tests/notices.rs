//! What people are told: by mail, each with a link to say that it was not them, sealed until it is sent.

use super::{
    browser::{Browser, letters, mailed, moment_of, right_code, texted_code, wrong_code},
    world::{ANN, BEA, CodeRow, World, number, user_id},
};
use crate::{
    account::samples,
    audit::actor::Actor,
    authenticator::{AuthenticatorKind, Material},
    ceremony::{
        CeremonyPurpose,
        by_operator::Lost,
        end_sessions::EndOutcome,
        operators::{AddOutcome, RemoveOutcome},
        step_up::Act,
    },
    id::{MessageId, UserId},
    letter::{Letter, NoticeLetter},
    link::LinkPurpose,
    message::{self, Channel},
    notice::{Notice, NoticeKind},
    throttle::cap::FailureRecord,
    token::NotMeToken,
    user::EmailAddress,
};

const PASSWORD: &str = "wistful otter paints gravel ann";

type Drive = fn(&mut World, &mut Browser);

fn turn_on(world: &mut World, ann: &mut Browser) {
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.begin_enrollment(world, PASSWORD, ""), "done");
    assert_eq!(ann.choose_phone(world, "512 555 0134"), "texted");
    let code = texted_code(world, ANN);
    assert_eq!(ann.confirm(world, &code), "done");
}

fn turn_off(world: &mut World, ann: &mut Browser) {
    world.bind_phone(ANN);
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.want_proof_code(world, Act::TurnOffTwoFactor), "texted");
    let code = texted_code(world, ANN);
    assert_eq!(ann.turn_off(world, PASSWORD, &code), "done");
}

fn change_methods(world: &mut World, ann: &mut Browser) {
    world.bind_phone(ANN);
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.want_proof_code(world, Act::ChangeMethods), "texted");
    let code = texted_code(world, ANN);
    assert_eq!(ann.begin_change(world, PASSWORD, &code), "done");
}

fn add_method(world: &mut World, ann: &mut Browser) {
    change_methods(world, ann);
    assert_eq!(ann.choose_app(world), "onward");
    let code = right_code(world, ANN);
    assert_eq!(ann.confirm(world, &code), "done");
}

fn replace_method(world: &mut World, ann: &mut Browser) {
    change_methods(world, ann);
    assert_eq!(ann.choose_phone(world, "512 555 0134"), "texted");
    let code = texted_code(world, ANN);
    assert_eq!(ann.confirm(world, &code), "done");
}

fn recover(world: &mut World, ann: &mut Browser) {
    let key = with_key(world, ann);
    assert_eq!(ann.type_password(world, ANN, PASSWORD), "code awaited");
    assert_eq!(ann.type_code(world, &key), "recovered");
}

fn create_key(world: &mut World, ann: &mut Browser) {
    with_key(world, ann);
    world.pass_secs(30);
    let code = right_code(world, ANN);
    assert_eq!(ann.create_key(world, PASSWORD, &code), "done");
}

/// Signed in, with an app and a recovery key; what was told of that is forgotten.
fn with_key(world: &mut World, ann: &mut Browser) -> String {
    let key = super::recover::set_up(world, ann);
    world.notices.clear();
    world.outbox.clear();
    key
}

fn change_password(world: &mut World, ann: &mut Browser) {
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.change_password(world, (PASSWORD, ""), "a newer and longer password"), "done");
}

fn lock(world: &mut World, _: &mut Browser) {
    super::sign_in::lock_by_stranger(world, ANN);
}

fn replay(world: &mut World, ann: &mut Browser) {
    world.bind_app(ANN);
    let code = right_code(world, ANN);
    let mut elsewhere = Browser::new(2);
    elsewhere.type_password(world, ANN, PASSWORD);
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(elsewhere.type_code(world, &code), "code_already_used, 4 left");
}

fn become_operator(world: &mut World, _: &mut Browser) {
    world.bind_app(ANN);
    assert_eq!(Browser::add_operator(world, ANN), AddOutcome::Added);
}

fn leave_the_operators(world: &mut World, _: &mut Browser) {
    let now = world.now;
    for name in [ANN, BEA] {
        world.user(name).operator_since = Some(now);
    }
    world.bind_app(BEA);
    assert_eq!(Browser::remove_operator(world, ANN), RemoveOutcome::Removed);
}

fn create_codes(world: &mut World, ann: &mut Browser) {
    super::backup_codes::make_now(world, ann);
}

/// So many of them, of which the last one counts here.
fn use_backup_codes(count: usize, world: &mut World, ann: &mut Browser) {
    for code in super::backup_codes::make(world, ann).into_iter().take(count) {
        world.outbox.clear();
        assert_eq!(ann.type_password(world, ANN, PASSWORD), "code awaited");
        assert_eq!(ann.type_code(world, &code), "signed in");
    }
}

fn end_others(world: &mut World, ann: &mut Browser) {
    assert_eq!(Browser::new(2).sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.sign_in(world, ANN, PASSWORD), "signed in");
    assert_eq!(ann.end_other_sessions(world), EndOutcome::Ended);
}

fn lose_everything(world: &mut World, _: &mut Browser) {
    let now = world.now;
    world.user(ANN).operator_since = Some(now);
    assert!(Browser::reset_operator(world, ANN).is_some());
}

/// A wrong code after so many others in a row.
fn wrong_after(failures: u32, world: &mut World, ann: &mut Browser) {
    world.bind_phone(ANN);
    let now = world.now;
    world.phone(ANN).failures = (0..failures).fold(FailureRecord::default(), |record, _| record.counted(now));
    assert_eq!(ann.type_password(world, ANN, PASSWORD), "code awaited, texted");
    let code = wrong_code(world, ANN);
    ann.type_code(world, &code);
}

fn forget_password(world: &mut World, ann: &mut Browser) {
    ann.forget_password(world, ANN);
    Browser::look_at_wishes(world);
    let link = mailed(world, ANN, LinkPurpose::ResetPassword).unwrap();
    world.outbox.clear();
    assert_eq!(ann.set_password_by(world, link, "a newer and longer password"), "done");
}

fn unlock(world: &mut World, ann: &mut Browser) {
    lock(world, ann);
    world.outbox.clear();
    assert_eq!(Browser::unlock(world, ANN, &Actor::Console), "done");
}

fn reset(lost: Lost, world: &mut World) {
    world.bind_phone(ANN);
    assert_eq!(Browser::reset(world, ANN, lost), "done");
}

/// CR-9, CR-10, CR-11, N-18: each change is mailed to the person, once, with what it was about.
#[test]
fn every_kind_of_notice_is_mailed_when_it_happens() {
    const PHONE: Option<AuthenticatorKind> = Some(AuthenticatorKind::Phone);
    let drives: [(NoticeKind, Option<AuthenticatorKind>, Drive); 23] = [
        (NoticeKind::TwoFactorTurnedOn, PHONE, turn_on),
        (NoticeKind::TwoFactorTurnedOff, None, turn_off),
        (NoticeKind::MethodAdded, Some(AuthenticatorKind::App), add_method),
        (NoticeKind::MethodReplaced, PHONE, replace_method),
        (NoticeKind::RecoveryKeyUsed, None, recover),
        (NoticeKind::RecoveryKeyMade, None, create_key),
        (NoticeKind::BackupCodeUsed, None, |world, ann| use_backup_codes(1, world, ann)),
        (NoticeKind::BackupCodesFew, None, |world, ann| use_backup_codes(7, world, ann)),
        (NoticeKind::BackupCodesMade, None, create_codes),
        (NoticeKind::PasswordChanged, None, change_password),
        (NoticeKind::PasswordReset, None, forget_password),
        (NoticeKind::NameLocked, None, lock),
        (NoticeKind::CodeReplayed, None, replay),
        (NoticeKind::SomebodyHasThePassword, None, |world, ann| wrong_after(19, world, ann)),
        (NoticeKind::AuthenticatorDisabled, PHONE, |world, ann| wrong_after(49, world, ann)),
        (NoticeKind::OperatorAdded, None, become_operator),
        (NoticeKind::OperatorRemoved, None, leave_the_operators),
        (NoticeKind::Unlocked, None, unlock),
        (NoticeKind::SignedOutEverywhere, None, |world, _| {
            assert_eq!(Browser::sign_out_everywhere(world, ANN, &Actor::Console), "done");
        }),
        (NoticeKind::MethodReset, PHONE, |world, _| reset(Lost::Method(AuthenticatorKind::Phone), world)),
        (NoticeKind::TwoFactorReset, None, |world, _| reset(Lost::SecondFactors, world)),
        (NoticeKind::OtherSessionsEnded, None, end_others),
        (NoticeKind::OperatorReset, None, lose_everything),
    ];
    for (kind, method, drive) in drives {
        let mut world = World::new();
        drive(&mut world, &mut Browser::new(1));
        let mails: Vec<_> =
            letters(&world).filter(|(message, _)| message.to == "ann@trackwell.example").collect();
        let [(mail, Letter::Notice(letter))] = mails.as_slice() else { panic!("no single mail of {kind:?}") };
        assert_eq!((letter.kind, letter.method, letter.at), (kind, method, world.now));
        assert_eq!((mail.to.as_str(), mail.user.as_ref()), ("ann@trackwell.example", Some(&user_id(ANN))));
    }
    assert_eq!(drives.map(|(kind, ..)| kind), NoticeKind::ALL);
}

/// A08: whoever administers the company hears of what a guesser did to one of its people, and of nothing else.
#[test]
fn whoever_administers_the_company_is_told_of_guessers_and_of_nothing_else() {
    let told = |drive: Drive| {
        let mut world = World::new();
        world.admins = vec![EmailAddress::parse("olga@trackwell.example").unwrap()];
        drive(&mut world, &mut Browser::new(1));
        let to_olga = letters(&world).filter(|(mail, _)| mail.to == "olga@trackwell.example");
        let kinds = to_olga.map(|(_, letter)| match letter {
            Letter::Member(member) => {
                assert_eq!((member.email.as_str(), member.at), ("ann@trackwell.example", world.now));
                (member.kind, member.method)
            }
            other => panic!("{} went to Olga", other.kind()),
        });
        kinds.collect::<Vec<_>>()
    };
    let phone = Some(AuthenticatorKind::Phone);
    assert_eq!(told(|world, ann| wrong_after(19, world, ann)), [(NoticeKind::SomebodyHasThePassword, None)]);
    assert_eq!(told(|world, ann| wrong_after(49, world, ann)), [(NoticeKind::AuthenticatorDisabled, phone)]);
    for nothing in [turn_on, turn_off, add_method, change_password, lock, replay] {
        assert_eq!(told(nothing), []);
    }
}

/// A notice is never dropped, names where and by what browser, and carries a link of its own.
#[test]
fn a_notice_carries_its_own_link_and_never_expires() {
    for kind in NoticeKind::ALL {
        let mut world = World::new();
        moment_of(&mut world, |world, moment| {
            let user = world.user(ANN).clone();
            let notice = Notice::new(&user, kind, None, moment);
            assert_eq!(NoticeKind::parse(kind.as_str()), Some(kind));
            assert_eq!((notice.mail.kind, notice.mail.expires_at), ("notice", None));
            let not_me = &notice.not_me;
            assert_eq!((not_me.purpose, &not_me.user), (LinkPurpose::NotMe, &user.id));
            assert_eq!(not_me.notice.as_ref(), Some(&notice.id));
            assert_eq!(not_me.expires_at, world.now.plus(LinkPurpose::NotMe.life()));
            let body = notice.mail.body.as_ref().unwrap();
            let letter = message::open(moment.keys, &notice.mail.id, Some(&user.id), body).unwrap();
            let Letter::Notice(letter) = letter else { panic!("{kind:?} is mailed as something else") };
            assert_eq!(NotMeToken::parse(letter.not_me.expose()).unwrap().hash(), not_me.token);
            let visitor = samples::visitor();
            assert_eq!(letter.source, visitor.source.to_string());
            assert_eq!(letter.user_agent, visitor.user_agent);
            assert_eq!(letter.is_by_operator, kind.is_by_operator());
        });
    }
}

/// A body opens in its own row of the outbox, for its own person, and nowhere else.
#[test]
fn a_message_opens_in_its_own_row_only() {
    let mut world = World::with_phone();
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let message = &world.outbox[0];
    let body = message.body.as_ref().unwrap();
    let open = |id: &MessageId, user: Option<&UserId>| message::open(samples::keys(), id, user, body).is_ok();
    let another = MessageId::from_stored("msg_another".into());
    assert!(open(&message.id, message.user.as_ref()));
    assert!(!open(&another, message.user.as_ref()));
    assert!(!open(&message.id, Some(&user_id("bea"))));
    assert!(!open(&message.id, None));
}

/// P3: a text with a code is dropped when the code is over, and says what it is for and who asked.
#[test]
fn a_text_names_its_purpose_and_ends_with_its_code() {
    let mut world = World::with_phone();
    assert_eq!(Browser::new(1).type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    let (message, letter) = letters(&world).next().unwrap();
    let Letter::Code(letter) = letter else { panic!("a text without a code") };
    let code = &world.codes[0].sent;
    assert_eq!(message.expires_at, Some(code.expires_at));
    assert_eq!((letter.purpose, letter.expires_at), (CeremonyPurpose::SignIn, code.expires_at));
    assert_eq!((message.id.clone(), &message.kind), (code.message.clone(), &"code"));
    assert_eq!(letter.source, samples::visitor().source.to_string());
}

/// A38, A46: what a database dump would hold of a code or a link is a digest and a sealed body.
#[test]
fn no_code_and_no_token_stands_anywhere_in_plain() {
    let mut world = World::new();
    let mut ann = Browser::new(1);
    turn_on(&mut world, &mut ann);
    world.pass_secs(60);
    assert_eq!(Browser::new(2).type_password(&mut world, ANN, PASSWORD), "code awaited, texted");
    assert_eq!(ann.want_proof_code(&mut world, Act::ChangeMethods), "texted");
    Browser::invite(&mut world, ANN);
    super::sign_in::lock_by_stranger(&mut world, ANN);
    let secrets: Vec<String> = letters(&world)
        .flat_map(|(_, letter)| match letter {
            Letter::Code(code) => vec![code.code.expose().clone()],
            Letter::Link(link) => vec![link.token.expose().clone()],
            Letter::Notice(NoticeLetter { not_me, unlock, .. }) => {
                let unlock = unlock.map(|unlock| unlock.token.expose().clone());
                std::iter::once(not_me.expose().clone()).chain(unlock).collect()
            }
            Letter::Member(_) | Letter::Alert(_) => unreachable!("nobody was alerted"),
        })
        .collect();
    assert_eq!(secrets.len(), 7);
    let dump = dump(&world);
    for secret in secrets {
        assert!(!dump.contains(&secret), "{secret} stands in plain");
    }
}

/// Every table that a decision writes to, as text; bytes as the characters that they would be.
fn dump(world: &World) -> String {
    let bytes = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut parts = vec![format!("{:?} {:?} {:?}", world.audit, world.links, world.users)];
    for CodeRow { sent, .. } in &world.codes {
        parts.push(format!("{} {} {} {}", sent.id, sent.ceremony, sent.message, sent.network));
        parts.push(bytes(&sent.digest));
    }
    for message in &world.outbox {
        parts.push(format!("{} {} {}", message.id, message.to, message.kind));
        parts.push(bytes(&message.body.as_ref().unwrap().0));
    }
    for notice in &world.notices {
        parts.push(format!("{} {} {}", notice.id, notice.source, notice.user_agent));
    }
    parts.concat()
}

/// The person's address is where a notice goes, whatever number is bound.
#[test]
fn notices_go_by_mail_also_to_who_has_a_phone() {
    let mut world = World::with_phone();
    world.phone(ANN).material = Material::Phone(number("+15125550777"));
    super::sign_in::lock_by_stranger(&mut world, ANN);
    let (message, _) = letters(&world).next_back().unwrap();
    assert_eq!(message.channel, Channel::Email);
}
