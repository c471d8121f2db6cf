//! Sequences of what people, thieves and time can do to one sign-in: each byte is an event.
//!
//! Held is what must be true after each of them: nobody is signed in without the right password and a right, unused
//! code, nobody while the name is locked, and between two locks at most so many entries are judged.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use countersign_core::{
    account::Account,
    authenticator::{
        Authenticator, Material,
        password::{PasswordLength, StoredHash},
        totp::{AppSecret, STEP_SECS, UsedSteps},
        typed_code::TypedCode,
    },
    ceremony::{
        Ceremony, Claim, Decision, Write,
        sign_in::{
            AwaitPassword, AwaitSecondFactor, Candidate, CodeOutcome, PasswordOutcome, PasswordVerdict,
            Reserved,
        },
        write::NewCeremony,
    },
    id::{AuthenticatorId, UserId},
    keys::{KeyRing, RootKey},
    moment::{BrowserMark, Moment, Seed, Visitor},
    secret::{Sealed, Secret},
    throttle::{budget::Sends, cap::FailureRecord, ladder::LadderRules},
    timestamp::Timestamp,
    user::{EmailAddress, User},
};

/// One person with a password and an app, and the sign-ins that await their code.
struct World {
    account: Account,
    keys: KeyRing,
    ceremonies: Vec<Ceremony>,
    now: Timestamp,
    /// Entries that were judged wrong since the ladder was last empty or locked.
    wrong_in_a_row: u32,
    last_wrong_at: Timestamp,
    events: u8,
}

/// An event by its byte.
pub fn sign_in(data: &[u8]) {
    let Some(mut world) = World::new() else { return };
    for byte in data.iter().take(EVENTS_MAX) {
        match byte % 8 {
            0 => world.type_password(PasswordVerdict::Differs),
            1 => world.type_password(PasswordVerdict::Matches(PasswordLength::EnoughAlone)),
            2 => world.type_password(PasswordVerdict::Matches(PasswordLength::TooShortAlone)),
            3 => world.type_code(&TypedCode::Digits(*b"000000"), byte / 8),
            4 => world.type_code(&world.right_code(0), byte / 8),
            5 => world.type_code(&world.right_code(i64::from(byte / 8) - 16), byte / 8),
            6 => world.now = world.now.plus(Duration::from_secs(STEP_SECS * u64::from(byte / 8))),
            _ => world.now = world.now.plus(Duration::from_mins(20 * u64::from(byte / 8))),
        }
    }
}

/// More show nothing new, and take time from the fuzzer.
const EVENTS_MAX: usize = 200;
const SECRET: [u8; 20] = *b"12345678901234567890";

impl World {
    fn new() -> Option<Self> {
        let now = Timestamp::from_millis(1_795_342_500_000);
        let user = UserId::from_stored("usr_ann".to_owned());
        let authenticator = |id: &str, material| Authenticator {
            id: AuthenticatorId::from_stored(id.to_owned()),
            material,
            bound_at: now,
            last_used_at: None,
            disabled_at: None,
            held_until: None,
            failures: FailureRecord::default(),
            steps: UsedSteps::default(),
        };
        let email = EmailAddress::parse("ann@trackwell.example").ok()?;
        let authenticators = vec![
            authenticator("aut_password", Material::Password(Sealed(Vec::new()))),
            authenticator("aut_app", Material::App(Sealed(Vec::new()))),
        ];
        let user = User::new(user, "Ann Ames".to_owned(), email);
        let account = Account { authenticators, ..Account::new(user) };
        let keys = KeyRing::new(vec![RootKey { number: 1, bytes: Secret::new([7; 32]) }])?;
        Some(Self {
            account,
            keys,
            ceremonies: Vec::new(),
            now,
            wrong_in_a_row: 0,
            last_wrong_at: now,
            events: 0,
        })
    }

    fn type_password(&mut self, verdict: PasswordVerdict) {
        let (was_locked, before) = (self.is_locked(), self.account.lane.ladder.failures);
        let await_password = AwaitPassword { candidate: self.candidate() };
        let reserved = self.decided(|moment| await_password.reserve(moment));
        let Reserved::MayHash(attempt) = reserved else { return };
        assert!(!was_locked, "a password is hashed while the name is locked");
        let candidate = self.candidate();
        let outcome = self.decided(|moment| attempt.settle(candidate, verdict, None, moment));
        match outcome {
            PasswordOutcome::SignedIn(_) => panic!("signed in without the second factor"),
            PasswordOutcome::SecondFactor { .. } => {
                assert!(attempt.hash().is_some_and(|hash: &StoredHash| hash.user == self.account.user.id));
                assert_ne!(verdict, PasswordVerdict::Differs);
            }
            PasswordOutcome::Refused(_) if self.account.lane.ladder.failures > before => self.count_wrong(),
            PasswordOutcome::Refused(_) => {}
        }
    }

    fn type_code(&mut self, typed: &TypedCode, which: u8) {
        let at = usize::from(which).checked_rem(self.ceremonies.len()).unwrap_or(0);
        let Some(ceremony) = self.ceremonies.get(at).cloned() else { return };
        let was_locked = self.is_locked();
        let was_live = ceremony.is_live(&self.account.user, self.now);
        let used = self.used_steps().accepted;
        let is_right = (-1..=1).any(|step| self.is_code_of(typed, step));
        let state = AwaitSecondFactor { ceremony, account: self.account.clone(), replaces: None };
        let secret = AppSecret::from_bytes(SECRET);
        let before = self.account.lane.ladder;
        match self.decided(|moment| state.code_typed(typed, Some(&secret), moment)) {
            CodeOutcome::SignedIn(_) => {
                assert!(is_right && was_live && !was_locked, "signed in by a wrong, late or locked code");
                assert!(self.used_steps().accepted > used, "a step was used twice");
                self.wrong_in_a_row = 0;
            }
            CodeOutcome::Refused(_) if self.account.lane.ladder != before => {
                assert!(!was_locked, "a code is judged while the name is locked");
                self.count_wrong();
            }
            CodeOutcome::Refused(_) => {}
            CodeOutcome::Recovered => panic!("by a key that nobody has"),
        }
    }

    fn count_wrong(&mut self) {
        // A day without a wrong entry empties the ladder.
        if self.now.since(self.last_wrong_at).as_secs() >= LadderRules::STANDARD.forget_after_secs {
            self.wrong_in_a_row = 0;
        }
        self.last_wrong_at = self.now;
        self.wrong_in_a_row += 1;
        assert!(
            self.wrong_in_a_row <= LadderRules::STANDARD.tries,
            "more entries judged than the ladder has steps"
        );
        if self.is_locked() {
            self.wrong_in_a_row = 0;
        }
    }

    /// Decides with a seed of its own, and carries the decision out as the store does.
    fn decided<T>(&mut self, decide: impl FnOnce(&mut Moment<'_>) -> Decision<T>) -> T {
        self.events = self.events.wrapping_add(1);
        let visitor = Visitor {
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: String::new(),
            browser: BrowserMark([1; 32]),
        };
        let seed = Seed::new([self.events; 32]);
        let decision = decide(&mut Moment::new(self.now, &visitor, &self.keys, &seed));
        let matched = decision.claims.iter().filter(|claim| self.claim(claim)).count();
        assert_eq!(matched, decision.claims.len(), "alone, every claim finds its row");
        for write in decision.writes {
            self.write(write);
        }
        decision.outcome
    }

    fn claim(&mut self, claim: &Claim) -> bool {
        match claim {
            Claim::UseStep { authenticator, step, .. } => {
                let app = self.authenticator(authenticator);
                app.is_some_and(|app| {
                    let is_new = app.steps.accepted.is_none_or(|accepted| accepted < *step);
                    app.steps.accepted = Some(*step);
                    app.failures = app.failures.clone().succeeded();
                    is_new
                })
            }
            Claim::EndCeremony { ceremony, at, .. } => {
                let open =
                    self.ceremonies.iter_mut().find(|open| open.id == *ceremony && open.ended_at.is_none());
                open.map(|open| open.ended_at = Some(*at)).is_some()
            }
            _ => panic!("a sign-in by an app claims nothing else"),
        }
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::PutLane(lane) => self.account.lane = lane,
            Write::PutFailures { authenticator, failures } => {
                if let Some(authenticator) = self.authenticator(&authenticator) {
                    authenticator.failures = failures;
                }
            }
            Write::PutReplayedStep { authenticator, step } => {
                if let Some(app) = self.authenticator(&authenticator) {
                    app.steps.replayed = Some(step);
                }
            }
            Write::DisableAuthenticator { authenticator, at } => {
                if let Some(authenticator) = self.authenticator(&authenticator) {
                    authenticator.disabled_at = Some(at);
                }
            }
            Write::OpenCeremony(ceremony) => self.ceremonies.push(opened(ceremony)),
            Write::SupersedeCeremonies { keep, at, .. } => {
                let open = self.ceremonies.iter_mut().filter(|open| open.ended_at.is_none());
                open.rev().skip(keep).for_each(|open| open.ended_at = Some(at));
            }
            Write::EndSignIns { at, .. } => {
                let open = self.ceremonies.iter_mut().filter(|open| open.ended_at.is_none());
                open.for_each(|open| open.ended_at = Some(at));
            }
            // Records, messages and what only a browser carries decide nothing here.
            _ => {}
        }
    }

    fn candidate(&self) -> Candidate {
        Candidate::Known(Box::new(self.account.clone()))
    }

    fn is_locked(&self) -> bool {
        self.account.lane.ladder.lock_at(self.now).is_some()
    }

    fn used_steps(&self) -> UsedSteps {
        self.account.authenticators.last().map_or_else(UsedSteps::default, |app| app.steps)
    }

    fn authenticator(&mut self, id: &AuthenticatorId) -> Option<&mut Authenticator> {
        self.account.authenticators.iter_mut().find(|authenticator| authenticator.id == *id)
    }

    /// What the app shows so many steps from now.
    fn right_code(&self, steps_away: i64) -> TypedCode {
        let step = self.now.as_millis() / 1000 / STEP_SECS.cast_signed() + steps_away;
        let totp = totp_rs::Builder::new()
            .with_algorithm(totp_rs::Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP_SECS)
            .with_secret(SECRET)
            .build_noncompliant();
        TypedCode::parse(&totp.generate(step.unsigned_abs() * STEP_SECS).to_string())
    }

    fn is_code_of(&self, typed: &TypedCode, steps_away: i64) -> bool {
        match (typed, self.right_code(steps_away)) {
            (TypedCode::Digits(typed), TypedCode::Digits(right)) => *typed == right,
            _ => false,
        }
    }
}

/// A ceremony as it is read back.
fn opened(new: NewCeremony) -> Ceremony {
    Ceremony {
        id: new.id,
        purpose: new.purpose,
        user: new.user,
        user_epoch: new.user_epoch,
        session: new.session,
        lane: new.lane,
        evidence: new.evidence,
        pending: None,
        sent: None,
        sends: Sends::default(),
        created_at: new.created_at,
        expires_at: new.expires_at,
        new_key: None,
        ended_at: None,
    }
}
