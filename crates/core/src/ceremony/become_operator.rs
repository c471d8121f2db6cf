//! Becoming an operator behind a one-time link, or setting up anew what an operator signs in with.
//!
//! ```text
//!   link ── AwaitPerson ── entered ─▶ AwaitFirstCode ── code_typed ─┬─ right ─▶ operator; the link is used
//!               ▲    (name, address,   (QR code and key)           └─ wrong ─▶ Refused; the fifth ends it
//!               └────── password) ◀── back, or too late ── (a link begins five set-ups at most)
//! ```
//!
//! Nothing of it is anybody's before the first code was right. Then everything becomes so in one transaction:
//! the person, the password, the app, and that they are an operator. Nobody is signed in by it: the way in is
//! the same as on any other day. The address stays unproved: nothing was sent there.

use super::{
    Claim, Decision, OperatorWrite, Write,
    operators::{alerts, if_first},
    set_password::supersede_links,
};
use crate::{
    account::{Account, Lane},
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        AuthenticatorKind,
        totp::{AppSecret, CodeVerdict, UsedSteps},
        typed_code::TypedCode,
    },
    letter::AlertKind,
    moment::Moment,
    notice::{Notice, NoticeKind},
    operator_link::{FIRST_CODES_MAX, OPERATOR_SET_UPS_MAX, OperatorLink, OperatorSetUp},
    refusal::Refusal,
    throttle::ladder::{Ladder, LadderSubject},
    token::OperatorSetUpToken,
    user::User,
};

/// A link was opened; who it makes an operator is awaited.
pub struct AwaitPerson {
    pub link: OperatorLink,
    /// The operator whom the link is for.
    pub operator: Option<Account>,
    /// What this browser entered before.
    pub begun: Option<OperatorSetUp>,
    /// Whether somebody has the address that was entered.
    pub is_email_taken: bool,
}

/// The app was shown its secret; its first code is awaited.
pub struct AwaitFirstCode {
    pub link: OperatorLink,
    pub operator: Option<Account>,
    pub set_up: OperatorSetUp,
    pub is_email_taken: bool,
    /// All that there are.
    pub operators: Vec<User>,
}

pub enum EnteredOutcome {
    Refused(Refusal),
    /// The QR code comes next; a browser that had begun before keeps its token.
    Onward {
        token: Option<OperatorSetUpToken>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstCodeOutcome {
    Refused(Refusal),
    Done,
}

impl AwaitPerson {
    /// What this browser entered before and can still go on with: it keeps its secret, so that going back and
    /// forth leads nowhere else.
    pub fn live(&self, moment: &Moment<'_>) -> Option<&OperatorSetUp> {
        self.begun.as_ref().filter(|begun| begun.is_live(&self.link, moment.now))
    }

    /// Keeps what was entered, in `set_up`; `token` is the browser's, where this is its first.
    pub fn entered(
        self,
        set_up: OperatorSetUp,
        token: OperatorSetUpToken,
        moment: &mut Moment<'_>,
    ) -> Decision<EnteredOutcome> {
        let refused = |refusal| Decision::without_writes(EnteredOutcome::Refused(refusal));
        if !self.link.is_open(self.operator.as_ref().map(|account| &account.user), moment.now) {
            return refused(Refusal::LinkOver);
        }
        if self.operator.is_none() && self.is_email_taken {
            return refused(Refusal::EmailTaken);
        }
        if self.live(moment).is_some() {
            let writes = vec![Write::Operator(OperatorWrite::PutSetUp(set_up))];
            return Decision::new(EnteredOutcome::Onward { token: None }, writes);
        }
        if self.link.set_ups >= OPERATOR_SET_UPS_MAX {
            return refused(Refusal::LinkOver);
        }
        let set_ups = self.link.set_ups + 1;
        let mut event =
            AuditEvent::new(AuditKind::OperatorSetUpStarted, format!("set_ups={set_ups}"), moment);
        event.user.clone_from(&self.link.user);
        let writes = vec![
            Write::Operator(OperatorWrite::CountSetUp { link: self.link.token, set_ups }),
            Write::Operator(OperatorWrite::OpenSetUp(set_up)),
            Write::Audit(event),
        ];
        Decision::new(EnteredOutcome::Onward { token: Some(token) }, writes)
    }
}

impl AwaitFirstCode {
    pub fn code_typed(
        self,
        typed: &TypedCode,
        secret: &AppSecret,
        moment: &mut Moment<'_>,
    ) -> Decision<FirstCodeOutcome> {
        if let Some(refusal) = self.refused_unseen(typed, moment) {
            return Decision::without_writes(FirstCodeOutcome::Refused(refusal));
        }
        match secret.check(typed, UsedSteps::default(), moment.now) {
            CodeVerdict::Right { step } => self.right(step, moment),
            CodeVerdict::Wrong | CodeVerdict::Replayed { .. } => self.wrong(moment),
        }
    }

    /// The attempt ended in a fault, so that nobody knows what it would have been: it counts as wrong.
    pub fn spent(self, moment: &mut Moment<'_>) -> Decision<FirstCodeOutcome> {
        match self.refused_unseen(&TypedCode::Malformed, moment) {
            Some(refusal) => Decision::without_writes(FirstCodeOutcome::Refused(refusal)),
            None => self.wrong(moment),
        }
    }

    fn refused_unseen(&self, typed: &TypedCode, moment: &Moment<'_>) -> Option<Refusal> {
        if !self.link.is_open(self.operator.as_ref().map(|account| &account.user), moment.now) {
            return Some(Refusal::LinkOver);
        }
        if !self.set_up.is_live(&self.link, moment.now) {
            return Some(Refusal::Over);
        }
        if self.operator.is_none() && self.is_email_taken {
            return Some(Refusal::EmailTaken);
        }
        matches!(typed, TypedCode::Missing).then_some(Refusal::Missing)
    }

    fn wrong(self, moment: &mut Moment<'_>) -> Decision<FirstCodeOutcome> {
        let wrong_codes = self.set_up.wrong_codes + 1;
        let reason = format!("wrong_code wrong_codes={wrong_codes}");
        let mut event = AuditEvent::new(AuditKind::OperatorSetUpRefused, reason, moment);
        event.user.clone_from(&self.link.user);
        let writes = vec![
            Write::Operator(OperatorWrite::PutWrongCodes { set_up: self.set_up.token, wrong_codes }),
            Write::Audit(event),
        ];
        let refusal = match FIRST_CODES_MAX - wrong_codes {
            0 => Refusal::Over,
            tries => Refusal::WrongFirstCode { tries },
        };
        Decision::new(FirstCodeOutcome::Refused(refusal), writes)
    }

    fn right(self, step: i64, moment: &mut Moment<'_>) -> Decision<FirstCodeOutcome> {
        let Self { link, operator, set_up, operators, .. } = self;
        let mut writes = match &operator {
            Some(account) => set_up_anew(account, moment),
            None => made(&set_up, &operators, moment),
        };
        let (user, at) = (set_up.user, moment.now);
        writes.extend([
            Write::BindPassword {
                user: user.clone(),
                authenticator: set_up.password.id,
                hash: set_up.password.secret,
                at,
            },
            Write::Operator(OperatorWrite::BindApp { user, app: set_up.app, step, at }),
            Write::Operator(OperatorWrite::DropSetUps { link: link.token }),
        ]);
        Decision::new(FirstCodeOutcome::Done, writes)
            .claiming([Claim::UseOperatorLink { token: link.token, at }])
            .or_if_lost(FirstCodeOutcome::Refused(Refusal::LinkOver), Vec::new())
    }
}

/// There is one more person, who is an operator from the start.
fn made(set_up: &OperatorSetUp, operators: &[User], moment: &mut Moment<'_>) -> Vec<Write> {
    let user = set_up.person(moment);
    let mut event = AuditEvent::new(AuditKind::OperatorAdded, "by a link", moment);
    event.user = Some(user.id.clone());
    let notice = Notice::new(&user, NoticeKind::OperatorAdded, None, moment);
    let mut writes = alerts(AlertKind::OperatorAdded, &user, operators, moment);
    writes.extend(if_first(operators, moment));
    writes.extend([
        Write::Operator(OperatorWrite::Add { user, at: moment.now }),
        Write::Audit(event),
        Write::Notice(notice),
    ]);
    writes
}

/// Whatever the operator had goes, with every session and with the lock of the name.
fn set_up_anew(account: &Account, moment: &mut Moment<'_>) -> Vec<Write> {
    let (user, at) = (account.user.id.clone(), moment.now);
    let event = AuditEvent::new(AuditKind::OperatorSetUpAnew, "by a link", moment).about(account);
    let app = Some(AuthenticatorKind::App);
    let mut writes = vec![
        Write::PutEpoch { user: user.clone(), epoch: account.user.epoch + 1 },
        Write::RevokeSecondFactors { user: user.clone(), at },
        Write::RevokePassword { user: user.clone(), at },
        Write::PutPasswordChange { user: user.clone(), due: None },
        Write::PutLane(Lane { subject: LadderSubject::user(&user), ladder: Ladder::default() }),
        Write::Audit(event),
        Write::Notice(Notice::new(&account.user, NoticeKind::PasswordChanged, None, moment)),
        Write::Notice(Notice::new(&account.user, NoticeKind::TwoFactorTurnedOn, app, moment)),
    ];
    writes.extend(supersede_links(&user, at));
    writes
}

impl OperatorSetUp {
    /// The person as they will be.
    pub fn person(&self, moment: &Moment<'_>) -> User {
        let user = User::new(self.user.clone(), self.name.clone(), self.email.clone());
        User { operator_since: Some(moment.now), ..user }
    }
}
