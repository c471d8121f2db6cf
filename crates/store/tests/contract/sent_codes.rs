//! Codes that were sent: used once, in time and within five guesses; counted, each count at its edges.

use std::time::Duration;

use countersign_core::{
    assurance::Evidence,
    authenticator::{
        Material,
        destination::Destination,
        phone::PhoneNumber,
        sent_code::{CODE_LIFE, GUESSES_MAX},
    },
    ceremony::{
        CeremonyPurpose, Claim, Decision, Write,
        write::{NewCeremony, NewSentCode},
    },
    id::{AuthenticatorId, CeremonyId, MessageId, OrganizationId, SentCodeId, UserId},
    message::{Channel, Outgoing},
    organization::Role,
    secret::Sealed,
    throttle::{
        budget::{MailTraffic, Share, Traffic, Unproven, counts_from},
        ladder::LadderSubject,
    },
    timestamp::Timestamp,
    user::EmailAddress,
};
use countersign_store::{
    Database, Dialect, STATEMENTS,
    commit::commit,
    outbox::{self, Lease},
    people::{self, NewUser},
    sent_codes::{self, Subject},
};
use rusqlite::Connection;

use crate::{
    ann::{NOW, with_ann},
    support::Home,
};

on_both_databases!(
    a_code_is_used_once_in_time_and_within_five_guesses,
    a_code_that_is_void_before_it_was_sent_is_not_sent,
    each_code_counts_where_it_went_and_came_from_while_nobody_entered_it,
    mails_and_texts_share_the_budget_of_a_network_and_no_other,
    of_the_newest_numbers_of_a_sample_the_older_ones_do_not_count,
);

/// Who asks: Ann of Trackwell, in this network, for this number.
const NUMBER: &str = "+15125550134";
const NETWORK: &str = "203.0.113.0/24";
const COMPANY: &str = "org_trackwell";

/// A text that was sent, and what became of it. Without a difference it has nothing in common with who asks.
#[derive(Clone, Copy)]
struct Text {
    ceremony: &'static str,
    purpose: CeremonyPurpose,
    user: &'static str,
    company: &'static str,
    number: &'static str,
    network: &'static str,
    ago: Duration,
    is_entered: bool,
}

const SIGN_IN: Text = Text {
    ceremony: "",
    purpose: CeremonyPurpose::SignIn,
    user: "usr_bea",
    company: "org_else",
    number: "+13125550199",
    network: "198.51.100.0/24",
    ago: Duration::from_mins(30),
    is_entered: false,
};
const SET_UP: Text = Text { purpose: CeremonyPurpose::Enroll, ..SIGN_IN };

/// What is added to the counts by texts that are sent one after the other.
type Step = (&'static str, &'static [Text], fn(&mut Traffic));

const HOUR: Duration = Duration::from_hours(1);
const NEARLY_AN_HOUR: Duration = Duration::from_millis(3_599_999);
const DAY: Duration = Duration::from_hours(24);
/// Within the three minutes that everybody has.
const JUST_NOW: Duration = Duration::from_secs(179);

const STEPS: [Step; 17] = [
    ("to the number", &[Text { number: NUMBER, ..SIGN_IN }], |traffic| {
        traffic.number.in_an_hour += 1;
        traffic.number.in_a_day += 1;
        traffic.everybody_in_an_hour += 1;
    }),
    ("for the person", &[Text { user: "usr_ann", ..SIGN_IN }], |traffic| {
        traffic.account.in_an_hour += 1;
        traffic.account.in_a_day += 1;
        traffic.everybody_in_an_hour += 1;
    }),
    ("from the network", &[Text { network: NETWORK, ..SIGN_IN }], |traffic| {
        traffic.source_in_an_hour += 1;
        traffic.everybody_in_an_hour += 1;
    }),
    ("for the company", &[Text { company: COMPANY, ..SIGN_IN }], |traffic| {
        traffic.organization_in_a_day += 1;
        traffic.everybody_in_an_hour += 1;
    }),
    ("of nearly an hour ago", &[Text { ago: NEARLY_AN_HOUR, ..SIGN_IN }], |traffic| {
        traffic.everybody_in_an_hour += 1;
    }),
    ("of an hour ago", &[Text { user: "usr_ann", ago: HOUR, ..SIGN_IN }], |traffic| {
        traffic.account.in_a_day += 1;
    }),
    ("of an hour ago, for the company", &[Text { company: COMPANY, ago: HOUR, ..SIGN_IN }], |traffic| {
        traffic.organization_in_a_day += 1;
    }),
    ("of a day ago", &[Text { user: "usr_ann", company: COMPANY, ago: DAY, ..SET_UP }], nothing),
    (
        "that still has time to be entered",
        &[Text { number: NUMBER, network: NETWORK, ago: JUST_NOW, ..SIGN_IN }],
        |traffic| {
            traffic.number.in_an_hour += 1;
            traffic.number.in_a_day += 1;
        },
    ),
    ("that was entered", &[Text { user: "usr_ann", number: NUMBER, is_entered: true, ..SIGN_IN }], nothing),
    (
        "that was sent again, and then entered",
        &[
            Text { ceremony: "again", user: "usr_ann", number: NUMBER, network: NETWORK, ..SIGN_IN },
            Text { ceremony: "again", user: "usr_ann", number: NUMBER, is_entered: true, ..SIGN_IN },
        ],
        nothing,
    ),
    (
        "to another number than the one that was proved",
        &[
            Text { ceremony: "slip", user: "usr_ann", number: "+17735550100", ..SET_UP },
            Text { ceremony: "slip", user: "usr_ann", is_entered: true, ..SET_UP },
        ],
        |traffic| {
            traffic.account.in_an_hour += 1;
            traffic.account.in_a_day += 1;
            traffic.everybody_in_an_hour += 1;
            for share in [&mut traffic.country, &mut traffic.country_at_once] {
                *share = Share { sent: share.sent + 2, entered: share.entered + 1 };
            }
        },
    ),
    (
        "to set a number up, twice, without an end",
        &[
            Text { ceremony: "twice", network: NETWORK, company: COMPANY, ..SET_UP },
            Text { ceremony: "twice", network: NETWORK, company: COMPANY, ..SET_UP },
        ],
        |traffic| {
            traffic.source_in_an_hour += 2;
            traffic.organization_in_a_day += 2;
            traffic.everybody_in_an_hour += 2;
            for share in [
                &mut traffic.country,
                &mut traffic.country_at_once,
                &mut traffic.organization,
                &mut traffic.source,
            ] {
                share.sent += 1;
            }
        },
    ),
    ("to set a number up, just now", &[Text { network: NETWORK, ago: JUST_NOW, ..SET_UP }], |traffic| {
        traffic.source_in_an_hour += 1;
        traffic.everybody_in_an_hour += 1;
        traffic.country_at_once.sent += 1;
    }),
    ("to another country", &[Text { number: "+4915112345678", ..SET_UP }], |traffic| {
        traffic.everybody_in_an_hour += 1;
    }),
    (
        "to neighbors, one of them twice",
        &[
            Text { number: "+15125550135", ago: HOUR, ..SET_UP },
            Text { number: "+15125550135", ago: HOUR, ..SET_UP },
            Text { number: "+15125550136", ago: HOUR, ..SET_UP },
        ],
        |traffic| {
            traffic.block += 2;
            traffic.country.sent += 3;
            traffic.country_at_once.sent += 3;
        },
    ),
    (
        "to no neighbor that is being set up",
        &[
            Text { number: "+15125550137", ago: HOUR, ..SIGN_IN },
            Text { number: "+15125550138", ago: HOUR, is_entered: true, ..SET_UP },
        ],
        |traffic| {
            for share in [&mut traffic.country, &mut traffic.country_at_once] {
                *share = Share { sent: share.sent + 1, entered: share.entered + 1 };
            }
        },
    ),
];

fn nothing(_: &mut Traffic) {}

async fn a_code_is_used_once_in_time_and_within_five_guesses(home: Home) {
    let database = with_two(&home).await;
    for (place, (guesses, later, expected)) in [
        (0, Duration::ZERO, [true, false]),
        // The fifth guess may be right, a sixth is none.
        (GUESSES_MAX - 1, Duration::ZERO, [true, false]),
        (GUESSES_MAX, Duration::ZERO, [false, false]),
        (0, CODE_LIFE.saturating_sub(Duration::from_millis(1)), [true, false]),
        (0, CODE_LIFE, [false, false]),
    ]
    .into_iter()
    .enumerate()
    {
        send(&database, place, SIGN_IN).await;
        let sent = sent_code(place, &SIGN_IN);
        let (code, at) = (sent.id, sent.sent_at.plus(later));
        let guessed = code.clone();
        let guessing = database.write(move |tx| {
            let put = Write::PutGuesses { code: guessed.clone(), guesses };
            Box::pin(commit(tx, Decision::new((), vec![put])))
        });
        guessing.await.unwrap();
        let mut used = [false; 2];
        for is_used in &mut used {
            *is_used = use_code(&database, &code, at).await;
        }
        assert_eq!(used, expected, "after {guesses} guesses, {later:?} later");
    }
    send(&database, 10, SIGN_IN).await;
    send(&database, 11, SIGN_IN).await;
    let superseded = sent_code(10, &SIGN_IN);
    assert!(!use_code(&database, &superseded.id, superseded.sent_at).await);
}

async fn use_code(database: &Database, code: &SentCodeId, at: Timestamp) -> bool {
    let code = code.clone();
    let using = database.write(move |tx| {
        let claim = Claim::UseCode { code: code.clone(), at };
        let decision = Decision::without_writes(true).claiming([claim]).or_if_lost(false, Vec::new());
        Box::pin(commit(tx, decision))
    });
    using.await.unwrap()
}

async fn a_code_that_is_void_before_it_was_sent_is_not_sent(home: Home) {
    let database = with_two(&home).await;
    for place in 0..2 {
        let id = sent_code(place, &SIGN_IN).message;
        let texting = database.write(move |tx| {
            let text = Outgoing {
                id: id.clone(),
                channel: Channel::Sms,
                to: NUMBER.into(),
                user: None,
                kind: "code",
                body: Ok(Sealed(b"sealed".to_vec())),
                at: NOW,
                expires_at: None,
            };
            Box::pin(commit(tx, Decision::new((), vec![Write::Send(text)])))
        });
        texting.await.unwrap();
        send(&database, place, SIGN_IN).await;
    }
    let lease = Lease { node: "a", until: NOW.plus(HOUR) };
    let claimed = outbox::claim(&database, Channel::Sms, 10, NOW, &lease).await.unwrap();
    let claimed: Vec<&str> = claimed.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(claimed, ["msg_1"]);
}

async fn each_code_counts_where_it_went_and_came_from_while_nobody_entered_it(home: Home) {
    let database = with_two(&home).await;
    let mut expected = Traffic::default();
    let mut place = 0;
    for (case, texts, adds) in STEPS {
        for text in texts {
            send(&database, place, *text).await;
            place += 1;
        }
        adds(&mut expected);
        assert_eq!(traffic(&database).await, expected, "after a code {case}");
    }
}

/// P4
async fn mails_and_texts_share_the_budget_of_a_network_and_no_other(home: Home) {
    let database = with_two(&home).await;
    let to_ann = Text { user: "usr_ann", number: "ann@trackwell.example", ..SIGN_IN };
    let mails = [
        Text { network: NETWORK, company: COMPANY, ..to_ann },
        Text { ago: HOUR, ..to_ann },
        Text { is_entered: true, ..to_ann },
        Text { purpose: CeremonyPurpose::Enroll, company: COMPANY, ..to_ann },
    ];
    for (place, mail) in mails.into_iter().enumerate() {
        send(&database, place, mail).await;
    }
    send(&database, 4, Text { user: "usr_ann", ..SIGN_IN }).await;
    let found = database.read(|tx| {
        Box::pin(async move {
            let ann = UserId::from_stored("usr_ann".into());
            sent_codes::mail_traffic(tx, &ann, NETWORK, NOW).await
        })
    });
    let mailbox = Unproven { in_an_hour: 2, in_a_day: 3 };
    assert_eq!(found.await.unwrap(), MailTraffic { mailbox, source_in_an_hour: 1 });
    let texts = Traffic {
        account: Unproven { in_an_hour: 1, in_a_day: 1 },
        source_in_an_hour: 1,
        everybody_in_an_hour: 1,
        ..Traffic::default()
    };
    assert_eq!(traffic(&database).await, texts);
}

async fn of_the_newest_numbers_of_a_sample_the_older_ones_do_not_count(home: Home) {
    let database = with_two(&home).await;
    for place in 0..15_u8 {
        let ago = Duration::from_mins(60 - u64::from(place));
        let text = Text { network: NETWORK, company: COMPANY, ago, is_entered: place < 5, ..SET_UP };
        send(&database, usize::from(place), text).await;
    }
    let traffic = traffic(&database).await;
    assert_eq!(traffic.source, Share { sent: 10, entered: 0 });
    assert_eq!(traffic.organization, Share { sent: 15, entered: 5 });
    assert_eq!(traffic.country, traffic.country_at_once);
}

/// P4: a count reads what is recent and bears on it, and not the history.
#[tokio::test]
async fn sqlite_answers_every_count_from_an_index_of_its_own() {
    let home = Home::sqlite();
    with_ann(&home).await;
    let connection = Connection::open(home.file()).unwrap();
    let counts: Vec<&str> = STATEMENTS
        .iter()
        .flat_map(|module| module.iter())
        .map(|sql| sql.text(Dialect::Sqlite))
        // Not those of a check of the whole table, which no sign-in waits for.
        .filter(|text| text.starts_with("SELECT COUNT(") && text.contains("FROM sent_codes WHERE"))
        .collect();
    let mut used: Vec<String> = counts.iter().map(|text| plan(&connection, text)).collect();
    used.sort();
    let expected = [
        "sent_codes_by_destination (destination=? AND sent_at>?)",
        "sent_codes_by_network (network=? AND sent_at>?)",
        "sent_codes_by_organization (organization_id=? AND sent_at>?)",
        "sent_codes_by_time (sent_at>?)",
        "sent_codes_by_user (user_id=? AND sent_at>?)",
        "sent_codes_by_user (user_id=? AND sent_at>?)",
        "set_ups_by_block (block=? AND sent_at>?)",
        "set_ups_by_country (country=? AND sent_at>?)",
        "set_ups_by_network (network=? AND sent_at>?)",
        "set_ups_by_organization (organization_id=? AND sent_at>?)",
    ];
    assert_eq!(used, expected);
}

/// The index by which a statement finds the codes that it counts, and by which of its columns.
fn plan(connection: &Connection, text: &str) -> String {
    let mut explaining = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let nulls = vec![rusqlite::types::Null; explaining.parameter_count()];
    let steps =
        explaining.query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3)).unwrap();
    let steps: Vec<String> = steps.map(Result::unwrap).collect();
    let index = steps.iter().find_map(|step| step.strip_prefix("SEARCH sent_codes USING INDEX "));
    index.unwrap_or_else(|| panic!("{text}: {steps:?}")).to_owned()
}

/// Ann, and Bea beside her; a phone that is being set up for each.
async fn with_two(home: &Home) -> Database {
    let database = with_ann(home).await;
    let making = database.write(|tx| {
        Box::pin(async move {
            let bea = NewUser {
                id: UserId::from_stored("usr_bea".into()),
                email: EmailAddress::parse("bea@trackwell.example").unwrap(),
                email_verified_at: None,
                name: "Bea Best".into(),
                organization: OrganizationId::from_stored(COMPANY.into()),
                role: Role::Member,
                at: NOW,
            };
            people::add_user(tx, &bea).await?;
            let phones = ["usr_ann", "usr_bea"].map(|user| Write::AddPending {
                user: UserId::from_stored(user.into()),
                authenticator: phone_of(user),
                material: Material::Phone(PhoneNumber::from_stored(NUMBER.into())),
                at: NOW,
            });
            commit(tx, Decision::new((), phones.into())).await
        })
    });
    making.await.unwrap();
    database
}

fn phone_of(user: &str) -> AuthenticatorId {
    AuthenticatorId::from_stored(format!("aut_phone_of_{user}"))
}

/// Sends a text, in a ceremony of its own unless it names one, and enters its code at once if it is to be.
async fn send(database: &Database, place: usize, text: Text) {
    let sending = database.write(move |tx| {
        Box::pin(async move {
            let sent = sent_code(place, &text);
            let (user, purpose, at) = (sent.user.clone(), sent.purpose, sent.sent_at);
            let enter = text.is_entered.then(|| Claim::UseCode { code: sent.id.clone(), at });
            // The second text of a ceremony finds it open.
            let is_first = ceremony_is_new(tx, &sent.ceremony).await?;
            let mut writes: Vec<Write> = is_first.then(|| open(&sent)).into_iter().collect();
            writes.extend([Write::SupersedeCodes { user, purpose, at }, Write::OpenCode(sent)]);
            commit(tx, Decision::new((), writes)).await?;
            commit(tx, Decision::without_writes(()).claiming(enter)).await
        })
    });
    sending.await.unwrap();
}

async fn ceremony_is_new(
    tx: &mut countersign_store::Tx<'_>,
    ceremony: &CeremonyId,
) -> Result<bool, countersign_store::Fault> {
    Ok(sent_codes::newest_message(tx, ceremony).await?.is_none())
}

fn open(sent: &NewSentCode) -> Write {
    Write::OpenCeremony(NewCeremony {
        id: sent.ceremony.clone(),
        token: None,
        purpose: sent.purpose,
        user: sent.user.clone(),
        user_epoch: 0,
        session: None,
        lane: LadderSubject::user(&sent.user),
        evidence: Evidence::default(),
        created_at: sent.sent_at,
        expires_at: sent.expires_at,
    })
}

fn sent_code(place: usize, text: &Text) -> NewSentCode {
    let sent_at = NOW.minus(text.ago);
    let destination = match text.number {
        mailbox if mailbox.contains('@') => Destination::Mailbox(EmailAddress::parse(mailbox).unwrap()),
        number => Destination::Phone(PhoneNumber::from_stored(number.into())),
    };
    let ceremony = if text.ceremony.is_empty() { place.to_string() } else { text.ceremony.into() };
    NewSentCode {
        id: SentCodeId::from_stored(format!("cod_{place}")),
        ceremony: CeremonyId::from_stored(format!("cer_{ceremony}")),
        purpose: text.purpose,
        user: UserId::from_stored(text.user.into()),
        organization: Some(OrganizationId::from_stored(text.company.into())),
        authenticator: phone_of(text.user),
        message: MessageId::from_stored(format!("msg_{place}")),
        destination,
        network: text.network.into(),
        digest: [0; 32],
        sent_at,
        expires_at: sent_at.plus(CODE_LIFE),
        counts_from: counts_from(text.purpose, sent_at),
    }
}

async fn traffic(database: &Database) -> Traffic {
    let counting = database.write(|tx| {
        Box::pin(async move {
            let (user, number) =
                (UserId::from_stored("usr_ann".into()), PhoneNumber::from_stored(NUMBER.into()));
            let company = OrganizationId::from_stored(COMPANY.into());
            let subject =
                Subject { user: &user, organization: Some(&company), number: &number, network: NETWORK };
            sent_codes::traffic(tx, subject, NOW).await
        })
    });
    counting.await.unwrap()
}
