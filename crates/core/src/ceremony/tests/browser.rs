//! The doors of these tests: a browser that types, and what it is told. Mirrors the steps of `service`.

use totp_rs::{Algorithm, Builder};

use super::world::{NOBODY, World, open_app_secret, subject, user_id};
use crate::{
    account::{Account, Lane, samples},
    authenticator::{
        Authenticator, AuthenticatorKind,
        totp::{AppSecret, CodeVerdict, DIGITS, SECRET_BYTES, STEP_SECS, TypedCode, UsedSteps, current_step},
    },
    ceremony::{
        Ceremony, Decision, change_password,
        enroll::{self, AwaitConfirmation, AwaitMethod, ChoiceOutcome, PasswordLength},
        sign_in::{
            AwaitPassword, AwaitSecondFactor, Candidate, CodeOutcome, PasswordAttempt, PasswordOutcome,
            PasswordVerdict, Reserved, SignedIn,
        },
        sign_out,
        step_up::{self, Act, ActOutcome, AwaitProofs, Current, GivenProofs, ProofAttempt, Proved, Settled},
    },
    id::AuthenticatorId,
    moment::{BrowserMark, Moment, Seed, Visitor},
    refusal::Refusal,
    secret::Sealed,
    session::Session,
    timestamp::Timestamp,
    token::TokenHash,
};

/// A browser and its cookies; a clone is a stolen copy of them.
#[derive(Clone)]
pub(super) struct Browser {
    visitor: Visitor,
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

/// Proofs that are reserved and not settled.
pub(super) struct ProofInFlight {
    session: Option<TokenHash>,
    known: Option<TokenHash>,
    password: String,
    code: TypedCode,
    pub(super) attempt: ProofAttempt,
    circumstances: Circumstances,
}

impl Circumstances {
    fn moment(&self) -> Moment<'_> {
        Moment::new(self.now, &self.visitor, &self.seed)
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
        let candidate = candidate(world, name, self.known);
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
        let hash = in_flight.attempt.hash().map(|stored| &stored.hash);
        let verdict = verdict(hash, &in_flight.typed);
        let candidate = candidate(world, &in_flight.name, in_flight.known);
        let mut moment = in_flight.circumstances.moment();
        match world.commit(in_flight.attempt.settle(candidate, verdict, self.session, &mut moment)) {
            PasswordOutcome::Refused(refusal) => told(refusal),
            PasswordOutcome::SecondFactor { token } => {
                self.ceremony = Some(token.hash());
                "code awaited".into()
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
            CodeOutcome::SignedIn(signed_in) => self.signed_in(&signed_in),
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
        match self.type_password(world, name, password).as_str() {
            "code awaited" => {
                let code = right_code(world, name);
                self.type_code(world, &code)
            }
            other => other.into(),
        }
    }

    fn signed_in(&mut self, signed_in: &SignedIn) -> String {
        self.session = Some(signed_in.session.hash());
        if let Some(token) = &signed_in.known_browser {
            self.known = Some(token.hash());
        }
        "signed in".into()
    }
}

/// Within a session.
impl Browser {
    /// What every page asks; notes that the session was used.
    pub(super) fn is_signed_in(&self, world: &mut World) -> bool {
        let now = world.now;
        let Some((session, account)) = world.session(self.session, None) else {
            return false;
        };
        let is_live = session.is_live(&account.user, now);
        if is_live {
            let row = world.sessions.iter_mut().find(|row| row.session.id == session.id);
            row.unwrap().session.last_seen_at = now;
        }
        is_live
    }

    pub(super) fn reserve_proof(
        &self,
        world: &mut World,
        act: Act,
        password: &str,
        code: &str,
    ) -> Result<ProofInFlight, String> {
        let circumstances = self.circumstances(world);
        let code = TypedCode::parse(code);
        let (session, account) =
            world.session(self.session, self.known).ok_or_else(|| told(Refusal::Over))?;
        let state = AwaitProofs { session, account, act };
        let decision = state.reserve(!password.is_empty(), &code, &circumstances.moment());
        match world.commit(decision) {
            step_up::Reserved::Refused(refusal) => Err(told(refusal)),
            step_up::Reserved::MayHash(attempt) => Ok(ProofInFlight {
                session: self.session,
                known: self.known,
                password: password.into(),
                code,
                attempt,
                circumstances,
            }),
        }
    }

    pub(super) fn settle_proof(
        &mut self,
        world: &mut World,
        in_flight: &ProofInFlight,
        act: impl FnOnce(Proved, &mut Moment<'_>) -> Decision<ActOutcome>,
    ) -> String {
        let Some((session, account)) = world.session(in_flight.session, in_flight.known) else {
            return told(Refusal::Over);
        };
        let hash = in_flight.attempt.hash().map(|stored| &stored.hash);
        let verdict = verdict(hash, &in_flight.password);
        let secret = app_secret(&account);
        let mut moment = in_flight.circumstances.moment();
        let given = GivenProofs { password: verdict, code: &in_flight.code, secret: secret.as_ref() };
        let current = Current { session, account };
        let decision = match in_flight.attempt.settle(current, &given, &mut moment) {
            Settled::Refused(refused) => refused.map(ActOutcome::Refused),
            Settled::Proved(proved) => act(*proved, &mut moment),
        };
        let outcome = world.commit(decision);
        self.acted(outcome)
    }

    pub(super) fn begin_enrollment(&mut self, world: &mut World, password: &str, code: &str) -> String {
        match self.reserve_proof(world, Act::TurnOnTwoFactor, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, enroll::begin),
            Err(refused) => refused,
        }
    }

    pub(super) fn turn_off(&mut self, world: &mut World, password: &str, code: &str) -> String {
        match self.reserve_proof(world, Act::TurnOffTwoFactor, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, |proved, moment| {
                enroll::turn_off(proved, PasswordLength::EnoughAlone, moment)
            }),
            Err(refused) => refused,
        }
    }

    pub(super) fn change_password(
        &mut self,
        world: &mut World,
        (password, code): (&str, &str),
        new: &str,
    ) -> String {
        match self.reserve_proof(world, Act::ChangePassword, password, code) {
            Ok(in_flight) => {
                self.settle_proof(world, &in_flight, |proved, moment| change_to(new, proved, moment))
            }
            Err(refused) => refused,
        }
    }

    pub(super) fn choose_app(&mut self, world: &mut World) -> String {
        let circumstances = self.circumstances(world);
        let Some((ceremony, session, account)) = self.enrollment(world) else {
            return told(Refusal::Over);
        };
        let mut moment = circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let secret = Sealed(AppSecret::mint(&mut moment.rng).expose_bytes().to_vec());
        let state = AwaitMethod { ceremony, session, account };
        match world.commit(state.app_chosen(id, secret, &moment)) {
            ChoiceOutcome::Refused(refusal) => told(refusal),
            ChoiceOutcome::Onward => "onward".into(),
        }
    }

    pub(super) fn confirm_app(&mut self, world: &mut World, typed: &str) -> String {
        let Some((ceremony, session, account)) = self.enrollment(world) else {
            return told(Refusal::Over);
        };
        self.confirm_loaded(world, AwaitConfirmation { ceremony, session, account }, typed)
    }

    /// Judges the code on what was loaded before, which others may have changed since.
    pub(super) fn confirm_loaded(
        &mut self,
        world: &mut World,
        state: AwaitConfirmation,
        typed: &str,
    ) -> String {
        let circumstances = self.circumstances(world);
        // Without a secret the service does not get this far; the state must refuse on its own.
        let secret = state.ceremony.pending.as_ref().map_or_else(
            || AppSecret::from_bytes([0; SECRET_BYTES]),
            |pending| open_app_secret(&pending.secret),
        );
        let decision = state.code_typed(&TypedCode::parse(typed), &secret, &mut circumstances.moment());
        let outcome = world.commit(decision);
        self.acted(outcome)
    }

    /// The transaction of a confirming code ended in a fault; the fallback spends the attempt.
    pub(super) fn spend_confirmation(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some((ceremony, session, account)) = self.enrollment(world) {
            let state = AwaitConfirmation { ceremony, session, account };
            let outcome = world.commit(state.spent(&mut circumstances.moment()));
            self.acted(outcome);
        }
    }

    pub(super) fn cancel_enrollment(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some((ceremony, ..)) = self.enrollment(world) {
            world.commit(enroll::cancel(&ceremony, &circumstances.moment()));
        }
    }

    pub(super) fn sign_out(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some((session, account)) = world.session(self.session, None)
            && session.is_live(&account.user, world.now)
        {
            world.commit(sign_out::sign_out(&session, &account, &mut circumstances.moment()));
        }
    }

    pub(super) fn enrollment(&self, world: &World) -> Option<(Ceremony, Session, Account)> {
        let (session, account) = world.session(self.session, self.known)?;
        let ceremony = world.enrollment(&session)?;
        Some((ceremony, session, account))
    }

    fn acted(&mut self, outcome: ActOutcome) -> String {
        match outcome {
            ActOutcome::Refused(refusal) => told(refusal),
            ActOutcome::Done { session } => {
                self.session = Some(session.hash());
                "done".into()
            }
        }
    }
}

/// Binds a new password behind its proof.
pub(super) fn change_to(new: &str, proved: Proved, moment: &mut Moment<'_>) -> Decision<ActOutcome> {
    let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
    change_password::change(proved, id, Sealed(new.as_bytes().to_vec()), moment)
}

/// A refusal in the words of these tests: its code, and what it reveals beside it.
pub(super) fn told(refusal: Refusal) -> String {
    match refusal {
        Refusal::WrongPassword { left }
        | Refusal::WrongCode { left }
        | Refusal::CodeAlreadyUsed { left }
        | Refusal::WrongProof { left } => format!("{}, {} left", refusal.code(), left.tries),
        Refusal::Locked { until: Some(_) } => "locked until a time".into(),
        other => other.code().into(),
    }
}

/// The code that the person's app shows now; of the pending one where none is bound yet.
pub(super) fn right_code(world: &World, name: &str) -> String {
    code_of_step(world, name, current_step(world.now))
}

pub(super) fn code_of_step(world: &World, name: &str, step: i64) -> String {
    newest_app(world, name).map_or_else(|| "000000".into(), |app| code(&app.secret, step))
}

/// A code that the app shows at no time around now.
pub(super) fn wrong_code(world: &World, name: &str) -> String {
    let Some(app) = newest_app(world, name) else {
        return "000000".into();
    };
    let secret = open_app_secret(&app.secret);
    // Three codes are right at most.
    (0..4)
        .map(|number| format!("{number:0DIGITS$}"))
        .find(|typed| {
            secret.check(&TypedCode::parse(typed), UsedSteps::default(), world.now) == CodeVerdict::Wrong
        })
        .unwrap()
}

/// What an app with this secret shows in a step (RFC 6238).
pub(super) fn code(secret: &Sealed, step: i64) -> String {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP_SECS)
        .with_secret(*open_app_secret(secret).expose_bytes())
        .build_noncompliant()
        .generate(step.unsigned_abs() * STEP_SECS)
        .to_string()
}

/// The app that the person holds in their hand: the one in force, or else the last that was shown to them.
pub(super) fn newest_app<'w>(world: &'w World, name: &str) -> Option<&'w Authenticator> {
    let user = user_id(name);
    let is_app = |kind| kind == AuthenticatorKind::App;
    world.in_force(&user).find(|authenticator| is_app(authenticator.kind)).or_else(|| {
        let mut rows = world.authenticators.iter();
        rows.rfind(|row| row.user == user && is_app(row.authenticator.kind)).map(|row| &row.authenticator)
    })
}

fn candidate(world: &World, name: &str, known: Option<TokenHash>) -> Candidate {
    if name == NOBODY {
        let subject = subject(name);
        return Candidate::Unknown(Lane { ladder: world.ladder_of(&subject), subject });
    }
    Candidate::Known(Box::new(world.account(&user_id(name), known).unwrap()))
}

fn app_secret(account: &Account) -> Option<AppSecret> {
    let app = account.usable(AuthenticatorKind::App)?;
    Some(open_app_secret(&app.secret))
}

/// The hash of these tests is the password itself.
fn verdict(hash: Option<&Sealed>, typed: &str) -> PasswordVerdict {
    match hash {
        Some(hash) if hash.0 == typed.as_bytes() => PasswordVerdict::Matches,
        _ => PasswordVerdict::Differs,
    }
}
