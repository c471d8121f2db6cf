//! What a browser does within its session: proving itself again, setting up, changing, signing out.

use super::{super::world::World, Browser, Circumstances, app_secret, told, told_of_code, verdict};
use crate::{
    account::Account,
    authenticator::{
        Material,
        phone::{Country, PhoneNumber},
        totp::AppSecret,
        typed_code::TypedCode,
    },
    ceremony::{
        Ceremony, Decision, change_password,
        end_sessions::{AwaitEnd, EndOutcome},
        enroll::{self, AwaitConfirmation, AwaitMethod, ChoiceOutcome},
        new_key, sign_out,
        step_up::{self, Act, ActOutcome, AwaitProofs, Current, GivenProofs, ProofAttempt, Proved, Settled},
        turn_off,
    },
    id::AuthenticatorId,
    message::Channel,
    moment::Moment,
    refusal::Refusal,
    secret::Sealed,
    session::Session,
    token::TokenHash,
};

/// Proofs that are reserved and not settled.
pub(in super::super) struct ProofInFlight {
    session: Option<TokenHash>,
    known: Option<TokenHash>,
    act: Act,
    password: String,
    code: TypedCode,
    pub(in super::super) attempt: ProofAttempt,
    circumstances: Circumstances,
}

/// Proving itself again, and what that opens.
impl Browser {
    /// What every page asks; notes that the session was used.
    pub(in super::super) fn is_signed_in(&self, world: &mut World) -> bool {
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

    pub(in super::super) fn await_proofs(&self, world: &World, act: Act) -> Option<AwaitProofs> {
        let (session, account) = world.session(self.session, self.known)?;
        let asked = world.asked(&session, act);
        Some(AwaitProofs { session, account, act, asked })
    }

    /// Presses "Send a new code" where a session proves itself again.
    pub(in super::super) fn want_proof_code(&self, world: &mut World, act: Act) -> String {
        self.want_proof_code_by(world, act, Channel::Sms)
    }

    /// The same, by another way perhaps.
    pub(in super::super) fn want_proof_code_by(
        &self,
        world: &mut World,
        act: Act,
        channel: Channel,
    ) -> String {
        let circumstances = self.circumstances(world);
        match self.await_proofs(world, act) {
            Some(mut state) => {
                state.account = self.with_budgets(world, state.account, None);
                let outcome = world.commit(state.code_wanted(channel, &mut circumstances.moment()));
                told_of_code(world, &outcome)
            }
            None => told(Refusal::Over),
        }
    }

    pub(in super::super) fn reserve_proof(
        &self,
        world: &mut World,
        act: Act,
        password: &str,
        code: &str,
    ) -> Result<ProofInFlight, String> {
        let circumstances = self.circumstances(world);
        let code = TypedCode::parse(code);
        let state = self.await_proofs(world, act).ok_or_else(|| told(Refusal::Over))?;
        let decision = state.reserve(!password.is_empty(), &code, &circumstances.moment());
        match world.commit(decision) {
            step_up::Reserved::Refused(refusal) => Err(told(refusal)),
            step_up::Reserved::MayHash(attempt) => Ok(ProofInFlight {
                session: self.session,
                known: self.known,
                act,
                password: password.into(),
                code,
                attempt,
                circumstances,
            }),
        }
    }

    pub(in super::super) fn settle_proof(
        &mut self,
        world: &mut World,
        in_flight: &ProofInFlight,
        act: impl FnOnce(Proved, &mut Moment<'_>) -> Decision<ActOutcome>,
    ) -> String {
        let Some((session, account)) = world.session(in_flight.session, in_flight.known) else {
            return told(Refusal::Over);
        };
        let verdict = verdict(in_flight.attempt.hash(), &in_flight.password);
        let secret = app_secret(&account);
        let asked = world.asked(&session, in_flight.act);
        let mut moment = in_flight.circumstances.moment();
        let given = GivenProofs { password: verdict, code: &in_flight.code, secret: secret.as_ref() };
        let current = Current { session, account, asked };
        let decision = match in_flight.attempt.settle(current, &given, &mut moment) {
            Settled::Refused(refused) => refused.map(ActOutcome::Refused),
            Settled::Proved(proved) => act(*proved, &mut moment),
        };
        let outcome = world.commit(decision);
        self.acted(outcome)
    }

    /// The first set-up, by somebody without a second factor.
    pub(in super::super) fn begin_enrollment(
        &mut self,
        world: &mut World,
        password: &str,
        code: &str,
    ) -> String {
        self.begin(world, Act::TurnOnTwoFactor, (password, code))
    }

    /// A set-up by somebody who has a second factor.
    pub(in super::super) fn begin_change(&mut self, world: &mut World, password: &str, code: &str) -> String {
        self.begin(world, Act::ChangeMethods, (password, code))
    }

    fn begin(&mut self, world: &mut World, act: Act, (password, code): (&str, &str)) -> String {
        match self.reserve_proof(world, act, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, enroll::begin),
            Err(refused) => refused,
        }
    }

    pub(in super::super) fn turn_off(&mut self, world: &mut World, password: &str, code: &str) -> String {
        match self.reserve_proof(world, Act::TurnOffTwoFactor, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, turn_off::turn_off),
            Err(refused) => refused,
        }
    }

    pub(in super::super) fn change_password(
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

    /// Presses "Create new recovery key".
    pub(in super::super) fn create_key(&mut self, world: &mut World, password: &str, code: &str) -> String {
        match self.reserve_proof(world, Act::CreateRecoveryKey, password, code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, new_key::create),
            Err(refused) => refused,
        }
    }

    /// The new recovery key on the page that shows it in this session.
    pub(in super::super) fn key_in_session(&self, world: &World) -> Option<String> {
        let (session, account) = world.session(self.session, self.known)?;
        let ceremony = world.unsaved_key(&session)?;
        let is_live = ceremony.is_live(&account.user, world.now);
        super::read_new_key(world, &ceremony).filter(|_| is_live)
    }

    /// Presses **Continue** there.
    pub(in super::super) fn save_key_in_session(&self, world: &mut World) {
        let circumstances = self.circumstances(world);
        let Some((session, account)) = world.session(self.session, self.known) else { return };
        if let Some(ceremony) = world.unsaved_key(&session) {
            world.commit(new_key::saved(&ceremony, (&session, &account), &circumstances.moment()));
        }
    }

    pub(in super::super) fn sign_out(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some((session, account)) = world.session(self.session, None)
            && session.is_live(&account.user, world.now)
        {
            world.commit(sign_out::sign_out(&session, &account, &mut circumstances.moment()));
        }
    }

    /// Ends the session that another browser holds, as its id in the form says.
    pub(in super::super) fn end_session_of(&self, world: &mut World, other: &Self) -> EndOutcome {
        let circumstances = self.circumstances(world);
        let Some((session, account)) = world.session(self.session, None) else {
            return EndOutcome::Over;
        };
        let row = world.sessions.iter().find(|row| Some(row.token) == other.session);
        let wanted = row.filter(|row| row.session.user == account.user.id).map(|row| row.session.clone());
        world.commit(AwaitEnd { session, account }.end(wanted, &mut circumstances.moment()))
    }

    pub(in super::super) fn end_other_sessions(&self, world: &mut World) -> EndOutcome {
        let circumstances = self.circumstances(world);
        let Some((session, account)) = world.session(self.session, None) else {
            return EndOutcome::Over;
        };
        let of_user = world.sessions.iter().filter(|row| row.session.user == account.user.id);
        let all = of_user.map(|row| row.session.clone()).collect();
        world.commit(AwaitEnd { session, account }.end_others(all, &mut circumstances.moment()))
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

/// A set-up under way.
impl Browser {
    pub(in super::super) fn choose_app(&mut self, world: &mut World) -> String {
        let circumstances = self.circumstances(world);
        let Some((ceremony, session, account)) = self.enrollment(world) else {
            return told(Refusal::Over);
        };
        let mut moment = circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let secret = Sealed(AppSecret::mint(&mut moment.rng).expose_bytes().to_vec());
        let state = AwaitMethod { ceremony, session, account };
        match world.commit(state.app_chosen(&id, secret, &moment)) {
            ChoiceOutcome::Refused(refusal) => told(refusal),
            ChoiceOutcome::Onward => "onward".into(),
        }
    }

    /// Types a mobile number.
    pub(in super::super) fn choose_phone(&mut self, world: &mut World, typed: &str) -> String {
        let home: &Country = &world.texting_rules.home;
        let number = PhoneNumber::parse(typed, home).unwrap();
        match self.await_method(world, &number) {
            Some(state) => self.choose_phone_loaded(world, state, &number),
            None => told(Refusal::Over),
        }
    }

    pub(in super::super) fn await_method(&self, world: &World, number: &PhoneNumber) -> Option<AwaitMethod> {
        let (ceremony, session, account) = self.enrollment(world)?;
        Some(AwaitMethod { ceremony, session, account: self.with_budgets(world, account, Some(number)) })
    }

    /// Decides on what was loaded before, which others may have changed since.
    pub(in super::super) fn choose_phone_loaded(
        &self,
        world: &mut World,
        state: AwaitMethod,
        number: &PhoneNumber,
    ) -> String {
        let circumstances = self.circumstances(world);
        let mut moment = circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let material = Material::Phone(number.clone());
        let outcome = world.commit(state.reach_chosen(&id, &material, &mut moment));
        told_of_code(world, &outcome)
    }

    /// Chooses codes by email.
    pub(in super::super) fn choose_email(&mut self, world: &mut World) -> String {
        let circumstances = self.circumstances(world);
        let Some((ceremony, session, account)) = self.enrollment(world) else {
            return told(Refusal::Over);
        };
        let mut moment = circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let account = self.with_budgets(world, account, None);
        let state = AwaitMethod { ceremony, session, account };
        let outcome = world.commit(state.reach_chosen(&id, &Material::Email, &mut moment));
        told_of_code(world, &outcome)
    }

    pub(in super::super) fn await_confirmation(&self, world: &World) -> Option<AwaitConfirmation> {
        let (ceremony, session, account) = self.enrollment(world)?;
        Some(AwaitConfirmation { ceremony, session, account })
    }

    /// Presses "Send a new code" where a number is being set up.
    pub(in super::super) fn want_enroll_code(&self, world: &mut World) -> String {
        let circumstances = self.circumstances(world);
        match self.await_confirmation(world) {
            Some(mut state) => {
                let pending = state.ceremony.pending.as_ref();
                let number = pending.and_then(|pending| pending.material.phone_number());
                state.account = self.with_budgets(world, state.account, number);
                let outcome = world.commit(state.code_wanted(&mut circumstances.moment()));
                told_of_code(world, &outcome)
            }
            None => told(Refusal::Over),
        }
    }

    /// Types the first code of what is being set up.
    pub(in super::super) fn confirm(&mut self, world: &mut World, typed: &str) -> String {
        match self.await_confirmation(world) {
            Some(state) => self.confirm_loaded(world, state, typed),
            None => told(Refusal::Over),
        }
    }

    /// Judges the code on what was loaded before, which others may have changed since.
    pub(in super::super) fn confirm_loaded(
        &mut self,
        world: &mut World,
        state: AwaitConfirmation,
        typed: &str,
    ) -> String {
        let circumstances = self.circumstances(world);
        let pending = state.ceremony.pending.as_ref().map(|pending| &pending.material);
        let secret = match pending {
            Some(app @ Material::App(_)) => Some(super::open_app_secret(app)),
            _ => None,
        };
        let typed = TypedCode::parse(typed);
        let decision = state.code_typed(&typed, secret.as_ref(), &mut circumstances.moment());
        let outcome = world.commit(decision);
        self.acted(outcome)
    }

    /// The transaction of a confirming code ended in a fault; the fallback spends the attempt.
    pub(in super::super) fn spend_confirmation(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some(state) = self.await_confirmation(world) {
            let outcome = world.commit(state.spent(&mut circumstances.moment()));
            self.acted(outcome);
        }
    }

    pub(in super::super) fn cancel_enrollment(&mut self, world: &mut World) {
        let circumstances = self.circumstances(world);
        if let Some((ceremony, ..)) = self.enrollment(world) {
            world.commit(enroll::cancel(&ceremony, &circumstances.moment()));
        }
    }

    pub(in super::super) fn enrollment(&self, world: &World) -> Option<(Ceremony, Session, Account)> {
        let (session, account) = world.session(self.session, self.known)?;
        let ceremony = world.enrollment(&session)?;
        Some((ceremony, session, account))
    }
}

/// Binds a new password behind its proof.
pub(in super::super) fn change_to(
    new: &str,
    proved: Proved,
    moment: &mut Moment<'_>,
) -> Decision<ActOutcome> {
    let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
    change_password::change(proved, id, Sealed(new.as_bytes().to_vec()), moment)
}
