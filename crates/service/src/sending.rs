//! Codes to phones and mailboxes: what decides about them is loaded here, and how far they came is waited for and shown.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    account::{Account, Texting},
    authenticator::{Authenticator, AuthenticatorKind, destination::Destination, phone::PhoneNumber},
    ceremony::{Ceremony, sending::SendOutcome},
    id::MessageId,
    message::Channel,
    throttle::budget::{NextSend, Traffic, Withheld},
    timestamp::Timestamp,
};
use countersign_delivery::outcomes;
use countersign_store::{
    self as store, Tx,
    outbox::{self, Progress},
    sent_codes::{self, Subject},
};

use crate::{Circumstances, Fault, Service};

/// A page that was waited for longer than this feels broken; what is not known by then is said to be on its way.
pub const PATIENCE: Duration = Duration::from_millis(900);

/// What the code that a page asks for can come from.
pub struct CodeWays {
    pub has_app: bool,
    /// Where a code can be sent, the stronger first, and what was sent there.
    pub reaches: Vec<Reach>,
    /// The look-up secrets that work, which a sign-in takes as well (CRT-16).
    pub or_else: Option<AuthenticatorKind>,
    /// Whether the recovery key was typed and is replaced, so that no code is asked for any more.
    pub is_recovered: bool,
}

/// A phone or a mailbox, and what was sent there in one ceremony.
#[derive(Clone, Debug)]
pub struct Reach {
    pub to: Destination,
    pub sending: Sending,
    pub next: NextSend,
}

/// How far the newest code came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// None was asked for yet, or another way was tried since.
    NotAsked,
    OnItsWay,
    Sent,
    /// Gateway or mail server did not take it, or lost it.
    Failed,
    Withheld(Withheld),
}

/// How far the newest code of a ceremony came, if it went there.
pub(crate) async fn reach(
    tx: &mut Tx<'_>,
    ceremony: Option<&Ceremony>,
    to: Destination,
    now: Timestamp,
) -> Result<Reach, store::Fault> {
    let Some(ceremony) = ceremony else {
        return Ok(Reach { to, sending: Sending::NotAsked, next: NextSend::Now });
    };
    let channel = to.channel();
    let next = ceremony.sends.next(channel, now);
    if ceremony.sends.channel.is_some_and(|last| last != channel) {
        return Ok(Reach { to, sending: Sending::NotAsked, next });
    }
    let sending = match (ceremony.sends.by(channel).withheld, &ceremony.sent) {
        (Some(why), _) => Sending::Withheld(why),
        (None, None) if ceremony.sends.count == 0 => Sending::NotAsked,
        (None, _) => match sent_codes::newest_message(tx, &ceremony.id).await? {
            Some(message) => Sending::of(outbox::progress(tx, &message).await?),
            None => Sending::NotAsked,
        },
    };
    Ok(Reach { to, sending, next })
}

fn or_else(account: &Account) -> Option<AuthenticatorKind> {
    if account.has_backup_code_left() {
        return Some(AuthenticatorKind::BackupCodes);
    }
    account.usable_recovery_key().map(Authenticator::kind)
}

impl CodeWays {
    /// Whether a person may choose where the code shall come from.
    pub fn is_choice(&self) -> bool {
        self.reaches.len() + usize::from(self.has_app) > 1
    }

    pub(crate) async fn of(
        tx: &mut Tx<'_>,
        account: &Account,
        ceremony: Option<&Ceremony>,
        now: Timestamp,
    ) -> Result<Self, store::Fault> {
        let mut reaches = Vec::new();
        for (_, to) in Channel::ALL.into_iter().filter_map(|channel| account.reach(channel)) {
            reaches.push(reach(tx, ceremony, to, now).await?);
        }
        Ok(Self {
            has_app: account.usable(AuthenticatorKind::App).is_some(),
            reaches,
            or_else: or_else(account),
            is_recovered: ceremony.is_some_and(Ceremony::is_recovered),
        })
    }
}

impl Sending {
    fn of(progress: Option<Progress>) -> Self {
        match progress {
            Some(Progress::Sent | Progress::Delivered) => Self::Sent,
            Some(Progress::Failed) => Self::Failed,
            Some(Progress::Waiting { .. }) | None => Self::OnItsWay,
        }
    }
}

impl Service {
    pub fn can_text(&self) -> bool {
        self.0.texting.is_some()
    }

    /// Loads what decides about one more code, where it may go somewhere.
    pub(crate) async fn load_budget(
        &self,
        tx: &mut Tx<'_>,
        account: &mut Account,
        to: Option<Destination>,
        circumstances: &Circumstances,
    ) -> Result<(), store::Fault> {
        match to {
            Some(Destination::Phone(number)) => self.load_texting(tx, account, &number, circumstances).await,
            Some(Destination::Mailbox(_)) if self.can_mail() => {
                let network = circumstances.visitor.network();
                let now = circumstances.now;
                account.mailing = Some(sent_codes::mail_traffic(tx, &account.user.id, &network, now).await?);
                Ok(())
            }
            Some(Destination::Mailbox(_)) | None => Ok(()),
        }
    }

    async fn load_texting(
        &self,
        tx: &mut Tx<'_>,
        account: &mut Account,
        number: &PhoneNumber,
        circumstances: &Circumstances,
    ) -> Result<(), store::Fault> {
        let Some(rules) = &self.0.texting else { return Ok(()) };
        // Refused without a look at what was sent, so that nothing is kept of numbers that are never texted.
        if !rules.allow(number.country().as_ref()) {
            account.texting = Some(Texting { rules: Arc::clone(rules), traffic: Traffic::default() });
            return Ok(());
        }
        let network = circumstances.visitor.network();
        let subject =
            Subject { user: &account.user.id, organization: account.home(), number, network: &network };
        let traffic = sent_codes::traffic(tx, subject, circumstances.now).await?;
        account.texting = Some(Texting { rules: Arc::clone(rules), traffic });
        Ok(())
    }

    /// Waits a moment for the outcome of a message that was just committed, so that the page can tell it.
    pub(crate) async fn wait_for_code(&self, outcome: Option<&SendOutcome>) {
        if let Some(SendOutcome::Sent { message }) = outcome {
            self.wait_for(message).await;
        }
    }

    /// The same, and tells how far it came by then.
    pub(crate) async fn wait_for(&self, message: &MessageId) -> Sending {
        let waiter = self.0.outcomes.waiter(message);
        // The sender may have been faster than this line.
        match self.progress(message).await {
            Ok(Some(Progress::Waiting { attempts: 0 | 1 })) => {
                match waiter.within(self.0.message_patience).await {
                    Some(outcomes::AttemptEnd::Sent) => Sending::Sent,
                    Some(outcomes::AttemptEnd::Failed) => Sending::Failed,
                    Some(outcomes::AttemptEnd::Again) | None => Sending::OnItsWay,
                }
            }
            Ok(known) => Sending::of(known),
            Err(fault) => {
                tracing::warn!(code = fault.code(), "how far a message came is not known");
                Sending::OnItsWay
            }
        }
    }

    async fn progress(&self, message: &MessageId) -> Result<Option<Progress>, Fault> {
        let message = message.clone();
        let found = self.0.database.read(move |tx| {
            let message = message.clone();
            Box::pin(async move { outbox::progress(tx, &message).await })
        });
        Ok(found.await?)
    }
}
