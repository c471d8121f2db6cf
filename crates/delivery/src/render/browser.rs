//! The browser in words.

use countersign_core::{browser_name::BrowserName, texts::Texts};

/// `Firefox on Linux`; never the browser's own words, which are whatever the visitor likes them to be.
pub(super) fn words(texts: &Texts, user_agent: &str) -> String {
    match BrowserName::parse(user_agent) {
        Some(BrowserName { name, system: Some(system) }) => {
            texts.with("browser-on", &[("browser", name.into()), ("system", system.into())])
        }
        Some(BrowserName { name, system: None }) => name.to_owned(),
        None => texts.get("browser-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::texts::english;

    #[test]
    fn a_browser_is_told_with_its_system_where_both_are_known() {
        let texts = english();
        for (user_agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            ("Firefox/145.0", "Firefox"),
            ("curl/8.5.0", "a browser we do not know"),
        ] {
            assert_eq!(words(&texts, user_agent), expected, "{user_agent}");
        }
    }
}
