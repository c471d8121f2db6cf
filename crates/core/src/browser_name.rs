//! Which browser it was, from what it calls itself: a few well-known names, and honestly nothing else.
//!
//! People are never shown the browser's own words: those are whatever the visitor likes them to be.

/// Proper names, the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserName {
    pub name: &'static str,
    pub system: Option<&'static str>,
}

impl BrowserName {
    pub fn parse(user_agent: &str) -> Option<Self> {
        Some(Self { name: first(NAMES, user_agent)?, system: first(SYSTEMS, user_agent) })
    }
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

    #[test]
    fn well_known_browsers_are_named_and_all_others_are_not() {
        let named = |name, system| Some(BrowserName { name, system });
        for (user_agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                named("Firefox", Some("Linux")),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                named("Edge", Some("Windows")),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Mobile Safari/537.36",
                named("Chrome", Some("Android")),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                named("Safari", Some("iPhone")),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/26.0 Safari/605.1.15",
                named("Safari", Some("Mac")),
            ),
            ("Firefox/145.0", named("Firefox", None)),
            ("curl/8.5.0", None),
            ("", None),
            ("<a href=\"https://evil.example\">click</a>", None),
        ] {
            assert_eq!(BrowserName::parse(user_agent), expected, "{user_agent}");
        }
    }
}
