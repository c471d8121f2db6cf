//! One person in one company, and the moments in which things are decided about her.

use std::net::{IpAddr, Ipv4Addr};

use countersign_core::{
    account::Account,
    ceremony::{Decision, Write, sign_in::Candidate},
    id::{AuthenticatorId, OrganizationId, UserId},
    keys::{KeyRing, RootKey},
    moment::{BrowserMark, Moment, Seed, Visitor},
    organization::Role,
    policy::presets::Preset,
    secret::{Sealed, Secret},
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_store::{
    Database, accounts,
    audit::beginning,
    commit::commit,
    migrations::MIGRATIONS,
    people::{self, NewOrganization, NewUser},
};

use crate::support::Home;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_356_300_000);
pub(crate) const DIGEST: [u8; 32] = [5; 32];

/// What is decided with the same number is decided with the same randomness.
pub(crate) fn in_a_moment<T>(number: u8, decide: impl FnOnce(&mut Moment<'_>) -> T) -> T {
    let visitor = Visitor {
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: "Firefox".into(),
        browser: BrowserMark([0; 32]),
    };
    decide(&mut Moment::new(NOW, &visitor, &keys(), &Seed::new([number; 32])))
}

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(vec![RootKey { number: 1, bytes: Secret::new([7; 32]) }]).unwrap()
}

pub(crate) async fn with_ann(home: &Home) -> Database {
    let database = home.open().await;
    database.migrate(MIGRATIONS, NOW.as_millis()).await.unwrap();
    beginning::begin(&database, &keys().audit_key(), NOW).await.unwrap();
    let making = database.write(|tx| {
        Box::pin(async move {
            let organization = NewOrganization {
                id: OrganizationId::from_stored("org_trackwell".into()),
                name: "Trackwell".into(),
                preset: Preset::PerUser.as_str(),
                policy: Preset::PerUser.policy(),
                two_factor_opened_at: Some(NOW),
                at: NOW,
            };
            people::add_organization(tx, &organization).await?;
            let user = NewUser {
                id: UserId::from_stored("usr_ann".into()),
                email: EmailAddress::parse("ann@trackwell.example").unwrap(),
                email_verified_at: None,
                name: "Ann Ames".into(),
                organization: organization.id,
                role: Role::Owner,
                at: NOW,
            };
            people::add_user(tx, &user).await?;
            let bind = Write::BindPassword {
                user: user.id,
                authenticator: AuthenticatorId::from_stored("aut_password".into()),
                hash: Sealed(b"hash".to_vec()),
                at: NOW,
            };
            commit(tx, Decision::new((), vec![bind])).await
        })
    });
    making.await.unwrap();
    database
}

pub(crate) async fn ann(database: &Database) -> Account {
    let loading = database.write(|tx| {
        Box::pin(async move {
            let email = EmailAddress::parse("ann@trackwell.example").unwrap();
            match accounts::candidate(tx, &email, &DIGEST, None, NOW).await? {
                Candidate::Known(account) => Ok(*account),
                Candidate::Unknown(_) => panic!("Ann was not found"),
            }
        })
    });
    loading.await.unwrap()
}
