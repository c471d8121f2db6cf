//! In whose name an operator's act is done: at the server's console, or in a session on the operator's pages.

use countersign_core::{audit::actor::Actor, moment::Visitor, refusal::Refusal, token::TokenHash};
use countersign_store::{self as store, Tx, sessions};

use crate::{Circumstances, Fault, Service, SignedInCaller};

/// Who asks.
pub enum By {
    /// Whoever may run commands on the server.
    Console,
    Operator(SignedInCaller),
}

/// The same, checked again in the transaction of the act: a session may end between page and button.
pub(crate) struct Authority {
    session: Option<TokenHash>,
    pub(crate) circumstances: Circumstances,
}

impl Service {
    pub(crate) fn authority(&self, by: By) -> Result<Authority, Fault> {
        let (session, visitor) = match by {
            By::Console => (None, Visitor::console()),
            By::Operator(caller) => (Some(caller.session.hash()), caller.visitor),
        };
        Ok(Authority { session, circumstances: self.circumstances(visitor)? })
    }
}

impl Authority {
    /// Whom the record of the act names, or why it is not done.
    pub(crate) async fn actor(&self, tx: &mut Tx<'_>) -> Result<Result<Actor, Refusal>, store::Fault> {
        let Some(session) = &self.session else { return Ok(Ok(Actor::Console)) };
        let Some((session, account)) = sessions::lock(tx, session, None).await? else {
            return Ok(Err(Refusal::Over));
        };
        if !session.is_live(&account.user, self.circumstances.now) {
            return Ok(Err(Refusal::Over));
        }
        let is_of_operator = session.is_of_operator(&account.user);
        Ok(if is_of_operator { Ok(Actor::Operator(account.user.id)) } else { Err(Refusal::NotAllowed) })
    }
}
