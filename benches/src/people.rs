//! The people of the measurements: everything about the nth of them follows from n and from when this run began,
//! so nothing is kept of them.

use std::{sync::OnceLock, time::Duration};

use countersign_core::{
    assurance::{Evidence, Proof},
    authenticator::{AuthenticatorKind, totp::AppSecret},
    id::{AuthenticatorId, CeremonyId, SessionId, UserId},
    keys::{KeyRing, Place, SealFault},
    secret::Sealed,
    timestamp::Timestamp,
    token::{CeremonyToken, SessionToken},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::clock;

pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) password: AuthenticatorId,
    pub(crate) app: AuthenticatorId,
    pub(crate) secret: AppSecret,
    pub(crate) ceremony: CeremonyId,
    pub(crate) ceremony_token: CeremonyToken,
    pub(crate) session: SessionId,
    pub(crate) session_token: SessionToken,
    nonces: [[u8; 12]; 2],
}

impl Person {
    /// Ids are born a millisecond apart, as those of a product that grows.
    pub(crate) fn nth(number: usize) -> Self {
        let mut seed = [0; 32];
        let (first, _) = seed.split_at_mut(8);
        first.copy_from_slice(&(number as u64).to_be_bytes());
        let mut rng = ChaCha20Rng::from_seed(seed);
        let born = born_first().plus(Duration::from_millis(number as u64));
        let mut nonces = [[0; 12]; 2];
        for nonce in &mut nonces {
            rng.fill_bytes(nonce);
        }
        Self {
            user: UserId::mint(born, &mut rng),
            email: format!("person-{number:07}@bench.example"),
            password: AuthenticatorId::mint(born, &mut rng),
            app: AuthenticatorId::mint(born, &mut rng),
            secret: AppSecret::mint(&mut rng),
            ceremony: CeremonyId::mint(born, &mut rng),
            ceremony_token: CeremonyToken::mint(&mut rng),
            session: SessionId::mint(born, &mut rng),
            session_token: SessionToken::mint(&mut rng),
            nonces,
        }
    }

    pub(crate) fn sealed_password(&self, keys: &KeyRing, hash: &str) -> Result<Sealed, SealFault> {
        let [nonce, _] = self.nonces;
        keys.seal(&Place::of_authenticator(&self.user, &self.password), nonce, hash.as_bytes())
    }

    pub(crate) fn sealed_secret(&self, keys: &KeyRing) -> Result<Sealed, SealFault> {
        let [_, nonce] = self.nonces;
        keys.seal(&Place::of_authenticator(&self.user, &self.app), nonce, self.secret.expose_bytes())
    }

    /// What a sign-in has proved that awaits its code.
    pub(crate) fn password_proved(&self, at: Timestamp) -> Evidence {
        Evidence::of(Proof { kind: AuthenticatorKind::Password, authenticator: self.password.clone(), at })
    }

    pub(crate) fn both_proved(&self, at: Timestamp) -> Evidence {
        let proof = Proof { kind: AuthenticatorKind::App, authenticator: self.app.clone(), at };
        self.password_proved(at).and(proof)
    }

    /// The code that the person's app shows at `now`.
    pub(crate) fn code(&self, now: Timestamp) -> String {
        let totp = totp_rs::Builder::new()
            .with_algorithm(totp_rs::Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(30)
            .with_secret(*self.secret.expose_bytes())
            .build_noncompliant();
        totp.generate(now.as_millis().unsigned_abs() / 1000).to_string()
    }
}

/// Within the hour before this run: the janitor tells by their ids how old rows are.
fn born_first() -> Timestamp {
    static FIRST: OnceLock<Timestamp> = OnceLock::new();
    *FIRST.get_or_init(|| clock::now().minus(Duration::from_hours(1)))
}
