//! Unconditional changes, as `store::commit` makes them.

use super::{CeremonyRow, CodeRow, KnownBrowser, SessionRow, World};
use crate::{
    account::Lane,
    authenticator::{Authenticator, AuthenticatorKind, Material},
    ceremony::{
        Ceremony, CeremonyEnd, CeremonyPurpose, OperatorWrite, RecoveryWrite, UnsavedKey, Write,
        write::{NewCeremony, NewSession},
    },
    id::{AuthenticatorId, CeremonyId, KnownBrowserId, SessionId, UserId},
    link::{Link, NewLink},
    notice::Notice,
    session::Session,
    throttle::budget::Sends,
    timestamp::Timestamp,
    user::User,
};

impl World {
    /// What is kept of a person; the rest of the variants follow below, a function for each group of tables.
    pub(super) fn write(&mut self, write: Write) {
        match write {
            Write::PutLane(Lane { subject, ladder }) => {
                self.ladders.insert(subject, ladder);
            }
            Write::PutSourceFailure { network, name, .. } => {
                self.source_failures.insert((network, name));
            }
            Write::ForgetSourceFailure { network, name } => {
                self.source_failures.remove(&(network, name));
            }
            Write::PutFailures { authenticator, failures } => self.row(&authenticator).failures = failures,
            Write::PutReplayedStep { authenticator, step } => {
                self.row(&authenticator).steps.replayed = Some(step);
            }
            Write::PutAcceptedStep { authenticator, step } => {
                self.row(&authenticator).steps.accepted = Some(step);
            }
            Write::DisableAuthenticator { authenticator, at } => {
                self.row(&authenticator).disabled_at.get_or_insert(at);
            }
            Write::RevokeSecondFactors { user, .. } => {
                self.revoke(&user, |kind| kind != AuthenticatorKind::Password);
            }
            Write::PutUsed { authenticator, at } => {
                let row = self.row(&authenticator);
                row.last_used_at = Some(at);
                row.failures.in_a_row = 0;
            }
            Write::AddPending { user, authenticator, material, at } => {
                self.add_authenticator(&user, &authenticator, (material, false), at);
            }
            Write::RevokePassword { user, .. } => {
                self.revoke(&user, |kind| kind == AuthenticatorKind::Password);
            }
            Write::BindPassword { user, authenticator, hash, at } => {
                self.add_authenticator(&user, &authenticator, (Material::Password(hash), true), at);
            }
            Write::Recovery(RecoveryWrite::Bind { user, authenticator, material, failures, at }) => {
                self.add_authenticator(&user, &authenticator, (material, true), at);
                self.row(&authenticator).failures = failures;
            }
            Write::PutEmailVerified { user, at } => self.row_of(&user).email_verified_at = Some(at),
            Write::PutPasswordChange { user, due } => self.row_of(&user).password_change = due,
            // Everybody belongs to the one organization.
            Write::PutTwoFactorOpened { opened_at, .. } => self.is_two_factor_open = opened_at.is_some(),
            Write::Operator(OperatorWrite::Put { user, since }) => self.row_of(&user).operator_since = since,
            Write::Operator(OperatorWrite::OpenLink(link)) => self.operator_links.push(link),
            Write::Operator(OperatorWrite::SupersedeLinks { user, .. }) => {
                self.operator_links.retain(|link| link.user.as_ref() != Some(&user));
            }
            Write::Operator(OperatorWrite::SupersedeInvitations { .. }) => {
                self.operator_links.retain(|link| link.user.is_some());
            }
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
            write => self.write_ceremony(write),
        }
    }

    /// Ceremonies, and the codes that are sent in them.
    fn write_ceremony(&mut self, write: Write) {
        match write {
            Write::OpenCeremony(new) => self.ceremonies.push(CeremonyRow::from(new)),
            Write::SupersedeCeremonies { user, purpose, keep, at } => {
                let is_open = |row: &CeremonyRow| {
                    let is_recovered = purpose == CeremonyPurpose::SignIn && row.ceremony.new_key.is_some();
                    row.ceremony.user == user && row.ceremony.purpose == purpose && !is_recovered
                };
                self.end_ceremonies(is_open, keep, (CeremonyEnd::Superseded, at));
            }
            Write::EndSignIns { user, lane, end, at } => {
                let is_meant = |row: &CeremonyRow| {
                    let ceremony = &row.ceremony;
                    ceremony.user == user
                        && ceremony.lane == lane
                        && ceremony.purpose == CeremonyPurpose::SignIn
                        && ceremony.new_key.is_none()
                };
                self.end_ceremonies(is_meant, 0, (end, at));
            }
            Write::Recovery(RecoveryWrite::Keep { ceremony, sealed, at }) => {
                let sealed = sealed.unwrap();
                self.row_of_ceremony(&ceremony).new_key = Some(UnsavedKey { sealed, since: at });
            }
            Write::Recovery(RecoveryWrite::PutRecovered { ceremony, evidence, expires_at }) => {
                let row = self.row_of_ceremony(&ceremony);
                (row.evidence, row.expires_at) = (evidence, expires_at);
            }
            Write::PutSends { ceremony, sends } => self.row_of_ceremony(&ceremony).sends = sends,
            Write::SupersedeCodes { user, purpose, at } => {
                let is_live = |row: &&mut CodeRow| {
                    row.sent.user == user && row.sent.purpose == purpose && row.is_newest()
                };
                self.codes.iter_mut().filter(is_live).for_each(|row| row.superseded_at = Some(at));
            }
            Write::OpenCode(sent) => {
                let is_taken = |row: &CodeRow| row.sent.ceremony == sent.ceremony && row.is_newest();
                // The index `sent_codes_live`.
                assert!(!self.codes.iter().any(is_taken), "a ceremony has two live codes");
                self.row(&sent.authenticator);
                self.codes.push(CodeRow { sent, guesses: 0, used_at: None, superseded_at: None });
            }
            Write::HoldMailbox { authenticator, until } => {
                self.row(&authenticator).held_until = Some(until);
            }
            Write::PutGuesses { code, guesses } => {
                self.codes.iter_mut().find(|row| row.sent.id == code).unwrap().guesses = guesses;
            }
            write => self.write_session(write),
        }
    }

    fn write_session(&mut self, write: Write) {
        match write {
            Write::OpenSession(new) => self.sessions.push(SessionRow::from(new)),
            Write::RenewSession { session, token, user_epoch, evidence } => {
                let row = self.row_of_session(&session);
                assert!(row.session.ended_at.is_none(), "an ended session is not renewed");
                row.token = token;
                row.session.user_epoch = user_epoch;
                row.session.evidence = evidence;
            }
            Write::PutStepUpFailures { session, failures } => {
                self.row_of_session(&session).session.step_up_failures = failures;
            }
            Write::EndSession { session, end, at } => {
                let row = self.row_of_session(&session);
                row.end.get_or_insert(end);
                row.session.ended_at.get_or_insert(at);
            }
            Write::EndSessionOf { token, end, at } => {
                for row in self.sessions.iter_mut().filter(|row| row.token == token) {
                    if row.session.ended_at.is_none() {
                        (row.session.ended_at, row.end) = (Some(at), Some(end));
                    }
                }
            }
            write => self.write_message(write),
        }
    }

    /// What is sent, told and recorded.
    fn write_message(&mut self, write: Write) {
        match write {
            Write::PutWish(wish) => self.wishes.push(wish),
            Write::OpenLink(link) => self.open_link(link),
            Write::SupersedeLinks { user, purpose, at } => {
                let is_live =
                    |link: &&mut Link| link.user == user && link.purpose == purpose && link.used_at.is_none();
                self.links.iter_mut().filter(is_live).for_each(|link| {
                    link.superseded_at.get_or_insert(at);
                });
            }
            Write::Send(message) => self.outbox.push(message),
            Write::SendOnce(message) => {
                if !self.outbox.iter().any(|waiting| waiting.id == message.id) {
                    self.outbox.push(message);
                }
            }
            Write::Notice(notice) => self.add_notice(notice),
            Write::Audit(event) => self.audit.push(event),
            _ => unreachable!("the others have their arms above"),
        }
    }

    fn add_notice(&mut self, notice: Notice) {
        self.outbox.push(notice.mail.clone());
        self.open_link(notice.not_me.clone());
        notice.unlock.clone().into_iter().for_each(|link| self.open_link(link));
        self.notices.push(notice);
    }

    fn open_link(&mut self, new: NewLink) {
        self.links.push(Link {
            token: new.token,
            purpose: new.purpose,
            user: new.user,
            notice: new.notice,
            session: new.session,
            created_at: new.at,
            expires_at: new.expires_at,
            used_at: None,
            superseded_at: None,
        });
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
            (row.ceremony.ended_at, row.ceremony.new_key) = (Some(at), None);
        }
    }

    fn revoke(&mut self, user: &UserId, which: impl Fn(AuthenticatorKind) -> bool) {
        for row in &mut self.authenticators {
            row.is_revoked |= row.user == *user && which(row.authenticator.kind());
        }
    }

    pub(super) fn row(&mut self, id: &AuthenticatorId) -> &mut Authenticator {
        let row = self.authenticators.iter_mut().find(|row| row.authenticator.id == *id);
        &mut row.unwrap().authenticator
    }

    fn row_of(&mut self, id: &UserId) -> &mut User {
        self.users.iter_mut().find(|user| user.id == *id).unwrap()
    }

    fn row_of_ceremony(&mut self, id: &CeremonyId) -> &mut Ceremony {
        &mut self.ceremonies.iter_mut().find(|row| row.ceremony.id == *id).unwrap().ceremony
    }

    fn row_of_session(&mut self, id: &SessionId) -> &mut SessionRow {
        self.sessions.iter_mut().find(|row| row.session.id == *id).unwrap()
    }
}

impl From<NewCeremony> for CeremonyRow {
    fn from(new: NewCeremony) -> Self {
        let ceremony = Ceremony {
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
            new_key: None,
            created_at: new.created_at,
            expires_at: new.expires_at,
            ended_at: None,
        };
        Self { token: new.token, ceremony, pending: None, end: None }
    }
}

impl From<NewSession> for SessionRow {
    fn from(new: NewSession) -> Self {
        let session = Session {
            id: new.id,
            user: new.user,
            user_epoch: new.user_epoch,
            evidence: new.evidence,
            created_at: new.created_at,
            last_seen_at: new.created_at,
            ended_at: None,
            step_up_failures: 0,
        };
        Self { token: new.token, session, end: None }
    }
}
