//! One recorded fact: who, what, why, from where.

use crate::{
    account::Account,
    audit::{
        actor::Actor,
        chain::{Record, Stamp},
    },
    id::{AuditEventId, OrganizationId, SessionId, UserId},
    keys::AuditKey,
    moment::Moment,
    timestamp::Timestamp,
};

/// Holds ids and codes only: no address, no secret, and nothing that anybody typed but for the reason that an
/// operator stated.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    pub id: AuditEventId,
    pub at: Timestamp,
    pub kind: AuditKind,
    /// Who did it, where that was not the person themselves.
    pub actor: Option<Actor>,
    /// Which rule or counter led to it, such as `wrong_code failures=3`.
    pub reason: String,
    pub organization: Option<OrganizationId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub source: String,
    pub user_agent: String,
    /// What it is stamped with when it is written.
    key: AuditKey,
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum AuditKind {
        SignInRefused = "sign_in.refused",
        SignInPasswordRight = "sign_in.password_right",
        SignedIn = "sign_in.signed_in",
        SignedOut = "session.signed_out",
        /// The person ended one session from another one, or all but the one that they were in.
        SessionEnded = "session.ended",
        OtherSessionsEnded = "session.others_ended",
        NameLocked = "name.locked",
        /// A mailed link opened a lock for one browser.
        NameUnlocked = "name.unlocked",
        CodeReplayed = "code.replayed",
        AuthenticatorDisabled = "authenticator.disabled",
        StepUpRefused = "step_up.refused",
        EnrollmentStarted = "enrollment.started",
        EnrollmentRefused = "enrollment.refused",
        TwoFactorTurnedOn = "two_factor.turned_on",
        TwoFactorTurnedOff = "two_factor.turned_off",
        /// A further method beside one that was there, or a new one in the place of the old.
        MethodAdded = "method.added",
        MethodReplaced = "method.replaced",
        /// A recovery key admitted somebody and is void since; a new one is in its place.
        RecoveryKeyUsed = "recovery_key.used",
        RecoveryKeyMade = "recovery_key.made",
        /// A backup code admitted somebody.
        BackupCodeUsed = "backup_codes.used",
        /// Ten new ones; the ones before are void.
        BackupCodesMade = "backup_codes.made",
        CodeSent = "code.sent",
        CodeWithheld = "code.withheld",
        LinkSent = "link.sent",
        /// Somebody asked for one without having proved anything, and none was sent.
        LinkWithheld = "link.withheld",
        EmailVerified = "email.verified",
        /// The owner of the mailbox said that it was not them.
        NotMe = "account.not_me",
        PasswordChanged = "password.changed",
        /// Somebody said that they forgot the password of an address. Whose it is was not looked at.
        PasswordForgotten = "password.forgotten",
        /// Somebody else seems to know the password (P2b): its owner must choose another.
        PasswordChangeDue = "password.change_due",
        UserCreated = "user.created",
        OrganizationCreated = "organization.created",
        /// The operator lets a company's people use a second factor, or does so no more (CR-3).
        TwoFactorOpened = "organization.two_factor_opened",
        TwoFactorClosed = "organization.two_factor_closed",
        OperatorAdded = "operator.added",
        OperatorRemoved = "operator.removed",
        /// Events that were kept for as long as the operator wants them were removed.
        AuditRemoved = "audit.removed",
        /// An operator let somebody try again before their lock was over.
        UnlockedByOperator = "name.unlocked_by_operator",
        /// An operator signed somebody out everywhere.
        SignedOutEverywhere = "user.signed_out_everywhere",
        /// An operator took one second factor, or all of them, from somebody who can prove it no more.
        MethodReset = "method.reset",
        TwoFactorReset = "two_factor.reset",
        /// An operator had a message sent again that could not be sent.
        MessageRetried = "message.retried",
        /// An operator made an app's codes good again that a wrong clock had used up in advance (C-08).
        AppClockReset = "app.clock_reset",
        /// A node's clock was set back; what was over before stays over (C-08).
        ClockWentBack = "clock.went_back",
        /// A link for another operator was printed on the console.
        OperatorLinkMade = "operator.link_made",
        /// An operator lost everything: on the console it was taken from them, and a link printed.
        OperatorReset = "operator.reset",
        /// On the console, every link was withdrawn by which somebody could still become an operator.
        OperatorLinksWithdrawn = "operator.links_withdrawn",
        OperatorSetUpStarted = "operator.set_up_started",
        OperatorSetUpRefused = "operator.set_up_refused",
        /// An operator who was reset can sign in again.
        OperatorSetUpAnew = "operator.set_up_anew",
    }
}

impl AuditEvent {
    pub fn new(kind: AuditKind, reason: impl Into<String>, moment: &mut Moment<'_>) -> Self {
        Self {
            id: AuditEventId::mint(moment.now, &mut moment.rng),
            at: moment.now,
            kind,
            actor: moment.visitor.is_console().then_some(Actor::Console),
            reason: reason.into(),
            organization: None,
            user: None,
            session: None,
            source: moment.visitor.source.to_string(),
            user_agent: moment.visitor.user_agent.clone(),
            key: moment.keys.audit_key(),
        }
    }

    /// Files the event under a person and their organization.
    #[must_use]
    pub fn about(mut self, account: &Account) -> Self {
        self.user = Some(account.user.id.clone());
        self.organization = account.home().cloned();
        self
    }

    /// Names whoever did it to somebody else.
    #[must_use]
    pub fn by(mut self, actor: &Actor) -> Self {
        self.actor = Some(actor.clone());
        self
    }

    #[must_use]
    pub fn in_session(mut self, session: &SessionId) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// The row that it becomes, and the stamp by which every later change of the row is seen.
    pub fn into_record(self) -> (Record, Stamp) {
        let record = Record {
            id: self.id,
            at: self.at,
            kind: self.kind.as_str().to_owned(),
            reason: self.reason,
            organization: self.organization,
            user: self.user,
            session: self.session,
            source: self.source,
            user_agent: self.user_agent,
            actor: self.actor.as_ref().map(|actor| actor.as_str().to_owned()),
        };
        let stamp = record.stamp(&self.key);
        (record, stamp)
    }
}
