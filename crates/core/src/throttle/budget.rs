//! How many codes may be sent: within one ceremony (P3), and to, by and for whom (P4).
//!
//! ```text
//!   a ceremony   first code ── 30 s ── again ── 60 s ── again ── 120 s ── again ── no more
//!   everything   counts of what was sent lately and not entered; they outlive the ceremony
//! ```
//!
//! Texts cost money, and some people earn by them: they have us text long rows of numbers, which are never
//! proved. So numbers are texted in countries that the operator named only, and where hardly any new number
//! is ever proved, none is texted any more (A41).

use std::time::Duration;

use crate::{
    authenticator::phone::Country, ceremony::CeremonyPurpose, message::Channel, timestamp::Timestamp,
    user::EmailAddress,
};

/// So many more codes may be asked for in one ceremony after the first.
pub const RESENDS_MAX: u32 = 3;
/// How long to wait after each code before the next may be asked for.
const WAITS_SECS: [u64; RESENDS_MAX as usize] = [30, 60, 120];

/// What an operator decided about text messages.
#[derive(Clone, Debug)]
pub struct TextingRules {
    /// Where numbers without a `+` belong.
    pub home: Country,
    /// Where numbers are texted at all.
    pub countries: Vec<Country>,
    /// Unproven texts of the whole installation in an hour.
    pub hour_max: u32,
    /// Who hears of budgets and breakers.
    pub alerts_to: Option<EmailAddress>,
}

/// What was sent in one ceremony.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sends {
    pub count: u32,
    /// By what the last code was wanted.
    pub channel: Option<Channel>,
    pub texts: SendsBy,
    pub mails: SendsBy,
}

/// The same by one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendsBy {
    pub last_at: Option<Timestamp>,
    /// Why the last code that was wanted was not sent.
    pub withheld: Option<Withheld>,
}

/// When the next code of a ceremony may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextSend {
    Now,
    At(Timestamp),
    Never,
}

words! {
    /// Why a code was not sent; what else works still does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Withheld {
        /// No gateway is configured.
        NoGateway = "no_gateway",
        /// Numbers of this country are not texted.
        Country = "country_not_allowed",
        Number = "number_budget",
        NumberToday = "number_budget_of_day",
        Account = "account_budget",
        AccountToday = "account_budget_of_day",
        Source = "source_budget",
        Organization = "organization_budget",
        Everybody = "everybody_budget",
        /// Too many numbers beside this one are being set up and not proved.
        Block = "adjacent_numbers",
        /// Hardly any number of this country, company or network is ever proved.
        UnprovenCountry = "unproven_country",
        UnprovenOrganization = "unproven_organization",
        UnprovenSource = "unproven_source",
        /// No mail server is configured.
        NoMailServer = "no_mail_server",
        Mailbox = "mailbox_budget",
        MailboxToday = "mailbox_budget_of_day",
        /// The mailbox chose the password within a day: a code there would prove the same once more (A65, A66).
        SameMailbox = "same_mailbox",
    }
}

/// Codes that were sent lately and not entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unproven {
    pub in_an_hour: u32,
    pub in_a_day: u32,
}

/// Of the last numbers that were texted in a set-up, within a day: how many were, and of how many a code was
/// entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub sent: u32,
    pub entered: u32,
}

/// Everything that bears on one more email with a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailTraffic {
    /// To this person, who has one mailbox.
    pub mailbox: Unproven,
    pub source_in_an_hour: u32,
}

/// Everything that bears on one more text message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// To this number, whoever asked. Binds set-ups only: else strangers could keep its owner from signing in.
    pub number: Unproven,
    pub account: Unproven,
    pub source_in_an_hour: u32,
    pub organization_in_a_day: u32,
    pub everybody_in_an_hour: u32,
    /// Other numbers of the same block that were to be set up within a day and were not.
    pub block: u32,
    pub country: Share,
    /// The same of more codes, of which some may just be on their way: when very many are, nobody waits to see.
    pub country_at_once: Share,
    pub organization: Share,
    pub source: Share,
}

const HOUR_MAX: u32 = 5;
const DAY_MAX: u32 = 10;
const MAILBOX_HOUR_MAX: u32 = 10;
const MAILBOX_DAY_MAX: u32 = 20;
const SOURCE_HOUR_MAX: u32 = 20;
const ORGANIZATION_DAY_MAX: u32 = 500;
/// Of a thousand numbers that follow each other.
const BLOCK_MAX: u32 = 5;
/// So many set-ups make a share that says something. A source may send twenty codes in an hour anyway.
pub const COUNTRY_SAMPLE: u32 = 50;
pub const COUNTRY_AT_ONCE_SAMPLE: u32 = 100;
pub const ORGANIZATION_SAMPLE: u32 = 20;
pub const SOURCE_SAMPLE: u32 = 10;
/// A breaker opens where fewer than one code in so many is entered.
const ENTERED_AT_LEAST_ONE_IN: u32 = 5;
/// A code of a sign-in counts as not entered, where many people share the count, only once it had this long: when
/// an office starts its day, many are under way at once. In the share of a breaker, codes of set-ups have it too.
pub const GRACE: Duration = Duration::from_mins(3);

impl TextingRules {
    /// Whether numbers of a country are texted; those that belong to none are not.
    pub fn allow(&self, country: Option<&Country>) -> bool {
        country.is_some_and(|country| self.countries.contains(country))
    }
}

impl Sends {
    pub fn by(&self, channel: Channel) -> SendsBy {
        match channel {
            Channel::Sms => self.texts,
            Channel::Email => self.mails,
        }
    }

    /// Why the code that was wanted last was not sent.
    pub fn withheld_last(&self) -> Option<Withheld> {
        self.by(self.channel?).withheld
    }

    fn with(self, channel: Channel, by: SendsBy) -> Self {
        let channel_of_last = Some(channel);
        match channel {
            Channel::Sms => Self { channel: channel_of_last, texts: by, ..self },
            Channel::Email => Self { channel: channel_of_last, mails: by, ..self },
        }
    }

    /// When a further code may be asked for by `channel`. Whoever tries another way does not wait for what did not
    /// come by the first; all ways count together.
    pub fn next(&self, channel: Channel, now: Timestamp) -> NextSend {
        if self.count > RESENDS_MAX {
            return NextSend::Never;
        }
        let (Some(last_at), Some(sent_before)) = (self.by(channel).last_at, self.count.checked_sub(1)) else {
            return NextSend::Now;
        };
        let wait = usize::try_from(sent_before).ok().and_then(|sent| WAITS_SECS.get(sent));
        match wait.map(|secs| last_at.plus(Duration::from_secs(*secs))) {
            None => NextSend::Never,
            Some(at) if now < at => NextSend::At(at),
            Some(_) => NextSend::Now,
        }
    }

    #[must_use]
    pub fn sent(self, channel: Channel, now: Timestamp) -> Self {
        let by = SendsBy { last_at: Some(now), withheld: None };
        Self { count: self.count.saturating_add(1), ..self.with(channel, by) }
    }

    /// A code was wanted and is not sent. In a set-up that counts as well: there numbers can be tried.
    #[must_use]
    pub fn withheld(self, why: Withheld, channel: Channel, purpose: CeremonyPurpose) -> Self {
        let tried = u32::from(purpose == CeremonyPurpose::Enroll);
        let by = SendsBy { withheld: Some(why), ..self.by(channel) };
        Self { count: self.count.saturating_add(tried), ..self.with(channel, by) }
    }
}

impl Withheld {
    /// When it is worth to ask again at the earliest; `None` where waiting changes nothing.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::NoGateway | Self::Country | Self::NoMailServer => None,
            Self::Number | Self::Account | Self::Source | Self::Everybody | Self::Mailbox => {
                Some(Duration::from_hours(1))
            }
            Self::NumberToday
            | Self::AccountToday
            | Self::Organization
            | Self::Block
            | Self::UnprovenCountry
            | Self::UnprovenOrganization
            | Self::UnprovenSource
            | Self::MailboxToday
            | Self::SameMailbox => Some(Duration::from_hours(24)),
        }
    }
}

impl Share {
    fn is_suspicious(self, sample: u32) -> bool {
        self.sent >= sample && self.entered.saturating_mul(ENTERED_AT_LEAST_ONE_IN) < self.sent
    }
}

impl MailTraffic {
    /// Whether one more email with a code may be sent.
    pub fn check(&self) -> Result<(), Withheld> {
        let refusals = [
            (self.mailbox.in_a_day >= MAILBOX_DAY_MAX, Withheld::MailboxToday),
            (self.mailbox.in_an_hour >= MAILBOX_HOUR_MAX, Withheld::Mailbox),
            (self.source_in_an_hour >= SOURCE_HOUR_MAX, Withheld::Source),
        ];
        first_that_applies(refusals)
    }
}

impl Traffic {
    /// Whether one more text may be sent. Numbers that a person proved once are texted at every sign-in,
    /// however few new ones are proved elsewhere.
    pub fn check(
        &self,
        purpose: CeremonyPurpose,
        country: Option<&Country>,
        rules: &TextingRules,
    ) -> Result<(), Withheld> {
        let is_new = purpose == CeremonyPurpose::Enroll;
        let refusals = [
            (!rules.allow(country), Withheld::Country),
            (is_new && self.number.in_a_day >= DAY_MAX, Withheld::NumberToday),
            (is_new && self.number.in_an_hour >= HOUR_MAX, Withheld::Number),
            (self.account.in_a_day >= DAY_MAX, Withheld::AccountToday),
            (self.account.in_an_hour >= HOUR_MAX, Withheld::Account),
            (self.source_in_an_hour >= SOURCE_HOUR_MAX, Withheld::Source),
            (self.organization_in_a_day >= ORGANIZATION_DAY_MAX, Withheld::Organization),
            (self.everybody_in_an_hour >= rules.hour_max, Withheld::Everybody),
            (is_new && self.block >= BLOCK_MAX, Withheld::Block),
            (is_new && self.country.is_suspicious(COUNTRY_SAMPLE), Withheld::UnprovenCountry),
            (is_new && self.country_at_once.is_suspicious(COUNTRY_AT_ONCE_SAMPLE), Withheld::UnprovenCountry),
            (is_new && self.organization.is_suspicious(ORGANIZATION_SAMPLE), Withheld::UnprovenOrganization),
            (is_new && self.source.is_suspicious(SOURCE_SAMPLE), Withheld::UnprovenSource),
        ];
        first_that_applies(refusals)
    }
}

fn first_that_applies(refusals: impl IntoIterator<Item = (bool, Withheld)>) -> Result<(), Withheld> {
    refusals.into_iter().find(|(applies, _)| *applies).map_or(Ok(()), |(_, why)| Err(why))
}

/// From when on a code counts against the budgets that many people share.
pub fn counts_from(purpose: CeremonyPurpose, sent_at: Timestamp) -> Timestamp {
    match purpose {
        CeremonyPurpose::Enroll => sent_at,
        CeremonyPurpose::SignIn
        | CeremonyPurpose::Prove(_)
        | CeremonyPurpose::SaveRecoveryKey
        | CeremonyPurpose::SaveBackupCodes => sent_at.plus(GRACE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> TextingRules {
        let home = Country::parse("US").unwrap();
        TextingRules { countries: vec![home.clone()], home, hour_max: 1000, alerts_to: None }
    }

    fn check(purpose: CeremonyPurpose, traffic: Traffic) -> Result<(), Withheld> {
        traffic.check(purpose, Some(&rules().home), &rules())
    }

    #[test]
    fn codes_may_be_asked_for_again_after_30_60_and_120_seconds_and_then_no_more() {
        let start = Timestamp::from_millis(0);
        let after = |secs| start.plus(Duration::from_secs(secs));
        let mut sends = Sends::default();
        assert_eq!(sends.next(Channel::Sms, start), NextSend::Now);
        let mut now = start;
        for wait in WAITS_SECS {
            sends = sends.sent(Channel::Sms, now);
            let due = now.plus(Duration::from_secs(wait));
            assert_eq!(sends.next(Channel::Sms, due.minus(Duration::from_millis(1))), NextSend::At(due));
            assert_eq!(sends.next(Channel::Sms, due), NextSend::Now);
            now = due;
        }
        assert_eq!(sends.sent(Channel::Sms, now).next(Channel::Sms, after(100_000)), NextSend::Never);
    }

    #[test]
    fn another_way_is_not_waited_for_and_counts_with_the_first() {
        let now = Timestamp::from_millis(0);
        let mut sends = Sends::default();
        for channel in [Channel::Sms, Channel::Email] {
            assert_eq!(sends.next(channel, now), NextSend::Now);
            sends = sends.sent(channel, now);
        }
        // The way back is the same way again, and a wish that was not fulfilled opens it no sooner.
        let withheld = sends.withheld(Withheld::Mailbox, Channel::Email, CeremonyPurpose::SignIn);
        for sends in [sends, withheld] {
            let due = now.plus(Duration::from_mins(1));
            assert_eq!(sends.next(Channel::Sms, now), NextSend::At(due));
            assert_eq!(sends.next(Channel::Sms, due), NextSend::Now);
        }
        let later = now.plus(Duration::from_mins(2));
        let spent = sends.sent(Channel::Sms, later).sent(Channel::Email, later);
        assert_eq!(spent.next(Channel::Sms, later.plus(Duration::from_hours(1))), NextSend::Never);
    }

    /// P4
    #[test]
    fn ten_emails_in_an_hour_and_twenty_in_a_day_and_no_more() {
        let mailbox = |in_an_hour, in_a_day| Unproven { in_an_hour, in_a_day };
        for (traffic, refused) in [
            (MailTraffic { mailbox: mailbox(9, 19), source_in_an_hour: 19 }, None),
            (MailTraffic { mailbox: mailbox(10, 10), ..MailTraffic::default() }, Some(Withheld::Mailbox)),
            (MailTraffic { mailbox: mailbox(0, 20), ..MailTraffic::default() }, Some(Withheld::MailboxToday)),
            (MailTraffic { source_in_an_hour: 20, ..MailTraffic::default() }, Some(Withheld::Source)),
        ] {
            assert_eq!(traffic.check().err(), refused, "{traffic:?}");
        }
    }

    #[test]
    fn every_budget_refuses_at_its_bound_and_not_before() {
        let spent = |hour, day| Unproven { in_an_hour: hour, in_a_day: day };
        for (traffic, refused) in [
            (Traffic { account: spent(4, 9), ..Traffic::default() }, None),
            (Traffic { account: spent(5, 5), ..Traffic::default() }, Some(Withheld::Account)),
            (Traffic { account: spent(0, 10), ..Traffic::default() }, Some(Withheld::AccountToday)),
            (Traffic { account: spent(5, 10), ..Traffic::default() }, Some(Withheld::AccountToday)),
            (Traffic { source_in_an_hour: 19, ..Traffic::default() }, None),
            (Traffic { source_in_an_hour: 20, ..Traffic::default() }, Some(Withheld::Source)),
            (Traffic { organization_in_a_day: 499, ..Traffic::default() }, None),
            (Traffic { organization_in_a_day: 500, ..Traffic::default() }, Some(Withheld::Organization)),
            (Traffic { everybody_in_an_hour: 1000, ..Traffic::default() }, Some(Withheld::Everybody)),
        ] {
            for purpose in [CeremonyPurpose::SignIn, CeremonyPurpose::Enroll] {
                assert_eq!(check(purpose, traffic).err(), refused, "{traffic:?}");
            }
        }
    }

    #[test]
    fn only_numbers_that_the_operator_named_countries_for_are_texted() {
        let traffic = Traffic::default();
        let germany = Country::parse("DE").unwrap();
        assert_eq!(traffic.check(CeremonyPurpose::SignIn, Some(&germany), &rules()), Err(Withheld::Country));
        assert_eq!(traffic.check(CeremonyPurpose::SignIn, None, &rules()), Err(Withheld::Country));
    }

    #[test]
    fn where_hardly_any_new_number_is_proved_new_ones_are_not_texted_and_proved_ones_are() {
        let share = |sent, entered| Share { sent, entered };
        let unproven = |hour, day| Unproven { in_an_hour: hour, in_a_day: day };
        for (traffic, refused) in [
            (Traffic { number: unproven(4, 9), ..Traffic::default() }, None),
            (Traffic { number: unproven(5, 5), ..Traffic::default() }, Some(Withheld::Number)),
            (Traffic { number: unproven(0, 10), ..Traffic::default() }, Some(Withheld::NumberToday)),
            (Traffic { country_at_once: share(99, 0), ..Traffic::default() }, None),
            (
                Traffic { country_at_once: share(100, 19), ..Traffic::default() },
                Some(Withheld::UnprovenCountry),
            ),
            (Traffic { block: 4, ..Traffic::default() }, None),
            (Traffic { block: 5, ..Traffic::default() }, Some(Withheld::Block)),
            (Traffic { country: share(49, 0), ..Traffic::default() }, None),
            (Traffic { country: share(50, 10), ..Traffic::default() }, None),
            (Traffic { country: share(50, 9), ..Traffic::default() }, Some(Withheld::UnprovenCountry)),
            (
                Traffic { organization: share(20, 3), ..Traffic::default() },
                Some(Withheld::UnprovenOrganization),
            ),
            (Traffic { source: share(10, 1), ..Traffic::default() }, Some(Withheld::UnprovenSource)),
        ] {
            assert_eq!(check(CeremonyPurpose::Enroll, traffic).err(), refused, "{traffic:?}");
            assert_eq!(check(CeremonyPurpose::SignIn, traffic), Ok(()), "{traffic:?}");
        }
    }
}
