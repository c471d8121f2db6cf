//! Sending a code to a phone or a mailbox, in whichever ceremony it was asked for.
//!
//! ```text
//!   wanted ──┬─ a budget is spent, a breaker is open ─▶ Withheld (recorded; an operator hears of it)
//!            └─ else ─▶ older codes void ─▶ new code in the outbox ─▶ Sent
//! ```
//!
//! A code that is not sent ends nothing: whatever else proves the person still does.

use super::{Ceremony, CeremonyPurpose, Write, write::NewSentCode};
use crate::{
    account::Account,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{
        destination::Destination,
        sent_code::{Binding, CODE_LIFE, Code},
    },
    id::{AuthenticatorId, CeremonyId, MessageId, SentCodeId},
    letter::{AlertKind, CodeLetter, Letter},
    message::{Outgoing, Recipient},
    moment::Moment,
    refusal::Refusal,
    throttle::budget::{self, NextSend, Sends, Withheld},
    timestamp::Timestamp,
};

/// What became of the wish for a code.
pub enum SendOutcome {
    Refused(Refusal),
    /// It waits in the outbox under this id.
    Sent {
        message: MessageId,
    },
}

/// A code that is wanted: where, and of which authenticator.
pub(super) struct Wanted<'w> {
    pub ceremony: &'w CeremonyId,
    pub purpose: CeremonyPurpose,
    pub sends: Sends,
    /// When the ceremony is over, and its codes with it.
    pub until: Timestamp,
    pub authenticator: &'w AuthenticatorId,
    pub to: &'w Destination,
}

/// A code for a ceremony that had some before: not too soon, and not too often.
pub(super) fn again(
    account: &Account,
    ceremony: &Ceremony,
    (authenticator, to): (&AuthenticatorId, &Destination),
    moment: &mut Moment<'_>,
) -> (SendOutcome, Vec<Write>) {
    match ceremony.sends.next(to.channel(), moment.now) {
        NextSend::Now => {
            let (purpose, sends, until) = (ceremony.purpose, ceremony.sends, ceremony.expires_at);
            send(
                account,
                &Wanted { ceremony: &ceremony.id, purpose, sends, until, authenticator, to },
                moment,
            )
        }
        NextSend::At(at) => (SendOutcome::Refused(Refusal::SendTooSoon { at }), Vec::new()),
        NextSend::Never => (SendOutcome::Refused(Refusal::SendsSpent), Vec::new()),
    }
}

/// Sends a code, unless a budget or a breaker holds it back.
pub(super) fn send(
    account: &Account,
    wanted: &Wanted<'_>,
    moment: &mut Moment<'_>,
) -> (SendOutcome, Vec<Write>) {
    match check(account, wanted, moment) {
        Ok(()) => sent(account, wanted, moment),
        Err(why) => withheld(account, wanted, why, moment),
    }
}

fn check(account: &Account, wanted: &Wanted<'_>, moment: &Moment<'_>) -> Result<(), Withheld> {
    match wanted.to {
        Destination::Phone(number) => {
            let texting = account.texting.as_ref().ok_or(Withheld::NoGateway)?;
            texting.traffic.check(wanted.purpose, number.country().as_ref(), &texting.rules)
        }
        Destination::Mailbox(_) => {
            let traffic = account.mailing.ok_or(Withheld::NoMailServer)?;
            if account.is_mailbox_held(moment.now) { Err(Withheld::SameMailbox) } else { traffic.check() }
        }
    }
}

fn sent(account: &Account, wanted: &Wanted<'_>, moment: &mut Moment<'_>) -> (SendOutcome, Vec<Write>) {
    let user = account.user.id.clone();
    let organization = account.home();
    let binding = Binding {
        purpose: wanted.purpose,
        organization,
        user: &user,
        ceremony: wanted.ceremony,
        authenticator: wanted.authenticator,
        destination: wanted.to,
    };
    let code = Code::mint(&mut moment.rng);
    let digest = code.digest(moment.keys.codes(), &binding);
    let expires_at = moment.now.plus(CODE_LIFE).min(wanted.until);
    let letter = Letter::Code(CodeLetter {
        purpose: wanted.purpose,
        code: code.expose_text(),
        asked_at: moment.now,
        expires_at,
        source: moment.visitor.source.to_string(),
        user_agent: moment.visitor.user_agent.clone(),
    });
    let channel = wanted.to.channel();
    let recipient = Recipient { channel, to: wanted.to.as_str().to_owned(), user: Some(user.clone()) };
    let outgoing = Outgoing::seal(recipient, &letter, moment);
    let message = outgoing.id.clone();
    let sends = wanted.sends.sent(channel, moment.now);
    let (purpose, by) = (wanted.purpose.as_str(), channel.as_str());
    let reason = format!("{purpose} by={by} number_in_ceremony={}", sends.count);
    let event = AuditEvent::new(AuditKind::CodeSent, reason, moment).about(account);
    let new = NewSentCode {
        id: SentCodeId::mint(moment.now, &mut moment.rng),
        ceremony: wanted.ceremony.clone(),
        purpose: wanted.purpose,
        user: user.clone(),
        organization: organization.cloned(),
        authenticator: wanted.authenticator.clone(),
        message: message.clone(),
        destination: wanted.to.clone(),
        network: moment.visitor.network(),
        digest,
        sent_at: moment.now,
        expires_at,
        counts_from: budget::counts_from(wanted.purpose, moment.now),
    };
    let writes = vec![
        Write::SupersedeCodes { user, purpose: wanted.purpose, at: moment.now },
        Write::OpenCode(new),
        Write::PutSends { ceremony: wanted.ceremony.clone(), sends },
        Write::Send(outgoing),
        Write::Audit(event),
    ];
    (SendOutcome::Sent { message }, writes)
}

fn withheld(
    account: &Account,
    wanted: &Wanted<'_>,
    why: Withheld,
    moment: &mut Moment<'_>,
) -> (SendOutcome, Vec<Write>) {
    let refused = SendOutcome::Refused(Refusal::NotSent(why));
    // Pressing the button again tells nobody anything new.
    let channel = wanted.to.channel();
    let sends = wanted.sends.withheld(why, channel, wanted.purpose);
    let put_sends = Write::PutSends { ceremony: wanted.ceremony.clone(), sends };
    let is_known = wanted.sends.by(channel).withheld == Some(why);
    if is_known && wanted.purpose != CeremonyPurpose::Enroll {
        let is_other_way = wanted.sends.channel != Some(channel);
        return (refused, is_other_way.then_some(put_sends).into_iter().collect());
    }
    let reason = format!("{} {}", wanted.purpose.as_str(), why.as_str());
    let event = AuditEvent::new(AuditKind::CodeWithheld, reason, moment).about(account);
    let mut writes = vec![put_sends, Write::Audit(event)];
    writes.extend(alert(account, wanted, why, moment).map(Write::SendOnce));
    (refused, writes)
}

/// What an operator must know.
fn alert(account: &Account, wanted: &Wanted<'_>, why: Withheld, moment: &mut Moment<'_>) -> Option<Outgoing> {
    let to = account.texting.as_ref()?.rules.alerts_to.as_ref()?;
    let organization = || account.home().map_or_else(|| "none".to_owned(), ToString::to_string);
    let country = || wanted.to.country().map_or_else(|| "none".to_owned(), |country| country.to_string());
    let (kind, about) = match why {
        Withheld::Block => (AlertKind::AdjacentNumbers, format!("{}…", wanted.to.block())),
        Withheld::UnprovenCountry => (AlertKind::UnprovenNumbers, country()),
        Withheld::UnprovenOrganization => (AlertKind::UnprovenNumbers, organization()),
        Withheld::UnprovenSource => (AlertKind::UnprovenNumbers, moment.visitor.network()),
        Withheld::Everybody => (AlertKind::EverybodysBudget, "everybody".to_owned()),
        Withheld::Organization => (AlertKind::OrganizationsBudget, organization()),
        Withheld::NoGateway
        | Withheld::Country
        | Withheld::Number
        | Withheld::NumberToday
        | Withheld::Account
        | Withheld::AccountToday
        | Withheld::Source
        | Withheld::NoMailServer
        | Withheld::Mailbox
        | Withheld::MailboxToday
        | Withheld::SameMailbox => {
            return None;
        }
    };
    Some(Outgoing::alert_of_the_day(to, (kind, about.clone()), &about, moment))
}
