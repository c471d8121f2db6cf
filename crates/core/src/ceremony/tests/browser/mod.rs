//! The doors of these tests: a browser that types, and what it is told. Mirrors the steps of `service`.
//!
//! ```text
//!   mod ── signing in      in_session ── step-up, set-up, change      mailbox ── links
//!   codes ── what the person reads off an app or a phone
//! ```

mod backup_codes;
mod by_operator;
mod codes;
mod in_session;
mod mailbox;

pub(super) use codes::{
    code, code_in, code_of_step, mailed_code, newest_app, right_code, texted_code, texted_code_before,
    wrong_code,
};
pub(super) use in_session::{ProofInFlight, change_to};
pub(super) use mailbox::{await_new_password, await_not_me, letters, link, mailed, moment_of, not_me_of};

use super::world::{Addressee, NOBODY, World, open_app_secret, subject, user_id};
use crate::{
    account::{Account, Lane, samples},
    authenticator::{
        AuthenticatorKind,
        password::{Password, PasswordLength, StoredHash},
        phone::PhoneNumber,
        recovery_key::RecoveryKey,
        totp::AppSecret,
        typed_code::TypedCode,
    },
    ceremony::{
        Ceremony, Decision,
        recover::AwaitSaved,
        sending::SendOutcome,
        sign_in::{
            AwaitPassword, AwaitSecondFactor, Candidate, CodeOutcome, PasswordAttempt, PasswordOutcome,
            PasswordVerdict, Reserved, SignedIn,
        },
    },
    keys::Place,
    message::Channel,
    moment::{BrowserMark, Moment, Seed, Visitor},
    refusal::Refusal,
    timestamp::Timestamp,
    token::TokenHash,
};

/// A browser and its cookies; a clone is a stolen copy of them.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) visitor: Visitor,
    pub(super) known: Option<TokenHash>,
    pub(super) ceremony: Option<TokenHash>,
    pub(super) session: Option<TokenHash>,
}

/// One `now` and one seed for all transactions of an attempt.
struct Circumstances {
    now: Timestamp,
    seed: Seed,
    visitor: Visitor,
}

/// A password that is reserved and not settled: what a crash leaves behind.
pub(super) struct PasswordInFlight {
    name: String,
    typed: String,
    known: Option<TokenHash>,
    pub(super) attempt: PasswordAttempt,
    circumstances: Circumstances,
}

impl Circumstances {
    fn moment(&self) -> Moment<'_> {
        Moment::new(self.now, &self.visitor, samples::keys(), &self.seed)
    }
}

impl Browser {
    pub(super) fn new(mark: u8) -> Self {
        Self {
            visitor: Visitor { browser: BrowserMark([mark; 32]), ..samples::visitor() },
            known: None,
            ceremony: None,
            session: None,
        }
    }

    pub(super) fn mark(&self) -> BrowserMark {
        self.visitor.browser
    }

    fn circumstances(&self, world: &mut World) -> Circumstances {
        Circumstances { now: world.now, seed: Seed::new(world.draw_seed()), visitor: self.visitor.clone() }
    }

    /// The account with what decides about a code to a number, or to the phone or the mailbox that is bound.
    fn with_budgets(&self, world: &World, mut account: Account, number: Option<&PhoneNumber>) -> Account {
        account.mailing = world.mailing(&account.user.id, &self.visitor.network());
        let own = account.usable(AuthenticatorKind::Phone).and_then(|phone| phone.phone_number());
        account.texting = number.or(own).and_then(|number| {
            world.texting(&Addressee {
                user: &account.user.id,
                organization: account.home(),
                number,
                network: &self.visitor.network(),
            })
        });
        account
    }
}

/// Signing in.
impl Browser {
    /// Reserves and settles; says what the person is told.
    pub(super) fn type_password(&mut self, world: &mut World, name: &str, typed: &str) -> String {
        match self.reserve_password(world, name, typed) {
            Ok(in_flight) => self.settle_password(world, &in_flight),
            Err(refused) => refused,
        }
    }

    pub(super) fn reserve_password(
        &self,
        world: &mut World,
        name: &str,
        typed: &str,
    ) -> Result<PasswordInFlight, String> {
        let circumstances = self.circumstances(world);
        let candidate = self.candidate(world, name);
        let decision = AwaitPassword { candidate }.reserve(&circumstances.moment());
        match world.commit(decision) {
            Reserved::Refused(refusal) => Err(told(refusal)),
            Reserved::MayHash(attempt) => Ok(PasswordInFlight {
                name: name.into(),
                typed: typed.into(),
                known: self.known,
                attempt,
                circumstances,
            }),
        }
    }

    pub(super) fn settle_password(&mut self, world: &mut World, in_flight: &PasswordInFlight) -> String {
        let verdict = verdict(in_flight.attempt.hash(), &in_flight.typed);
        let then = Self { known: in_flight.known, ..self.clone() };
        let candidate = match then.candidate(world, &in_flight.name) {
            Candidate::Known(account) => Candidate::Known(Box::new(self.with_budgets(world, *account, None))),
            unknown @ Candidate::Unknown(_) => unknown,
        };
        let mut moment = in_flight.circumstances.moment();
        match world.commit(in_flight.attempt.settle(candidate, verdict, self.session, &mut moment)) {
            PasswordOutcome::Refused(refusal) => told(refusal),
            PasswordOutcome::SecondFactor { token, sent } => {
                self.ceremony = Some(token.hash());
                match sent {
                    None => "code awaited".into(),
                    Some(sent) => format!("code awaited, {}", told_of_code(world, &sent)),
                }
            }
            PasswordOutcome::SignedIn(signed_in) => self.signed_in(&signed_in),
        }
    }

    pub(super) fn type_code(&mut self, world: &mut World, typed: &str) -> String {
        match self.await_second_factor(world) {
            Some(state) => {
                let decision = self.decide_code(world, state, typed);
                self.commit_code(world, decision)
            }
            None => told(Refusal::Over),
        }
    }

    pub(super) fn await_second_factor(&self, world: &World) -> Option<AwaitSecondFactor> {
        let (ceremony, account) = world.sign_in(self.ceremony, self.known)?;
        Some(AwaitSecondFactor { ceremony, account, replaces: self.session })
    }

    /// Decides on what was loaded before, which others may have changed since.
    pub(super) fn decide_code(
        &self,
        world: &mut World,
        state: AwaitSecondFactor,
        typed: &str,
    ) -> Decision<CodeOutcome> {
        let secret = app_secret(&state.account);
        let circumstances = self.circumstances(world);
        state.code_typed(&TypedCode::parse(typed), secret.as_ref(), &mut circumstances.moment())
    }

    pub(super) fn commit_code(&mut self, world: &mut World, decision: Decision<CodeOutcome>) -> String {
        match world.commit(decision) {
            CodeOutcome::Refused(refusal) => told(refusal),
            CodeOutcome::Recovered => "recovered".into(),
            CodeOutcome::SignedIn(signed_in) => self.signed_in(&signed_in),
        }
    }

    /// The new recovery key on the page after a used one.
    pub(super) fn new_key(&self, world: &World) -> Option<String> {
        let (ceremony, _) = world.sign_in(self.ceremony, self.known)?;
        read_new_key(world, &ceremony)
    }

    /// Presses **Continue** there.
    pub(super) fn save_key(&mut self, world: &mut World) -> String {
        let circumstances = self.circumstances(world);
        let Some((ceremony, account)) = world.sign_in(self.ceremony, self.known) else {
            return told(Refusal::Over);
        };
        let state = AwaitSaved { ceremony, account, replaces: self.session };
        let decision = state.saved(&mut circumstances.moment());
        self.commit_code(world, decision)
    }

    /// Presses "Send a new code" where the code is awaited.
    pub(super) fn want_code(&self, world: &mut World) -> String {
        self.want_code_by(world, Channel::Sms)
    }

    /// The same, by another way perhaps.
    pub(super) fn want_code_by(&self, world: &mut World, channel: Channel) -> String {
        let circumstances = self.circumstances(world);
        match self.await_second_factor(world) {
            Some(mut state) => {
                state.account = self.with_budgets(world, state.account, None);
                let outcome = world.commit(state.code_wanted(channel, &mut circumstances.moment()));
                told_of_code(world, &outcome)
            }
            None => told(Refusal::Over),
        }
    }

    /// The transaction of a code ended in a fault; the fallback spends the attempt.
    pub(super) fn spend_code(&self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some(state) = self.await_second_factor(world) {
            world.commit(state.spent(&mut circumstances.moment()));
        }
    }

    /// Password and, where one is asked for, the right code.
    pub(super) fn sign_in(&mut self, world: &mut World, name: &str, password: &str) -> String {
        let code = match self.type_password(world, name, password).as_str() {
            "code awaited" => right_code(world, name),
            "code awaited, texted" => texted_code(world, name),
            "code awaited, mailed" => mailed_code(world, name),
            other => return other.into(),
        };
        self.type_code(world, &code)
    }

    fn signed_in(&mut self, signed_in: &SignedIn) -> String {
        self.session = Some(signed_in.session.hash());
        if let Some(token) = &signed_in.known_browser {
            self.known = Some(token.hash());
        }
        "signed in".into()
    }

    fn candidate(&self, world: &World, name: &str) -> Candidate {
        if name == NOBODY {
            let subject = subject(name);
            return Candidate::Unknown(Lane { ladder: world.ladder_of(&subject), subject });
        }
        Candidate::Known(Box::new(world.account(&user_id(name), self.known).unwrap()))
    }
}

/// What a page shows of a key that is not saved yet.
fn read_new_key(world: &World, ceremony: &Ceremony) -> Option<String> {
    let sealed = ceremony.new_key_at(world.now)?;
    let place = Place::of_new_key(&ceremony.user, &ceremony.id);
    let key = RecoveryKey::from_bytes(&samples::keys().open(&place, sealed).unwrap())?;
    Some(key.expose_text().expose().clone())
}

/// A refusal in the words of these tests: its code, and what it reveals beside it.
pub(super) fn told(refusal: Refusal) -> String {
    match refusal {
        Refusal::WrongPassword { left }
        | Refusal::WrongCode { left }
        | Refusal::CodeAlreadyUsed { left }
        | Refusal::BackupCodeUsed { left }
        | Refusal::WrongProof { left } => format!("{}, {} left", refusal.code(), left.tries),
        Refusal::Locked { until: Some(_) } => "locked until a time".into(),
        other => other.code().into(),
    }
}

fn told_of_code(world: &World, outcome: &SendOutcome) -> String {
    match outcome {
        SendOutcome::Sent { message } => {
            let sent = world.outbox.iter().find(|outgoing| outgoing.id == *message).unwrap();
            match sent.channel {
                Channel::Sms => "texted".into(),
                Channel::Email => "mailed".into(),
            }
        }
        SendOutcome::Refused(refusal) => told(*refusal),
    }
}

fn app_secret(account: &Account) -> Option<AppSecret> {
    let app = account.usable(AuthenticatorKind::App)?;
    Some(open_app_secret(&app.material))
}

/// The hash of these tests is the password itself.
fn verdict(stored: Option<&StoredHash>, typed: &str) -> PasswordVerdict {
    match stored {
        Some(stored) if stored.hash.0 == typed.as_bytes() => {
            PasswordVerdict::Matches(PasswordLength::of(&Password::new(typed.to_owned())))
        }
        _ => PasswordVerdict::Differs,
    }
}
