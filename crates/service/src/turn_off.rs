//! Two-factor authentication off: see `core::ceremony::turn_off`.

use countersign_core::{
    authenticator::{password::Password, typed_code::TypedCode},
    ceremony::{
        step_up::{Act, ActOutcome},
        turn_off,
    },
};

use crate::{Fault, Service, SignedInCaller};

impl Service {
    /// Turns it off, behind the proof that policy demands, in one step (CR-28).
    pub async fn turn_off(
        &self,
        caller: SignedInCaller,
        password: Password,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        self.do_proved(caller, Act::TurnOffTwoFactor, (password, typed), turn_off::turn_off).await
    }
}
