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
}

#[cfg(feature = "fault-injection")]
mod on_demand {
    use std::sync::{Arc, Mutex, PoisonError};

    use crate::Fault;

    /// Where a writing transaction shall be hit. Statements count from 1 in each transaction; those sent
    /// together count one by one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Injection {
        FailStatement(u32),
        PanicAtStatement(u32),
        /// On SQLite this fails everybody whose job is in the same group, as a real failure does.
        FailCommit,
    }

    #[derive(Clone, Default)]
    pub(in crate::database) struct Injector {
        plan: Arc<Mutex<Option<(Injection, u32)>>>,
    }

    impl Injector {
        pub(in crate::database) fn new() -> Self {
            Self::default()
        }

        pub(in crate::database) fn arm(&self, injection: Injection, strikes: u32) {
            *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some((injection, strikes));
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

        fn strikes(&self, here: Injection) -> bool {
            let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
            match plan.as_mut() {
                Some((injection, left)) if *injection == here && *left > 0 => {
                    *left -= 1;
                    true
                }
                _ => false,
            }
        }
    }
}
