//! Counts what was sent lately, for the decision about one more code (P4).

use countersign_core::{
    authenticator::phone::{Country, PhoneNumber},
    id::{CeremonyId, MessageId, OrganizationId, UserId},
    throttle::budget::{
        COUNTRY_AT_ONCE_SAMPLE, COUNTRY_SAMPLE, GRACE, MailTraffic, ORGANIZATION_SAMPLE, SOURCE_SAMPLE,
        Share, Traffic, Unproven,
    },
    timestamp::Timestamp,
};

use crate::{Fault, Row, Tx, database::Statements, params, rows};

/// For whom, to where and from where a text message is wanted.
#[derive(Clone, Copy)]
pub struct Subject<'s> {
    pub user: &'s UserId,
    pub organization: Option<&'s OrganizationId>,
    pub number: &'s PhoneNumber,
    pub network: &'s str,
}

const HOUR_MILLIS: i64 = 60 * 60 * 1000;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

/// Everything that bears on one more text message. From here on, until the commit, nobody else counts for the
/// same number: its row is locked. Budgets that many people share are read without a lock; texts that are
/// decided in the same instant may pass such a bound together.
pub async fn traffic(tx: &mut Tx<'_>, subject: Subject<'_>, now: Timestamp) -> Result<Traffic, Fault> {
    let number = subject.number.as_str();
    tx.execute(&LOCK_DESTINATION, &params![number]).await?;
    let (now, hour, day) = (now.as_millis(), now.as_millis() - HOUR_MILLIS, now.as_millis() - DAY_MILLIS);
    let settled = now - i64::try_from(GRACE.as_millis()).unwrap_or(i64::MAX);
    let organization = subject.organization.map(OrganizationId::as_str);
    let country = subject.number.country();
    let country = country.as_ref().map(Country::as_str);
    let wanted: Statements = vec![
        (&OF_NUMBER, params![number, hour, day]),
        (&TEXTS_TO_USER, params![subject.user.as_str(), hour, day]),
        (&OF_NETWORK, params![subject.network, hour, now]),
        (&OF_ORGANIZATION, params![organization, day, now]),
        (&OF_EVERYBODY, params![hour, now]),
        (&OF_BLOCK, params![subject.number.block(), number, day]),
        (&SHARE_OF_COUNTRY, params![country, day, COUNTRY_SAMPLE, settled]),
        (&SHARE_OF_COUNTRY, params![country, day, COUNTRY_AT_ONCE_SAMPLE, now]),
        (&SHARE_OF_ORGANIZATION, params![organization, day, ORGANIZATION_SAMPLE, settled]),
        (&SHARE_OF_NETWORK, params![subject.network, day, SOURCE_SAMPLE, settled]),
    ];
    let found = tx.query_all(wanted).await?;
    let first: Vec<&Row> = found.iter().filter_map(|rows| rows.first()).collect();
    let [
        number,
        user,
        network,
        organization,
        everybody,
        block,
        country_share,
        country_at_once,
        organization_share,
        source_share,
    ] = first.as_slice()
    else {
        return Err(Fault::broken("a count gave no row"));
    };
    Ok(Traffic {
        number: unproven(number)?,
        account: unproven(user)?,
        source_in_an_hour: rows::count(network.int(0)?),
        organization_in_a_day: rows::count(organization.int(0)?),
        everybody_in_an_hour: rows::count(everybody.int(0)?),
        block: rows::count(block.int(0)?),
        country: share(country_share)?,
        country_at_once: share(country_at_once)?,
        organization: share(organization_share)?,
        source: share(source_share)?,
    })
}

/// Everything that bears on one more email with a code to a person, whose row is locked.
pub async fn mail_traffic(
    tx: &mut Tx<'_>,
    user: &UserId,
    network: &str,
    now: Timestamp,
) -> Result<MailTraffic, Fault> {
    let (now, hour, day) = (now.as_millis(), now.as_millis() - HOUR_MILLIS, now.as_millis() - DAY_MILLIS);
    let wanted: Statements =
        vec![(&MAILS_TO_USER, params![user.as_str(), hour, day]), (&OF_NETWORK, params![network, hour, now])];
    let found = tx.query_all(wanted).await?;
    let first: Vec<&Row> = found.iter().filter_map(|rows| rows.first()).collect();
    let [mailbox, network] = first.as_slice() else { return Err(Fault::broken("a count gave no row")) };
    Ok(MailTraffic { mailbox: unproven(mailbox)?, source_in_an_hour: rows::count(network.int(0)?) })
}

/// The message that carries the newest code of a ceremony.
pub async fn newest_message(tx: &mut Tx<'_>, ceremony: &CeremonyId) -> Result<Option<MessageId>, Fault> {
    let row = tx.query_optional(&NEWEST_MESSAGE, &params![ceremony.as_str()]).await?;
    row.map(|row| Ok(MessageId::from_stored(row.text(0)?.to_owned()))).transpose()
}

fn unproven(row: &Row) -> Result<Unproven, Fault> {
    Ok(Unproven { in_an_hour: rows::count(row.int(0)?), in_a_day: rows::count(row.int(1)?) })
}

fn share(row: &Row) -> Result<Share, Fault> {
    Ok(Share { sent: rows::count(row.int(0)?), entered: rows::count(row.int(1)?) })
}

/// Who asks for a second code and enters that one has proved the number: the first does not count either.
macro_rules! unproven {
    () => {
        "used_at IS NULL AND NOT EXISTS (SELECT 1 FROM sent_codes AS entered \
             WHERE entered.ceremony_id = sent_codes.ceremony_id \
                 AND entered.destination = sent_codes.destination AND entered.used_at IS NOT NULL) AND "
    };
}

/// Codes in an hour and in a day that nobody entered.
macro_rules! unproven_in_an_hour_and_a_day {
    () => {
        concat!(
            "SELECT COUNT(CASE WHEN sent_at > $2 THEN 1 END), COUNT(*) FROM sent_codes WHERE ",
            unproven!(),
            "sent_at > $3 AND "
        )
    };
}

/// Of the newest `$3` numbers that were texted in a set-up: how many, and of how many a code was entered. Those
/// whose codes had no time yet to be entered (they were sent after `$4`) are left out.
macro_rules! share_of_those_where {
    ($condition:literal) => {
        concat!(
            "SELECT COUNT(*), COUNT(entered_at) FROM ( \
                 SELECT MAX(used_at) AS entered_at, MAX(sent_at) AS newest_at FROM sent_codes \
                 WHERE purpose = 'enroll' AND channel = 'sms' AND sent_at > $2 AND (used_at IS NOT NULL OR sent_at <= $4) AND ",
            $condition,
            " GROUP BY ceremony_id, destination ORDER BY newest_at DESC LIMIT $3) AS set_ups"
        )
    };
}

crate::statements! {
    NEWEST_MESSAGE: new(
        "SELECT message_id FROM sent_codes WHERE ceremony_id = $1 ORDER BY sent_at DESC, id DESC LIMIT 1"
    );
    /// In one statement, so that the janitor cannot remove the row between its making and its lock.
    LOCK_DESTINATION: new(
        "INSERT INTO destinations (number) VALUES ($1) ON CONFLICT (number) DO UPDATE SET number = excluded.number"
    );
    OF_NUMBER: new(concat!(unproven_in_an_hour_and_a_day!(), "destination = $1"));
    TEXTS_TO_USER: new(concat!(unproven_in_an_hour_and_a_day!(), "channel = 'sms' AND user_id = $1"));
    MAILS_TO_USER: new(concat!(unproven_in_an_hour_and_a_day!(), "channel = 'email' AND user_id = $1"));
    OF_NETWORK: new(concat!(
        "SELECT COUNT(*) FROM sent_codes WHERE ", unproven!(),
        "network = $1 AND sent_at > $2 AND counts_from <= $3"
    ));
    OF_ORGANIZATION: new(concat!(
        "SELECT COUNT(*) FROM sent_codes WHERE ", unproven!(),
        "channel = 'sms' AND organization_id = $1 AND sent_at > $2 AND counts_from <= $3"
    ));
    OF_EVERYBODY: new(concat!(
        "SELECT COUNT(*) FROM sent_codes WHERE ", unproven!(), "channel = 'sms' AND sent_at > $1 AND counts_from <= $2"
    ));
    OF_BLOCK: new(concat!(
        "SELECT COUNT(DISTINCT destination) FROM sent_codes WHERE ", unproven!(),
        "block = $1 AND destination <> $2 AND purpose = 'enroll' AND sent_at > $3"
    ));
    SHARE_OF_COUNTRY: new(share_of_those_where!("country = $1"));
    SHARE_OF_ORGANIZATION: new(share_of_those_where!("organization_id = $1"));
    SHARE_OF_NETWORK: new(share_of_those_where!("network = $1"));
}
