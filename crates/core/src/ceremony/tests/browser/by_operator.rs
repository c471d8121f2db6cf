//! What an operator does about somebody else, at the console and on the pages.

use super::{
    super::world::{World, subject, user_id},
    Browser,
    mailbox::at_console,
    told,
};
use crate::{
    account::Lane,
    audit::actor::Actor,
    ceremony::{
        Decision,
        by_operator::{self, Lost, Reset},
        step_up::{Act, ActOutcome, Proved},
    },
    moment::Moment,
    refusal::Refusal,
    stated_reason::StatedReason,
};

fn of(lost: Lost) -> Reset {
    Reset { lost, reason: StatedReason::parse("lost the phone").unwrap() }
}

fn said(outcome: Result<(), Refusal>) -> String {
    outcome.map_or_else(told, |()| "done".into())
}

/// At the console.
impl Browser {
    pub(in super::super) fn reset(world: &mut World, name: &str, lost: Lost) -> String {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            said(world.commit(by_operator::reset_at_console(&account, &of(lost), moment)))
        })
    }

    pub(in super::super) fn unlock(world: &mut World, name: &str, actor: &Actor) -> String {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            let ladders = world.ladders.iter();
            let lanes = ladders
                .filter(|(whose, _)| whose.as_str().starts_with(subject(name).as_str()))
                .map(|(whose, ladder)| Lane { subject: whose.clone(), ladder: *ladder });
            let lanes = lanes.collect();
            said(world.commit(by_operator::unlock(&account, lanes, actor, moment)))
        })
    }

    pub(in super::super) fn sign_out_everywhere(world: &mut World, name: &str, actor: &Actor) -> String {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            said(world.commit(by_operator::sign_out(&account, actor, moment)))
        })
    }
}

/// On the pages, behind a code.
impl Browser {
    pub(in super::super) fn reset_of(
        &mut self,
        world: &mut World,
        (name, lost): (&str, Lost),
        code: &str,
    ) -> String {
        let account = world.account(&user_id(name), None);
        self.prove_by_code(world, Act::ResetSecondFactor, code, |proved, moment| {
            by_operator::reset(proved, account.as_ref(), &of(lost), moment)
        })
    }

    pub(in super::super) fn switch(&mut self, world: &mut World, is_open: bool, code: &str) -> String {
        let organization = world.account(&user_id("ann"), None).unwrap().memberships.remove(0).organization;
        self.prove_by_code(world, Act::SwitchTwoFactor, code, |proved, moment| {
            by_operator::switch(proved, Some(&organization), is_open, moment)
        })
    }

    fn prove_by_code(
        &mut self,
        world: &mut World,
        act: Act,
        code: &str,
        then: impl FnOnce(Proved, &mut Moment<'_>) -> Decision<ActOutcome>,
    ) -> String {
        match self.reserve_proof(world, act, "", code) {
            Ok(in_flight) => self.settle_proof(world, &in_flight, then),
            Err(refused) => refused,
        }
    }
}
