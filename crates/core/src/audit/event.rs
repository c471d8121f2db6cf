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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditKind {
    SignInRefused,
    SignInPasswordRight,
    SignedIn,
    SignedOut,
    /// The person ended one session from another one, or all but the one that they were in.
    SessionEnded,
    OtherSessionsEnded,
    NameLocked,
    /// A mailed link opened a lock for one browser.
    NameUnlocked,
    CodeReplayed,
    AuthenticatorDisabled,
    StepUpRefused,
    EnrollmentStarted,
    EnrollmentRefused,
    TwoFactorTurnedOn,
    TwoFactorTurnedOff,
    /// A further method beside one that was there, or a new one in the place of the old.
    MethodAdded,
    MethodReplaced,
    CodeSent,
    CodeWithheld,
    LinkSent,
    EmailVerified,
    /// The owner of the mailbox said that it was not them.
    NotMe,
    PasswordChanged,
    /// Somebody else seems to know the password (P2b): its owner must choose another.
    PasswordChangeDue,
    UserCreated,
    OrganizationCreated,
    /// The operator lets a company's people use a second factor, or does so no more (CR-3).
    TwoFactorOpened,
    TwoFactorClosed,
    OperatorAdded,
    OperatorRemoved,
    /// Events that were kept for as long as the operator wants them were removed.
    AuditRemoved,
    /// An operator let somebody try again before their lock was over.
    UnlockedByOperator,
    /// An operator signed somebody out everywhere.
    SignedOutEverywhere,
    /// An operator took one second factor, or all of them, from somebody who can prove it no more.
    MethodReset,
    TwoFactorReset,
    /// An operator had a message sent again that could not be sent.
    MessageRetried,
    /// An operator made an app's codes good again that a wrong clock had used up in advance (C-08).
    AppClockReset,
    /// A node's clock was set back; what was over before stays over (C-08).
    ClockWentBack,
    /// A link for another operator was printed on the console.
    OperatorLinkMade,
    /// An operator lost everything: on the console it was taken from them, and a link printed.
    OperatorReset,
    OperatorSetUpStarted,
    OperatorSetUpRefused,
    /// An operator who was reset can sign in again.
    OperatorSetUpAnew,
}

impl AuditKind {
    pub const ALL: &[Self] = &[
        Self::SignInRefused,
        Self::SignInPasswordRight,
        Self::SignedIn,
        Self::SignedOut,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::NameLocked,
        Self::NameUnlocked,
        Self::CodeReplayed,
        Self::AuthenticatorDisabled,
        Self::StepUpRefused,
        Self::EnrollmentStarted,
        Self::EnrollmentRefused,
        Self::TwoFactorTurnedOn,
        Self::TwoFactorTurnedOff,
        Self::MethodAdded,
        Self::MethodReplaced,
        Self::CodeSent,
        Self::CodeWithheld,
        Self::LinkSent,
        Self::EmailVerified,
        Self::NotMe,
        Self::PasswordChanged,
        Self::PasswordChangeDue,
        Self::UserCreated,
        Self::OrganizationCreated,
        Self::TwoFactorOpened,
        Self::TwoFactorClosed,
        Self::OperatorAdded,
        Self::OperatorRemoved,
        Self::AuditRemoved,
        Self::UnlockedByOperator,
        Self::SignedOutEverywhere,
        Self::MethodReset,
        Self::TwoFactorReset,
        Self::MessageRetried,
        Self::AppClockReset,
        Self::ClockWentBack,
        Self::OperatorLinkMade,
        Self::OperatorReset,
        Self::OperatorSetUpStarted,
        Self::OperatorSetUpRefused,
        Self::OperatorSetUpAnew,
    ];

    /// `None` for what another version of this program recorded.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignInRefused => "sign_in.refused",
            Self::SignInPasswordRight => "sign_in.password_right",
            Self::SignedIn => "sign_in.signed_in",
            Self::SignedOut => "session.signed_out",
            Self::SessionEnded => "session.ended",
            Self::OtherSessionsEnded => "session.others_ended",
            Self::NameLocked => "name.locked",
            Self::NameUnlocked => "name.unlocked",
            Self::CodeReplayed => "code.replayed",
            Self::AuthenticatorDisabled => "authenticator.disabled",
            Self::StepUpRefused => "step_up.refused",
            Self::EnrollmentStarted => "enrollment.started",
            Self::EnrollmentRefused => "enrollment.refused",
            Self::TwoFactorTurnedOn => "two_factor.turned_on",
            Self::TwoFactorTurnedOff => "two_factor.turned_off",
            Self::MethodAdded => "method.added",
            Self::MethodReplaced => "method.replaced",
            Self::CodeSent => "code.sent",
            Self::CodeWithheld => "code.withheld",
            Self::LinkSent => "link.sent",
            Self::EmailVerified => "email.verified",
            Self::NotMe => "account.not_me",
            Self::PasswordChanged => "password.changed",
            Self::PasswordChangeDue => "password.change_due",
            Self::UserCreated => "user.created",
            Self::OrganizationCreated => "organization.created",
            Self::TwoFactorOpened => "organization.two_factor_opened",
            Self::TwoFactorClosed => "organization.two_factor_closed",
            Self::OperatorAdded => "operator.added",
            Self::OperatorRemoved => "operator.removed",
            Self::AuditRemoved => "audit.removed",
            Self::UnlockedByOperator => "name.unlocked_by_operator",
            Self::SignedOutEverywhere => "user.signed_out_everywhere",
            Self::MethodReset => "method.reset",
            Self::TwoFactorReset => "two_factor.reset",
            Self::MessageRetried => "message.retried",
            Self::AppClockReset => "app.clock_reset",
            Self::ClockWentBack => "clock.went_back",
            Self::OperatorLinkMade => "operator.link_made",
            Self::OperatorReset => "operator.reset",
            Self::OperatorSetUpStarted => "operator.set_up_started",
            Self::OperatorSetUpRefused => "operator.set_up_refused",
            Self::OperatorSetUpAnew => "operator.set_up_anew",
        }
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
