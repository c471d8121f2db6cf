//! Every door goes through here: one function for each step of each ceremony, in five beats.
//!
//! ```text
//!   load    lock the rows of the person              store::{accounts, ceremonies, sessions}
//!   count   the attempt, before anything is compared core::ceremony
//!   decide  outcome and writes, as one value         core::ceremony
//!   commit  writes and messages, together            store::commit
//!   answer  only then
//! ```
//!
//! Load to commit is one transaction. What Argon2 hashes takes two, with the hashing between them.

pub mod activity;
pub mod audit;
pub mod authority;
pub mod background;
mod beats;
pub mod become_operator;
pub mod breaches;
pub mod by_operator;
pub mod change_password;
pub mod clock;
pub mod clock_watch;
pub mod directory;
pub mod end_sessions;
pub mod enroll;
mod error;
pub mod forgot_password;
pub mod hasher;
pub mod health;
pub mod invariants;
pub mod janitor;
pub mod load;
pub mod new_codes;
mod new_key;
pub mod not_me;
pub mod operators;
pub mod organizations;
pub mod otpauth;
pub mod outbox;
pub mod people;
pub mod profile;
pub mod recover;
pub mod reports;
mod secrets;
pub mod seeds;
pub mod sending;
pub mod sessions;
pub mod set_password;
pub mod sign_in;
mod sources;
pub mod step_up;
pub mod turn_off;
pub mod unlock;
pub mod verify_email;

use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use countersign_core::{
    authenticator::password::StoredHash,
    keys::{KeyRing, Keyed},
    moment::{Moment, Seed, Visitor},
    throttle::{budget::TextingRules, links::ResetRules, source::SourceRules},
    timestamp::Timestamp,
    token::{KnownBrowserToken, SessionToken},
};
use countersign_delivery::{outcomes::Outcomes, place::Places};
use countersign_store::Database;
use rand_chacha::ChaCha20Rng;

pub use error::{Fault, Remedy};

use crate::{
    breaches::BreachFile, clock::Clock, hasher::Hasher, reports::ReportKeys, seeds::Seeds, sources::Sources,
};

/// The service; a clone is another handle to the same one.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    parts: Parts,
    is_stopping: AtomicBool,
    /// What is compared with where a name has no password.
    dummy: StoredHash,
    /// Networks that wait.
    sources: Sources,
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// What a service is made of.
pub struct Parts {
    pub database: Database,
    /// The sender of messages opens with them what is sealed here.
    pub keys: Arc<KeyRing>,
    pub hasher: Hasher,
    pub clock: Clock,
    pub seeds: Seeds,
    /// Named in authenticator apps, and a word that no password may be made of.
    pub product_name: String,
    pub breaches: Option<BreachFile>,
    /// What slows floods of wrong passwords.
    pub source_rules: SourceRules,
    pub reset_rules: ResetRules,
    /// `None` where no gateway sends text messages: then phones are not offered.
    pub texting: Option<Arc<TextingRules>>,
    /// How long a page waits for the outcome of the message that it asked for.
    pub message_patience: Duration,
    /// Whether emails leave; if not, they wait.
    pub can_mail: bool,
    /// Says in words where people come from, where there is a file for it.
    pub places: Option<Places>,
    /// Tells how the first attempt to send a message ended.
    pub outcomes: Outcomes,
    /// What a gateway signs its reports with.
    pub report_keys: ReportKeys,
}

/// Who asks for something within a session.
pub struct SignedInCaller {
    pub session: SessionToken,
    pub known_browser: Option<KnownBrowserToken>,
    pub visitor: Visitor,
}

impl Service {
    pub fn new(parts: Parts) -> Result<Self, Fault> {
        let dummy = secrets::seal_dummy(&parts)?;
        let is_stopping = AtomicBool::new(false);
        Ok(Self(Arc::new(Inner { parts, is_stopping, dummy, sources: Sources::default() })))
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Randomness for what web itself hands out, such as the mark of a browser.
    pub fn random(&self) -> Result<[u8; 32], Fault> {
        self.0.seeds.bytes()
    }

    /// The key under which form tokens are made.
    pub fn form_tokens(&self) -> &Keyed {
        self.0.keys.form_tokens()
    }

    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Whether a link that is mailed now has a way to its reader.
    pub fn can_mail(&self) -> bool {
        self.0.can_mail
    }

    /// Where an address is, in the words of the notices.
    pub fn place_of(&self, source: &str) -> Option<String> {
        let address: IpAddr = source.parse().ok()?;
        self.0.places.as_ref()?.words(address.to_canonical())
    }

    pub fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// Randomness for what is made outside of any transaction.
    fn rng(&self) -> Result<ChaCha20Rng, Fault> {
        Ok(self.0.seeds.seed()?.rng())
    }

    fn circumstances(&self, visitor: Visitor) -> Result<Circumstances, Fault> {
        let keys = Arc::clone(&self.0.keys);
        Ok(Circumstances { now: self.now(), seed: self.0.seeds.seed()?, keys, visitor })
    }
}

/// Time, chance and visitor of one attempt, taken before its transaction begins: a body that runs twice
/// makes the same [`Moment`] of them.
struct Circumstances {
    now: Timestamp,
    seed: Seed,
    keys: Arc<KeyRing>,
    visitor: Visitor,
}

impl Circumstances {
    fn moment(&self) -> Moment<'_> {
        Moment::new(self.now, &self.visitor, &self.keys, &self.seed)
    }
}
