//! A customer company and who belongs to it.

use serde::{Deserialize, Serialize};

use crate::{
    id::OrganizationId,
    policy::{Policy, SecondFactorRule},
    timestamp::Timestamp,
};

#[derive(Clone, Debug)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    /// Since when the operator lets its people use a second factor (CR-3).
    pub two_factor_opened_at: Option<Timestamp>,
    pub policy: Policy,
}

impl Organization {
    /// A rule binds only where the operator opened what it asks for (CR-3).
    pub fn requires_second_factor(&self) -> bool {
        self.two_factor_opened_at.is_some() && self.policy.second_factor == SecondFactorRule::Required
    }
}

/// A user in an organization.
#[derive(Clone, Debug)]
pub struct Membership {
    pub organization: Organization,
    pub role: Role,
}

words! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        Member = "member",
        Admin = "admin",
        Owner = "owner",
    }
}
