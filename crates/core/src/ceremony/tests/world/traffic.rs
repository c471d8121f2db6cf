//! What was sent lately, counted as `store::sent_codes` counts it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{CodeRow, World};
use crate::{
    account::Texting,
    authenticator::{destination::Destination, phone::PhoneNumber},
    ceremony::CeremonyPurpose,
    id::{OrganizationId, UserId},
    message::Channel,
    throttle::budget::{
        COUNTRY_AT_ONCE_SAMPLE, COUNTRY_SAMPLE, GRACE, MailTraffic, ORGANIZATION_SAMPLE, SOURCE_SAMPLE,
        Share, Traffic, Unproven,
    },
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Who would be texted, and at whose wish.
pub(in super::super) struct Addressee<'a> {
    pub(in super::super) user: &'a UserId,
    pub(in super::super) organization: Option<&'a OrganizationId>,
    pub(in super::super) number: &'a PhoneNumber,
    pub(in super::super) network: &'a str,
}

impl World {
    /// What decides about one more text; `None` without a gateway.
    pub(in super::super) fn texting(&self, to: &Addressee<'_>) -> Option<Texting> {
        let Addressee { user, organization, number, network } = to;
        let (country, to) = (number.country(), Destination::Phone((*number).clone()));
        let is_text = |row: &CodeRow| row.sent.destination.channel() == Channel::Sms;
        let of_organization = |row: &CodeRow| is_text(row) && row.sent.organization.as_ref() == *organization;
        let of_country = |row: &CodeRow| is_text(row) && row.sent.destination.country() == country;
        let of_network = |row: &CodeRow| row.sent.network == *network;
        let counted = |row: &CodeRow| row.sent.counts_from <= self.now;
        let traffic = Traffic {
            number: self.unproven(|row| row.sent.destination == to),
            account: self.unproven(|row| is_text(row) && row.sent.user == **user),
            source_in_an_hour: self.unproven(|row| of_network(row) && counted(row)).in_an_hour,
            organization_in_a_day: self.unproven(|row| of_organization(row) && counted(row)).in_a_day,
            everybody_in_an_hour: self.unproven(|row| is_text(row) && counted(row)).in_an_hour,
            block: self.neighbors(&to),
            country: self.share((COUNTRY_SAMPLE, GRACE), of_country),
            country_at_once: self.share((COUNTRY_AT_ONCE_SAMPLE, Duration::ZERO), of_country),
            organization: self.share((ORGANIZATION_SAMPLE, GRACE), of_organization),
            source: self.share((SOURCE_SAMPLE, GRACE), |row| is_text(row) && of_network(row)),
        };
        self.has_gateway.then(|| Texting { rules: Arc::clone(&self.texting_rules), traffic })
    }

    /// What decides about one more email with a code; `None` without a mail server.
    pub(in super::super) fn mailing(&self, user: &UserId, network: &str) -> Option<MailTraffic> {
        let is_mail = |row: &CodeRow| row.sent.destination.channel() == Channel::Email;
        let counted = |row: &CodeRow| row.sent.network == network && row.sent.counts_from <= self.now;
        self.has_mail_server.then(|| MailTraffic {
            mailbox: self.unproven(|row| is_mail(row) && row.sent.user == *user),
            source_in_an_hour: self.unproven(counted).in_an_hour,
        })
    }

    /// Codes that were sent within a span and not entered, to numbers that were not proved in the same ceremony.
    pub(in super::super) fn unproven_within(&self, span: Duration, fits: impl Fn(&CodeRow) -> bool) -> u32 {
        let is_counted =
            |row: &&CodeRow| !self.is_proved(row) && self.now.since(row.sent.sent_at) < span && fits(row);
        count(self.codes.iter().filter(is_counted))
    }

    /// Whether this code was entered, or another one that went to the same number in the same ceremony.
    fn is_proved(&self, row: &CodeRow) -> bool {
        self.codes.iter().any(|other| is_same_try(other, row) && other.used_at.is_some())
    }

    fn unproven(&self, fits: impl Fn(&CodeRow) -> bool) -> Unproven {
        Unproven { in_an_hour: self.unproven_within(HOUR, &fits), in_a_day: self.unproven_within(DAY, &fits) }
    }

    fn neighbors(&self, number: &Destination) -> u32 {
        let is_neighbor = |row: &&CodeRow| {
            row.sent.purpose == CeremonyPurpose::Enroll
                && !self.is_proved(row)
                && row.sent.destination != *number
                && row.sent.destination.block() == number.block()
                && self.now.since(row.sent.sent_at) < DAY
        };
        let neighbors = self.codes.iter().filter(is_neighbor);
        let numbers: HashSet<&str> = neighbors.map(|row| row.sent.destination.as_str()).collect();
        count(numbers.iter())
    }

    /// Of the newest numbers that were texted in a set-up; those that still have time to be proved are left out.
    fn share(&self, (sample, grace): (u32, Duration), fits: impl Fn(&CodeRow) -> bool) -> Share {
        let is_meant = |row: &&CodeRow| {
            let age = self.now.since(row.sent.sent_at);
            row.sent.purpose == CeremonyPurpose::Enroll
                && age < DAY
                && (row.used_at.is_some() || age >= grace)
                && fits(row)
        };
        let mut tries: Vec<(&CodeRow, bool)> = Vec::new();
        for row in self.codes.iter().rev().filter(is_meant) {
            match tries.iter_mut().find(|(newest, _)| is_same_try(newest, row)) {
                Some((_, is_entered)) => *is_entered |= row.used_at.is_some(),
                None => tries.push((row, row.used_at.is_some())),
            }
        }
        tries.truncate(sample.try_into().unwrap());
        Share {
            sent: count(tries.iter()),
            entered: count(tries.iter().filter(|(_, is_entered)| *is_entered)),
        }
    }
}

/// Whether two codes went to one number in one ceremony.
fn is_same_try(one: &CodeRow, other: &CodeRow) -> bool {
    one.sent.ceremony == other.sent.ceremony && one.sent.destination == other.sent.destination
}

fn count(items: impl Iterator) -> u32 {
    items.count().try_into().unwrap()
}
