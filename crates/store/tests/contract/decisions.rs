//! Decisions are carried out as they say: whole, once, and with the part for a lost race where they lost it.

use countersign_core::{
    account::Lane,
    assurance::Evidence,
    audit::event::{AuditEvent, AuditKind},
    authenticator::{AuthenticatorKind, Material},
    ceremony::{
        CeremonyEnd, CeremonyPurpose, Claim, Decision, Write, sign_in::Candidate, write::NewCeremony,
    },
    id::{AuthenticatorId, CeremonyId, KnownBrowserId, UserId},
    moment::{BrowserMark, Seed},
    organization::Role,
    policy::presets::Preset,
    secret::Sealed,
    throttle::ladder::{Ladder, LadderRules, LadderSubject},
    timestamp::Timestamp,
    token::{CeremonyToken, KnownBrowserToken, TokenHash},
    user::EmailAddress,
};
use countersign_store::{Database, Fault, Sql, accounts, ceremonies, commit::commit, params};
use futures_util::future::join_all;

use crate::{
    ann::{DIGEST, NOW, ann, in_a_moment, with_ann},
    support::{Home, patient},
};

on_both_databases!(
    a_person_is_loaded_as_they_were_made,
    a_lost_claim_leaves_the_part_for_a_lost_race_and_nothing_else,
    a_claim_that_is_lost_in_part_undoes_the_whole_transaction,
    a_sign_in_ends_once_and_not_after_its_time,
    parallel_counts_on_an_unknown_name_are_all_kept,
    the_newest_sign_ins_stay_open_and_the_older_ones_end,
    dead_browsers_and_the_oldest_are_forgotten_with_their_ladders,
);

async fn a_person_is_loaded_as_they_were_made(home: Home) {
    let database = with_ann(&home).await;
    let account = ann(&database).await;
    assert_eq!(account.user.name, "Ann Ames");
    assert_eq!(account.user.email.as_str(), "ann@trackwell.example");
    assert_eq!((account.user.epoch, account.user.disabled_at), (0, None));
    let membership = &account.memberships[0];
    assert_eq!((membership.organization.name.as_str(), membership.role), ("Trackwell", Role::Owner));
    assert_eq!(membership.organization.policy, Preset::PerUser.policy());
    assert_eq!(account.password().unwrap().material, Material::Password(Sealed(b"hash".to_vec())));
    assert_eq!(account.lane.ladder, Ladder::default());
}

async fn a_lost_claim_leaves_the_part_for_a_lost_race_and_nothing_else(home: Home) {
    let database = with_ann(&home).await;
    let app = bind_app(&database).await;
    for (step, expected) in [(7, "won"), (7, "lost"), (6, "lost"), (8, "won")] {
        let app = app.clone();
        let deciding = database.write(move |tx| {
            let claim = Claim::UseStep { authenticator: app.clone(), step, at: NOW };
            let won = vec![audit(AuditKind::SignedIn)];
            let decision = Decision::new("won", won)
                .claiming([claim])
                .or_if_lost("lost", vec![audit(AuditKind::SignInRefused)]);
            Box::pin(commit(tx, decision))
        });
        assert_eq!(deciding.await.unwrap(), expected, "step {step}");
    }
    assert_eq!(events(&database, "sign_in.signed_in").await, 2);
    assert_eq!(events(&database, "sign_in.refused").await, 2);
}

async fn a_claim_that_is_lost_in_part_undoes_the_whole_transaction(home: Home) {
    let database = with_ann(&home).await;
    let app = bind_app(&database).await;
    let used = app.clone();
    let deciding = database.write(move |tx| {
        let claims = [
            Claim::UseStep { authenticator: used.clone(), step: 7, at: NOW },
            Claim::EndCeremony {
                ceremony: CeremonyId::from_stored("cer_none".into()),
                end: CeremonyEnd::Completed,
                at: NOW,
            },
        ];
        let decision = Decision::new("won", vec![audit(AuditKind::SignedIn)]).claiming(claims);
        Box::pin(commit(tx, decision.or_if_lost("lost", vec![audit(AuditKind::SignInRefused)])))
    });
    assert!(matches!(deciding.await, Err(Fault::Broken { .. })));
    let app = ann(&database).await.usable(AuthenticatorKind::App).cloned();
    assert_eq!(app.unwrap().steps.accepted, Some(1));
    assert_eq!(events(&database, "sign_in.signed_in").await + events(&database, "sign_in.refused").await, 0);
}

async fn a_sign_in_ends_once_and_not_after_its_time(home: Home) {
    let database = with_ann(&home).await;
    let expired = open_sign_in(&database, 1, NOW.minus(std::time::Duration::from_millis(1))).await;
    let open = open_sign_in(&database, 2, NOW.plus(std::time::Duration::from_millis(1))).await;
    for (hash, expected) in [(expired, "lost"), (open, "won"), (open, "lost")] {
        let ending = database.write(move |tx| {
            Box::pin(async move {
                let (ceremony, _) = ceremonies::lock_sign_in(tx, &hash, None).await?.unwrap();
                let end = Claim::EndCeremony { ceremony: ceremony.id, end: CeremonyEnd::Completed, at: NOW };
                let decision = Decision::without_writes("won").claiming([end]);
                commit(tx, decision.or_if_lost("lost", Vec::new())).await
            })
        });
        assert_eq!(ending.await.unwrap(), expected);
    }
}

/// A36: attempts on a name that nobody has queue up like those on a name that somebody has.
async fn parallel_counts_on_an_unknown_name_are_all_kept(home: Home) {
    with_ann(&home).await;
    let database = home.open_with(&patient()).await.unwrap();
    let counting = (0..20).map(|_| {
        database.write(|tx| {
            Box::pin(async move {
                let email = EmailAddress::parse("nobody@trackwell.example").unwrap();
                let Candidate::Unknown(lane) = accounts::candidate(tx, &email, &DIGEST, None, NOW).await?
                else {
                    panic!("nobody has this name");
                };
                let ladder = lane.ladder.counted(LadderRules::STANDARD, NOW, BrowserMark([0; 32]));
                let lane = Lane { subject: lane.subject, ladder };
                commit(tx, Decision::new(ladder.failures, vec![Write::PutLane(lane)])).await
            })
        })
    });
    let mut counts: Vec<u32> = join_all(counting).await.into_iter().map(Result::unwrap).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<_>>());
}

async fn the_newest_sign_ins_stay_open_and_the_older_ones_end(home: Home) {
    let database = with_ann(&home).await;
    let later = |number: u8| NOW.plus(std::time::Duration::from_secs(number.into()));
    let mut hashes = Vec::new();
    for number in 1..=4 {
        hashes.push(open_sign_in(&database, number, later(number)).await);
    }
    let user = ann(&database).await.user.id;
    let superseding = database.write(move |tx| {
        let purpose = CeremonyPurpose::SignIn;
        let write = Write::SupersedeCeremonies { user: user.clone(), purpose, keep: 2, at: NOW };
        Box::pin(commit(tx, Decision::new((), vec![write])))
    });
    superseding.await.unwrap();
    let mut open = Vec::new();
    for hash in hashes {
        let found = database.read(move |tx| Box::pin(async move { ceremonies::sign_in(tx, &hash).await }));
        let (ceremony, _) = found.await.unwrap().unwrap();
        open.push(ceremony.ended_at.is_none());
    }
    assert_eq!(open, [false, false, true, true]);
}

async fn dead_browsers_and_the_oldest_are_forgotten_with_their_ladders(home: Home) {
    static BROWSERS: Sql = Sql::new("SELECT id FROM known_browsers ORDER BY id");
    static LADDERS: Sql = Sql::new("SELECT subject FROM ladders ORDER BY subject");
    let database = with_ann(&home).await;
    let user = ann(&database).await.user.id;
    // The dead one is the newest: its time alone would keep it.
    let browsers = [("kbr_a_old", 1, 1), ("kbr_b_kept", 1, 2), ("kbr_c_kept", 1, 3), ("kbr_d_dead", 0, 4)];
    let ladder = Ladder { failures: 3, ..Ladder::default() };
    let mut writes = vec![(LadderSubject::user(&user), None)];
    writes.extend(browsers.map(|(id, epoch, second)| {
        let id = KnownBrowserId::from_stored(id.into());
        (LadderSubject::known_browser(&user, &id), Some((id, epoch, second)))
    }));
    let ann = user.clone();
    let filling = database.write(move |tx| {
        let lanes = writes.iter().map(|(subject, _)| Lane { subject: subject.clone(), ladder });
        let known = writes.iter().filter_map(|(_, browser)| browser.clone());
        let mut all: Vec<Write> = lanes.map(Write::PutLane).collect();
        all.extend(known.map(|(id, user_epoch, second)| Write::RememberBrowser {
            id,
            token: KnownBrowserToken::mint(&mut Seed::new([second; 32]).rng()).hash(),
            user: ann.clone(),
            user_epoch,
            at: NOW.plus(std::time::Duration::from_secs(second.into())),
        }));
        all.push(Write::PutEpoch { user: ann.clone(), epoch: 1 });
        Box::pin(commit(tx, Decision::new((), all)))
    });
    filling.await.unwrap();
    let forgetting = database.write(move |tx| {
        let write = Write::ForgetBrowsers { user: user.clone(), keep: 2 };
        Box::pin(commit(tx, Decision::new((), vec![write])))
    });
    forgetting.await.unwrap();
    assert_eq!(texts(&database, &BROWSERS).await, ["kbr_b_kept", "kbr_c_kept"]);
    let ladders = texts(&database, &LADDERS).await;
    assert_eq!(ladders, ["usr_ann", "usr_ann/kbr_b_kept", "usr_ann/kbr_c_kept"]);
}

/// An app whose first step, 1, was used up by its set-up.
async fn bind_app(database: &Database) -> AuthenticatorId {
    let id = AuthenticatorId::from_stored("aut_app".into());
    let pending = id.clone();
    let adding = database.write(move |tx| {
        let material = Material::App(Sealed(b"secret".to_vec()));
        let user = UserId::from_stored("usr_ann".into());
        let add = Write::AddPending { user, authenticator: pending.clone(), material, at: NOW };
        Box::pin(commit(tx, Decision::new((), vec![add])))
    });
    adding.await.unwrap();
    let bound = id.clone();
    let binding = database.write(move |tx| {
        let claim = Claim::Bind { authenticator: bound.clone(), step: Some(1), at: NOW };
        Box::pin(commit(tx, Decision::without_writes(()).claiming([claim])))
    });
    binding.await.unwrap();
    id
}

/// Opens a sign-in that began `number` seconds after the first.
async fn open_sign_in(database: &Database, number: u8, expires_at: Timestamp) -> TokenHash {
    let hash = CeremonyToken::mint(&mut Seed::new([number; 32]).rng()).hash();
    let account = ann(database).await;
    let opening = database.write(move |tx| {
        let ceremony = NewCeremony {
            id: CeremonyId::from_stored(format!("cer_{number}")),
            token: Some(hash),
            purpose: CeremonyPurpose::SignIn,
            user: account.user.id.clone(),
            user_epoch: 0,
            session: None,
            lane: account.lane.subject.clone(),
            evidence: Evidence::default(),
            created_at: NOW.plus(std::time::Duration::from_secs(number.into())),
            expires_at,
        };
        Box::pin(commit(tx, Decision::new((), vec![Write::OpenCeremony(ceremony)])))
    });
    opening.await.unwrap();
    hash
}

fn audit(kind: AuditKind) -> Write {
    static NUMBER: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    in_a_moment(number, |moment| Write::Audit(AuditEvent::new(kind, "test", moment)))
}

/// The first column of all rows.
async fn texts(database: &Database, sql: &'static Sql) -> Vec<String> {
    let rows = database.read(move |tx| Box::pin(tx.query(sql, &[]))).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

async fn events(database: &Database, kind: &str) -> i64 {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM audit_events WHERE kind = $1");
    database.read_one(&COUNT, &params![kind]).await.unwrap().unwrap().int(0).unwrap()
}
