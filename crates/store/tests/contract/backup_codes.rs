//! Ten backup codes are kept, each is used once, and none of a set that is void.

use countersign_core::{
    authenticator::{Material, backup_codes::BackupCodes},
    ceremony::{Claim, Decision, RecoveryWrite, Write},
    id::{AuthenticatorId, UserId},
    throttle::cap::FailureRecord,
};
use countersign_store::{Database, commit::commit};
use futures_util::future::join_all;

use crate::{
    ann::{NOW, ann, in_a_moment, keys, with_ann},
    support::Home,
};

on_both_databases!(
    a_set_is_loaded_as_it_was_bound_with_what_was_used_of_it,
    of_many_uses_of_one_code_at_once_one_is_made,
    no_code_of_a_set_that_is_out_of_use_is_used,
    no_code_of_a_set_that_is_void_is_used,
);

fn user() -> UserId {
    UserId::from_stored("usr_ann".into())
}

fn set() -> AuthenticatorId {
    AuthenticatorId::from_stored("aut_codes".into())
}

async fn with_codes(home: &Home) -> Database {
    let database = with_ann(home).await;
    let binding = database.write(|tx| {
        let codes = in_a_moment(1, |moment| BackupCodes::mint(&mut moment.rng));
        let bind = RecoveryWrite::Bind {
            user: user(),
            authenticator: set(),
            material: Material::BackupCodes(codes.keep(&keys(), &user(), &set())),
            failures: FailureRecord::default(),
            at: NOW,
        };
        Box::pin(commit(tx, Decision::new((), vec![Write::Recovery(bind)])))
    });
    binding.await.unwrap();
    database
}

async fn is_used_by_me(database: &Database, number: u8) -> bool {
    let using = database.write(move |tx| {
        let claim = Claim::UseBackupCode { authenticator: set(), number, at: NOW };
        Box::pin(commit(tx, Decision::without_writes(true).claiming([claim]).or_if_lost(false, Vec::new())))
    });
    using.await.unwrap()
}

async fn change(database: &Database, change: fn() -> Write) {
    database.write(move |tx| Box::pin(commit(tx, Decision::new((), vec![change()])))).await.unwrap();
}

async fn a_set_is_loaded_as_it_was_bound_with_what_was_used_of_it(home: Home) {
    let database = with_codes(&home).await;
    let loaded = || async {
        let account = ann(&database).await;
        let codes = account.backup_codes().unwrap();
        codes.code_set().unwrap().clone()
    };
    let bound = loaded().await;
    let codes = in_a_moment(1, |moment| BackupCodes::mint(&mut moment.rng));
    assert_eq!(bound, codes.keep(&keys(), &user(), &set()));
    assert_eq!(bound.left(), 10);
    for number in [9, 0, 3] {
        assert!(is_used_by_me(&database, number).await);
    }
    assert_eq!(loaded().await, bound.using(0).using(3).using(9));
}

async fn of_many_uses_of_one_code_at_once_one_is_made(home: Home) {
    let database = with_codes(&home).await;
    for number in 0..10 {
        let uses = join_all((0..20).map(|_| is_used_by_me(&database, number))).await;
        assert_eq!(uses.into_iter().filter(|is_mine| *is_mine).count(), 1, "{number}");
    }
    assert!(!ann(&database).await.has_backup_code_left());
}

async fn no_code_of_a_set_that_is_out_of_use_is_used(home: Home) {
    let database = with_codes(&home).await;
    assert!(is_used_by_me(&database, 1).await);
    change(&database, || Write::DisableAuthenticator { authenticator: set(), at: NOW }).await;
    assert!(!is_used_by_me(&database, 2).await);
}

async fn no_code_of_a_set_that_is_void_is_used(home: Home) {
    let database = with_codes(&home).await;
    change(&database, || Write::RevokeSecondFactors { user: user(), at: NOW }).await;
    assert!(!is_used_by_me(&database, 2).await);
}
