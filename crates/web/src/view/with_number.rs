//! A sentence with a phone number in it, which stays on one line: in two, people read two numbers.

use askama::Template;
use askama::filters::HtmlSafe;

#[derive(Template)]
#[template(path = "with_number.html")]
pub(super) struct WithNumber {
    before: String,
    number: String,
    after: String,
}

/// The template escapes what it shows.
impl HtmlSafe for WithNumber {}

impl WithNumber {
    pub(super) fn of(sentence: &str, number: &str) -> Self {
        let (before, after) = sentence.split_once(number).unwrap_or((sentence, ""));
        let number = if before.len() < sentence.len() { number } else { "" };
        Self { before: before.to_owned(), number: number.to_owned(), after: after.to_owned() }
    }
}
