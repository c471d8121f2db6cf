//! The operators' pages with people, companies and messages of every state; names are as hostile as names can be.

use std::sync::Arc;
use std::time::Duration;

use countersign_core::account::{Account, Lane};
use countersign_core::audit::actor::Actor;
use countersign_core::authenticator::totp::UsedSteps;
use countersign_core::authenticator::{Authenticator, Material};
use countersign_core::ceremony::by_operator::Lost;
use countersign_core::id::{AuditEventId, AuthenticatorId, MessageId, OrganizationId, SessionId, UserId};
use countersign_core::message::Channel;
use countersign_core::moment::BrowserMark;
use countersign_core::organization::{Membership, Organization as Company, Role};
use countersign_core::policy::presets::Preset;
use countersign_core::policy::{Policy, SecondFactorRule};
use countersign_core::secret::Sealed;
use countersign_core::session::Session;
use countersign_core::throttle::cap::FailureRecord;
use countersign_core::throttle::ladder::{Ladder, LadderSubject, Lock};
use countersign_core::timestamp::Timestamp;
use countersign_service::directory::{
    EventLine, ListPage, OrganizationFacts, OrganizationLine, SessionLine, UserLine, UserSearch, UserView,
};
use countersign_service::outbox::{DeadLetter, OutboxState, RefusedCodes, Sendings, Waiting};
use countersign_service::sending::CodeWays;

use super::{html, in_30_seconds, mistake, number, person, state, text, visitor};
use crate::site::Site;
use crate::view::frame::Frame;
use crate::view::operator::add_organization::AddOrganization;
use crate::view::operator::delivery::Delivery;
use crate::view::operator::organization::Organization;
use crate::view::operator::organizations::Organizations;
use crate::view::operator::reset::{Reset, What};
use crate::view::operator::sign_out_everywhere::SignOutEverywhere;
use crate::view::operator::switch_two_factor::SwitchTwoFactor;
use crate::view::operator::user::User;
use crate::view::operator::users::Users;
use crate::view::person::Person;
