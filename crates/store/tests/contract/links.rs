//! Mailed links: found for what they are good for, used once, counted, and not sent once they are void.

use std::time::Duration;

use countersign_core::{
    ceremony::{Claim, Decision, Write},
    id::{MessageId, UserId},
    link::{LinkPurpose, NewLink},
    message::{Channel, Outgoing},
    notice::{Notice, NoticeKind},
    secret::Sealed,
    throttle::links::MailedLinks,
    timestamp::Timestamp,
    token::TokenHash,
};
use countersign_store::{
    Database, Sql,
    commit::commit,
    invariants::RULES,
    links,
    outbox::{self, Lease, SendResult},
};

use crate::{
    ann::{NOW, ann, in_a_moment, with_ann},
    support::{Home, run},
};

on_both_databases!(
    a_link_is_found_under_its_token_for_its_purpose_with_its_person,
    a_link_is_used_once_and_neither_superseded_nor_late,
    links_that_somebody_asked_for_are_counted_by_hour_and_day,
    a_link_in_a_notice_leads_to_what_was_told,
    a_link_that_is_void_before_it_was_sent_is_not_sent,
    a_link_that_was_used_and_replaced_is_found_wherever_it_is,
);

const TOKEN: TokenHash = TokenHash([1; 32]);

async fn a_link_is_found_under_its_token_for_its_purpose_with_its_person(home: Home) {
    let database = with_ann(&home).await;
    open(&database, new(TOKEN, LinkPurpose::SetPassword, NOW)).await;
    for (token, purpose, is_found) in [
        (TOKEN, LinkPurpose::SetPassword, true),
        (TOKEN, LinkPurpose::NotMe, false),
        (TokenHash([2; 32]), LinkPurpose::SetPassword, false),
    ] {
        let reading =
            database.read(move |tx| Box::pin(async move { links::with_user(tx, &token, purpose).await }));
        let found = reading.await.unwrap();
        assert_eq!(found.is_some(), is_found, "{purpose:?}");
        let locking =
            database.write(move |tx| Box::pin(async move { links::lock(tx, &token, purpose).await }));
        let locked = locking.await.unwrap();
        assert_eq!(locked.is_some(), is_found, "{purpose:?}");
        if let (Some((link, user)), Some((locked, account))) = (found, locked) {
            assert_eq!((&link.user, link.expires_at), (&user.id, NOW.plus(purpose.life())));
            assert_eq!((locked.token, &account.user.id), (TOKEN, &user.id));
            assert!(link.is_open(purpose, &user, NOW));
        }
    }
}

async fn a_link_is_used_once_and_neither_superseded_nor_late(home: Home) {
    let database = with_ann(&home).await;
    let (late, superseded) = (TokenHash([2; 32]), TokenHash([3; 32]));
    let over_at = NOW.plus(LinkPurpose::VerifyEmail.life());
    open(&database, new(superseded, LinkPurpose::SetPassword, NOW)).await;
    supersede(&database).await;
    open(&database, new(TOKEN, LinkPurpose::SetPassword, NOW)).await;
    open(&database, new(late, LinkPurpose::VerifyEmail, NOW)).await;
    for (token, at, expected) in
        [(TOKEN, NOW, true), (TOKEN, NOW, false), (superseded, NOW, false), (late, over_at, false)]
    {
        let using = database.write(move |tx| {
            let claim = Claim::UseLink { token, at };
            let decision = Decision::without_writes(true).claiming([claim]).or_if_lost(false, Vec::new());
            Box::pin(commit(tx, decision))
        });
        assert_eq!(using.await.unwrap(), expected, "{token:?} at {at:?}");
    }
    let reading = database.read(|tx| Box::pin(links::with_user(tx, &TOKEN, LinkPurpose::SetPassword)));
    assert_eq!(reading.await.unwrap().unwrap().0.used_at, Some(NOW));
}

async fn links_that_somebody_asked_for_are_counted_by_hour_and_day(home: Home) {
    let database = with_ann(&home).await;
    let ago = |hours, millis| NOW.minus(Duration::from_hours(hours)).plus(Duration::from_millis(millis));
    let rows = [
        (LinkPurpose::SetPassword, NOW),
        (LinkPurpose::VerifyEmail, ago(1, 1)),
        (LinkPurpose::VerifyEmail, ago(1, 0)),
        (LinkPurpose::SetPassword, ago(24, 1)),
        (LinkPurpose::SetPassword, ago(24, 0)),
        (LinkPurpose::ResetPassword, ago(1, 1)),
        (LinkPurpose::ResetPassword, ago(1, 0)),
        // Nobody asked for it.
        (LinkPurpose::NotMe, NOW),
    ];
    for (number, (purpose, at)) in (1..).zip(rows) {
        open(&database, new(TokenHash([number; 32]), purpose, at)).await;
    }
    let anns = MailedLinks { in_an_hour: 3, in_a_day: 6, resets_in_an_hour: 1, resets_in_a_day: 2 };
    for (user, expected) in [("usr_ann", anns), ("usr_bea", MailedLinks::default())] {
        let counting = database.read(move |tx| {
            Box::pin(async move { links::mailed(tx, &UserId::from_stored(user.into()), NOW).await })
        });
        assert_eq!(counting.await.unwrap(), expected, "{user}");
    }
    let just_before = NOW.minus(Duration::from_millis(1));
    for (at_most, now, expected) in [(5, NOW, 1), (5, just_before, 2), (1, just_before, 1)] {
        let counting = database
            .read(move |tx| Box::pin(async move { links::resets_of_everybody(tx, at_most, now).await }));
        assert_eq!(counting.await.unwrap(), expected, "{at_most} at {now:?}");
    }
}

async fn a_link_in_a_notice_leads_to_what_was_told(home: Home) {
    let database = with_ann(&home).await;
    let user = ann(&database).await.user;
    let notice = in_a_moment(1, |moment| Notice::new(&user, NoticeKind::PasswordChanged, None, moment));
    let token = notice.not_me.token;
    let telling = database
        .write(move |tx| Box::pin(commit(tx, Decision::new((), vec![Write::Notice(notice.clone())]))));
    telling.await.unwrap();
    let reading = database.read(move |tx| {
        Box::pin(async move {
            let found = links::with_user(tx, &token, LinkPurpose::NotMe).await?;
            match found {
                Some((link, _)) => links::told(tx, &link).await,
                None => Ok(None),
            }
        })
    });
    let told = reading.await.unwrap().unwrap();
    assert_eq!((told.kind, told.at, told.source.as_str()), (NoticeKind::PasswordChanged, NOW, "127.0.0.1"));
}

async fn a_link_that_is_void_before_it_was_sent_is_not_sent(home: Home) {
    static BODIES: Sql = Sql::new("SELECT COUNT(body) FROM outbox");
    let database = with_ann(&home).await;
    for number in 1..=2 {
        let link = new(TokenHash([number; 32]), LinkPurpose::SetPassword, NOW);
        send(&database, &link.message).await;
        open(&database, link).await;
        if number == 1 {
            // The first one is out already.
            let id = claim(&database).await.remove(0);
            let sent = SendResult::Sent { provider_id: None };
            assert!(outbox::record(&database, &id, "a", &sent, NOW).await.unwrap());
        }
    }
    supersede(&database).await;
    assert!(claim(&database).await.is_empty());
    assert_eq!(database.read_one(&BODIES, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
    let first = MessageId::from_stored("msg_link_1".into());
    let reading = database.read(move |tx| {
        let first = first.clone();
        Box::pin(async move { outbox::progress(tx, &first).await })
    });
    assert_eq!(reading.await.unwrap(), Some(outbox::Progress::Sent));
}

/// I1
async fn a_link_that_was_used_and_replaced_is_found_wherever_it_is(home: Home) {
    static MAILED: Sql = Sql::new("UPDATE links SET used_at = 2, superseded_at = 1");
    static PRINTED: Sql = Sql::new(
        "INSERT INTO operator_links (token_hash, created_at, expires_at, set_ups, used_at, superseded_at) \
         SELECT token_hash, 1, 3, 1, 1, 2 FROM links",
    );
    let database = with_ann(&home).await;
    open(&database, new(TOKEN, LinkPurpose::SetPassword, NOW)).await;
    let rule = RULES.iter().find(|rule| rule.what == "a code or link that was used and replaced").unwrap();
    let examined = async |expected: i64| {
        let found = database.read(move |tx| Box::pin(rule.check(tx))).await.unwrap();
        assert_eq!(found.examined, expected);
        found.findings
    };
    assert_eq!(examined(1).await, [""; 0]);
    run(&database, &MAILED).await.unwrap();
    assert_eq!(examined(1).await, ["a link of usr_ann"]);
    run(&database, &PRINTED).await.unwrap();
    assert_eq!(examined(2).await, ["a link of usr_ann", "an operator's link of nobody"]);
}

fn new(token: TokenHash, purpose: LinkPurpose, at: Timestamp) -> NewLink {
    NewLink {
        token,
        purpose,
        user: UserId::from_stored("usr_ann".into()),
        notice: None,
        session: None,
        message: MessageId::from_stored(format!("msg_link_{}", token.0[0])),
        at,
        expires_at: at.plus(purpose.life()),
    }
}

async fn open(database: &Database, link: NewLink) {
    write(database, move || Write::OpenLink(link.clone())).await;
}

async fn supersede(database: &Database) {
    let user = UserId::from_stored("usr_ann".into());
    let supersede =
        move || Write::SupersedeLinks { user: user.clone(), purpose: LinkPurpose::SetPassword, at: NOW };
    write(database, supersede).await;
}

async fn send(database: &Database, id: &MessageId) {
    let mail = Outgoing {
        id: id.clone(),
        channel: Channel::Email,
        to: "ann@trackwell.example".into(),
        user: Some(UserId::from_stored("usr_ann".into())),
        kind: "link",
        body: Ok(Sealed(b"sealed".to_vec())),
        at: NOW,
        expires_at: None,
    };
    write(database, move || Write::Send(mail.clone())).await;
}

async fn write(database: &Database, write: impl Fn() -> Write + Send + Sync + 'static) {
    let writing = database.write(move |tx| Box::pin(commit(tx, Decision::new((), vec![write()]))));
    writing.await.unwrap();
}

async fn claim(database: &Database) -> Vec<MessageId> {
    let lease = Lease { node: "a", until: NOW.plus(Duration::from_mins(1)) };
    let claimed = outbox::claim(database, Channel::Email, 10, NOW, &lease).await.unwrap();
    claimed.into_iter().map(|message| message.id).collect()
}
