//! Forgotten passwords: see `core::ceremony::forgot_password` for the picture.

use std::{sync::Arc, time::Duration};

use countersign_core::{
    ceremony::forgot_password::{AwaitLook, AwaitWish, Found, Wish},
    id::WishId,
    link::LinkPurpose,
    moment::Visitor,
    user::EmailAddress,
};
use countersign_store::{self as store, Tx, accounts, commit::commit, links, wishes};

use crate::{
    Circumstances, Fault, Service,
    background::{Background, Task},
};

struct Wished {
    email: EmailAddress,
    circumstances: Circumstances,
}

struct TakenUp {
    service: Service,
    wish: WishId,
    email: EmailAddress,
    circumstances: Circumstances,
}

/// Takes up what was wished for, over and over.
struct Mailer(Service);

/// So many are read at once.
const BATCH: usize = 100;

impl Service {
    /// Writes a wish down, whosever the address is. Anybody may type one: it waits where passwords do.
    pub async fn forget_password(&self, email: EmailAddress, visitor: Visitor) -> Result<(), Fault> {
        let place = self.0.database.password_place()?;
        let wished = Arc::new(Wished { email, circumstances: self.circumstances(visitor)? });
        self.transact_password(&place, &wished, |wished, tx| Box::pin(wished.commit(tx))).await
    }

    /// Has wishes taken up twice a second, and so in a time that tells nobody who asks whose address it was. Must be
    /// called inside the runtime.
    pub fn start_mailer(&self) -> Background {
        Background::start(Mailer(self.clone()))
    }

    /// Looks at every wish that waits, and has a link mailed where somebody may use one. Of several nodes one takes
    /// each. What waited for as long as its link would have lived is left: nobody waits for that mail any more.
    pub async fn take_up_wishes(&self) -> Result<(), Fault> {
        loop {
            let since = self.now().minus(LinkPurpose::ResetPassword.life());
            let reading = self.0.database.read(move |tx| Box::pin(wishes::waiting(tx, since, BATCH)));
            let waiting = reading.await?;
            let is_all = waiting.len() < BATCH;
            let mut failed = None;
            for wish in waiting {
                // One that fails must not keep the others waiting.
                failed = self.take_up(wish).await.err().or(failed);
            }
            match failed {
                Some(fault) => return Err(fault),
                None if is_all => return Ok(()),
                None => {}
            }
        }
    }

    async fn take_up(&self, Wish { id, email, visitor }: Wish) -> Result<(), Fault> {
        let circumstances = self.circumstances(visitor)?;
        let taken = Arc::new(TakenUp { service: self.clone(), wish: id, email, circumstances });
        self.transact(&taken, |taken, tx| Box::pin(taken.commit(tx))).await
    }
}

impl Wished {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let mut moment = self.circumstances.moment();
        let of_network = wishes::of_network(tx, &moment.visitor.network(), moment.now).await?;
        commit(tx, AwaitWish { of_network }.wished(self.email.clone(), &mut moment)).await
    }
}

impl TakenUp {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        let found = self.find(tx).await?;
        let (rules, mut moment) = (&self.service.0.reset_rules, self.circumstances.moment());
        commit(tx, AwaitLook { wish: self.wish.clone(), found }.look(rules, &mut moment)).await
    }

    async fn find(&self, tx: &mut Tx<'_>) -> Result<Option<Found>, store::Fault> {
        let Some(account) = accounts::lock_by_email(tx, &self.email).await? else { return Ok(None) };
        let (now, hour_max) = (self.circumstances.now, self.service.0.reset_rules.hour_max);
        let mailed = links::mailed(tx, &account.user.id, now).await?;
        let of_everybody = links::resets_of_everybody(tx, hour_max, now).await?;
        Ok(Some(Found { account, mailed, of_everybody }))
    }
}

impl Task for Mailer {
    const NAME: &'static str = "mailer";
    const REST: Duration = Duration::from_millis(500);

    async fn turn(&mut self) -> Result<(), Fault> {
        self.0.take_up_wishes().await
    }

    /// What waits is taken up by another node, or after the next start.
    async fn wind_up(self) -> Result<(), Fault> {
        Ok(())
    }
}
