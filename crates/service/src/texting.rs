//! Codes to phones: what decides about them is loaded here, and how far they came is waited for and shown.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    account::{Account, Texting},
    authenticator::{AuthenticatorKind, phone::PhoneNumber},
    ceremony::{Ceremony, texting::SendOutcome},
    id::MessageId,
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
    /// The phone that a code can be sent to, and what was sent.
    pub text: Option<TextState>,
    /// Whether the person has a recovery key that works, which a sign-in takes as well.
    pub has_recovery_key: bool,
    /// Whether it was typed and is replaced, so that no code is asked for any more.
    pub is_recovered: bool,
}

/// A phone, and the codes that were sent to it in one ceremony.
#[derive(Clone, Debug)]
pub struct TextState {
    pub number: PhoneNumber,
    pub sending: Sending,
    pub next: NextSend,
}

/// How far the newest code came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// None was asked for yet.
    NotAsked,
    OnItsWay,
    Sent,
    /// The gateway did not take it, or lost it.
    Failed,
    Withheld(Withheld),
}

/// How far the newest code of a ceremony came.
pub(crate) async fn state(
    tx: &mut Tx<'_>,
    ceremony: Option<&Ceremony>,
    number: &PhoneNumber,
    now: Timestamp,
) -> Result<TextState, store::Fault> {
    let number = number.clone();
    let Some(ceremony) = ceremony else {
        return Ok(TextState { number, sending: Sending::NotAsked, next: NextSend::Now });
    };
    let sending = match (ceremony.sends.withheld, &ceremony.sent) {
        (Some(why), _) => Sending::Withheld(why),
        (None, None) if ceremony.sends.count == 0 => Sending::NotAsked,
        (None, _) => match sent_codes::newest_message(tx, &ceremony.id).await? {
            Some(message) => Sending::of(outbox::progress(tx, &message).await?),
            None => Sending::NotAsked,
        },
    };
    Ok(TextState { number, sending, next: ceremony.sends.next(now) })
}

impl CodeWays {
    pub(crate) async fn of(
        tx: &mut Tx<'_>,
        account: &Account,
        ceremony: Option<&Ceremony>,
        now: Timestamp,
    ) -> Result<Self, store::Fault> {
        let text = match account.phone() {
            Some((_, number)) => Some(state(tx, ceremony, number, now).await?),
            None => None,
        };
        Ok(Self {
            has_app: account.usable(AuthenticatorKind::App).is_some(),
            text,
            has_recovery_key: account.usable_recovery_key().is_some(),
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

    /// Loads what decides about one more text to the person's phone, if there is one in use.
    pub(crate) async fn load_texting(
        &self,
        tx: &mut Tx<'_>,
        account: &mut Account,
        circumstances: &Circumstances,
    ) -> Result<(), store::Fault> {
        match account.phone().map(|(_, number)| number.clone()) {
            Some(number) => self.load_texting_to(tx, account, &number, circumstances).await,
            None => Ok(()),
        }
    }

    /// The same for a number that is being set up.
    pub(crate) async fn load_texting_to(
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
    pub(crate) async fn wait_for_text(&self, outcome: Option<&SendOutcome>) {
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
