//! Becoming an operator behind a link: see `core::ceremony::become_operator` for the picture.

use std::sync::Arc;

use countersign_core::{
    account::Account,
    authenticator::{
        password::{Password, PasswordRefusal, PasswordStands},
        totp::AppSecret,
        typed_code::TypedCode,
    },
    ceremony::become_operator::{AwaitFirstCode, AwaitPerson, EnteredOutcome, FirstCodeOutcome},
    id::{AuthenticatorId, UserId},
    keys::Place,
    moment::{Moment, Visitor},
    operator_link::{NewSecret, OPERATOR_SET_UP_LIFE, OperatorSetUp},
    refusal::Refusal,
    token::{OperatorLinkToken, OperatorSetUpToken, TokenHash},
    user::{EmailAddress, User},
};
use countersign_store::{self as store, Tx, accounts, commit::commit, operators};
use rand_core::Rng;

use crate::{Circumstances, Fault, Service, change_password::NewPassword, enroll::PendingApp};

/// What a browser carries of a link: the link itself, and what was entered behind it.
pub struct CarriedLink {
    pub link: OperatorLinkToken,
    pub set_up: Option<OperatorSetUpToken>,
}

/// A link that is still good.
pub struct OpenOperatorLink {
    /// The operator whom it is for; without one, it makes another.
    pub operator: Option<User>,
    /// What this browser entered before.
    pub entered: Option<Entered>,
    pub password_characters_min: usize,
}

pub struct Entered {
    pub name: String,
    pub email: String,
}

/// Who becomes an operator. Name and address of one who is one already are not asked for.
pub struct PersonEntered {
    pub named: Option<(String, EmailAddress)>,
    pub password: Password,
}

pub enum BeginOutcome {
    Refused(Refusal),
    /// The password may not be chosen; nothing was begun.
    Unfit(PasswordRefusal),
    /// The QR code comes next; the token is there where the browser has none yet.
    Onward {
        set_up: Option<OperatorSetUpToken>,
    },
}

struct PersonEntry {
    carried: CarriedHashes,
    user: UserId,
    name: String,
    email: EmailAddress,
    password: NewPassword,
    circumstances: Circumstances,
}

struct FirstCodeEntry {
    service: Service,
    carried: CarriedHashes,
    typed: TypedCode,
    circumstances: Circumstances,
}

#[derive(Clone, Copy)]
struct CarriedHashes {
    link: TokenHash,
    set_up: Option<TokenHash>,
}

impl Service {
    /// Whether a link is still good, for showing its page: nothing is used up by looking (A43).
    pub async fn operator_link(&self, carried: &CarriedLink) -> Result<Option<OpenOperatorLink>, Fault> {
        let (hashes, now) = (carried.hashed(), self.now());
        let found = self.0.database.read(move |tx| {
            Box::pin(async move {
                let Some(link) = operators::link(tx, &hashes.link).await? else { return Ok(None) };
                let operator = match &link.user {
                    Some(user) => accounts::user(tx, user).await?,
                    None => None,
                };
                if !link.is_open(operator.as_ref(), now) {
                    return Ok(None);
                }
                let set_up = hashes.set_up(tx).await?.filter(|set_up| set_up.is_live(&link, now));
                Ok(Some(OpenOperatorLink {
                    operator,
                    entered: set_up
                        .map(|OperatorSetUp { name, email, .. }| Entered { name, email: email.to_string() }),
                    password_characters_min: PasswordStands::BesideSecondFactor.characters_min(),
                }))
            })
        });
        Ok(found.await?)
    }

    /// Judges and hashes the password, and keeps what was entered until the app's first code.
    pub async fn begin_becoming_operator(
        &self,
        carried: &CarriedLink,
        person: PersonEntered,
        visitor: Visitor,
    ) -> Result<BeginOutcome, Fault> {
        let admission = self.0.hasher.admit()?;
        let Some(link) = self.operator_link(carried).await? else {
            return Ok(BeginOutcome::Refused(Refusal::LinkOver));
        };
        let (user, name, email) = match (link.operator, person.named) {
            (Some(user), _) => (user.id, user.name, user.email),
            (None, Some((name, email))) => (self.user_begun(carried).await?, name, email),
            (None, None) => return Ok(BeginOutcome::Refused(Refusal::Missing)),
        };
        // As it will be, so that the password is judged under the rules that will hold for it.
        let future = User::new(user.clone(), name.clone(), email.clone());
        let account = Account::new(User { operator_since: Some(self.now()), ..future });
        if let Err(unfit) = self.judge_password(&person.password, &account).await? {
            return Ok(BeginOutcome::Unfit(unfit));
        }
        let (password, _admission) = self.hash_new(admission, person.password, &user).await?;
        let (carried, circumstances) = (carried.hashed(), self.circumstances(visitor)?);
        let entry = Arc::new(PersonEntry { carried, user, name, email, password, circumstances });
        Ok(match self.transact(&entry, |entry, tx| Box::pin(entry.commit(tx))).await? {
            EnteredOutcome::Refused(refusal) => BeginOutcome::Refused(refusal),
            EnteredOutcome::Onward { token } => BeginOutcome::Onward { set_up: token },
        })
    }

    /// The app that awaits its first code in this browser.
    pub async fn operators_app(&self, carried: &CarriedLink) -> Result<Option<PendingApp>, Fault> {
        let (hashes, now, service) = (carried.hashed(), self.now(), self.clone());
        let found = self.0.database.read(move |tx| {
            let service = service.clone();
            Box::pin(async move {
                let Some(link) = operators::link(tx, &hashes.link).await? else { return Ok(None) };
                let set_up = hashes.set_up(tx).await?.filter(|set_up| set_up.is_live(&link, now));
                let Some(set_up) = set_up else { return Ok(None) };
                let secret = service.open_secret(&set_up.user, &set_up.app.id, &set_up.app.secret)?;
                Ok(Some(service.pending_app(&secret, set_up.email.as_str())))
            })
        });
        Ok(found.await?)
    }

    /// Judges the first code of the app; if it is right, there is an operator.
    pub async fn finish_becoming_operator(
        &self,
        carried: &CarriedLink,
        typed: TypedCode,
        visitor: Visitor,
    ) -> Result<FirstCodeOutcome, Fault> {
        let entry = Arc::new(FirstCodeEntry {
            service: self.clone(),
            carried: carried.hashed(),
            typed,
            circumstances: self.circumstances(visitor)?,
        });
        let judged = self.transact_or_spend(
            &entry,
            |entry, tx| Box::pin(entry.judge(tx)),
            |entry, tx| Box::pin(entry.spend(tx)),
        );
        match judged.await {
            // Somebody else got the address between our look and our write.
            Err(Fault::Store(store::Fault::UniqueViolation { .. })) => {
                Ok(FirstCodeOutcome::Refused(Refusal::EmailTaken))
            }
            judged => judged,
        }
    }

    /// Who the set-up of this browser is for: secrets are sealed for them.
    async fn user_begun(&self, carried: &CarriedLink) -> Result<UserId, Fault> {
        let hashes = carried.hashed();
        let found = self.0.database.read(move |tx| Box::pin(async move { hashes.set_up(tx).await }));
        let begun = found.await.map_err(Fault::from)?.filter(|set_up| set_up.link == hashes.link);
        match begun {
            Some(set_up) => Ok(set_up.user),
            None => Ok(UserId::mint(self.now(), &mut self.rng()?)),
        }
    }
}

impl CarriedLink {
    fn hashed(&self) -> CarriedHashes {
        CarriedHashes { link: self.link.hash(), set_up: self.set_up.as_ref().map(OperatorSetUpToken::hash) }
    }
}

impl CarriedHashes {
    async fn set_up(&self, tx: &mut Tx<'_>) -> Result<Option<OperatorSetUp>, store::Fault> {
        match &self.set_up {
            Some(token) => operators::set_up(tx, token).await,
            None => Ok(None),
        }
    }
}

impl PersonEntry {
    async fn commit(&self, tx: &mut Tx<'_>) -> Result<EnteredOutcome, store::Fault> {
        let Some((link, operator)) = operators::lock_link(tx, &self.carried.link).await? else {
            return Ok(EnteredOutcome::Refused(Refusal::LinkOver));
        };
        let begun = self.carried.set_up(tx).await?.filter(|begun| begun.user == self.user);
        let is_email_taken = accounts::user_by_email(tx, &self.email).await?.is_some();
        let state = AwaitPerson { link, operator, begun, is_email_taken };
        let mut moment = self.circumstances.moment();
        let token = OperatorSetUpToken::mint(&mut moment.rng);
        let set_up = match state.live(&moment).cloned() {
            Some(begun) => self.over(begun),
            None => self.anew(&state, &token, &mut moment)?,
        };
        commit(tx, state.entered(set_up, token, &mut moment)).await
    }

    /// What was entered before, with what was entered now in its place.
    fn over(&self, begun: OperatorSetUp) -> OperatorSetUp {
        let password = self.new_password();
        OperatorSetUp { name: self.name.clone(), email: self.email.clone(), password, ..begun }
    }

    fn anew(
        &self,
        state: &AwaitPerson,
        token: &OperatorSetUpToken,
        moment: &mut Moment<'_>,
    ) -> Result<OperatorSetUp, Fault> {
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        let app = AppSecret::mint(&mut moment.rng);
        let mut nonce = [0; 12];
        moment.rng.fill_bytes(&mut nonce);
        let place = Place::of_authenticator(&self.user, &id);
        let secret = moment.keys.seal(&place, nonce, app.expose_bytes())?;
        Ok(OperatorSetUp {
            token: token.hash(),
            link: state.link.token,
            user: self.user.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            password: self.new_password(),
            app: NewSecret { id, secret },
            wrong_codes: 0,
            created_at: moment.now,
            expires_at: moment.now.plus(OPERATOR_SET_UP_LIFE),
        })
    }

    fn new_password(&self) -> NewSecret {
        let NewPassword { id, hash } = &self.password;
        NewSecret { id: id.clone(), secret: hash.clone() }
    }
}

impl FirstCodeEntry {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<FirstCodeOutcome, store::Fault> {
        let state = match self.load(tx).await? {
            Ok(state) => state,
            Err(refusal) => return Ok(FirstCodeOutcome::Refused(refusal)),
        };
        let OperatorSetUp { user, app, .. } = &state.set_up;
        let secret = self.service.open_secret(user, &app.id, &app.secret)?;
        let mut moment = self.circumstances.moment();
        commit(tx, state.code_typed(&self.typed, &secret, &mut moment)).await
    }

    async fn spend(&self, tx: &mut Tx<'_>) -> Result<(), store::Fault> {
        if let Ok(state) = self.load(tx).await? {
            commit(tx, state.spent(&mut self.circumstances.moment())).await?;
        }
        Ok(())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Result<AwaitFirstCode, Refusal>, store::Fault> {
        let Some((link, operator)) = operators::lock_link(tx, &self.carried.link).await? else {
            return Ok(Err(Refusal::LinkOver));
        };
        let Some(set_up) = self.carried.set_up(tx).await? else {
            // Those of a link that was used are gone with it.
            return Ok(Err(if link.used_at.is_some() { Refusal::LinkOver } else { Refusal::Over }));
        };
        let is_email_taken = accounts::user_by_email(tx, &set_up.email).await?.is_some();
        let operators = operators::all(tx).await?;
        Ok(Ok(AwaitFirstCode { link, operator, set_up, is_email_taken, operators }))
    }
}
