//! What a browser is called on the pages.

use countersign_core::browser_name::BrowserName;

use crate::view::frame::Frame;

pub(super) fn browser_words(frame: &Frame, user_agent: &str) -> String {
    match BrowserName::parse(user_agent) {
        None => frame.text("browser-unknown"),
        Some(BrowserName { name, system: None }) => name.to_owned(),
        Some(BrowserName { name, system: Some(system) }) => {
            frame.text_with("browser-on", &[("browser", name.into()), ("system", system.into())])
        }
    }
}
