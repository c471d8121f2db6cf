//! Who is an operator, by the word of somebody at the server's console.
//!
//! ```text
//!   a person with a second factor ── add ─▶ operator ── remove ─▶ an ordinary person
//!                              nobody ── invite ─▶ a link      └── reset ──▶ a link, and nothing to sign in with
//!                                                  └── withdraw, or the first operator ─▶ over
//! ```
//!
//! Either way everything that was granted before is over, the person is told, and so are all other operators.
//! How somebody becomes one by a link, see [`super::become_operator`].

use super::{Decision, OperatorWrite, Write, attempt, set_password::supersede_links};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::AuthenticatorKind,
    id::UserId,
    letter::{AlertKind, AlertLetter, Letter},
    message::{Channel, Outgoing, Recipient},
    moment::Moment,
    notice::{Notice, NoticeKind},
    operator_link::{NewOperatorLink, OPERATOR_LINK_LIFE},
    stated_reason::StatedReason,
    timestamp::Timestamp,
    token::OperatorLinkToken,
    user::User,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddOutcome {
    Added,
    IsOneAlready,
    /// An operator is asked for a second factor, and this person has none that works.
    NoSecondFactor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveOutcome {
    Removed,
    IsNone,
    /// There must be somebody whom the others can turn to, and who can sign in.
    IsTheLast,
}

/// Makes an operator of a person. `operators` are all that there are.
pub fn add(account: &Account, operators: &[User], moment: &mut Moment<'_>) -> Decision<AddOutcome> {
    if account.user.is_operator() {
        return Decision::without_writes(AddOutcome::IsOneAlready);
    }
    // A mailbox is none of an operator's.
    let has_factor = |kind| kind != AuthenticatorKind::Email && account.usable(kind).is_some();
    if !AuthenticatorKind::SECOND_FACTORS.into_iter().any(has_factor) {
        return Decision::without_writes(AddOutcome::NoSecondFactor);
    }
    let event = AuditEvent::new(AuditKind::OperatorAdded, "at the console", moment).about(account);
    let mut writes = changed(account, Some(moment.now), NoticeKind::OperatorAdded, moment);
    writes.push(Write::Audit(event));
    writes.extend(if_first(operators, moment));
    writes.extend(alerts(AlertKind::OperatorAdded, &account.user, operators, moment));
    Decision::new(AddOutcome::Added, writes)
}

/// Makes an ordinary person of an operator. `operators` are all that there are, locked, so that two removals
/// cannot leave none; `able` are those of them who have all that they sign in with.
pub fn remove(
    account: &Account,
    (operators, able): (&[User], &[UserId]),
    reason: &StatedReason,
    moment: &mut Moment<'_>,
) -> Decision<RemoveOutcome> {
    if !account.user.is_operator() {
        return Decision::without_writes(RemoveOutcome::IsNone);
    }
    if able.iter().all(|operator| *operator == account.user.id) {
        return Decision::without_writes(RemoveOutcome::IsTheLast);
    }
    let event = AuditEvent::new(AuditKind::OperatorRemoved, at_the_console(reason), moment).about(account);
    let mut writes = changed(account, None, NoticeKind::OperatorRemoved, moment);
    let user = account.user.id.clone();
    writes.extend([
        Write::Operator(OperatorWrite::SupersedeLinks { user, at: moment.now }),
        Write::Audit(event),
    ]);
    writes.extend(alerts(AlertKind::OperatorRemoved, &account.user, operators, moment));
    Decision::new(RemoveOutcome::Removed, writes)
}

/// Makes a link by which somebody becomes an operator. All that there are hear of it.
pub fn invite(operators: &[User], moment: &mut Moment<'_>) -> Decision<OperatorLinkToken> {
    let event = AuditEvent::new(AuditKind::OperatorLinkMade, "at the console", moment);
    let (token, link) = link(None, moment);
    let mut writes = vec![link, Write::Audit(event)];
    writes.extend(operators.iter().map(|to| alert(AlertKind::OperatorInvited, String::new(), to, moment)));
    Decision::new(token, writes)
}

/// Makes every link useless by which somebody could still become an operator.
pub fn withdraw(moment: &mut Moment<'_>) -> Decision<()> {
    let event = AuditEvent::new(AuditKind::OperatorLinksWithdrawn, "at the console", moment);
    Decision::new((), vec![withdrawn(moment), Write::Audit(event)])
}

/// With the first operator the time is over in which whoever has a link may be the first: no link of then is left
/// lying about.
pub(super) fn if_first(operators: &[User], moment: &Moment<'_>) -> Option<Write> {
    operators.is_empty().then(|| withdrawn(moment))
}

fn withdrawn(moment: &Moment<'_>) -> Write {
    Write::Operator(OperatorWrite::SupersedeInvitations { at: moment.now })
}

/// Break-glass: an operator lost everything. What they signed in with goes, and a link lets them set it up anew.
pub fn reset(
    account: &Account,
    operators: &[User],
    reason: &StatedReason,
    moment: &mut Moment<'_>,
) -> Decision<Option<OperatorLinkToken>> {
    if !account.user.is_operator() {
        return Decision::without_writes(None);
    }
    let (user, at) = (account.user.id.clone(), moment.now);
    let event = AuditEvent::new(AuditKind::OperatorReset, at_the_console(reason), moment).about(account);
    let (token, link) = link(Some(user.clone()), moment);
    let mut writes = attempt::raise_epoch(account, account.user.epoch + 1);
    writes.extend(supersede_links(&user, at));
    writes.extend([
        Write::RevokeSecondFactors { user: user.clone(), at },
        Write::RevokePassword { user: user.clone(), at },
        Write::Operator(OperatorWrite::SupersedeLinks { user, at }),
        link,
        Write::Audit(event),
        Write::Notice(Notice::new(&account.user, NoticeKind::OperatorReset, None, moment)),
    ]);
    writes.extend(alerts(AlertKind::OperatorReset, &account.user, operators, moment));
    Decision::new(Some(token), writes)
}

fn link(user: Option<UserId>, moment: &mut Moment<'_>) -> (OperatorLinkToken, Write) {
    let token = OperatorLinkToken::mint(&mut moment.rng);
    let (at, expires_at) = (moment.now, moment.now.plus(OPERATOR_LINK_LIFE));
    let link = NewOperatorLink { token: token.hash(), user, at, expires_at };
    (token, Write::Operator(OperatorWrite::OpenLink(link)))
}

fn changed(
    account: &Account,
    since: Option<Timestamp>,
    told: NoticeKind,
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let mut writes = attempt::raise_epoch(account, account.user.epoch + 1);
    writes.extend([
        Write::Operator(OperatorWrite::Put { user: account.user.id.clone(), since }),
        Write::Notice(Notice::new(&account.user, told, None, moment)),
    ]);
    writes
}

fn at_the_console(reason: &StatedReason) -> String {
    format!("at the console: {}", reason.as_str())
}

/// Tells all operators but the one that it is about: an operator whom nobody knows must not stay unnoticed.
pub(super) fn alerts(
    kind: AlertKind,
    about: &User,
    operators: &[User],
    moment: &mut Moment<'_>,
) -> Vec<Write> {
    let others = operators.iter().filter(|operator| operator.id != about.id);
    others.map(|operator| alert(kind, about.email.to_string(), operator, moment)).collect()
}

fn alert(kind: AlertKind, about: String, to: &User, moment: &mut Moment<'_>) -> Write {
    let letter = Letter::Alert(AlertLetter { kind, about, at: moment.now });
    let recipient = Recipient { channel: Channel::Email, to: to.email.to_string(), user: None };
    Write::Send(Outgoing::seal(recipient, &letter, moment))
}
