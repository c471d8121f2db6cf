//! Everything that a decision can change, as values; `store::commit` has one statement for each.

use crate::{
    account::Lane,
    assurance::Evidence,
    audit::event::AuditEvent,
    authenticator::{Material, destination::Destination},
    ceremony::{CeremonyEnd, CeremonyPurpose, forgot_password::NewWish},
    id::{
        AuthenticatorId, CeremonyId, KnownBrowserId, MessageId, OrganizationId, SentCodeId, SessionId,
        UserId, WishId,
    },
    keys::SealFault,
    link::{LinkPurpose, NewLink},
    message::Outgoing,
    notice::Notice,
    operator_link::{NewOperatorLink, NewSecret, OperatorSetUp},
    secret::Sealed,
    session::SessionEnd,
    throttle::{budget::Sends, cap::FailureRecord, ladder::LadderSubject},
    timestamp::Timestamp,
    token::TokenHash,
    user::{PasswordChangeDue, User},
};

/// What is committed instead when a claim found its row taken.
pub struct LostRace<T> {
    pub outcome: T,
    pub writes: Vec<Write>,
}

/// A conditional change: it takes something that can be taken once, or finds it taken.
pub enum Claim {
    /// Takes a step of an app: only forward, so that each is taken once (RFC 6238 §5.2). Ends the row of
    /// failures of that app.
    UseStep { authenticator: AuthenticatorId, step: i64, at: Timestamp },
    /// Finishes a ceremony that is still open.
    EndCeremony { ceremony: CeremonyId, end: CeremonyEnd, at: Timestamp },
    /// Uses a code that was sent, before it expires.
    UseCode { code: SentCodeId, at: Timestamp },
    /// Puts an authenticator that is to be set up into a ceremony, in the place of the one that is there.
    TiePending {
        ceremony: CeremonyId,
        authenticator: AuthenticatorId,
        instead_of: Option<AuthenticatorId>,
        at: Timestamp,
    },
    /// Ends an authenticator that is in force, so that another of its kind can be bound.
    Revoke { authenticator: AuthenticatorId, at: Timestamp },
    /// Turns a pending authenticator into a factor; the step of an app's confirming code counts as used (A02).
    Bind { authenticator: AuthenticatorId, step: Option<i64>, at: Timestamp },
    /// Uses the backup code of this number, of a set that is in force: each is used once.
    UseBackupCode { authenticator: AuthenticatorId, number: u8, at: Timestamp },
    /// Uses a link, before it expires.
    UseLink { token: TokenHash, at: Timestamp },
    /// Takes a wish for a link, so that it leads to one mail.
    TakeWish { wish: WishId },
    /// The same of a link that was printed on the console.
    UseOperatorLink { token: TokenHash, at: Timestamp },
}

/// An unconditional change, safe because the rows of the person are locked since they were loaded.
pub enum Write {
    PutLane(Lane),
    /// A name failed from this network (A32).
    PutSourceFailure {
        network: String,
        name: LadderSubject,
        at: Timestamp,
    },
    /// It got in from there after all.
    ForgetSourceFailure {
        network: String,
        name: LadderSubject,
    },
    PutFailures {
        authenticator: AuthenticatorId,
        failures: FailureRecord,
    },
    PutReplayedStep {
        authenticator: AuthenticatorId,
        step: i64,
    },
    /// Takes the last accepted step of an app back to this one, for an operator: a clock that was ahead had put it
    /// into the future.
    PutAcceptedStep {
        authenticator: AuthenticatorId,
        step: i64,
    },
    DisableAuthenticator {
        authenticator: AuthenticatorId,
        at: Timestamp,
    },
    RevokeSecondFactors {
        user: UserId,
        at: Timestamp,
    },
    /// What a claim of a code leaves at its phone: the last use, and the end of the row of failures.
    PutUsed {
        authenticator: AuthenticatorId,
        at: Timestamp,
    },
    AddPending {
        user: UserId,
        authenticator: AuthenticatorId,
        material: Material,
        at: Timestamp,
    },
    /// Ends the password in force; a new one follows it, with counters at zero.
    RevokePassword {
        user: UserId,
        at: Timestamp,
    },
    BindPassword {
        user: UserId,
        authenticator: AuthenticatorId,
        hash: Sealed,
        at: Timestamp,
    },
    Recovery(RecoveryWrite),
    PutEmailVerified {
        user: UserId,
        at: Timestamp,
    },
    PutPasswordChange {
        user: UserId,
        due: Option<PasswordChangeDue>,
    },
    /// Lets a company's people use a second factor from then on, or no longer (CR-3).
    PutTwoFactorOpened {
        organization: OrganizationId,
        opened_at: Option<Timestamp>,
    },
    /// Ends everything that was granted to a user under another epoch.
    PutEpoch {
        user: UserId,
        epoch: i64,
    },

    OpenCeremony(NewCeremony),
    /// Ends the older ones, so that at most `keep` of this purpose stay open.
    SupersedeCeremonies {
        user: UserId,
        purpose: CeremonyPurpose,
        keep: usize,
        at: Timestamp,
    },
    /// Ends the sign-ins of a user that await their code and count on one ladder.
    EndSignIns {
        user: UserId,
        lane: LadderSubject,
        end: CeremonyEnd,
        at: Timestamp,
    },

    PutSends {
        ceremony: CeremonyId,
        sends: Sends,
    },
    /// Ends the codes of a person that are live for one purpose: a newer one is on its way (A11).
    SupersedeCodes {
        user: UserId,
        purpose: CeremonyPurpose,
        at: Timestamp,
    },
    OpenCode(NewSentCode),
    /// Until then no code goes to a mailbox.
    HoldMailbox {
        authenticator: AuthenticatorId,
        until: Timestamp,
    },
    PutGuesses {
        code: SentCodeId,
        guesses: u32,
    },

    PutWish(NewWish),
    OpenLink(NewLink),
    SupersedeLinks {
        user: UserId,
        purpose: LinkPurpose,
        at: Timestamp,
    },

    OpenSession(NewSession),
    /// Gives a session a new token, and with it what it has proved meanwhile (A51).
    RenewSession {
        session: SessionId,
        token: TokenHash,
        user_epoch: i64,
        evidence: Evidence,
    },
    PutStepUpFailures {
        session: SessionId,
        failures: u32,
    },
    EndSession {
        session: SessionId,
        end: SessionEnd,
        at: Timestamp,
    },
    /// Ends the session that a browser held until now.
    EndSessionOf {
        token: TokenHash,
        end: SessionEnd,
        at: Timestamp,
    },
    /// A browser stays known until the epoch that it completed a sign-in under is over.
    RememberBrowser {
        id: KnownBrowserId,
        token: TokenHash,
        user: UserId,
        user_epoch: i64,
        at: Timestamp,
    },
    /// The browser in which the epoch was raised stays known under the new one.
    KeepBrowser {
        id: KnownBrowserId,
        user_epoch: i64,
    },
    /// Forgets the older ones, so that at most `keep` stay known.
    ForgetBrowsers {
        user: UserId,
        keep: usize,
    },

    Operator(OperatorWrite),

    Send(Outgoing),
    /// A message that is sent once, however often it is decided.
    SendOnce(Outgoing),
    Notice(Notice),
    Audit(AuditEvent),
}

/// What puts look-up secrets in force, and shows them.
pub enum RecoveryWrite {
    /// Puts a recovery key or backup codes in force; the claim of the old ones stands before it.
    Bind {
        user: UserId,
        authenticator: AuthenticatorId,
        material: Material,
        failures: FailureRecord,
        at: Timestamp,
    },
    /// Keeps what was made to be shown, until the ceremony ends. What could not be sealed ends the transaction.
    Keep { ceremony: CeremonyId, sealed: Result<Sealed, SealFault>, at: Timestamp },
    /// The recovery key that was typed in a sign-in was right.
    PutRecovered { ceremony: CeremonyId, evidence: Evidence, expires_at: Timestamp },
}

/// What makes operators, and makes ordinary people of them.
pub enum OperatorWrite {
    /// Since when a user is an operator, or that they are none.
    Put {
        user: UserId,
        since: Option<Timestamp>,
    },
    /// A person who belongs to no company and is an operator from the start.
    Add {
        user: User,
        at: Timestamp,
    },
    OpenLink(NewOperatorLink),
    /// Those for one operator.
    SupersedeLinks {
        user: UserId,
        at: Timestamp,
    },
    /// Those by which anybody becomes one.
    SupersedeInvitations {
        at: Timestamp,
    },
    CountSetUp {
        link: TokenHash,
        set_ups: u32,
    },
    OpenSetUp(OperatorSetUp),
    /// What was entered anew; the app stays as it is.
    PutSetUp(OperatorSetUp),
    PutWrongCodes {
        set_up: TokenHash,
        wrong_codes: u32,
    },
    /// All that a link began, with the secrets in them.
    DropSetUps {
        link: TokenHash,
    },
    /// An app whose first code was right; its step is used by that (A02).
    BindApp {
        user: UserId,
        app: NewSecret,
        step: i64,
        at: Timestamp,
    },
}

pub struct NewCeremony {
    pub id: CeremonyId,
    /// The browser's own token; an enrollment has none, it belongs to a session.
    pub token: Option<TokenHash>,
    pub purpose: CeremonyPurpose,
    pub user: UserId,
    pub user_epoch: i64,
    pub session: Option<SessionId>,
    pub lane: LadderSubject,
    pub evidence: Evidence,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A code that is being sent. What it costs is counted by where it goes and where it was asked for.
pub struct NewSentCode {
    pub id: SentCodeId,
    pub ceremony: CeremonyId,
    pub purpose: CeremonyPurpose,
    pub user: UserId,
    pub organization: Option<OrganizationId>,
    pub authenticator: AuthenticatorId,
    pub message: MessageId,
    pub destination: Destination,
    pub network: String,
    pub digest: [u8; 32],
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
    pub counts_from: Timestamp,
}

pub struct NewSession {
    pub id: SessionId,
    pub token: TokenHash,
    pub user: UserId,
    pub user_epoch: i64,
    pub evidence: Evidence,
    pub created_at: Timestamp,
    pub source: String,
    pub user_agent: String,
}
