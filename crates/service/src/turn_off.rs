//! Two-factor authentication off: see `core::ceremony::turn_off`.

use countersign_core::{
    authenticator::{password::Password, typed_code::TypedCode},
    ceremony::{
        step_up::{Act, ActOutcome, Proved},
        turn_off,
    },
    moment::Moment,
};

use crate::{
    Fault, Service, SignedInCaller,
    step_up::{Finish, Proving},
};

impl Service {
    /// Turns it off, behind the proof that policy demands, in one step (CR-28).
    pub async fn turn_off(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        match self.prove(caller, Act::TurnOffTwoFactor, (password, typed), self.0.hasher.admit()?).await? {
            Proving::Refused(refusal) => Ok(ActOutcome::Refused(refusal)),
            Proving::Hashed(hashed) => {
                let act =
                    |proved: Proved, (): &(), moment: &mut Moment<'_>| turn_off::turn_off(proved, moment);
                self.finish(hashed, Finish { context: (), act }).await
            }
        }
    }
}
