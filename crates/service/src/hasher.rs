//! Hashes passwords with Argon2id on threads of its own, never more at once than it may (P11, P13).
//!
//! ```text
//!   admit ─▶ a place, or busy at once      (threads + 64 places)
//!     └─▶ verify, hash ─▶ queue ─▶ one of the threads, with 19 MiB of memory for the time of the work
//! ```
//!
//! A place is taken before an attempt is even counted: a server that is full turns people away with
//! nothing done, instead of letting a queue grow.

use std::{
    num::NonZeroUsize,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};
use countersign_core::{
    authenticator::password::{PASSWORD_BYTES_MAX, Password, PasswordLength},
    ceremony::sign_in::PasswordVerdict,
    secret::same,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use zeroize::Zeroizing;

use crate::Fault;

#[derive(Clone, Copy, Debug)]
pub struct HasherOptions {
    /// Hashes at once.
    pub threads: NonZeroUsize,
    /// How many more may wait.
    pub queue: usize,
    pub cost: Cost,
}

/// What one hash costs; P11 names the least.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Cost {
    /// The OWASP minimum of P11: 19 MiB, two passes, one lane.
    pub const STANDARD: Self = Self { memory_kib: 19_456, passes: 2 };
}

pub struct Hasher {
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    places_max: usize,
    params: Params,
    dummy: Arc<str>,
    runs: Arc<AtomicU64>,
}

/// The right to hash; whoever holds none may not begin an attempt that needs hashing.
pub struct Admission(
    #[expect(dead_code, reason = "held, never read: dropping it frees the place")] OwnedSemaphorePermit,
);

struct Job {
    work: Work,
    /// Travels with the work, so that a caller that hangs up frees no place before the work is done.
    admission: Admission,
    answer: oneshot::Sender<(Result<Done, Fault>, Admission)>,
}

enum Work {
    Verify { password: Arc<Password>, hash: Zeroizing<String> },
    Hash { password: Arc<Password>, salt: [u8; SALT_BYTES], params: Params },
}

enum Done {
    Verified(PasswordVerdict),
    Hashed(Zeroizing<String>),
}

const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

impl Hasher {
    pub fn start(options: HasherOptions) -> Result<Self, Fault> {
        let Cost { memory_kib, passes } = options.cost;
        let params = Params::new(memory_kib, passes, 1, Some(OUTPUT_BYTES))
            .map_err(|_| Fault::Hashing("the configured cost is out of range"))?;
        let mut blocks = Vec::new();
        // The password is as long as none may be, so that nobody can type it.
        let nobodys = Password::new("x".repeat(PASSWORD_BYTES_MAX + 1));
        let dummy = hash(&nobodys, [0; SALT_BYTES], &params, &mut blocks)?;
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let runs = Arc::new(AtomicU64::new(0));
        for number in 0..options.threads.get() {
            let (queue, runs) = (Arc::clone(&queue), Arc::clone(&runs));
            thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || work_off(&queue, &runs))
                .map_err(|_| Fault::Hashing("a thread could not be started"))?;
        }
        let places_max = options.threads.get() + options.queue;
        let places = Arc::new(Semaphore::new(places_max));
        Ok(Self { jobs, places, places_max, params, dummy: dummy.as_str().into(), runs })
    }

    /// A place, or at once the news that there is none.
    pub fn admit(&self) -> Result<Admission, Fault> {
        Arc::clone(&self.places).try_acquire_owned().map(Admission).map_err(|_| Fault::HashingBusy)
    }

    /// Compares a password with its hash.
    pub async fn verify(
        &self,
        admission: Admission,
        password: Arc<Password>,
        hash: Zeroizing<String>,
    ) -> Result<(PasswordVerdict, Admission), Fault> {
        match self.run(Work::Verify { password, hash }, admission).await? {
            (Done::Verified(verdict), admission) => Ok((verdict, admission)),
            (Done::Hashed(_), _) => Err(Fault::Hashing("another kind of answer came back")),
        }
    }

    /// A hash at the present cost of a password that nobody has: compared with where there is none (A35).
    pub fn dummy(&self) -> &str {
        &self.dummy
    }

    /// The hash of a password in PHC form, at the present cost.
    pub async fn hash(
        &self,
        admission: Admission,
        password: Arc<Password>,
        salt: [u8; SALT_BYTES],
    ) -> Result<(Zeroizing<String>, Admission), Fault> {
        let work = Work::Hash { password, salt, params: self.params.clone() };
        match self.run(work, admission).await? {
            (Done::Hashed(hash), admission) => Ok((hash, admission)),
            (Done::Verified(_), _) => Err(Fault::Hashing("another kind of answer came back")),
        }
    }

    /// For how many there is a place at once.
    pub fn places(&self) -> usize {
        self.places_max
    }

    pub fn places_taken(&self) -> usize {
        self.places_max.saturating_sub(self.places.available_permits())
    }

    /// How many hashes were computed since the start, dummies included.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    async fn run(&self, work: Work, admission: Admission) -> Result<(Done, Admission), Fault> {
        let (answer, awaited) = oneshot::channel();
        self.jobs.send(Job { work, admission, answer }).map_err(|_| Fault::Hashing("its threads ended"))?;
        let (done, admission) = awaited.await.map_err(|_| Fault::Hashing("its thread ended"))?;
        Ok((done?, admission))
    }
}

/// One thread: keeps its memory while there is work and gives it back before it waits.
fn work_off(queue: &Mutex<mpsc::Receiver<Job>>, runs: &AtomicU64) {
    let mut blocks: Vec<Block> = Vec::new();
    loop {
        // A lock that is held is held by one who waits: then there is nothing to do for this one either.
        let at_hand = queue.try_lock().ok().and_then(|queue| queue.try_recv().ok());
        let next = at_hand.map_or_else(
            || {
                blocks = Vec::new();
                queue.lock().unwrap_or_else(PoisonError::into_inner).recv()
            },
            Ok,
        );
        let Ok(Job { work, admission, answer }) = next else { return };
        runs.fetch_add(1, Ordering::Relaxed);
        // A panic costs one answer, not one of the few threads.
        let done = panic::catch_unwind(AssertUnwindSafe(|| do_work(&work, &mut blocks)));
        let done = done.unwrap_or(Err(Fault::Hashing("it panicked")));
        // A caller that hung up wants no answer.
        let _ = answer.send((done, admission));
    }
}

fn do_work(work: &Work, blocks: &mut Vec<Block>) -> Result<Done, Fault> {
    match work {
        Work::Verify { password, hash } => verify(password, hash, blocks).map(Done::Verified),
        Work::Hash { password, salt, params } => hash(password, *salt, params, blocks).map(Done::Hashed),
    }
}

fn verify(password: &Password, stored: &str, blocks: &mut Vec<Block>) -> Result<PasswordVerdict, Fault> {
    let stored = PasswordHash::new(stored).map_err(|_| Fault::Hashing("a stored hash does not read"))?;
    let params = Params::try_from(&stored).map_err(|_| Fault::Hashing("a stored hash has odd parameters"))?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(Fault::Hashing("a stored hash lacks salt or output"));
    };
    if password.is_too_long() {
        return Ok(PasswordVerdict::Differs);
    }
    let computed = compute(password, salt.as_ref(), &params, blocks)?;
    let is_same = same(computed.as_slice(), expected.as_bytes());
    Ok(if is_same {
        PasswordVerdict::Matches(PasswordLength::of(password))
    } else {
        PasswordVerdict::Differs
    })
}

fn hash(
    password: &Password,
    salt: [u8; SALT_BYTES],
    params: &Params,
    blocks: &mut Vec<Block>,
) -> Result<Zeroizing<String>, Fault> {
    let computed = compute(password, &salt, params, blocks)?;
    let unwritable = Fault::Hashing("a hash does not write");
    let (Ok(params), Ok(salt), Ok(output)) =
        (params.try_into(), Salt::new(&salt), Output::new(computed.as_slice()))
    else {
        return Err(unwritable);
    };
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(Zeroizing::new(hash.to_string()))
}

fn compute(
    password: &Password,
    salt: &[u8],
    params: &Params,
    blocks: &mut Vec<Block>,
) -> Result<Zeroizing<[u8; OUTPUT_BYTES]>, Fault> {
    if blocks.len() < params.block_count() {
        blocks.resize(params.block_count(), Block::default());
    }
    let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(
            password.expose().as_bytes(),
            salt,
            output.as_mut_slice(),
            blocks.as_mut_slice(),
        )
        .map_err(|_| Fault::Hashing("Argon2 refused its input"))?;
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(queue: usize) -> Hasher {
        let threads = NonZeroUsize::new(1).unwrap();
        Hasher::start(HasherOptions { threads, queue, cost: Cost { memory_kib: 64, passes: 1 } }).unwrap()
    }

    fn password(text: &str) -> Arc<Password> {
        Arc::new(Password::new(text.into()))
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let hasher = hasher(4);
        let hash = hasher.hash(hasher.admit().unwrap(), password("right"), [1; 16]).await.unwrap().0;
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.as_str());
        let right = PasswordVerdict::Matches(PasswordLength::TooShortAlone);
        for (typed, expected) in [("right", right), ("wrong", PasswordVerdict::Differs)] {
            let admission = hasher.admit().unwrap();
            let verdict = hasher.verify(admission, password(typed), hash.clone()).await.unwrap().0;
            assert_eq!(verdict, expected, "{typed}");
        }
    }

    #[tokio::test]
    async fn nothing_typed_matches_the_dummy_at_the_same_cost() {
        let hasher = hasher(4);
        let dummy = Zeroizing::new(hasher.dummy().to_owned());
        let verdict = hasher.verify(hasher.admit().unwrap(), password("anything"), dummy).await.unwrap().0;
        assert_eq!((verdict, hasher.runs()), (PasswordVerdict::Differs, 1));
    }

    /// A90: the exact bytes count, to the last one.
    #[tokio::test]
    async fn passwords_that_differ_in_their_last_byte_differ() {
        let hasher = hasher(4);
        let long = "a".repeat(1023);
        let hash =
            hasher.hash(hasher.admit().unwrap(), password(&format!("{long}x")), [1; 16]).await.unwrap().0;
        let other = password(&format!("{long}y"));
        let verdict = hasher.verify(hasher.admit().unwrap(), other, hash).await.unwrap().0;
        assert_eq!(verdict, PasswordVerdict::Differs);
    }

    #[tokio::test]
    async fn when_all_places_are_taken_the_next_one_is_turned_away_at_once() {
        let hasher = hasher(2);
        let held: Vec<_> = (0..3).map(|_| hasher.admit().unwrap()).collect();
        assert!(matches!(hasher.admit(), Err(Fault::HashingBusy)));
        drop(held);
        assert!(hasher.admit().is_ok());
    }
}
