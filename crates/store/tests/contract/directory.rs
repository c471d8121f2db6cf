//! What an operator looks up: found by parts of words, page by page, with everything that a line shows.

use std::time::Duration;

use countersign_core::{
    account::Lane,
    ceremony::{Decision, Write},
    id::{KnownBrowserId, OrganizationId, UserId},
    message::Channel,
    moment::BrowserMark,
    organization::Role,
    policy::presets::Preset,
    throttle::ladder::{Ladder, LadderSubject, Lock},
    token::TokenHash,
    user::EmailAddress,
};
use countersign_store::{
    Database, Sql,
    commit::commit,
    delivery,
    directory::{self, UserFilter, UserLine},
    ladders, params,
    people::{self, NewOrganization, NewUser},
};

use crate::{
    ann::{NOW, with_ann},
    support::Home,
};

on_both_databases!(
    people_are_found_by_parts_of_names_and_addresses_and_by_ids,
    pages_follow_each_other_without_gaps,
    a_line_says_what_is_locked_also_in_a_browser,
    companies_are_counted_and_found,
    what_was_sent_and_what_failed_is_counted_by_hour_and_day,
);

async fn people_are_found_by_parts_of_names_and_addresses_and_by_ids(home: Home) {
    let database = with_ann(&home).await;
    hire(&database, "bea", "Bea 100% Bell").await;
    hire(&database, "cleo", "Cleo Chen").await;
    for (text, expected) in [
        (None, &["Ann Ames", "Bea 100% Bell", "Cleo Chen"][..]),
        (Some("AMES"), &["Ann Ames"]),
        (Some("bea@"), &["Bea 100% Bell"]),
        (Some("trackwell"), &["Ann Ames", "Bea 100% Bell", "Cleo Chen"]),
        (Some("usr_cleo"), &["Cleo Chen"]),
        (Some("usr_c"), &[]),
        (Some("100%"), &["Bea 100% Bell"]),
        (Some("_"), &[]),
        (Some("' OR 1=1 --"), &[]),
    ] {
        let filter = UserFilter { text: text.map(str::to_owned), ..UserFilter::default() };
        assert_eq!(names(&find(&database, filter, None, 10).await), expected, "{text:?}");
    }
    let organization = |id: &str| UserFilter {
        organization: Some(OrganizationId::from_stored(id.into())),
        ..UserFilter::default()
    };
    assert_eq!(find(&database, organization("org_trackwell"), None, 10).await.len(), 3);
    assert!(find(&database, organization("org_other"), None, 10).await.is_empty());
}

async fn pages_follow_each_other_without_gaps(home: Home) {
    let database = with_ann(&home).await;
    for number in 0..7 {
        hire(&database, &format!("p{number}"), "Pat Poe").await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = find(&database, UserFilter::default(), after.clone(), 3).await;
        let Some(last) = page.last() else { break };
        after = Some(last.email.clone());
        seen.extend(page.into_iter().map(|line| line.email));
    }
    assert_eq!(seen.len(), 8);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 8);
}

async fn a_line_says_what_is_locked_also_in_a_browser(home: Home) {
    let database = with_ann(&home).await;
    let (ann, browser) = (user("ann"), KnownBrowserId::from_stored("kbr_one".into()));
    let until = NOW.plus(Duration::from_mins(5));
    let lock = Lock { until, caused_by: BrowserMark([1; 32]), opened_for: None };
    let ladder = Ladder { failures: 5, last_failure_at: Some(NOW), lock: Some(lock) };
    let subject = LadderSubject::known_browser(&ann, &browser);
    let remember = Write::RememberBrowser {
        id: browser,
        token: TokenHash([4; 32]),
        user: ann.clone(),
        user_epoch: 0,
        at: NOW,
    };
    write(&database, vec![remember, Write::PutLane(Lane { subject: subject.clone(), ladder })]).await;
    let line = find(&database, UserFilter::default(), None, 10).await.remove(0);
    assert_eq!((line.locked_until, line.second_factors, line.usable), (Some(until), 0, 0));
    assert_eq!(line.organization.as_deref(), Some("Trackwell"));
    for (now, found) in [(NOW, 1), (until, 0)] {
        let filter = UserFilter { locked_at: Some(now), ..UserFilter::default() };
        assert_eq!(find(&database, filter, None, 10).await.len(), found);
    }
    assert_eq!(lanes(&database, &ann).await, std::slice::from_ref(&subject));
    write(&database, vec![Write::PutLane(Lane { subject, ladder: Ladder::default() })]).await;
    assert_eq!(lanes(&database, &ann).await, []);
}

async fn companies_are_counted_and_found(home: Home) {
    let database = with_ann(&home).await;
    let adding = database.write(|tx| {
        Box::pin(async move {
            let organization = NewOrganization {
                id: OrganizationId::from_stored("org_harbor".into()),
                name: "Harbor".into(),
                preset: Preset::Default.as_str(),
                policy: Preset::Default.policy(),
                two_factor_opened_at: None,
                at: NOW,
            };
            people::add_organization(tx, &organization).await
        })
    });
    adding.await.unwrap();
    let found = |text: Option<&'static str>, after: Option<&'static str>| {
        let reading = database
            .read(move |tx| Box::pin(async move { directory::organizations(tx, text, after, 10).await }));
        async move {
            let lines = reading.await.unwrap();
            lines.into_iter().map(|line| (line.name, line.people)).collect::<Vec<_>>()
        }
    };
    let (harbor, trackwell) = (("Harbor".to_owned(), 0), ("Trackwell".to_owned(), 1));
    assert_eq!(found(None, None).await, [harbor.clone(), trackwell.clone()]);
    assert_eq!(found(Some("bor"), None).await, [harbor]);
    assert_eq!(found(None, Some("Harbor")).await, [trackwell]);
    let id = OrganizationId::from_stored("org_trackwell".into());
    let reading = database.read(move |tx| {
        let id = id.clone();
        Box::pin(async move { directory::organization(tx, &id).await })
    });
    let facts = reading.await.unwrap().unwrap();
    assert_eq!((facts.line.people, facts.people_with_second_factor), (1, 0));
    assert_eq!((facts.created_at, facts.line.two_factor_opened_at), (NOW, Some(NOW)));
}

async fn what_was_sent_and_what_failed_is_counted_by_hour_and_day(home: Home) {
    let database = with_ann(&home).await;
    let ago = |hours: u64| NOW.minus(Duration::from_hours(hours)).plus(Duration::from_mins(1)).as_millis();
    for (number, (kind, end, at)) in [
        ("notice", "sent_at", ago(1)),
        ("notice", "sent_at", ago(2)),
        ("notice", "sent_at", ago(25)),
        ("notice", "dead_at", ago(1)),
        ("code", "dropped_at", ago(3)),
        ("link", "dropped_at", ago(3)),
        ("notice", "none", ago(1)),
    ]
    .into_iter()
    .enumerate()
    {
        let end_at = |column: &str| (end == column).then_some(at);
        let values = params![
            format!("msg_{number}"),
            kind,
            at,
            end_at("sent_at"),
            end_at("dead_at"),
            end_at("dropped_at"),
        ];
        let adding = database.write(move |tx| {
            let values = values.clone();
            Box::pin(async move { tx.execute(&ADD_MESSAGE, &values).await })
        });
        adding.await.unwrap();
    }
    let (hour, day) = (NOW.minus(Duration::from_hours(1)), NOW.minus(Duration::from_hours(24)));
    let reading = database.read(move |tx| Box::pin(async move { delivery::sendings(tx, hour, day).await }));
    let sendings = reading.await.unwrap();
    let [email] = sendings.as_slice() else { panic!("{sendings:?}") };
    assert_eq!(email.channel, Channel::Email);
    assert_eq!((email.sent_lately, email.sent), (1, 2));
    assert_eq!((email.failed_lately, email.failed), (1, 2));
}

fn user(name: &str) -> UserId {
    UserId::from_stored(format!("usr_{name}"))
}

fn names(lines: &[UserLine]) -> Vec<&str> {
    lines.iter().map(|line| line.name.as_str()).collect()
}

async fn find(database: &Database, filter: UserFilter, after: Option<String>, limit: usize) -> Vec<UserLine> {
    let reading = database.read(move |tx| {
        let (filter, after) = (filter.clone(), after.clone());
        Box::pin(async move { directory::users(tx, &filter, after.as_deref(), limit).await })
    });
    reading.await.unwrap()
}

async fn lanes(database: &Database, user: &UserId) -> Vec<LadderSubject> {
    let user = user.clone();
    let reading = database.read(move |tx| {
        let user = user.clone();
        Box::pin(async move { ladders::of_user(tx, &user).await })
    });
    reading.await.unwrap().into_iter().map(|lane| lane.subject).collect()
}

async fn hire(database: &Database, id: &str, name: &str) {
    let new = NewUser {
        id: user(id),
        email: EmailAddress::parse(&format!("{id}@trackwell.example")).unwrap(),
        email_verified_at: None,
        name: name.to_owned(),
        organization: OrganizationId::from_stored("org_trackwell".into()),
        role: Role::Member,
        at: NOW,
    };
    let new = std::sync::Arc::new(new);
    let hiring = database.write(move |tx| {
        let new = std::sync::Arc::clone(&new);
        Box::pin(async move { people::add_user(tx, &new).await })
    });
    hiring.await.unwrap();
}

async fn write(database: &Database, writes: Vec<Write>) {
    let writes = std::sync::Mutex::new(Some(writes));
    let writing = database.write(move |tx| {
        let writes = writes.lock().unwrap().take().unwrap();
        Box::pin(async move { commit(tx, Decision::new((), writes)).await })
    });
    writing.await.unwrap();
}

static ADD_MESSAGE: Sql = Sql::new(
    "INSERT INTO outbox (id, channel, recipient, kind, created_at, urgency, due_at, attempts, last_error, \
         sent_at, dead_at, dropped_at) \
     VALUES ($1, 'email', 'ann@trackwell.example', $2, $3, 0, $3, 1, 'refused', $4, $5, $6)",
);
