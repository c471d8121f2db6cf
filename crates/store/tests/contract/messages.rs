//! The outbox: whoever holds the lease sends, nothing is lost, and everybody who should is woken.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use countersign_core::{
    ceremony::{Decision, Write},
    id::{MessageId, UserId},
    message::{Channel, Outgoing},
    notice::{Notice, NoticeKind},
    secret::Sealed,
    timestamp::Timestamp,
};
use countersign_store::{
    Database, Fault, Sql,
    commit::commit,
    outbox::{self, Arrival, Claimed, Lease, Progress, SendResult},
};
use futures_util::future::join_all;

use crate::{
    ann::{NOW, ann, in_a_moment, with_ann},
    support::{Home, until},
};

on_both_databases!(
    of_many_senders_one_has_each_message,
    a_message_whose_sender_died_is_taken_by_another_when_the_lease_is_over,
    who_lost_the_lease_records_nothing,
    codes_go_before_notices_and_what_is_not_due_waits,
    a_sent_message_keeps_no_body_and_a_dead_one_keeps_it_for_the_operator,
    a_code_that_failed_for_good_is_dropped_and_no_dead_letter,
    a_repeated_report_changes_nothing,
    a_message_that_was_reported_delivered_waits_no_more,
    a_notice_is_written_with_its_mail_and_its_link_or_not_at_all,
    what_is_sent_once_is_sent_once,
    a_message_wakes_the_senders_of_every_process,
);

const LEASE: Duration = Duration::from_mins(1);

async fn of_many_senders_one_has_each_message(home: Home) {
    let database = with_ann(&home).await;
    send(&database, (0..60).map(|number| message(number, Channel::Email)).collect()).await;
    let senders = ["a", "b", "c", "d"].map(|node| {
        let database = database.clone();
        async move {
            let mut claimed = Vec::new();
            loop {
                match claim_some(&database, node, NOW).await {
                    some if some.is_empty() => return claimed,
                    some => claimed.extend(some.into_iter().map(|message| message.id.to_string())),
                }
            }
        }
    });
    let mut claimed = join_all(senders).await.concat();
    claimed.sort();
    let all = claimed.len();
    claimed.dedup();
    assert_eq!((all, claimed.len()), (60, 60));
}

async fn a_message_whose_sender_died_is_taken_by_another_when_the_lease_is_over(home: Home) {
    let database = with_ann(&home).await;
    send(&database, vec![message(1, Channel::Email)]).await;
    assert_eq!(claim_some(&database, "dies", NOW).await.len(), 1);
    let due = outbox::next_due(&database, Channel::Email).await.unwrap();
    assert_eq!(due, Some(NOW.plus(LEASE)));
    assert!(claim_some(&database, "lives", NOW.plus(LEASE).minus(Duration::from_millis(1))).await.is_empty());
    let taken = claim_some(&database, "lives", NOW.plus(LEASE)).await;
    assert_eq!((taken.len(), taken[0].attempts), (1, 2));
}

async fn who_lost_the_lease_records_nothing(home: Home) {
    let database = with_ann(&home).await;
    send(&database, vec![message(1, Channel::Email)]).await;
    let id = claim_some(&database, "slow", NOW).await.remove(0).id;
    claim_some(&database, "fast", NOW.plus(LEASE)).await;
    let sent = SendResult::Sent { provider_id: None };
    assert!(!outbox::record(&database, &id, "slow", &sent, NOW).await.unwrap());
    assert!(outbox::record(&database, &id, "fast", &sent, NOW).await.unwrap());
    assert!(!outbox::record(&database, &id, "fast", &SendResult::Dropped, NOW).await.unwrap());
    assert_eq!(progress(&database, &id).await, Some(Progress::Sent));
}

async fn codes_go_before_notices_and_what_is_not_due_waits(home: Home) {
    let database = with_ann(&home).await;
    let later = NOW.plus(Duration::from_secs(30));
    send(&database, vec![message(1, Channel::Sms), message(2, Channel::Sms), message(3, Channel::Email)])
        .await;
    let sms = async |limit, now: Timestamp| {
        let lease = Lease { node: "a", until: now.plus(LEASE) };
        outbox::claim(&database, Channel::Sms, limit, now, &lease).await.unwrap()
    };
    let first = sms(1, NOW).await.remove(0);
    let again = SendResult::Again { at: later, error: "twilio_503: later".into() };
    assert!(outbox::record(&database, &first.id, "a", &again, NOW).await.unwrap());
    assert_eq!(sms(10, NOW).await.len(), 1);
    assert_eq!(outbox::next_due(&database, Channel::Sms).await.unwrap(), Some(later));
    assert_eq!(sms(10, later).await.remove(0).id, first.id);
    assert_eq!(progress(&database, &first.id).await, Some(Progress::Waiting { attempts: 2 }));
}

async fn a_sent_message_keeps_no_body_and_a_dead_one_keeps_it_for_the_operator(home: Home) {
    static BODIES: Sql = Sql::new("SELECT COUNT(body) FROM outbox WHERE body IS NOT NULL");
    let database = with_ann(&home).await;
    send(&database, (1..=3).map(|number| message(number, Channel::Email)).collect()).await;
    let claimed = claim_some(&database, "a", NOW).await;
    let outcomes = [
        SendResult::Sent { provider_id: Some("SM1".into()) },
        SendResult::Dropped,
        SendResult::Dead { error: "550".into() },
    ];
    for (message, outcome) in claimed.iter().zip(&outcomes) {
        assert!(outbox::record(&database, &message.id, "a", outcome, NOW).await.unwrap());
    }
    assert_eq!(database.read_one(&BODIES, &[]).await.unwrap().unwrap().int(0).unwrap(), 1);
    let dead = read(&database, |tx| Box::pin(outbox::dead_letters(tx, 10))).await;
    assert_eq!((dead.len(), dead[0].error.as_str(), &dead[0].id), (1, "550", &claimed[2].id));
    assert!(claim_some(&database, "a", NOW.plus(LEASE)).await.is_empty());
    for expected in [true, false] {
        let id = claimed[2].id.clone();
        let retried = database.write(move |tx| {
            let id = id.clone();
            Box::pin(async move { outbox::retry(tx, &id, NOW).await })
        });
        assert_eq!(retried.await.unwrap(), expected);
    }
    assert_eq!(claim_some(&database, "a", NOW.plus(LEASE)).await.len(), 1);
    assert!(read(&database, |tx| Box::pin(outbox::dead_letters(tx, 10))).await.is_empty());
}

async fn a_code_that_failed_for_good_is_dropped_and_no_dead_letter(home: Home) {
    static BODIES: Sql = Sql::new("SELECT COUNT(body) FROM outbox");
    let database = with_ann(&home).await;
    let code = Outgoing { kind: "code", ..message(1, Channel::Email) };
    send(&database, vec![code, message(2, Channel::Email)]).await;
    for message in claim_some(&database, "a", NOW).await {
        let dead = SendResult::Dead { error: "21211: no such number".into() };
        assert!(outbox::record(&database, &message.id, "a", &dead, NOW).await.unwrap());
        assert_eq!(progress(&database, &message.id).await, Some(Progress::Failed));
    }
    let dead = read(&database, |tx| Box::pin(outbox::dead_letters(tx, 10))).await;
    let kinds: Vec<&str> = dead.iter().map(|letter| letter.kind.as_str()).collect();
    assert_eq!(kinds, ["notice"]);
    assert_eq!(database.read_one(&BODIES, &[]).await.unwrap().unwrap().int(0).unwrap(), 1);
    let retried = database
        .write(|tx| Box::pin(async move { outbox::retry(tx, &message(1, Channel::Email).id, NOW).await }));
    assert!(!retried.await.unwrap());
}

async fn a_message_that_was_reported_delivered_waits_no_more(home: Home) {
    static BODIES: Sql = Sql::new("SELECT COUNT(body) FROM outbox");
    let database = with_ann(&home).await;
    send(&database, vec![message(1, Channel::Email), message(2, Channel::Email)]).await;
    // The first one's answer was lost, so that it waits to be sent again; the second one is being sent.
    let lease = Lease { node: "a", until: NOW.plus(LEASE) };
    let first = outbox::claim(&database, Channel::Email, 1, NOW, &lease).await.unwrap().remove(0);
    let again = SendResult::Again { at: NOW, error: "time-out".into() };
    assert!(outbox::record(&database, &first.id, "a", &again, NOW).await.unwrap());
    assert_eq!(claim_some(&database, "b", NOW).await.len(), 2);
    assert!(outbox::record(&database, &first.id, "b", &again, NOW).await.unwrap());
    let sent = SendResult::Sent { provider_id: None };
    for number in 1..=2 {
        let id = message(number, Channel::Email).id;
        assert!(outbox::record_arrival(&database, &id, &Arrival::Delivered, NOW).await.unwrap());
        assert!(!outbox::record(&database, &id, "b", &sent, NOW).await.unwrap());
        assert_eq!(progress(&database, &id).await, Some(Progress::Delivered));
    }
    assert!(claim_some(&database, "c", NOW.plus(LEASE)).await.is_empty());
    assert_eq!(outbox::next_due(&database, Channel::Email).await.unwrap(), None);
    assert_eq!(database.read_one(&BODIES, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
}

async fn a_repeated_report_changes_nothing(home: Home) {
    let database = with_ann(&home).await;
    send(&database, vec![message(1, Channel::Sms)]).await;
    let id = message(1, Channel::Sms).id;
    let undelivered = Arrival::Undelivered { error: "30003".into() };
    assert!(outbox::record_arrival(&database, &id, &Arrival::Delivered, NOW).await.unwrap());
    assert!(!outbox::record_arrival(&database, &id, &Arrival::Delivered, NOW).await.unwrap());
    assert!(!outbox::record_arrival(&database, &id, &undelivered, NOW).await.unwrap());
    assert_eq!(progress(&database, &id).await, Some(Progress::Delivered));
    let unknown = MessageId::from_stored("msg_none".into());
    assert!(!outbox::record_arrival(&database, &unknown, &undelivered, NOW).await.unwrap());
}

async fn a_notice_is_written_with_its_mail_and_its_link_or_not_at_all(home: Home) {
    static COUNTS: Sql = Sql::new(
        "SELECT (SELECT COUNT(*) FROM notices) * 100 + (SELECT COUNT(*) FROM outbox) * 10 \
             + (SELECT COUNT(*) FROM links)",
    );
    let database = with_ann(&home).await;
    let user = ann(&database).await.user;
    let notice =
        |number| in_a_moment(number, |moment| Notice::new(&user, NoticeKind::PasswordChanged, None, moment));
    let unsealed = {
        let mut notice = notice(2);
        notice.mail.body = Err(countersign_core::keys::SealFault("encryption failed"));
        notice
    };
    for (notice, total) in [(notice(1), 111), (unsealed, 111)] {
        let is_sealed = notice.mail.body.is_ok();
        let telling = database
            .write(move |tx| Box::pin(commit(tx, Decision::new((), vec![Write::Notice(notice.clone())]))));
        assert_eq!(telling.await.is_ok(), is_sealed);
        assert_eq!(database.read_one(&COUNTS, &[]).await.unwrap().unwrap().int(0).unwrap(), total);
    }
}

async fn what_is_sent_once_is_sent_once(home: Home) {
    let database = with_ann(&home).await;
    for _ in 0..3 {
        let once = database.write(|tx| {
            let writes = vec![Write::SendOnce(message(1, Channel::Email))];
            Box::pin(commit(tx, Decision::new((), writes)))
        });
        once.await.unwrap();
    }
    assert_eq!(claim_some(&database, "a", NOW).await.len(), 1);
}

async fn a_message_wakes_the_senders_of_every_process(home: Home) {
    let database = with_ann(&home).await;
    let other = home.open().await;
    let here = counted_wakes(&home, &database).await;
    let there = counted_wakes(&home, &other).await;
    let heard = [&here, &there].map(|wakes| wakes.load(Ordering::SeqCst));
    let quiet = database.write(|tx| Box::pin(commit(tx, Decision::new((), Vec::new()))));
    quiet.await.unwrap();
    assert_eq!(here.load(Ordering::SeqCst), heard[0], "nothing was to be sent");
    send(&database, vec![message(1, Channel::Sms)]).await;
    until(|| async { here.load(Ordering::SeqCst) > heard[0] }).await;
    if let Home::Postgres(_) = home {
        until(|| async { there.load(Ordering::SeqCst) > heard[1] }).await;
    }
}

/// How often the senders of `database` were woken, from when they listen.
async fn counted_wakes(home: &Home, database: &Database) -> Arc<AtomicU32> {
    let wakes = Arc::new(AtomicU32::new(0));
    let (counter, database) = (Arc::clone(&wakes), database.clone());
    let listening = tokio::spawn(async move {
        database
            .listen(move || {
                counter.fetch_add(1, Ordering::SeqCst);
            })
            .await;
    });
    match home {
        Home::Sqlite(_) => listening.await.unwrap(),
        // Whoever begins to listen is woken once, for what was committed before.
        Home::Postgres(_) => until(|| async { wakes.load(Ordering::SeqCst) > 0 }).await,
    }
    wakes
}

fn message(number: u8, channel: Channel) -> Outgoing {
    Outgoing {
        id: MessageId::from_stored(format!("msg_{number:03}")),
        channel,
        to: "ann@trackwell.example".into(),
        user: Some(UserId::from_stored("usr_ann".into())),
        kind: "notice",
        body: Ok(Sealed(b"sealed".to_vec())),
        at: NOW,
        expires_at: None,
    }
}

async fn send(database: &Database, messages: Vec<Outgoing>) {
    let sending = database.write(move |tx| {
        let writes = messages.iter().cloned().map(Write::Send).collect();
        Box::pin(commit(tx, Decision::new((), writes)))
    });
    sending.await.unwrap();
}

async fn claim_some(database: &Database, node: &str, now: Timestamp) -> Vec<Claimed> {
    let lease = Lease { node, until: now.plus(LEASE) };
    let mut claimed = outbox::claim(database, Channel::Email, 7, now, &lease).await.unwrap();
    claimed.sort_by(|one, other| one.id.cmp(&other.id));
    claimed
}

async fn progress(database: &Database, id: &MessageId) -> Option<Progress> {
    let id = id.clone();
    let reading = database.read(move |tx| {
        let id = id.clone();
        Box::pin(async move { outbox::progress(tx, &id).await })
    });
    reading.await.unwrap()
}

async fn read<T: Send + 'static>(
    database: &Database,
    body: impl for<'t, 'c> Fn(
        &'t mut countersign_store::Tx<'c>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 't>>
    + Send
    + Sync
    + 'static,
) -> T {
    database.read(body).await.unwrap()
}
