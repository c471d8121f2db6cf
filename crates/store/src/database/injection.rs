//! Faults on demand for the attack tests; an empty type without the feature `fault-injection`.

#[cfg(feature = "fault-injection")]
pub use on_demand::Injection;
#[cfg(feature = "fault-injection")]
pub(super) use on_demand::Injector;

#[cfg(not(feature = "fault-injection"))]
#[derive(Clone)]
pub(super) struct Injector;

#[cfg(not(feature = "fault-injection"))]
#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same shape as the one that strikes")]
impl Injector {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) fn before_statement(&self, _number: u32) -> Result<(), crate::Fault> {
        Ok(())
    }

    pub(super) fn before_commit(&self) -> Result<(), crate::Fault> {
        Ok(())
    }

    pub(super) fn before_read(&self) -> Result<(), crate::Fault> {
        Ok(())
    }
}

#[cfg(feature = "fault-injection")]
mod on_demand {
    use std::sync::{Arc, Mutex, PoisonError};

    use crate::Fault;

    /// What shall be hit. Statements count from 1 in each writing transaction; those sent together count one by
    /// one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Injection {
        FailStatement(u32),
        PanicAtStatement(u32),
        /// On SQLite this fails everybody whose job is in the same group, as a real failure does.
        FailCommit,
        /// The first read after this one was armed, or the second, …
        FailRead(u32),
    }

    #[derive(Clone, Default)]
    pub(in crate::database) struct Injector {
        plan: Arc<Mutex<Option<Plan>>>,
    }

    struct Plan {
        injection: Injection,
        strikes_left: u32,
        reads: u32,
    }

    impl Injector {
        pub(in crate::database) fn new() -> Self {
            Self::default()
        }

        pub(in crate::database) fn arm(&self, injection: Injection, strikes: u32) {
            let plan = Plan { injection, strikes_left: strikes, reads: 0 };
            *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan);
        }

        pub(in crate::database) fn before_statement(&self, number: u32) -> Result<(), Fault> {
            assert!(!self.strikes(Injection::PanicAtStatement(number)), "injected at statement {number}");
            if self.strikes(Injection::FailStatement(number)) {
                return Err(Fault::unavailable("injected at a statement"));
            }
            Ok(())
        }

        pub(in crate::database) fn before_commit(&self) -> Result<(), Fault> {
            if self.strikes(Injection::FailCommit) {
                return Err(Fault::unavailable("injected at the commit"));
            }
            Ok(())
        }

        pub(in crate::database) fn before_read(&self) -> Result<(), Fault> {
            let is_struck = self.asks_plan(|plan| {
                plan.reads += 1;
                plan.strikes(Injection::FailRead(plan.reads))
            });
            if is_struck { Err(Fault::unavailable("injected at a read")) } else { Ok(()) }
        }

        fn strikes(&self, here: Injection) -> bool {
            self.asks_plan(|plan| plan.strikes(here))
        }

        fn asks_plan(&self, question: impl FnOnce(&mut Plan) -> bool) -> bool {
            self.plan.lock().unwrap_or_else(PoisonError::into_inner).as_mut().is_some_and(question)
        }
    }

    impl Plan {
        fn strikes(&mut self, here: Injection) -> bool {
            let is_struck = self.injection == here && self.strikes_left > 0;
            self.strikes_left -= u32::from(is_struck);
            is_struck
        }
    }
}
