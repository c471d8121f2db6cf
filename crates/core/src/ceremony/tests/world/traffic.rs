//! What was texted lately, counted as `store::sent_codes` counts it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{CodeRow, World};
use crate::{
    account::Texting,
    authenticator::phone::PhoneNumber,
    ceremony::CeremonyPurpose,
    id::{OrganizationId, UserId},
    throttle::budget::{COUNTRY_SAMPLE, ORGANIZATION_SAMPLE, SOURCE_SAMPLE, Share, Traffic, Unproven},
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
        let country = number.country();
        let of_organization = |row: &CodeRow| row.sent.organization.as_ref() == *organization;
        let of_network = |row: &CodeRow| row.sent.network == *network;
        let counted = |row: &CodeRow| row.sent.counts_from <= self.now;
        let traffic = Traffic {
            number: self.unproven(|row| row.sent.number == **number),
            account: self.unproven(|row| row.sent.user == **user),
            source_in_an_hour: self.unproven(|row| of_network(row) && counted(row)).in_an_hour,
            organization_in_a_day: self.unproven(|row| of_organization(row) && counted(row)).in_a_day,
            everybody_in_an_hour: self.unproven(counted).in_an_hour,
            block: self.neighbors(number),
            country: self.share(COUNTRY_SAMPLE, |row| row.sent.country == country),
            organization: self.share(ORGANIZATION_SAMPLE, of_organization),
            source: self.share(SOURCE_SAMPLE, of_network),
        };
        self.has_gateway.then(|| Texting { rules: Arc::clone(&self.texting_rules), traffic })
    }

    /// Codes that were sent within a span and not entered.
    pub(in super::super) fn unproven_within(&self, span: Duration, fits: impl Fn(&CodeRow) -> bool) -> u32 {
        let is_counted =
            |row: &&CodeRow| row.used_at.is_none() && self.now.since(row.sent.sent_at) < span && fits(row);
        count(self.codes.iter().filter(is_counted))
    }

    fn unproven(&self, fits: impl Fn(&CodeRow) -> bool) -> Unproven {
        Unproven { in_an_hour: self.unproven_within(HOUR, &fits), in_a_day: self.unproven_within(DAY, &fits) }
    }

    fn neighbors(&self, number: &PhoneNumber) -> u32 {
        let is_neighbor = |row: &&CodeRow| {
            row.sent.purpose == CeremonyPurpose::Enroll
                && row.used_at.is_none()
                && row.sent.number != *number
                && row.sent.number.block() == number.block()
                && self.now.since(row.sent.sent_at) < DAY
        };
        let numbers: HashSet<&PhoneNumber> =
            self.codes.iter().filter(is_neighbor).map(|row| &row.sent.number).collect();
        count(numbers.iter())
    }

    fn share(&self, sample: u32, fits: impl Fn(&CodeRow) -> bool) -> Share {
        let is_meant = |row: &&CodeRow| {
            row.sent.purpose == CeremonyPurpose::Enroll && self.now.since(row.sent.sent_at) < DAY && fits(row)
        };
        let last: Vec<&CodeRow> =
            self.codes.iter().rev().filter(is_meant).take(sample.try_into().unwrap()).collect();
        Share { sent: count(last.iter()), entered: count(last.iter().filter(|row| row.used_at.is_some())) }
    }
}

fn count(items: impl Iterator) -> u32 {
    items.count().try_into().unwrap()
}
