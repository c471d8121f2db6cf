//! `/sign-in/other-way`: everything that the second step can be done with.

use askama::Template;
use countersign_core::message::Channel;
use countersign_service::sending::CodeWays;

use crate::view::Page;
use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "other_way.html")]
pub(crate) struct OtherWay {
    frame: Frame,
    has_app: bool,
    /// By what a code is sent, and where, in words.
    sent: Vec<(&'static str, String)>,
}

impl Page for OtherWay {}

impl OtherWay {
    pub(crate) fn new(frame: Frame, awaiting: &CodeWays) -> Self {
        let sent = awaiting.reaches.iter().map(|reach| {
            let channel = reach.to.channel();
            let id = match channel {
                Channel::Sms => "other-way-text",
                Channel::Email => "other-way-mail",
            };
            (channel.as_str(), frame.text_with(id, &[("to", reach.to.masked().into())]))
        });
        Self { has_app: awaiting.has_app, sent: sent.collect(), frame: frame.titled("other-way-heading") }
    }
}
