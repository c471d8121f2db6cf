//! `/profile/security/phone/confirm`: the texted code proves that the phone is the person's.

use askama::Template;
use countersign_service::texting::TextState;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};
use crate::view::texting::{Asking, Instead, Newest, SendAgain};

#[derive(Template)]
#[template(path = "phone_confirm.html")]
pub(crate) struct PhoneConfirm {
    frame: Frame,
    step: String,
    code: Field,
    /// Why no text arrives.
    problem: Option<String>,
    again: Option<SendAgain>,
}

impl Page for PhoneConfirm {}

impl PhoneConfirm {
    /// The number in full: its owner typed it a moment ago, and a slip in it should be seen.
    pub(crate) fn new(frame: Frame, set_up: SetUp, text: &TextState, may_choose_app: bool) -> Self {
        let frame = frame.titled("phone-confirm-heading").below(Place::Security, set_up.crumb());
        let code = Field::new(&frame, "code", Kind::Code).focused_on(&frame);
        let instead = if may_choose_app { Instead::ChooseApp } else { Instead::Helper };
        let newest = Newest::of(&frame, text, &text.number.formatted(), instead);
        let (code, problem) = if newest.is_problem {
            (code, Some(newest.sentence))
        } else {
            (code.hinted(newest.sentence), None)
        };
        let again = SendAgain::of(&frame, text, Asking::SetUp);
        Self { step: set_up.step(&frame, Step::Confirm), code, problem, again, frame }
    }
}
