//! What surrounds every page: brand, menu, messages, and the token of its forms.

use std::sync::Arc;

use countersign_core::link::LinkPurpose;
use countersign_core::texts::{FluentValue, Texts};
use countersign_core::timestamp::Timestamp;

use crate::extract::browser::Browser;
use crate::request_log::RequestId;
use crate::said::Said;
use crate::site::Site;

pub(crate) struct Frame {
    site: Arc<Site>,
    title: String,
    place: Place,
    /// The page's own name in the breadcrumb; none where it is a section itself.
    crumb: Option<String>,
    pub(super) is_full_width: bool,
    form_token: String,
    /// Set on signed-in pages only.
    pub(super) person: Option<Person>,
    /// What the person got wrong, in the order of the fields.
    pub(super) mistakes: Vec<Mistake>,
    /// What has just been done, said once at the top.
    said: Option<Said>,
    request_id: RequestId,
    /// A page that is a refusal as a whole, and no form with a mistake.
    is_refusal: bool,
}

/// The line of the side menu that is marked as the present one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Profile,
    Security,
    Operator,
    Organizations,
    Users,
    Delivery,
}

/// Whose page it is.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// Tells password managers whose entry a password belongs to.
    pub(crate) email: String,
    /// None where the person belongs to none yet.
    pub(crate) organization: Option<String>,
    /// Shows the way to the operators' pages.
    pub(crate) is_operator: bool,
}

/// One sentence, shown at the top and at its field.
#[derive(Clone)]
pub(crate) struct Mistake {
    /// The id of the field, or none where no field is wrong (a locked name).
    pub(crate) field: Option<&'static str>,
    pub(crate) sentence: String,
}

impl Frame {
    pub(crate) fn new(site: &Arc<Site>, browser: &Browser) -> Self {
        let form_token = browser.form_token(&site.form_tokens);
        let request_id = browser.request_id().clone();
        let frame = Self { form_token, request_id, ..Self::without_forms(site) };
        match browser.said() {
            Some(said) if said.is_problem() => frame.complaining(site.texts.get(said.text_id())),
            said => frame.saying(said),
        }
    }

    pub(crate) fn without_forms(site: &Arc<Site>) -> Self {
        Self {
            site: Arc::clone(site),
            title: String::new(),
            place: Place::Profile,
            crumb: None,
            is_full_width: false,
            form_token: String::new(),
            person: None,
            mistakes: Vec::new(),
            said: None,
            request_id: RequestId::default(),
            is_refusal: false,
        }
    }

    pub(crate) fn for_person(mut self, person: Person) -> Self {
        self.person = Some(person);
        self
    }

    pub(super) fn saying(mut self, said: Option<Said>) -> Self {
        self.said = said;
        self
    }

    /// Says what is wrong where no field is.
    pub(crate) fn complaining(self, sentence: String) -> Self {
        self.with_mistakes(vec![Mistake { field: None, sentence }])
    }

    pub(crate) fn with_mistakes(mut self, mistakes: Vec<Mistake>) -> Self {
        self.mistakes = mistakes;
        self
    }

    pub(super) fn refusing(mut self) -> Self {
        self.is_refusal = true;
        self
    }

    /// By which the log knows what was refused here.
    pub(super) fn reference(&self) -> Option<&str> {
        let is_refused = self.is_refusal || !self.mistakes.is_empty();
        is_refused.then(|| self.request_id.as_str())
    }

    /// The heading is the title too, so that tabs and screen readers say the same.
    pub(super) fn titled(mut self, text_id: &str) -> Self {
        self.title = self.text(text_id);
        self
    }

    /// A heading that names somebody or something.
    pub(super) fn titled_as(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// For tables, which need more room than text.
    pub(super) fn full_width(mut self) -> Self {
        self.is_full_width = true;
        self
    }

    pub(super) fn placed(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// A page that has a section above it, to which the breadcrumb leads back.
    pub(super) fn below(self, place: Place, crumb_id: &str) -> Self {
        let crumb = self.text(crumb_id);
        self.below_named(place, crumb)
    }

    pub(super) fn below_named(mut self, place: Place, crumb: String) -> Self {
        self.crumb = Some(crumb);
        self.placed(place)
    }

    pub(crate) fn text(&self, id: &str) -> String {
        self.site.texts.get(id)
    }

    pub(super) fn texts(&self) -> &Texts {
        &self.site.texts
    }

    pub(crate) fn text_with(&self, id: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.site.texts.with(id, values)
    }

    pub(super) fn status(&self) -> Option<String> {
        let email = self.person.as_ref().map_or("", |person| person.email.as_str());
        let hours = LinkPurpose::VerifyEmail.life().as_secs() / 3600;
        let values = [("email", email.into()), ("hours", hours.into())];
        self.said.map(|said| self.text_with(said.text_id(), &values))
    }

    /// Whether a sentence stands at the top already.
    pub(super) fn tells(&self, sentence: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.sentence == sentence)
    }

    pub(super) fn has_mistakes(&self) -> bool {
        !self.mistakes.is_empty()
    }

    pub(super) fn mistake_at(&self, field: &str) -> Option<&str> {
        let found = self.mistakes.iter().find(|mistake| mistake.field == Some(field));
        found.map(|mistake| mistake.sentence.as_str())
    }

    pub(super) fn heading(&self) -> &str {
        &self.title
    }

    pub(super) fn title(&self) -> String {
        let id = if self.mistakes.is_empty() { "title" } else { "title-error" };
        self.text_with(id, &[("page", self.heading().into()), ("brand", self.brand().into())])
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn crumb(&self) -> Option<&str> {
        self.crumb.as_deref()
    }

    pub(super) fn is_at_profile(&self) -> bool {
        self.place == Place::Profile
    }

    pub(super) fn is_at_security(&self) -> bool {
        self.place == Place::Security
    }

    /// What the side menu offers to operators.
    pub(super) fn operator_places(&self) -> &'static [Place] {
        if self.is_for_operator() { &Place::OF_OPERATORS } else { &[] }
    }

    fn is_for_operator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_operator)
    }

    pub(super) fn brand(&self) -> &str {
        &self.site.brand
    }

    pub(super) fn origin(&self) -> &str {
        self.site.address.origin()
    }

    /// One letter stands for a logo until companies can have their own.
    pub(super) fn brand_letter(&self) -> String {
        self.site.brand.chars().take(1).flat_map(char::to_uppercase).collect()
    }

    /// The person's company, unless the brand says it already.
    pub(super) fn organization_beside_the_brand(&self) -> Option<&str> {
        let organization = self.person.as_ref()?.organization.as_deref()?;
        (organization != self.brand()).then_some(organization)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.site.sources.now)()
    }

    pub(super) fn support(&self) -> Option<String> {
        let contact = self.site.support.as_deref()?;
        Some(self.text_with("support", &[("contact", contact.into())]))
    }

    pub(super) fn form_token(&self) -> &str {
        &self.form_token
    }
}

impl Place {
    const OF_OPERATORS: [Self; 4] = [Self::Operator, Self::Organizations, Self::Users, Self::Delivery];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Profile => "/profile",
            Self::Security => "/profile/security",
            Self::Operator => "/operator",
            Self::Organizations => "/operator/organizations",
            Self::Users => "/operator/users",
            Self::Delivery => "/operator/delivery",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Profile => "menu-profile",
            Self::Security => "menu-security",
            Self::Operator => "menu-operator",
            Self::Organizations => "menu-organizations",
            Self::Users => "menu-users",
            Self::Delivery => "menu-delivery",
        }
    }
}

impl Person {
    /// First letters of the first and the last name.
    pub(super) fn initials(&self) -> String {
        let mut words = self.name.split_whitespace();
        let first = words.next().and_then(|word| word.chars().next());
        let last = words.next_back().and_then(|word| word.chars().next());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_name() {
        let initials = |name: &str| {
            let name = name.into();
            Person { name, email: String::new(), organization: None, is_operator: false }.initials()
        };
        assert_eq!(initials("Ann Ames"), "AA");
        assert_eq!(initials("Ann Maria del Río"), "AR");
        assert_eq!(initials("élodie"), "É");
        assert_eq!(initials(""), "");
    }
}
