//! Which browser it was, from what it calls itself: a few well-known names, and honestly nothing else.

use countersign_core::texts::Texts;

/// Proper names, the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Browser {
    pub(super) name: &'static str,
    system: Option<&'static str>,
}

impl Browser {
    pub(super) fn parse(user_agent: &str) -> Option<Self> {
        Some(Self { name: first(NAMES, user_agent)?, system: first(SYSTEMS, user_agent) })
    }

    /// `Firefox on Linux`
    fn words(self, texts: &Texts) -> String {
        match self.system {
            Some(system) => {
                texts.with("browser-on", &[("browser", self.name.into()), ("system", system.into())])
            }
            None => self.name.to_owned(),
        }
    }
}

/// Never the browser's own words: they are whatever the visitor likes them to be.
pub(super) fn words(texts: &Texts, user_agent: &str) -> String {
    Browser::parse(user_agent).map_or_else(|| texts.get("browser-unknown"), |browser| browser.words(texts))
}

fn first(marks: &[(&str, &'static str)], user_agent: &str) -> Option<&'static str> {
    marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
}

/// In this order, since each browser also names those that it wants to be taken for.
const NAMES: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::texts::english;

    #[test]
    fn well_known_browsers_are_named_and_all_others_are_not() {
        let texts = english();
        for (user_agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/26.0 Safari/605.1.15",
                "Safari on Mac",
            ),
            ("Firefox/145.0", "Firefox"),
            ("curl/8.5.0", "a browser we do not know"),
            ("", "a browser we do not know"),
            ("<a href=\"https://evil.example\">click</a>", "a browser we do not know"),
        ] {
            assert_eq!(words(&texts, user_agent), expected, "{user_agent}");
        }
    }
}
