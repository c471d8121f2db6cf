//! The circumstances of one attempt: when, who asks, and the randomness it may draw.

use std::net::{IpAddr, Ipv4Addr};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use zeroize::Zeroizing;

use crate::{keys::KeyRing, timestamp::Timestamp};

/// Thirty-two bytes from the operating system, taken once per attempt before its transaction begins.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The same values each time.
    pub fn rng(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(*self.0)
    }
}

/// Where a request came from, as far as it can be known without trusting it.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub source: IpAddr,
    /// What the browser calls itself, shortened and freed of control characters.
    pub user_agent: String,
    pub browser: BrowserMark,
}

impl Visitor {
    /// An operator's console, which has no address and is no browser.
    pub fn console() -> Self {
        Self::program("countersign command")
    }

    /// What the server does by itself.
    pub fn janitor() -> Self {
        Self::program("countersign janitor")
    }

    fn program(name: &str) -> Self {
        let source = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self { source, user_agent: name.to_owned(), browser: BrowserMark([0; 32]) }
    }

    pub fn is_console(&self) -> bool {
        self.source.is_unspecified()
    }

    /// The network that a budget counts by: what one customer of a provider usually has (P4).
    pub fn network(&self) -> String {
        match self.source.to_canonical() {
            IpAddr::V4(address) => {
                let [first, second, third, _] = address.octets();
                format!("{first}.{second}.{third}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// SHA-256 of the random value that this browser got with its first form: tells the browser that caused a
/// lock from all others, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserMark(pub [u8; 32]);

/// One `now` and one seed for a whole transaction, so that a body that runs twice decides the same.
pub struct Moment<'v> {
    pub now: Timestamp,
    pub visitor: &'v Visitor,
    /// For what is sealed and digested on the way.
    pub keys: &'v KeyRing,
    pub rng: ChaCha20Rng,
}

impl<'v> Moment<'v> {
    pub fn new(now: Timestamp, visitor: &'v Visitor, keys: &'v KeyRing, seed: &Seed) -> Self {
        Self { now, visitor, keys, rng: seed.rng() }
    }
}
