//! `/operator/organizations/add`: a name and the policy that a company begins with.

use askama::Template;
use countersign_core::policy::presets::Preset;

use crate::view::Page;
use crate::view::field::{Field, Kind};
use crate::view::frame::{Frame, Place};

#[derive(Template)]
#[template(path = "add_organization.html")]
pub(crate) struct AddOrganization {
    frame: Frame,
    name: Field,
    presets: [Choice; Preset::ALL.len()],
}

struct Choice {
    value: &'static str,
    hint: &'static str,
    is_chosen: bool,
}

impl Page for AddOrganization {}

impl AddOrganization {
    pub(crate) fn new(frame: Frame, name: &str, chosen: Preset) -> Self {
        let frame = frame.titled("organization-add-heading");
        let frame = frame.below(Place::Organizations, "organization-add-crumb");
        let choice = |preset: Preset| Choice {
            value: preset.as_str(),
            hint: match preset {
                Preset::Default => "preset-default",
                Preset::PerUser => "preset-per-user",
                Preset::Authenticator => "preset-authenticator",
                Preset::EmailKey => "preset-email-key",
            },
            is_chosen: preset == chosen,
        };
        let label = frame.text("organization-name-label");
        let name = Field::new(&frame, "name", Kind::Line).labeled(label).holding(name).focused_on(&frame);
        Self { name, presets: Preset::ALL.map(choice), frame }
    }
}
