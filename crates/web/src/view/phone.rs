//! `/profile/security/phone`: the number that codes shall be texted to.

use askama::Template;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};
use crate::view::set_up::{SetUp, Step};

#[derive(Template)]
#[template(path = "phone.html")]
pub(crate) struct Phone {
    frame: Frame,
    step: String,
    back: Option<&'static str>,
    number: Field,
    /// Offered where the number cannot be texted.
    other_method: Option<String>,
}

impl Page for Phone {}

impl Phone {
    /// `typed` is the number from before; `example` one as people write theirs here.
    pub(crate) fn new(
        frame: Frame,
        set_up: SetUp,
        typed: &str,
        example: Option<&str>,
        may_choose_app: bool,
    ) -> Self {
        let frame = frame.titled("phone-heading").below(Place::Security, set_up.crumb());
        let hint = match example {
            Some(example) => frame.text_with("phone-hint-example", &[("example", example.into())]),
            None => frame.text("phone-hint"),
        };
        let number = Field::new(&frame, "phone", Kind::Phone).holding(typed).hinted(hint).focused_on(&frame);
        let is_refused = frame.mistake_at("phone").is_some();
        let other_method = (is_refused && may_choose_app).then(|| frame.text("sending-choose-app"));
        Self { step: set_up.step(&frame, Step::Show), back: set_up.back(), number, other_method, frame }
    }
}
