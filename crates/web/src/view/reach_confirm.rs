//! `/profile/security/{phone,email}/confirm`: the code that was sent proves that phone or mailbox is the person's.

use askama::Template;
use countersign_core::message::Channel;
use countersign_service::sending::Reach;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::sending::{Asking, Instead, Newest, SendAgain};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "reach_confirm.html")]
pub(crate) struct ReachConfirm {
    frame: Frame,
    step: String,
    action: &'static str,
    code: Field,
    /// Why no code arrives.
    problem: Option<String>,
    again: Option<SendAgain>,
    may_change_number: bool,
}

impl Page for ReachConfirm {}

impl ReachConfirm {
    /// Number or address in full: it is its owner's, and a slip in it should be seen.
    pub(crate) fn new(frame: Frame, set_up: SetUp, reach: &Reach, may_choose_app: bool) -> Self {
        let (heading, action, send) = match reach.to.channel() {
            Channel::Sms => {
                ("phone-confirm-heading", "/profile/security/phone/confirm", "/profile/security/phone/send")
            }
            Channel::Email => {
                ("mailbox-confirm-heading", "/profile/security/email/confirm", "/profile/security/email/send")
            }
        };
        let frame = frame.titled(heading).below(Place::Security, set_up.crumb());
        let code = Field::new(&frame, "code", Kind::Code).focused_on(&frame);
        let instead = if may_choose_app { Instead::ChooseApp } else { Instead::Helper };
        let newest = Newest::of(&frame, reach, &reach.to.formatted(), instead);
        let (code, problem) = if newest.is_problem {
            (code, Some(newest.sentence))
        } else {
            (code.hinted(newest.sentence), None)
        };
        let again = SendAgain::of(&frame, reach, Asking::SetUp(send));
        Self {
            step: set_up.step(&frame, Step::Confirm),
            action,
            code,
            problem,
            again,
            may_change_number: reach.to.channel() == Channel::Sms,
            frame,
        }
    }
}
