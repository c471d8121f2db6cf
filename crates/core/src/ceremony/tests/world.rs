//! The database of these tests: tables as vectors, and decisions carried out on them as `store::commit` does.
//!
//! Loads mirror `store::accounts`, `store::sessions` and `store::ceremonies`; where a statement there is
//! conditional, the same condition stands here.

use std::{collections::HashMap, time::Duration};

use crate::{
    account::{Account, Lane, samples},
    audit::event::AuditEvent,
    authenticator::{
        Authenticator, AuthenticatorKind,
        totp::{AppSecret, SECRET_BYTES, UsedSteps},
    },
    ceremony::{Ceremony, CeremonyEnd, CeremonyPurpose, Claim, Decision, PendingAuthenticator, Write},
    id::{AuthenticatorId, CeremonyId, KnownBrowserId, UserId},
    notice::Notice,
    policy::{Policy, SecondFactorRule, presets::Preset},
    secret::Sealed,
    session::{Session, SessionEnd},
    throttle::{
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

pub(super) struct KnownBrowser {
    id: KnownBrowserId,
    token: TokenHash,
    user: UserId,
    epoch: i64,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    /// The policy of the one organization that everybody belongs to.
    pub(super) policy: Policy,
    pub(super) users: Vec<User>,
    pub(super) authenticators: Vec<AuthenticatorRow>,
    pub(super) ladders: HashMap<LadderSubject, Ladder>,
    pub(super) ceremonies: Vec<CeremonyRow>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) known_browsers: Vec<KnownBrowser>,
    pub(super) notices: Vec<Notice>,
    pub(super) audit: Vec<AuditEvent>,
    /// What the last decision wrote, in words, sorted.
    pub(super) written: Vec<String>,
    /// Every step that an app was let through with, in the order in which it was.
    pub(super) accepted_steps: Vec<(AuthenticatorId, i64)>,
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

impl World {
    /// Ann and Bea in one organization, with a password each and no second factor.
    pub(super) fn new() -> Self {
        let mut world = Self {
            // 2026-01-01T08:00:00Z: far from the turn of a day.
            now: Timestamp::from_millis(1_767_254_400_000),
            policy: Preset::Default.policy(),
            users: Vec::new(),
            authenticators: Vec::new(),
            ladders: HashMap::new(),
            ceremonies: Vec::new(),
            sessions: Vec::new(),
            known_browsers: Vec::new(),
            notices: Vec::new(),
            audit: Vec::new(),
            written: Vec::new(),
            accepted_steps: Vec::new(),
            seeds_drawn: 0,
        };
        for name in [ANN, BEA] {
            world.users.push(User {
                id: user_id(name),
                name: name.into(),
                email: EmailAddress::parse(&format!("{name}@trackwell.example")).unwrap(),
                email_verified_at: None,
                epoch: 0,
                password_change: None,
                disabled_at: None,
            });
            let hash = Sealed(password_of(name).into_bytes());
            world.bind(name, AuthenticatorKind::Password, hash);
        }
        world
    }

    /// As [`Self::new`], and Ann has had an app for a while.
    pub(super) fn with_app() -> Self {
        let mut world = Self::new();
        world.bind_app(ANN);
        world
    }

    pub(super) fn bind_app(&mut self, name: &str) {
        let byte = name.as_bytes()[0];
        self.bind(name, AuthenticatorKind::App, Sealed(vec![byte; SECRET_BYTES]));
    }

    fn bind(&mut self, name: &str, kind: AuthenticatorKind, secret: Sealed) {
        self.authenticators.push(AuthenticatorRow {
            user: user_id(name),
            is_bound: true,
            is_revoked: false,
            authenticator: Authenticator {
                id: AuthenticatorId::from_stored(format!("aut_{name}_{}", kind.as_str())),
                kind,
                secret,
                bound_at: self.now,
                last_used_at: None,
                disabled_at: None,
                failures: FailureRecord::default(),
                steps: UsedSteps::default(),
            },
        });
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

    pub(super) fn user(&mut self, name: &str) -> &mut User {
        let id = user_id(name);
        self.users.iter_mut().find(|user| user.id == id).unwrap()
    }

    /// The authenticator of a kind that is in force, out of use or not.
    pub(super) fn authenticator(&mut self, name: &str, kind: AuthenticatorKind) -> &mut Authenticator {
        let user = user_id(name);
        self.authenticators
            .iter_mut()
            .find(|row| row.user == user && row.is_in_force() && row.authenticator.kind == kind)
            .map(|row| &mut row.authenticator)
            .unwrap()
    }

    pub(super) fn app(&mut self, name: &str) -> &mut Authenticator {
        self.authenticator(name, AuthenticatorKind::App)
    }

    pub(super) fn has_app(&self, name: &str) -> bool {
        let user = user_id(name);
        self.in_force(&user).any(|authenticator| authenticator.kind == AuthenticatorKind::App)
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

    pub(super) fn audit_count(&self, kind: crate::audit::event::AuditKind) -> usize {
        self.audit.iter().filter(|event| event.kind == kind).count()
    }

    pub(super) fn notice_count(&self, kind: crate::notice::NoticeKind) -> usize {
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

/// The ladder subject of a name, known or not.
pub(super) fn subject(name: &str) -> LadderSubject {
    match name {
        NOBODY => LadderSubject::unknown_name(&[0; 32]),
        name => LadderSubject::user(&user_id(name)),
    }
}

/// Opens what [`World::bind_app`] or an enrollment sealed.
pub(super) fn open_app_secret(sealed: &Sealed) -> AppSecret {
    AppSecret::from_bytes(sealed.0.as_slice().try_into().unwrap())
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
        let user = self.users.iter().find(|row| row.id == *user)?.clone();
        let known = self.known_browsers.iter().find(|known| {
            Some(known.token) == known_browser && known.user == user.id && known.epoch == user.epoch
        });
        Some(Account {
            memberships: vec![membership],
            authenticators: self.in_force(&user.id).cloned().collect(),
            known_browser: known.map(|known| known.id.clone()),
            lane: Lane { ladder: self.ladder_of(&subject), subject },
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
        Some((row.ceremony.clone(), account))
    }

    /// The newest set-up that is open in a session.
    pub(super) fn enrollment(&self, session: &Session) -> Option<Ceremony> {
        let is_of_session = |row: &&CeremonyRow| {
            row.ceremony.purpose == CeremonyPurpose::Enroll
                && row.ceremony.session.as_ref() == Some(&session.id)
                && row.ceremony.ended_at.is_none()
        };
        let row = self.ceremonies.iter().rfind(is_of_session)?;
        Some(self.with_pending(row))
    }

    pub(super) fn with_pending(&self, row: &CeremonyRow) -> Ceremony {
        let pending = self.authenticators.iter().find(|candidate| {
            Some(&candidate.authenticator.id) == row.pending.as_ref() && !candidate.is_bound
        });
        Ceremony {
            pending: pending.map(|row| PendingAuthenticator {
                id: row.authenticator.id.clone(),
                secret: row.authenticator.secret.clone(),
            }),
            ..row.ceremony.clone()
        }
    }
}

/// Writes, as `store::commit` does them.
impl World {
    /// Claims first. All matched: the rest. None matched: what the decision says to a lost race.
    pub(super) fn commit<T>(&mut self, decision: Decision<T>) -> T {
        let claimed: Vec<String> = decision.claims.iter().map(claim_in_words).collect();
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

    /// Carries out a conditional change; says whether its row matched.
    fn claim(&mut self, claim: &Claim) -> bool {
        match claim {
            Claim::UseStep { authenticator, step, at } => self.use_step(authenticator, *step, *at),
            Claim::EndCeremony { ceremony, end, at } => {
                let open = self.open_ceremony(ceremony, *at);
                open.is_some_and(|row| {
                    row.end = Some(*end);
                    row.ceremony.ended_at = Some(*at);
                    true
                })
            }
            Claim::TiePending { ceremony, authenticator, at } => {
                let open = self.open_ceremony(ceremony, *at).filter(|row| row.pending.is_none());
                open.is_some_and(|row| {
                    row.pending = Some(authenticator.clone());
                    true
                })
            }
            Claim::BindApp { authenticator, step, at } => self.bind_pending(authenticator, *step, *at),
        }
    }

    fn open_ceremony(&mut self, id: &CeremonyId, at: Timestamp) -> Option<&mut CeremonyRow> {
        self.ceremonies.iter_mut().find(|row| {
            let ceremony = &row.ceremony;
            ceremony.id == *id && ceremony.ended_at.is_none() && ceremony.expires_at > at
        })
    }

    fn use_step(&mut self, id: &AuthenticatorId, step: i64, at: Timestamp) -> bool {
        let row = self.authenticators.iter_mut().find(|row| {
            row.authenticator.id == *id
                && row.is_in_force()
                && row.authenticator.disabled_at.is_none()
                && row.authenticator.steps.accepted.is_none_or(|accepted| accepted < step)
        });
        let Some(row) = row else { return false };
        row.authenticator.steps.accepted = Some(step);
        row.authenticator.last_used_at = Some(at);
        row.authenticator.failures.in_a_row = 0;
        self.accepted_steps.push((id.clone(), step));
        true
    }

    fn bind_pending(&mut self, id: &AuthenticatorId, step: i64, at: Timestamp) -> bool {
        let row = self
            .authenticators
            .iter_mut()
            .find(|row| row.authenticator.id == *id && !row.is_bound && !row.is_revoked);
        let Some(row) = row else { return false };
        row.is_bound = true;
        row.authenticator.bound_at = at;
        row.authenticator.last_used_at = Some(at);
        row.authenticator.steps.accepted = Some(step);
        let user = row.user.clone();
        self.accepted_steps.push((id.clone(), step));
        self.assert_one_of_a_kind(&user);
        true
    }

    fn add_authenticator(
        &mut self,
        user: &UserId,
        kind: AuthenticatorKind,
        id: &AuthenticatorId,
        (secret, at): (&Sealed, Timestamp),
    ) {
        self.authenticators.push(AuthenticatorRow {
            user: user.clone(),
            is_bound: kind == AuthenticatorKind::Password,
            is_revoked: false,
            authenticator: Authenticator {
                id: id.clone(),
                kind,
                secret: secret.clone(),
                bound_at: at,
                last_used_at: None,
                disabled_at: None,
                failures: FailureRecord::default(),
                steps: UsedSteps::default(),
            },
        });
        self.assert_one_of_a_kind(user);
    }

    /// The index `authenticators_in_force`.
    fn assert_one_of_a_kind(&self, user: &UserId) {
        for kind in AuthenticatorKind::ALL {
            let count = self.in_force(user).filter(|authenticator| authenticator.kind == kind).count();
            assert!(count <= 1, "{user} has {count} authenticators of one kind in force");
        }
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::PutLane(Lane { subject, ladder }) => {
                self.ladders.insert(subject, ladder);
            }
            Write::PutFailures { authenticator, failures } => self.row(&authenticator).failures = failures,
            Write::PutReplayedStep { authenticator, step } => {
                self.row(&authenticator).steps.replayed = Some(step);
            }
            Write::DisableAuthenticator { authenticator, at } => {
                self.row(&authenticator).disabled_at.get_or_insert(at);
            }
            Write::RevokeSecondFactors { user, .. } => {
                self.revoke(&user, AuthenticatorKind::is_second_factor);
            }
            Write::AddPendingApp { user, authenticator, secret, at } => {
                self.add_authenticator(&user, AuthenticatorKind::App, &authenticator, (&secret, at));
            }
            Write::RevokePassword { user, .. } => {
                self.revoke(&user, |kind| kind == AuthenticatorKind::Password);
            }
            Write::BindPassword { user, authenticator, hash, at } => {
                self.add_authenticator(&user, AuthenticatorKind::Password, &authenticator, (&hash, at));
            }
            Write::PutPasswordChange { user, due } => self.row_of(&user).password_change = due,
            Write::PutEpoch { user, epoch } => self.row_of(&user).epoch = epoch,
            Write::RememberBrowser { id, token, user, user_epoch, .. } => {
                self.known_browsers.push(KnownBrowser { id, token, user, epoch: user_epoch });
            }
            Write::KeepBrowser { id, user_epoch } => {
                for known in self.known_browsers.iter_mut().filter(|known| known.id == id) {
                    known.epoch = user_epoch;
                }
            }
            Write::ForgetBrowsers { user, keep } => {
                let newest = self.known_browsers.iter().rev().filter(|known| known.user == user).take(keep);
                let kept: Vec<KnownBrowserId> = newest.map(|known| known.id.clone()).collect();
                self.known_browsers.retain(|known| known.user != user || kept.contains(&known.id));
            }
            Write::EndSessionOf { token, end, at } => {
                for row in self.sessions.iter_mut().filter(|row| row.token == token) {
                    if row.session.ended_at.is_none() {
                        (row.session.ended_at, row.end) = (Some(at), Some(end));
                    }
                }
            }
            Write::Notice(notice) => self.notices.push(notice),
            Write::Audit(event) => self.audit.push(event),
            write => self.write_ceremonies_and_sessions(write),
        }
    }

    fn write_ceremonies_and_sessions(&mut self, write: Write) {
        match write {
            Write::OpenCeremony(new) => self.ceremonies.push(CeremonyRow {
                token: new.token,
                pending: None,
                end: None,
                ceremony: Ceremony {
                    id: new.id,
                    purpose: new.purpose,
                    user: new.user,
                    user_epoch: new.user_epoch,
                    session: new.session,
                    lane: new.lane,
                    evidence: new.evidence,
                    pending: None,
                    created_at: new.created_at,
                    expires_at: new.expires_at,
                    ended_at: None,
                },
            }),
            Write::SupersedeCeremonies { user, purpose, keep, at } => {
                let is_open =
                    |row: &CeremonyRow| row.ceremony.user == user && row.ceremony.purpose == purpose;
                self.end_ceremonies(is_open, keep, (CeremonyEnd::Superseded, at));
            }
            Write::EndSignIns { user, lane, end, at } => {
                let is_meant = |row: &CeremonyRow| {
                    let ceremony = &row.ceremony;
                    ceremony.user == user
                        && ceremony.lane == lane
                        && ceremony.purpose == CeremonyPurpose::SignIn
                };
                self.end_ceremonies(is_meant, 0, (end, at));
            }
            Write::OpenSession(new) => self.sessions.push(SessionRow {
                token: new.token,
                end: None,
                session: Session {
                    id: new.id,
                    user: new.user,
                    user_epoch: new.user_epoch,
                    evidence: new.evidence,
                    created_at: new.created_at,
                    last_seen_at: new.created_at,
                    ended_at: None,
                    step_up_failures: 0,
                },
            }),
            Write::RenewSession { session, token, user_epoch, evidence } => {
                let row = self.sessions.iter_mut().find(|row| row.session.id == session).unwrap();
                assert!(row.session.ended_at.is_none(), "an ended session is not renewed");
                row.token = token;
                row.session.user_epoch = user_epoch;
                row.session.evidence = evidence;
            }
            Write::PutStepUpFailures { session, failures } => {
                let row = self.sessions.iter_mut().find(|row| row.session.id == session).unwrap();
                row.session.step_up_failures = failures;
            }
            Write::EndSession { session, end, at } => {
                let row = self.sessions.iter_mut().find(|row| row.session.id == session).unwrap();
                row.end.get_or_insert(end);
                row.session.ended_at.get_or_insert(at);
            }
            _ => unreachable!("the others have their arms in `write`"),
        }
    }

    /// Ends the open ones that fit, but for the newest `keep`.
    fn end_ceremonies(
        &mut self,
        fits: impl Fn(&CeremonyRow) -> bool,
        keep: usize,
        (end, at): (CeremonyEnd, Timestamp),
    ) {
        let open = self.ceremonies.iter_mut().filter(|row| row.ceremony.ended_at.is_none() && fits(row));
        for row in open.rev().skip(keep) {
            row.end = Some(end);
            row.ceremony.ended_at = Some(at);
        }
    }

    fn revoke(&mut self, user: &UserId, which: impl Fn(AuthenticatorKind) -> bool) {
        for row in &mut self.authenticators {
            row.is_revoked |= row.user == *user && which(row.authenticator.kind);
        }
    }

    fn row(&mut self, id: &AuthenticatorId) -> &mut Authenticator {
        let row = self.authenticators.iter_mut().find(|row| row.authenticator.id == *id);
        &mut row.unwrap().authenticator
    }

    fn row_of(&mut self, id: &UserId) -> &mut User {
        self.users.iter_mut().find(|user| user.id == *id).unwrap()
    }

    /// A write in a few words, with what a table of expectations should pin down.
    fn in_words(&mut self, write: &Write) -> String {
        match write {
            Write::PutLane(Lane { ladder, .. }) => match ladder.lock {
                Some(_) => format!("ladder {} locked", ladder.failures),
                None => format!("ladder {}", ladder.failures),
            },
            Write::PutFailures { authenticator, failures } => {
                let kind = self.row(authenticator).kind.as_str();
                format!("{kind} failures {}", failures.in_a_row)
            }
            Write::PutReplayedStep { .. } => "replayed step".into(),
            Write::DisableAuthenticator { authenticator, .. } => {
                format!("disable {}", self.row(authenticator).kind.as_str())
            }
            Write::RevokeSecondFactors { .. } => "revoke second factors".into(),
            Write::AddPendingApp { .. } => "add pending app".into(),
            Write::RevokePassword { .. } => "revoke password".into(),
            Write::BindPassword { .. } => "bind password".into(),
            Write::PutPasswordChange { due: Some(_), .. } => "change due".into(),
            Write::PutPasswordChange { due: None, .. } => "no change due".into(),
            Write::PutEpoch { epoch, .. } => format!("epoch {epoch}"),
            Write::OpenCeremony(new) => format!("open {}", new.purpose.as_str()),
            Write::SupersedeCeremonies { purpose, keep, .. } => format!("keep {keep} {}", purpose.as_str()),
            Write::EndSignIns { end, .. } => format!("end sign-ins: {}", end.as_str()),
            Write::OpenSession(_) => "open session".into(),
            Write::RenewSession { .. } => "renew session".into(),
            Write::PutStepUpFailures { failures, .. } => format!("step-up failures {failures}"),
            Write::EndSession { end, .. } | Write::EndSessionOf { end, .. } => {
                format!("end session: {}", end.as_str())
            }
            Write::RememberBrowser { .. } => "remember browser".into(),
            Write::KeepBrowser { .. } => "keep this browser".into(),
            Write::ForgetBrowsers { keep, .. } => format!("keep {keep} browsers"),
            Write::Notice(notice) => format!("tell {}", notice.kind.as_str()),
            Write::Audit(event) => format!("record {}", event.kind.as_str()),
        }
    }
}

fn claim_in_words(claim: &Claim) -> String {
    match claim {
        Claim::UseStep { .. } => "use step".into(),
        Claim::EndCeremony { end, .. } => format!("end ceremony: {}", end.as_str()),
        Claim::TiePending { .. } => "tie pending app".into(),
        Claim::BindApp { .. } => "bind app".into(),
    }
}
