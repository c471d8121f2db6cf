//! The database of these tests: tables as vectors, and decisions carried out on them as `store::commit` does.
//!
//! ```text
//!   mod ─── the tables, and loads as `store` has them      claims ─ conditional changes
//!   traffic ─ what was texted lately                       writes ─ all others      words ─ both, for tables
//! ```

mod claims;
mod traffic;
mod words;
mod writes;

pub(super) use traffic::Addressee;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use crate::{
    account::{Account, Lane, samples},
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        Authenticator, AuthenticatorKind, Material,
        phone::{Country, PhoneNumber},
        sent_code::SentCode,
        totp::{AppSecret, SECRET_BYTES, UsedSteps},
    },
    ceremony::{
        Ceremony, CeremonyEnd, CeremonyPurpose, Decision, PendingAuthenticator, forgot_password::NewWish,
        step_up::Act, write::NewSentCode,
    },
    id::{AuthenticatorId, KnownBrowserId, SentCodeId, UserId},
    link::Link,
    message::Outgoing,
    notice::{Notice, NoticeKind},
    operator_link::NewOperatorLink,
    policy::{Policy, SecondFactorRule, presets::Preset},
    secret::Sealed,
    session::{Session, SessionEnd},
    throttle::{
        budget::TextingRules,
        cap::FailureRecord,
        ladder::{Ladder, LadderSubject},
    },
    timestamp::Timestamp,
    token::TokenHash,
    user::{EmailAddress, User},
};

pub(super) const ANN: &str = "ann";
pub(super) const BEA: &str = "bea";
/// A name that nobody has.
pub(super) const NOBODY: &str = "nobody";

/// In different blocks, so that neither is a neighbor of the other.
pub(super) const ANNS_NUMBER: &str = "+15125550134";
pub(super) const BEAS_NUMBER: &str = "+13125550199";

pub(super) struct KnownBrowser {
    pub(super) id: KnownBrowserId,
    token: TokenHash,
    user: UserId,
    epoch: i64,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    /// The policy of the one organization that everybody belongs to.
    pub(super) policy: Policy,
    /// Whether the operator lets that organization use a second factor.
    pub(super) is_two_factor_open: bool,
    /// Who administers that organization.
    pub(super) admins: Vec<EmailAddress>,
    pub(super) texting_rules: Arc<TextingRules>,
    /// Whether text messages can be sent at all.
    pub(super) has_gateway: bool,
    pub(super) has_mail_server: bool,
    pub(super) users: Vec<User>,
    pub(super) authenticators: Vec<AuthenticatorRow>,
    pub(super) ladders: HashMap<LadderSubject, Ladder>,
    /// Networks, and names that failed from there and did not get in since.
    pub(super) source_failures: HashSet<(String, LadderSubject)>,
    pub(super) ceremonies: Vec<CeremonyRow>,
    pub(super) codes: Vec<CodeRow>,
    pub(super) links: Vec<Link>,
    /// Those that wait.
    pub(super) wishes: Vec<NewWish>,
    /// Of the console, those that are good.
    pub(super) operator_links: Vec<NewOperatorLink>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) known_browsers: Vec<KnownBrowser>,
    pub(super) outbox: Vec<Outgoing>,
    pub(super) notices: Vec<Notice>,
    pub(super) audit: Vec<AuditEvent>,
    /// What the last decision wrote, in words, sorted.
    pub(super) written: Vec<String>,
    /// Every step that an app was let through with, in the order in which it was.
    pub(super) accepted_steps: Vec<(AuthenticatorId, i64)>,
    /// Every code from a message that was accepted, as often as it was.
    pub(super) accepted_codes: Vec<SentCodeId>,
    seeds_drawn: u64,
}

#[derive(Clone)]
pub(super) struct AuthenticatorRow {
    pub(super) user: UserId,
    pub(super) is_bound: bool,
    pub(super) is_revoked: bool,
    pub(super) authenticator: Authenticator,
}

pub(super) struct CeremonyRow {
    pub(super) token: Option<TokenHash>,
    pub(super) ceremony: Ceremony,
    pub(super) pending: Option<AuthenticatorId>,
    pub(super) end: Option<CeremonyEnd>,
}

pub(super) struct CodeRow {
    pub(super) sent: NewSentCode,
    pub(super) guesses: u32,
    pub(super) used_at: Option<Timestamp>,
    pub(super) superseded_at: Option<Timestamp>,
}

pub(super) struct SessionRow {
    pub(super) token: TokenHash,
    pub(super) session: Session,
    pub(super) end: Option<SessionEnd>,
}

/// Everybody starts with this password and their name behind it.
pub(super) fn password_of(name: &str) -> String {
    format!("wistful otter paints gravel {name}")
}

pub(super) fn user_id(name: &str) -> UserId {
    UserId::from_stored(format!("usr_{name}"))
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::from_stored(text.into())
}

impl World {
    /// Ann and Bea in one organization, with a password each, a proved address and no second factor.
    pub(super) fn new() -> Self {
        let home = Country::parse("US").unwrap();
        let alerts_to = EmailAddress::parse("operator@countersign.example").ok();
        let rules = TextingRules { countries: vec![home.clone()], home, hour_max: 1000, alerts_to };
        let mut world = Self {
            // 2026-01-01T08:00:00Z: far from the turn of a day.
            now: Timestamp::from_millis(1_767_254_400_000),
            policy: Preset::Default.policy(),
            is_two_factor_open: true,
            texting_rules: Arc::new(rules),
            has_gateway: true,
            has_mail_server: true,
            users: Vec::new(),
            authenticators: Vec::new(),
            admins: Vec::new(),
            ladders: HashMap::new(),
            source_failures: HashSet::new(),
            ceremonies: Vec::new(),
            codes: Vec::new(),
            links: Vec::new(),
            wishes: Vec::new(),
            operator_links: Vec::new(),
            sessions: Vec::new(),
            known_browsers: Vec::new(),
            outbox: Vec::new(),
            notices: Vec::new(),
            audit: Vec::new(),
            written: Vec::new(),
            accepted_steps: Vec::new(),
            accepted_codes: Vec::new(),
            seeds_drawn: 0,
        };
        world.hire(ANN);
        world.hire(BEA);
        world
    }

    /// One more person of the organization.
    pub(super) fn hire(&mut self, name: &str) {
        self.users.push(User {
            id: user_id(name),
            name: name.into(),
            email: EmailAddress::parse(&format!("{name}@trackwell.example")).unwrap(),
            email_verified_at: Some(self.now),
            epoch: 0,
            password_change: None,
            disabled_at: None,
            operator_since: None,
        });
        self.bind(name, Material::Password(Sealed(password_of(name).into_bytes())));
    }

    /// As [`Self::new`], and Ann has had an app for a while.
    pub(super) fn with_app() -> Self {
        let mut world = Self::new();
        world.bind_app(ANN);
        world
    }

    /// As [`Self::new`], and Ann has had a phone for a while.
    pub(super) fn with_phone() -> Self {
        let mut world = Self::new();
        world.bind_phone(ANN);
        world
    }

    /// As [`Self::new`], and Ann has had codes by email for a while.
    pub(super) fn with_mailbox() -> Self {
        let mut world = Self::new();
        world.bind_mailbox(ANN);
        world
    }

    pub(super) fn bind_app(&mut self, name: &str) {
        let byte = name.as_bytes()[0];
        self.bind(name, Material::App(Sealed(vec![byte; SECRET_BYTES])));
    }

    pub(super) fn bind_phone(&mut self, name: &str) {
        let own = if name == ANN { ANNS_NUMBER } else { BEAS_NUMBER };
        self.bind(name, Material::Phone(number(own)));
    }

    pub(super) fn bind_mailbox(&mut self, name: &str) {
        self.bind(name, Material::Email);
    }

    fn bind(&mut self, name: &str, material: Material) {
        let id = AuthenticatorId::from_stored(format!("aut_{name}_{}", material.kind().as_str()));
        self.add_authenticator(&user_id(name), &id, (material, true), self.now);
    }

    fn add_authenticator(
        &mut self,
        user: &UserId,
        id: &AuthenticatorId,
        (material, is_bound): (Material, bool),
        at: Timestamp,
    ) {
        self.authenticators.push(AuthenticatorRow {
            user: user.clone(),
            is_bound,
            is_revoked: false,
            authenticator: Authenticator {
                id: id.clone(),
                material,
                bound_at: at,
                last_used_at: None,
                disabled_at: None,
                held_until: None,
                failures: FailureRecord::default(),
                steps: UsedSteps::default(),
            },
        });
        self.assert_one_of_a_kind(user);
    }

    /// The index `authenticators_in_force`.
    fn assert_one_of_a_kind(&self, user: &UserId) {
        for kind in AuthenticatorKind::ALL {
            let count = self.in_force(user).filter(|authenticator| authenticator.kind() == kind).count();
            assert!(count <= 1, "{user} has {count} authenticators of one kind in force");
        }
    }

    pub(super) fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    pub(super) fn pass_secs(&mut self, secs: u64) {
        self.pass(Duration::from_secs(secs));
    }

    pub(super) fn rule(&mut self, rule: SecondFactorRule) {
        self.policy.second_factor = rule;
    }

    /// A seed as the operating system would give it: another one each time.
    pub(super) fn draw_seed(&mut self) -> [u8; 32] {
        self.seeds_drawn += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seeds_drawn.to_le_bytes());
        seed
    }
}

/// Looking at tables, and reaching into them.
impl World {
    pub(super) fn user(&mut self, name: &str) -> &mut User {
        let id = user_id(name);
        self.users.iter_mut().find(|user| user.id == id).unwrap()
    }

    pub(super) fn operators(&self) -> Vec<User> {
        self.users.iter().filter(|user| user.is_operator()).cloned().collect()
    }

    /// Those who have a password and a second factor that work.
    pub(super) fn able_operators(&self) -> Vec<UserId> {
        let has = |user: &UserId, is_second: bool| {
            self.in_force(user).any(|bound| bound.is_usable() && bound.kind().is_second_factor() == is_second)
        };
        let ids = self.operators().into_iter().map(|user| user.id);
        ids.filter(|user| has(user, false) && has(user, true)).collect()
    }

    /// The authenticator of a kind that is in force, out of use or not.
    pub(super) fn authenticator(&mut self, name: &str, kind: AuthenticatorKind) -> &mut Authenticator {
        let user = user_id(name);
        self.authenticators
            .iter_mut()
            .find(|row| row.user == user && row.is_in_force() && row.authenticator.kind() == kind)
            .map(|row| &mut row.authenticator)
            .unwrap()
    }

    pub(super) fn app(&mut self, name: &str) -> &mut Authenticator {
        self.authenticator(name, AuthenticatorKind::App)
    }

    pub(super) fn phone(&mut self, name: &str) -> &mut Authenticator {
        self.authenticator(name, AuthenticatorKind::Phone)
    }

    pub(super) fn has(&self, name: &str, kind: AuthenticatorKind) -> bool {
        let user = user_id(name);
        self.in_force(&user).any(|authenticator| authenticator.kind() == kind)
    }

    pub(super) fn has_app(&self, name: &str) -> bool {
        self.has(name, AuthenticatorKind::App)
    }

    pub(super) fn has_phone(&self, name: &str) -> bool {
        self.has(name, AuthenticatorKind::Phone)
    }

    /// The ladder of the name itself.
    pub(super) fn ladder(&self, name: &str) -> Ladder {
        self.ladder_of(&subject(name))
    }

    pub(super) fn ladder_of(&self, subject: &LadderSubject) -> Ladder {
        self.ladders.get(subject).copied().unwrap_or_default()
    }

    pub(super) fn is_locked(&self, name: &str) -> bool {
        self.ladder(name).lock_at(self.now).is_some()
    }

    pub(super) fn audit_count(&self, kind: AuditKind) -> usize {
        self.audit.iter().filter(|event| event.kind == kind).count()
    }

    pub(super) fn notice_count(&self, kind: NoticeKind) -> usize {
        self.notices.iter().filter(|notice| notice.kind == kind).count()
    }

    /// Sign-ins that await their code.
    pub(super) fn open_sign_ins(&self, name: &str) -> usize {
        let user = user_id(name);
        let is_open = |row: &&CeremonyRow| {
            row.ceremony.purpose == CeremonyPurpose::SignIn
                && row.ceremony.user == user
                && row.ceremony.ended_at.is_none()
        };
        self.ceremonies.iter().filter(is_open).count()
    }

    pub(super) fn in_force(&self, user: &UserId) -> impl Iterator<Item = &Authenticator> {
        self.authenticators
            .iter()
            .filter(move |row| row.user == *user && row.is_in_force())
            .map(|row| &row.authenticator)
    }
}

impl AuthenticatorRow {
    pub(super) fn is_in_force(&self) -> bool {
        self.is_bound && !self.is_revoked
    }
}

impl CodeRow {
    /// Neither used nor replaced by a newer one.
    pub(super) fn is_newest(&self) -> bool {
        self.used_at.is_none() && self.superseded_at.is_none()
    }
}

/// The ladder subject of a name, known or not.
pub(super) fn subject(name: &str) -> LadderSubject {
    match name {
        NOBODY => LadderSubject::unknown_name(&[0; 32]),
        name => LadderSubject::user(&user_id(name)),
    }
}

/// Opens what [`World::bind_app`] or an enrollment sealed.
pub(super) fn open_app_secret(app: &Material) -> AppSecret {
    AppSecret::from_bytes(app.secret().unwrap().0.as_slice().try_into().unwrap())
}

/// Loads, as `store` does them.
impl World {
    pub(super) fn account(&self, user: &UserId, known_browser: Option<TokenHash>) -> Option<Account> {
        let account = self.account_on(user, LadderSubject::user(user), known_browser)?;
        match &account.known_browser {
            Some(browser) if account.policy().known_browsers_have_own_ladder => {
                self.account_on(user, LadderSubject::known_browser(user, browser), known_browser)
            }
            _ => Some(account),
        }
    }

    /// The account with the ladder that was chosen when a ceremony began.
    fn account_on(
        &self,
        user: &UserId,
        subject: LadderSubject,
        known_browser: Option<TokenHash>,
    ) -> Option<Account> {
        let mut membership = samples::organization_that(SecondFactorRule::Optional);
        membership.organization.policy = self.policy.clone();
        membership.organization.two_factor_opened_at = self.is_two_factor_open.then_some(self.now);
        let user = self.users.iter().find(|row| row.id == *user)?.clone();
        let known = self.known_browsers.iter().find(|known| {
            Some(known.token) == known_browser && known.user == user.id && known.epoch == user.epoch
        });
        Some(Account {
            memberships: vec![membership],
            authenticators: self.in_force(&user.id).cloned().collect(),
            known_browser: known.map(|known| known.id.clone()),
            browsers_remembered: self.known_browsers.iter().filter(|known| known.user == user.id).count(),
            lane: Lane { ladder: self.ladder_of(&subject), subject },
            admins: self.admins.clone(),
            texting: None,
            mailing: None,
            user,
        })
    }

    pub(super) fn session(
        &self,
        token: Option<TokenHash>,
        known_browser: Option<TokenHash>,
    ) -> Option<(Session, Account)> {
        let row = self.sessions.iter().find(|row| Some(row.token) == token)?;
        let account = self.account(&row.session.user, known_browser)?;
        Some((row.session.clone(), account))
    }

    pub(super) fn sign_in(
        &self,
        token: Option<TokenHash>,
        known_browser: Option<TokenHash>,
    ) -> Option<(Ceremony, Account)> {
        let row = self.ceremonies.iter().find(|row| row.token.is_some() && row.token == token)?;
        let account = self.account_on(&row.ceremony.user, row.ceremony.lane.clone(), known_browser)?;
        Some((self.loaded(row), account))
    }

    /// The newest set-up that is open in a session.
    pub(super) fn enrollment(&self, session: &Session) -> Option<Ceremony> {
        self.of_session(session, CeremonyPurpose::Enroll)
    }

    /// The ceremony in which a code for an act was sent to a session, if it is open.
    pub(super) fn asked(&self, session: &Session, act: Act) -> Option<Ceremony> {
        self.of_session(session, CeremonyPurpose::Prove(act))
    }

    /// The ceremony that shows a new recovery key in a session.
    pub(super) fn unsaved_key(&self, session: &Session) -> Option<Ceremony> {
        self.of_session(session, CeremonyPurpose::SaveRecoveryKey)
    }

    /// The same of new backup codes.
    pub(super) fn unsaved_codes(&self, session: &Session) -> Option<Ceremony> {
        self.of_session(session, CeremonyPurpose::SaveBackupCodes)
    }

    fn of_session(&self, session: &Session, purpose: CeremonyPurpose) -> Option<Ceremony> {
        let is_of_session = |row: &&CeremonyRow| {
            row.ceremony.purpose == purpose
                && row.ceremony.session.as_ref() == Some(&session.id)
                && row.ceremony.ended_at.is_none()
        };
        self.ceremonies.iter().rfind(is_of_session).map(|row| self.loaded(row))
    }

    /// A ceremony with what is being set up in it and the newest code that was sent in it.
    pub(super) fn loaded(&self, row: &CeremonyRow) -> Ceremony {
        let pending = self.authenticators.iter().find(|candidate| {
            Some(&candidate.authenticator.id) == row.pending.as_ref() && !candidate.is_bound
        });
        let sent = self.codes.iter().find(|code| code.sent.ceremony == row.ceremony.id && code.is_newest());
        Ceremony {
            pending: pending.map(|row| PendingAuthenticator {
                id: row.authenticator.id.clone(),
                material: row.authenticator.material.clone(),
                // Until it is bound, this is when it was tied.
                since: row.authenticator.bound_at,
            }),
            sent: sent.map(|code| SentCode {
                id: code.sent.id.clone(),
                authenticator: code.sent.authenticator.clone(),
                digest: code.sent.digest,
                expires_at: code.sent.expires_at,
                guesses: code.guesses,
            }),
            ..row.ceremony.clone()
        }
    }
}

impl World {
    /// Claims first. All matched: the rest. None matched: what the decision says to a lost race.
    pub(super) fn commit<T>(&mut self, decision: Decision<T>) -> T {
        let claimed: Vec<String> = decision.claims.iter().map(|claim| self.claim_in_words(claim)).collect();
        let wanted = decision.claims.len();
        let matched = decision.claims.into_iter().filter(|claim| self.claim(claim)).count();
        let (outcome, writes, mut written) = match decision.on_lost_race {
            _ if matched == wanted => (decision.outcome, decision.writes, claimed),
            Some(lost) if matched == 0 => (lost.outcome, lost.writes, Vec::new()),
            _ => panic!("{matched} of {claimed:?} matched, which the decision does not foresee"),
        };
        for write in writes {
            written.push(self.in_words(&write));
            self.write(write);
        }
        written.sort();
        self.written = written;
        outcome
    }
}
