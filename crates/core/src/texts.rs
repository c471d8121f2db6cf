//! Every word that a person reads comes from a Fluent file and is asked for by its id.
//!
//! ```text
//!   pages, messages ── get("sign-in-heading") ──▶ Texts ──▶ locales/en.ftl of web and of delivery
//!                   ── with("lock-left", &[("tries", 3.into())]) ──▶  "… after 3 more wrong tries …"
//! ```

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

pub use fluent_bundle::FluentValue;

/// One language, ready for use by all threads.
pub struct Texts {
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// English, from files of which a later one takes the place of what an earlier one says.
    pub fn english(files: &[&str]) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec!["en-US".parse().unwrap_or_default()]);
        // The marks that isolate right-to-left names would end up in codes and addresses that people copy.
        bundle.set_use_isolating(false);
        for file in files {
            bundle.add_resource_overriding(parse(file));
        }
        Self { bundle }
    }

    /// The text of an id. An unknown id answers with itself: a page with one odd word beats no page.
    pub fn get(&self, id: &str) -> String {
        self.format(id, None)
    }

    /// The same with values put in; numbers choose the plural.
    pub fn with(&self, id: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.format(id, Some(&values.iter().cloned().collect()))
    }

    fn format(&self, id: &str, values: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::error!(id, "text is missing");
            return id.to_owned();
        };
        let mut problems = Vec::new();
        let text = self.bundle.format_pattern(pattern, values, &mut problems).into_owned();
        if !problems.is_empty() {
            tracing::error!(id, ?problems, "text lacks a value");
        }
        text
    }
}

/// Keeps what is sound of a faulty file.
fn parse(text: &str) -> FluentResource {
    FluentResource::try_new(text.to_owned()).unwrap_or_else(|(usable, problems)| {
        tracing::error!(?problems, "a file of texts has faulty entries");
        usable
    })
}
