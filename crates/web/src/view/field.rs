//! One labeled field with its hint and its mistake, drawn the same way on every page.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::view::frame::Frame;

#[derive(Template)]
#[template(path = "field.html")]
pub(super) struct Field {
    /// Also the name under which the form sends it.
    id: &'static str,
    label: String,
    kind: Kind,
    value: String,
    hint: Option<String>,
    mistake: Option<String>,
    has_focus: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Email,
    CurrentPassword,
    NewPassword,
    Code,
    /// A code, or a look-up secret, which has letters.
    CodeOrKey,
    Phone,
    /// What a list is narrowed by; may be empty.
    Search,
    /// Plain words in one line.
    Line,
}

/// The template escapes what it shows.
impl HtmlSafe for Field {}

impl Field {
    pub(super) fn new(frame: &Frame, id: &'static str, kind: Kind) -> Self {
        Self {
            id,
            label: frame.text(kind.label()),
            kind,
            value: String::new(),
            hint: None,
            mistake: frame.mistake_at(id).map(str::to_owned),
            has_focus: false,
        }
    }

    pub(super) fn labeled(mut self, label: String) -> Self {
        self.label = label;
        self
    }

    /// Never used for passwords and codes: those are typed again.
    pub(super) fn holding(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    pub(super) fn hinted(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Takes the focus when the page opens, unless the list of mistakes has it.
    pub(super) fn focused_on(mut self, frame: &Frame) -> Self {
        self.has_focus = frame.mistakes.is_empty();
        self
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let mistake = self.mistake.as_ref().map(|_| format!("{}-mistake", self.id));
        let both: Vec<String> = hint.into_iter().chain(mistake).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::Name => "field-name",
            Self::Email => "field-email",
            Self::CurrentPassword => "field-password",
            Self::NewPassword => "field-new-password",
            Self::Code | Self::CodeOrKey => "field-code",
            Self::Phone => "field-phone",
            Self::Search => "search",
            Self::Line => "field-words",
        }
    }

    fn input_type(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::CurrentPassword | Self::NewPassword => "password",
            Self::Name | Self::Code | Self::CodeOrKey | Self::Line => "text",
            Self::Phone => "tel",
            Self::Search => "search",
        }
    }

    /// The word by which password managers and phones know what to fill in.
    fn autocomplete(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "username",
            Self::CurrentPassword => "current-password",
            Self::NewPassword => "new-password",
            Self::Code | Self::CodeOrKey => "one-time-code",
            Self::Phone => "tel",
            Self::Search | Self::Line => "off",
        }
    }

    fn is_code(self) -> bool {
        self == Self::Code
    }

    fn is_required(self) -> bool {
        self != Self::Search
    }

    /// Words are spelled and begin as people write them; addresses and codes do not.
    fn is_words(self) -> bool {
        self == Self::Line
    }
}
