//! The one source of randomness: the operating system's generator.

use countersign_core::moment::Seed;

use crate::Fault;

#[derive(Clone, Copy, Default)]
pub struct Seeds;

impl Seeds {
    /// One seed per attempt, taken before its transaction.
    pub fn seed(self) -> Result<Seed, Fault> {
        self.bytes().map(Seed::new)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where randomness is drawn")]
    pub fn bytes(self) -> Result<[u8; 32], Fault> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| Fault::Randomness)?;
        Ok(bytes)
    }
}
