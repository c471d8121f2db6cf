//! Wishes for links: counted by network, found oldest first while they are young, and taken once.

use std::time::Duration;

use countersign_core::{
    ceremony::{Claim, Decision, Write, forgot_password::NewWish},
    id::WishId,
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_store::{Database, commit::commit, wishes};

use crate::{
    ann::{NOW, with_ann},
    support::Home,
};

on_both_databases!(
    the_wishes_of_a_network_are_counted_for_an_hour,
    wishes_wait_in_their_order_until_they_are_taken_or_too_old,
    of_two_who_take_a_wish_one_gets_it,
);

const HOUR: Duration = Duration::from_hours(1);
const JUST: Duration = Duration::from_millis(1);
const OURS: &str = "203.0.113.0/24";

async fn the_wishes_of_a_network_are_counted_for_an_hour(home: Home) {
    let database = with_ann(&home).await;
    for (network, at) in [
        (OURS, NOW),
        (OURS, NOW.minus(HOUR).plus(JUST)),
        (OURS, NOW.minus(HOUR)),
        ("2001:db8:0:0::/64", NOW.minus(JUST)),
    ] {
        wish(&database, network, at).await;
    }
    let counting = database.read(|tx| Box::pin(async move { wishes::of_network(tx, OURS, NOW).await }));
    assert_eq!(counting.await.unwrap(), 2);
}

async fn wishes_wait_in_their_order_until_they_are_taken_or_too_old(home: Home) {
    let database = with_ann(&home).await;
    wish(&database, OURS, NOW.minus(HOUR).minus(JUST)).await;
    let second = wish(&database, OURS, NOW).await;
    let first = wish(&database, OURS, NOW.minus(HOUR)).await;
    let both = waiting(&database, 9).await;
    assert_eq!(both, [first.clone(), second.clone()]);
    assert_eq!(waiting(&database, 1).await, both[..1]);
    assert!(take(&database, &first).await);
    assert_eq!(waiting(&database, 9).await, [second]);
    let counting = database.read(|tx| Box::pin(async move { wishes::of_network(tx, OURS, NOW).await }));
    assert_eq!(counting.await.unwrap(), 1, "one that was taken counts all the same");
}

async fn of_two_who_take_a_wish_one_gets_it(home: Home) {
    let database = with_ann(&home).await;
    let wish = wish(&database, OURS, NOW).await;
    let (one, other) = tokio::join!(take(&database, &wish), take(&database, &wish));
    assert!(one != other, "{one} {other}");
}

async fn wish(database: &Database, network: &str, at: Timestamp) -> WishId {
    let wish = NewWish {
        id: WishId::earliest(at),
        email: EmailAddress::parse("ann@trackwell.example").unwrap(),
        network: network.to_owned(),
        source: "203.0.113.7".to_owned(),
        user_agent: "Firefox".to_owned(),
        at,
    };
    let id = wish.id.clone();
    let writing =
        database.write(move |tx| Box::pin(commit(tx, Decision::new((), vec![Write::PutWish(wish.clone())]))));
    writing.await.unwrap();
    id
}

async fn waiting(database: &Database, limit: usize) -> Vec<WishId> {
    let reading =
        database.read(move |tx| Box::pin(async move { wishes::waiting(tx, NOW.minus(HOUR), limit).await }));
    let found = reading.await.unwrap();
    for wish in &found {
        assert_eq!((wish.email.as_str(), wish.visitor.network().as_str()), ("ann@trackwell.example", OURS));
        assert_eq!(wish.visitor.user_agent, "Firefox");
    }
    found.into_iter().map(|wish| wish.id).collect()
}

async fn take(database: &Database, wish: &WishId) -> bool {
    let wish = wish.clone();
    let taking = database.write(move |tx| {
        let claim = Claim::TakeWish { wish: wish.clone() };
        Box::pin(commit(tx, Decision::without_writes(true).claiming([claim]).or_if_lost(false, Vec::new())))
    });
    taking.await.unwrap()
}
