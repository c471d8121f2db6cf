//! Two-factor authentication on: see `core::ceremony::enroll` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::{
        AuthenticatorKind, Material,
        password::Password,
        phone::{PhoneNumber, PhoneNumberError},
        totp::AppSecret,
        typed_code::TypedCode,
    },
    ceremony::{
        Ceremony, CeremonyPurpose, PendingAuthenticator,
        enroll::{self, AwaitConfirmation, AwaitMethod, ChoiceOutcome},
        sending::SendOutcome,
        step_up::{Act, ActOutcome},
    },
    id::AuthenticatorId,
    keys::Place,
    refusal::Refusal,
    secret::Secret,
    session::Session,
    token::{SessionToken, TokenHash},
};
use countersign_store::{self as store, Tx, ceremonies, commit::commit, sessions};
use rand_core::Rng;

use crate::{
    Circumstances, Fault, Service, SignedInCaller, otpauth,
    sending::{self, Reach},
    sessions::live,
};

/// Where a session's set-up stands, for showing its page.
pub struct Enrollment {
    /// What the person may choose from, in the order in which it is offered.
    pub offered: Vec<AuthenticatorKind>,
    /// What was chosen, and awaits its first code.
    pub pending: Option<Pending>,
}

pub enum Pending {
    App(PendingApp),
    Reach(Reach),
}

/// What an authenticator app needs to know; shown only while the set-up is under way (A60).
pub struct PendingApp {
    /// Base32, not grouped.
    pub manual_key: Secret<String>,
    pub otpauth_uri: Secret<String>,
    pub issuer: String,
    pub account: String,
}

/// A phone or a mailbox that is to be set up.
struct ReachEntry {
    entry: Arc<EnrollEntry>,
    material: Material,
}

/// A step of a set-up, taken within a session.
struct EnrollEntry {
    service: Service,
    session: TokenHash,
    known_browser: Option<TokenHash>,
    typed: TypedCode,
    circumstances: Circumstances,
}

impl Service {
    /// Begins a set-up, behind the proof that policy demands (CR-15): of the first method, or of another one.
    pub async fn begin_enrollment(
        &self,
        caller: SignedInCaller,
        act: Act,
        (password, typed): (Password, TypedCode),
    ) -> Result<ActOutcome, Fault> {
        self.do_proved(caller, act, (password, typed), enroll::begin).await
    }

    /// The person chose the app: it gets its secret (CR-23).
    pub async fn choose_app(&self, caller: SignedInCaller) -> Result<ChoiceOutcome, Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        self.transact(&entry, |entry, tx| Box::pin(entry.choose_app(tx))).await
    }

    /// The person chose the phone and typed its number: it gets a code (CR-17, CR-18).
    pub async fn choose_phone(
        &self,
        caller: SignedInCaller,
        number: PhoneNumber,
    ) -> Result<SendOutcome, Fault> {
        self.choose_reach(caller, Material::Phone(number)).await
    }

    /// The person chose the mailbox: a code goes to the address that they sign in with (B3-3).
    pub async fn choose_email(&self, caller: SignedInCaller) -> Result<SendOutcome, Fault> {
        self.choose_reach(caller, Material::Email).await
    }

    async fn choose_reach(&self, caller: SignedInCaller, material: Material) -> Result<SendOutcome, Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        let choosing = Arc::new(ReachEntry { entry, material });
        let outcome = self.transact(&choosing, |choosing, tx| Box::pin(choosing.choose(tx))).await?;
        self.wait_for_code(Some(&outcome)).await;
        Ok(outcome)
    }

    /// Sends a further code to what is being set up.
    pub async fn send_enrollment_code(&self, caller: SignedInCaller) -> Result<SendOutcome, Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        let outcome = self.transact(&entry, |entry, tx| Box::pin(entry.send(tx))).await?;
        self.wait_for_code(Some(&outcome)).await;
        Ok(outcome)
    }

    /// Reads a number as a person of this installation writes it.
    pub fn parse_phone_number(&self, typed: &str) -> Result<PhoneNumber, PhoneNumberError> {
        match &self.0.texting {
            Some(rules) => PhoneNumber::parse(typed, &rules.home),
            None => Err(PhoneNumberError::NoMobile),
        }
    }

    /// A number as people of this installation write theirs.
    pub fn example_phone_number(&self) -> Option<String> {
        self.0.texting.as_ref()?.home.example()
    }

    /// Judges the first code of what is being set up; if it is right, that is a factor from now on (CR-19, CR-25).
    pub async fn confirm_method(
        &self,
        caller: SignedInCaller,
        typed: TypedCode,
    ) -> Result<ActOutcome, Fault> {
        let entry = self.enroll_entry(caller, typed)?;
        self.transact_or_spend(
            &entry,
            |entry, tx| Box::pin(entry.confirm(tx)),
            |entry, tx| Box::pin(entry.spend(tx)),
        )
        .await
    }

    /// Gives the set-up up.
    pub async fn cancel_enrollment(&self, caller: SignedInCaller) -> Result<(), Fault> {
        let entry = self.enroll_entry(caller, TypedCode::Missing)?;
        self.transact(&entry, |entry, tx| Box::pin(entry.cancel(tx))).await
    }

    /// The set-up that is under way in a session, with its secret as long as that is to be shown.
    pub async fn enrollment(&self, token: &SessionToken) -> Result<Option<Enrollment>, Fault> {
        let (hash, now, service) = (token.hash(), self.now(), self.clone());
        let found = self.0.database.read(move |tx| {
            let service = service.clone();
            Box::pin(async move {
                let Some((session, account)) = live(tx, &hash, now).await? else { return Ok(None) };
                let found = ceremonies::of_session(tx, &session, CeremonyPurpose::Enroll).await?;
                let under_way = found.filter(|ceremony| ceremony.is_live(&account.user, now));
                let Some(ceremony) = under_way else { return Ok(None) };
                let pending = service.pending(tx, &ceremony, &account).await?;
                Ok(Some(Enrollment { offered: service.offered(&account), pending }))
            })
        });
        Ok(found.await?)
    }

    /// What the person may set up: what policy offers and this installation can reach.
    pub(crate) fn offered(&self, account: &Account) -> Vec<AuthenticatorKind> {
        let mut offered = account.offered();
        offered.retain(|kind| match kind {
            AuthenticatorKind::Phone => self.can_text(),
            AuthenticatorKind::Email => self.can_mail(),
            AuthenticatorKind::Password
            | AuthenticatorKind::App
            | AuthenticatorKind::RecoveryKey
            | AuthenticatorKind::BackupCodes => true,
        });
        offered
    }

    async fn pending(
        &self,
        tx: &mut Tx<'_>,
        ceremony: &Ceremony,
        account: &Account,
    ) -> Result<Option<Pending>, store::Fault> {
        let Some(pending) = ceremony.pending_at(self.now()) else { return Ok(None) };
        Ok(match &pending.material {
            Material::App(sealed) => {
                let secret = self.open_secret(&account.user.id, &pending.id, sealed)?;
                Some(Pending::App(self.pending_app(&secret, account.user.email.as_str())))
            }
            Material::Phone(_)
            | Material::Email
            | Material::Password(_)
            | Material::RecoveryKey(_)
            | Material::BackupCodes(_) => match pending.material.destination(&account.user) {
                Some(to) => Some(Pending::Reach(sending::reach(tx, Some(ceremony), to, self.now()).await?)),
                None => None,
            },
        })
    }

    pub(crate) fn pending_app(&self, secret: &AppSecret, account: &str) -> PendingApp {
        let issuer = self.0.product_name.clone();
        let manual_key = secret.manual_key();
        PendingApp {
            otpauth_uri: otpauth::uri(&issuer, account, &manual_key),
            manual_key,
            issuer,
            account: account.to_owned(),
        }
    }

    fn enroll_entry(&self, caller: SignedInCaller, typed: TypedCode) -> Result<Arc<EnrollEntry>, Fault> {
        Ok(Arc::new(EnrollEntry {
            service: self.clone(),
            session: caller.session.hash(),
            known_browser: caller.known_browser.map(|token| token.hash()),
            typed,
            circumstances: self.circumstances(caller.visitor)?,
        }))
    }
}

impl ReachEntry {
    async fn choose(&self, tx: &mut Tx<'_>) -> Result<SendOutcome, store::Fault> {
        let Self { entry, material } = self;
        let Some((ceremony, session, mut account)) = entry.load(tx).await? else {
            return Ok(SendOutcome::Refused(Refusal::Over));
        };
        let to = material.destination(&account.user);
        entry.service.load_budget(tx, &mut account, to, &entry.circumstances).await?;
        let mut moment = entry.circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let state = AwaitMethod { ceremony, session, account };
        commit(tx, state.reach_chosen(&id, material, &mut moment)).await
    }
}

impl EnrollEntry {
    async fn send(&self, tx: &mut Tx<'_>) -> Result<SendOutcome, store::Fault> {
        let Some((ceremony, session, mut account)) = self.load(tx).await? else {
            return Ok(SendOutcome::Refused(Refusal::Over));
        };
        let to = ceremony.pending.as_ref().and_then(|pending| pending.material.destination(&account.user));
        self.service.load_budget(tx, &mut account, to, &self.circumstances).await?;
        let state = AwaitConfirmation { ceremony, session, account };
        commit(tx, state.code_wanted(&mut self.circumstances.moment())).await
    }

    async fn choose_app(&self, tx: &mut Tx<'_>) -> Result<ChoiceOutcome, store::Fault> {
        let Some((ceremony, session, account)) = self.load(tx).await? else {
            return Ok(ChoiceOutcome::Refused(Refusal::Over));
        };
        let mut moment = self.circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let secret = AppSecret::mint(&mut moment.rng);
        let mut nonce = [0; 12];
        moment.rng.fill_bytes(&mut nonce);
        let place = Place::of_authenticator(&account.user.id, &id);
        let sealed = moment.keys.seal(&place, nonce, secret.expose_bytes()).map_err(Fault::from)?;
        commit(tx, AwaitMethod { ceremony, session, account }.app_chosen(&id, sealed, &moment)).await
    }

    async fn confirm(&self, tx: &mut Tx<'_>) -> Result<ActOutcome, store::Fault> {
        let Some((ceremony, session, account)) = self.load(tx).await? else {
            return Ok(ActOutcome::Refused(Refusal::Over));
        };
        let secret = match &ceremony.pending {
            Some(PendingAuthenticator { id, material: Material::App(sealed), .. }) => {
                Some(self.service.open_secret(&account.user.id, id, sealed)?)
            }
            _ => None,
        };
        let mut moment = self.circumstances.moment();
        let state = AwaitConfirmation { ceremony, session, account };
        commit(tx, state.code_typed(&self.typed, secret.as_ref(), &mut moment)).await
    }

    async fn spend(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        if let Some((ceremony, session, account)) = self.load(tx).await? {
            let state = AwaitConfirmation { ceremony, session, account };
            commit(tx, state.spent(&mut self.circumstances.moment())).await?;
        }
        Ok(())
    }

    async fn cancel(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        match self.load(tx).await? {
            Some((ceremony, ..)) => commit(tx, enroll::cancel(&ceremony, &self.circumstances.moment())).await,
            None => Ok(()),
        }
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Option<(Ceremony, Session, Account)>, store::Fault> {
        let found = sessions::lock(tx, &self.session, self.known_browser).await?;
        let Some((session, account)) = found else {
            return Ok(None);
        };
        let ceremony = ceremonies::of_session(tx, &session, CeremonyPurpose::Enroll).await?;
        Ok(ceremony.map(|ceremony| (ceremony, session, account)))
    }
}
