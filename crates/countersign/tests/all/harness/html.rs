//! A page as a person meets it: text that is seen, and controls by their accessible names.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Node, Selector};

/// An answer that a browser shows.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// A form, ready to be sent.
pub(super) struct FilledForm {
    pub(super) method: String,
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

/// What a person typed and chose on a page, by the name of the field.
pub(super) type Entries = BTreeMap<String, String>;

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Everything visible, white space folded.
    pub(crate) fn text(&self) -> String {
        let html = self.parse();
        seen(find(&html, "body").next().unwrap_or_else(|| html.root_element()))
    }

    /// The same without its request's id, which differs each time.
    pub(crate) fn text_without_id(&self) -> String {
        let id = self.headers.get("x-request-id").and_then(|id| id.to_str().ok()).expect("a request id");
        self.text().replace(id, "")
    }

    pub(crate) fn heading(&self) -> String {
        find(&self.parse(), "h1").next().map(seen).unwrap_or_default()
    }

    /// The sentences at the top that say what is wrong.
    pub(crate) fn error_summary(&self) -> Vec<String> {
        find(&self.parse(), "[role=alert] li").map(seen).collect()
    }

    /// The text of something that is no control but has a name, such as the manual key.
    pub(crate) fn text_named(&self, name: &str) -> String {
        let html = self.parse();
        let mut named =
            find(&html, "[role=group]").filter(|element| accessible_name(&html, *element) == name);
        let found = named.next().map(seen);
        found.unwrap_or_else(|| self.lacks("thing", name))
    }

    pub(crate) fn field_value(&self, label: &str) -> String {
        let html = self.parse();
        let field = self.field(&html, label);
        field.attr("value").unwrap_or_default().to_owned()
    }

    pub(crate) fn has_field(&self, label: &str) -> bool {
        let html = self.parse();
        field(&html, label).is_some()
    }

    pub(crate) fn has_button(&self, name: &str) -> bool {
        let html = self.parse();
        button(&html, name).is_some()
    }

    /// Whether the switch of this name is on.
    pub(crate) fn switch_is_on(&self, name: &str) -> bool {
        let html = self.parse();
        let mut switches = find(&html, "[role=switch]").filter(|one| accessible_name(&html, *one) == name);
        let switch = switches.next().unwrap_or_else(|| self.lacks("switch", name));
        switch.attr("aria-checked") == Some("true")
    }

    /// The hidden value by which a form proves where it came from.
    pub(crate) fn form_token(&self) -> String {
        let html = self.parse();
        let token = find(&html, "input[name=form_token]").next().and_then(|input| input.attr("value"));
        token.unwrap_or_else(|| self.lacks("form token", "")).to_owned()
    }

    /// Where the link of this name leads.
    pub(super) fn link(&self, name: &str) -> String {
        let html = self.parse();
        let mut links = find(&html, "a[href]").filter(|link| accessible_name(&html, *link) == name);
        let target = links.next().and_then(|link| link.attr("href"));
        target.unwrap_or_else(|| self.lacks("link", name)).to_owned()
    }

    /// The name under which a field is sent.
    pub(super) fn field_name(&self, label: &str) -> String {
        let html = self.parse();
        self.field(&html, label).attr("name").unwrap_or_default().to_owned()
    }

    /// The name and the value of a radio button.
    pub(super) fn choice(&self, label: &str) -> (String, String) {
        let html = self.parse();
        let radio = self.field(&html, label);
        let attribute = |name| radio.attr(name).unwrap_or_default().to_owned();
        (attribute("name"), attribute("value"))
    }

    /// The form of a button with what was entered, as a browser sends it.
    pub(super) fn fill_form_of(&self, button_name: &str, entries: &Entries) -> FilledForm {
        let html = self.parse();
        let button = button(&html, button_name).unwrap_or_else(|| self.lacks("button", button_name));
        let form =
            form_of(&html, button).unwrap_or_else(|| self.lacks("form around the button", button_name));
        let mut fields = Vec::new();
        for input in form.select(&selector("input[name]")) {
            let attribute = |name| input.attr(name).unwrap_or_default();
            let name = attribute("name").to_owned();
            let entered = entries.get(&name);
            if attribute("type") == "radio" {
                let is_chosen =
                    entered.map_or(input.attr("checked").is_some(), |chosen| chosen == attribute("value"));
                if is_chosen {
                    fields.push((name, attribute("value").to_owned()));
                }
            } else {
                let value = entered.map_or(attribute("value"), String::as_str).to_owned();
                fields.push((name, value));
            }
        }
        FilledForm {
            method: form.attr("method").unwrap_or("get").to_ascii_uppercase(),
            action: form.attr("action").unwrap_or(&self.path).to_owned(),
            fields,
        }
    }

    fn field<'h>(&self, html: &'h Html, label: &str) -> ElementRef<'h> {
        field(html, label).unwrap_or_else(|| self.lacks("field", label))
    }

    fn parse(&self) -> Html {
        Html::parse_document(&self.html)
    }

    fn lacks<T>(&self, kind: &str, name: &str) -> T {
        panic!("no {kind} {name:?} on {} ({}):\n{}", self.path, self.status, self.text())
    }
}

fn field<'h>(html: &'h Html, label: &str) -> Option<ElementRef<'h>> {
    let mut fields = find(html, "input[id]:not([type=hidden]):not([hidden])");
    fields.find(|input| accessible_name(html, *input) == label)
}

fn button<'h>(html: &'h Html, name: &str) -> Option<ElementRef<'h>> {
    find(html, "button:not([hidden])").find(|button| accessible_name(html, *button) == name)
}

fn form_of<'h>(html: &'h Html, button: ElementRef<'h>) -> Option<ElementRef<'h>> {
    match button.attr("form") {
        Some(id) => by_id(html, id),
        None => {
            button.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form")
        }
    }
}

/// As assistive technology names it: `aria-labelledby`, `aria-label`, the label, or the text inside.
fn accessible_name(html: &Html, element: ElementRef<'_>) -> String {
    if let Some(ids) = element.attr("aria-labelledby") {
        let names: Vec<String> = ids.split(' ').filter_map(|id| by_id(html, id)).map(seen).collect();
        return names.join(" ");
    }
    if let Some(label) = element.attr("aria-label") {
        return label.to_owned();
    }
    let labels = selector("label[for]");
    let own =
        element.attr("id").and_then(|id| html.select(&labels).find(|label| label.attr("for") == Some(id)));
    seen(own.unwrap_or(element))
}

/// Text outside of what is hidden, white space folded.
fn seen(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    collect(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(element: ElementRef<'_>, text: &mut String) {
    let value = element.value();
    if value.attr("hidden").is_some() || matches!(value.name(), "script" | "style" | "svg" | "head") {
        return;
    }
    let is_block = !matches!(value.name(), "a" | "b" | "code" | "em" | "i" | "span" | "strong" | "time");
    for child in element.children() {
        match child.value() {
            Node::Text(piece) => text.push_str(piece),
            _ => {
                if let Some(inner) = ElementRef::wrap(child) {
                    collect(inner, text);
                }
            }
        }
    }
    if is_block {
        text.push(' ');
    }
}

fn by_id<'h>(html: &'h Html, id: &str) -> Option<ElementRef<'h>> {
    find(html, "[id]").find(|element| element.attr("id") == Some(id))
}

fn find<'h>(html: &'h Html, what: &str) -> impl Iterator<Item = ElementRef<'h>> {
    html.select(&selector(what)).collect::<Vec<_>>().into_iter()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector of these tests")
}
