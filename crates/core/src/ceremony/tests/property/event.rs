//! What may happen: who sits where, types what, and does what with it.

use proptest::{prelude::*, sample::select};

use super::super::world::{ANN, ANNS_NUMBER, BEA, BEAS_NUMBER};
use crate::{
    authenticator::AuthenticatorKind,
    ceremony::step_up::Act,
    policy::{SecondFactorRule, presets::Preset},
};

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) browser: usize,
    pub(super) name: &'static str,
    pub(super) password: TypedPassword,
    pub(super) code: TypedAs,
    pub(super) number: &'static str,
    pub(super) deed: Deed,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TypedPassword {
    Right,
    OfTheOther,
    Wrong,
    Missing,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TypedAs {
    /// What fits: what the app shows now, or what the newest text says.
    Current,
    StepBefore,
    TwoStepsBefore,
    StepAfter,
    OfTheOther,
    /// Of the person's app before the present one.
    OfAnOldApp,
    Texted,
    /// Of the text before the newest.
    TextedBefore,
    TextedToTheOther,
    Wrong,
    Malformed,
    Missing,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    TypePassword,
    CrashBehindPassword,
    WantCode,
    TypeCode,
    SpendCode,
    /// Password, then code.
    SignIn,
    /// Proof, then method, then code.
    SetUpApp,
    SetUpPhone,
    /// The same by somebody who has a factor, and may be texted before.
    ChangePhone,
    AddApp,
    /// The proof's text, then turning it off.
    SwitchOff,
    /// Wanting the link, then following it.
    ProveEmail,
    BeginEnrollment,
    BeginChange,
    ChooseApp,
    ChoosePhone,
    WantEnrollCode,
    Confirm,
    SpendConfirmation,
    CancelEnrollment,
    WantProofCode(Act),
    TurnOff,
    ChangePassword,
    CrashBehindProof(Act),
    SignOut,
    Visit,
    Invite,
    SetPassword,
    /// And the look at that wish.
    ForgetPassword,
    ResetPassword,
    WantLink,
    VerifyEmail,
    NotMe,
    /// All cookies of another browser: kept from before, or stolen.
    CopyCookiesOf(usize),
    Wait(u64),
    Rule(SecondFactorRule),
    Adopt(Preset),
    /// The operator opens the company or closes it.
    Gate(bool),
    Gateway(bool),
    /// Days since the address was proved.
    EmailProof(Option<u32>),
    /// What the caps do after many more wrong codes than a sequence has.
    TakeOutOfUse(AuthenticatorKind),
}

pub(super) const BROWSERS: usize = 3;
pub(super) const DAY: u64 = 24 * 60 * 60;

pub(super) fn event() -> impl Strategy<Value = Event> {
    let passwords = prop_oneof![
        12 => Just(TypedPassword::Right),
        2 => Just(TypedPassword::OfTheOther),
        4 => Just(TypedPassword::Wrong),
        1 => Just(TypedPassword::Missing),
    ];
    let codes = prop_oneof![
        14 => Just(TypedAs::Current),
        6 => Just(TypedAs::Texted),
        3 => select(vec![TypedAs::TextedBefore, TypedAs::TextedToTheOther]),
        5 => select(vec![TypedAs::StepBefore, TypedAs::StepAfter, TypedAs::TwoStepsBefore]),
        3 => Just(TypedAs::Wrong),
        4 => select(vec![TypedAs::OfTheOther, TypedAs::OfAnOldApp, TypedAs::Malformed, TypedAs::Missing]),
    ];
    let name = prop_oneof![3 => Just(ANN), 1 => Just(BEA)];
    let numbers = select(vec![ANNS_NUMBER, ANNS_NUMBER, "+15125550777", BEAS_NUMBER]);
    (0..BROWSERS, name, passwords, codes, numbers, deed()).prop_map(
        |(browser, name, password, code, number, deed)| Event { browser, name, password, code, number, deed },
    )
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        30 => signing_in(),
        26 => setting_up(),
        14 => in_session(),
        5 => mailbox(),
        13 => circumstances(),
    ]
}

fn signing_in() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::TypePassword),
        1 => Just(Deed::CrashBehindPassword),
        3 => Just(Deed::WantCode),
        7 => Just(Deed::TypeCode),
        1 => Just(Deed::SpendCode),
        10 => Just(Deed::SignIn),
    ]
}

fn setting_up() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::SetUpApp),
        6 => Just(Deed::SetUpPhone),
        9 => Just(Deed::ChangePhone),
        9 => Just(Deed::AddApp),
        1 => Just(Deed::BeginEnrollment),
        1 => Just(Deed::BeginChange),
        1 => Just(Deed::ChooseApp),
        2 => Just(Deed::ChoosePhone),
        1 => Just(Deed::WantEnrollCode),
        5 => Just(Deed::Confirm),
        1 => Just(Deed::SpendConfirmation),
        1 => Just(Deed::CancelEnrollment),
    ]
}

fn in_session() -> impl Strategy<Value = Deed> {
    let act = || select(Act::ALL.to_vec());
    prop_oneof![
        4 => act().prop_map(Deed::WantProofCode),
        3 => Just(Deed::TurnOff),
        5 => Just(Deed::SwitchOff),
        3 => Just(Deed::ChangePassword),
        1 => act().prop_map(Deed::CrashBehindProof),
        1 => Just(Deed::SignOut),
        1 => Just(Deed::Visit),
    ]
}

fn mailbox() -> impl Strategy<Value = Deed> {
    prop_oneof![
        1 => Just(Deed::Invite),
        2 => Just(Deed::SetPassword),
        1 => Just(Deed::ForgetPassword),
        1 => Just(Deed::ResetPassword),
        1 => Just(Deed::WantLink),
        1 => Just(Deed::VerifyEmail),
        3 => Just(Deed::ProveEmail),
        1 => Just(Deed::NotMe),
    ]
}

fn circumstances() -> impl Strategy<Value = Deed> {
    let wait = prop_oneof![
        4 => select(vec![0, 1, 29, 30, 30, 60, 120]),
        2 => select(vec![5 * 60 - 1, 5 * 60, 10 * 60, 30 * 60]),
        1 => select(vec![60 * 60, DAY]),
        1 => 0..2 * DAY,
    ];
    let rule = select(vec![SecondFactorRule::Off, SecondFactorRule::Optional, SecondFactorRule::Required]);
    // Mostly as it is where texts are sent, so that sequences get far.
    let is_on = || prop_oneof![3 => Just(true), 1 => Just(false)];
    prop_oneof![
        14 => wait.prop_map(Deed::Wait),
        2 => (0..BROWSERS).prop_map(Deed::CopyCookiesOf),
        1 => rule.prop_map(Deed::Rule),
        1 => select(Preset::ALL.to_vec()).prop_map(Deed::Adopt),
        1 => is_on().prop_map(Deed::Gate),
        1 => is_on().prop_map(Deed::Gateway),
        1 => select(vec![None, Some(0), Some(14), Some(15)]).prop_map(Deed::EmailProof),
        1 => select(AuthenticatorKind::SECOND_FACTORS.to_vec()).prop_map(Deed::TakeOutOfUse),
    ]
}
