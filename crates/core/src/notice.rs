//! What a person is told about their account: what happened, never by which channel.

use serde::{Deserialize, Serialize};

use crate::{
    authenticator::AuthenticatorKind,
    id::NoticeId,
    letter::{Letter, NoticeLetter, UnlockLetter},
    link::{LinkPurpose, NewLink},
    message::{Channel, Outgoing, Recipient},
    moment::Moment,
    secret::Secret,
    timestamp::Timestamp,
    token::{NotMeToken, UnlockToken},
    user::User,
};

/// Kept for the person to look up, and mailed to them with a link by which they can say that it was not them.
#[derive(Clone, Debug)]
pub struct Notice {
    pub id: NoticeId,
    pub kind: NoticeKind,
    /// What was turned on, added, replaced or taken out of use.
    pub method: Option<AuthenticatorKind>,
    pub source: String,
    pub user_agent: String,
    pub mail: Outgoing,
    pub not_me: NewLink,
    /// In the same mail, where the person may open the lock that it tells of.
    pub unlock: Option<NewLink>,
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum NoticeKind {
        TwoFactorTurnedOn = "two_factor_turned_on",
        TwoFactorTurnedOff = "two_factor_turned_off",
        /// A further method beside one that was there.
        MethodAdded = "method_added",
        /// A new phone number or app took the place of the old one.
        MethodReplaced = "method_replaced",
        /// A recovery key admitted somebody; a new one took its place.
        RecoveryKeyUsed = "recovery_key_used",
        RecoveryKeyMade = "recovery_key_made",
        /// A backup code admitted somebody.
        BackupCodeUsed = "backup_code_used",
        /// The same, and only a few are left.
        BackupCodesFew = "backup_codes_few",
        BackupCodesMade = "backup_codes_made",
        PasswordChanged = "password_changed",
        /// Behind a link that was mailed because somebody said that they forgot it.
        PasswordReset = "password_reset",
        /// Wrong entries locked the name.
        NameLocked = "name_locked",
        /// A code came a second time: somebody may be watching (63B-4 §3.1.4).
        CodeReplayed = "code_replayed",
        /// Twenty wrong codes behind the right password within a month (P2b).
        SomebodyHasThePassword = "somebody_has_the_password",
        /// Too many wrong entries took an authenticator out of use (P2).
        AuthenticatorDisabled = "authenticator_disabled",
        /// The person runs the installation from now on, or no more.
        OperatorAdded = "operator_added",
        OperatorRemoved = "operator_removed",
        /// An operator ended a lock before its time.
        Unlocked = "unlocked",
        /// An operator ended all sessions.
        SignedOutEverywhere = "signed_out_everywhere",
        /// An operator took one second factor away, or all of them.
        MethodReset = "method_reset",
        TwoFactorReset = "two_factor_reset",
        /// All sessions but the one that asked for it.
        OtherSessionsEnded = "other_sessions_ended",
        /// On the console, everything that an operator signs in with was taken from them.
        OperatorReset = "operator_reset",
    }
}

impl NoticeKind {
    /// What only an operator can do: where from and by which browser is nothing that the person could judge.
    pub fn is_by_operator(self) -> bool {
        matches!(self, Self::Unlocked | Self::SignedOutEverywhere | Self::MethodReset | Self::TwoFactorReset)
    }
}

impl Notice {
    pub fn new(
        user: &User,
        kind: NoticeKind,
        method: Option<AuthenticatorKind>,
        moment: &mut Moment<'_>,
    ) -> Self {
        Self::make(user, (kind, method), None, moment)
    }

    /// Tells that the name was locked. Until `opens_until` a link in the mail opens the lock, if there is such a
    /// time.
    pub fn of_lock(user: &User, opens_until: Option<Timestamp>, moment: &mut Moment<'_>) -> Self {
        Self::make(user, (NoticeKind::NameLocked, None), opens_until, moment)
    }

    fn make(
        user: &User,
        (kind, method): (NoticeKind, Option<AuthenticatorKind>),
        opens_until: Option<Timestamp>,
        moment: &mut Moment<'_>,
    ) -> Self {
        let id = NoticeId::mint(moment.now, &mut moment.rng);
        let token = NotMeToken::mint(&mut moment.rng);
        let unlock = opens_until.map(|until| (UnlockToken::mint(&mut moment.rng), until));
        let (source, user_agent) = (moment.visitor.source.to_string(), moment.visitor.user_agent.clone());
        let letter = Letter::Notice(NoticeLetter {
            kind,
            method,
            at: moment.now,
            source: source.clone(),
            user_agent: user_agent.clone(),
            is_by_operator: kind.is_by_operator() || moment.visitor.is_console(),
            not_me: Secret::new(token.expose_text()),
            unlock: unlock.as_ref().map(|(token, until)| UnlockLetter {
                token: Secret::new(token.expose_text()),
                expires_at: *until,
            }),
        });
        let recipient =
            Recipient { channel: Channel::Email, to: user.email.to_string(), user: Some(user.id.clone()) };
        let mail = Outgoing::seal(recipient, &letter, moment);
        let link = |token, purpose, expires_at| NewLink {
            token,
            purpose,
            user: user.id.clone(),
            notice: Some(id.clone()),
            session: None,
            message: mail.id.clone(),
            at: moment.now,
            expires_at,
        };
        let not_me = link(token.hash(), LinkPurpose::NotMe, moment.now.plus(LinkPurpose::NotMe.life()));
        let unlock = unlock.map(|(token, until)| link(token.hash(), LinkPurpose::Unlock, until));
        Self { id, kind, method, source, user_agent, mail, not_me, unlock }
    }
}

/// A notice as it was loaded.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: NoticeKind,
    pub method: Option<AuthenticatorKind>,
    pub at: Timestamp,
    pub source: String,
    pub user_agent: String,
}
