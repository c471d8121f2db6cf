//! Where from, and by which browser, something was done: in the words of the notices.

use std::net::IpAddr;

use crate::view::browser_words::browser_words;
use crate::view::frame::Frame;

pub(crate) struct Whereabouts {
    pub(super) place: String,
    pub(super) browser: String,
}

impl Whereabouts {
    /// `place` in words, else the network address. `None` for an operator's console, which has neither: see
    /// `Visitor::console`.
    pub(crate) fn of(frame: &Frame, source: &str, user_agent: &str, place: Option<&str>) -> Option<Self> {
        let is_console = source.parse().is_ok_and(|source: IpAddr| source.is_unspecified());
        let network_address = || frame.text_with("network-address", &[("address", source.into())]);
        (!is_console).then(|| Self {
            place: place.map_or_else(network_address, str::to_owned),
            browser: browser_words(frame, user_agent),
        })
    }
}
