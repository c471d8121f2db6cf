//! The companies and people of the demo; each company shows one preset, or one that is not opened yet.

use countersign_core::{
    authenticator::password::Password, organization::Role, policy::presets::Preset, user::EmailAddress,
};
use countersign_service::{
    Service,
    people::{FirstAccess, PeopleError, PersonToAdd},
};
use serde::Serialize;

pub struct DemoCompany {
    pub name: &'static str,
    pub preset: Preset,
    /// Whether the operator lets its people use a second factor (CR-3).
    pub is_two_factor_open: bool,
    pub people: &'static [DemoPerson],
}

pub struct DemoPerson {
    pub name: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub role: Role,
}

/// A sign-in of the demo, as it is printed.
#[derive(Serialize)]
pub struct DemoSignIn {
    pub email: &'static str,
    pub password: &'static str,
    pub organization: &'static str,
    pub role: &'static str,
    pub preset: &'static str,
}

pub const COMPANIES: &[DemoCompany] = &[
    DemoCompany {
        name: "Trackwell",
        preset: Preset::PerUser,
        is_two_factor_open: true,
        people: &[
            DemoPerson {
                name: "Ann Ames",
                email: "ann@trackwell.example",
                password: "copper lantern drifts north",
                role: Role::Owner,
            },
            DemoPerson {
                name: "Ben Boyle",
                email: "ben@trackwell.example",
                password: "seven plums on a tin roof",
                role: Role::Member,
            },
        ],
    },
    DemoCompany {
        name: "Quietline",
        preset: Preset::Default,
        is_two_factor_open: true,
        people: &[DemoPerson {
            name: "Dora Diaz",
            email: "dora@quietline.example",
            password: "harbor fog swallows bells",
            role: Role::Owner,
        }],
    },
    DemoCompany {
        name: "Switchfield",
        preset: Preset::Authenticator,
        is_two_factor_open: true,
        people: &[DemoPerson {
            name: "Eva Eng",
            email: "eva@switchfield.example",
            password: "green kites over still water",
            role: Role::Owner,
        }],
    },
    DemoCompany {
        name: "Mailbridge",
        preset: Preset::EmailKey,
        is_two_factor_open: true,
        people: &[DemoPerson {
            name: "Finn Falk",
            email: "finn@mailbridge.example",
            password: "slow rivers carry old letters",
            role: Role::Owner,
        }],
    },
    DemoCompany {
        name: "Harborline",
        preset: Preset::PerUser,
        is_two_factor_open: false,
        people: &[DemoPerson {
            name: "Cleo Chen",
            email: "cleo@harborline.example",
            password: "paper boats cross the canal",
            role: Role::Owner,
        }],
    },
];

/// Makes the companies and people that are not there yet.
pub async fn seed(service: &Service) -> Result<(), PeopleError> {
    for company in COMPANIES {
        match service.add_organization(company.name, company.preset, Some(company.is_two_factor_open)).await {
            Ok(()) | Err(PeopleError::OrganizationExists(_)) => {}
            Err(error) => return Err(error),
        }
        for person in company.people {
            let email = EmailAddress::parse(person.email).map_err(|_| PeopleError::Name)?;
            let adding = service.add_user(PersonToAdd {
                email,
                name: person.name.to_owned(),
                organization: company.name.to_owned(),
                role: person.role,
                access: FirstAccess::Password {
                    password: Password::new(person.password.to_owned()),
                    is_address_vouched_for: true,
                },
            });
            match adding.await {
                Ok(_) | Err(PeopleError::UserExists(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// One sign-in per person, in the order of the companies.
pub fn sign_ins() -> Vec<DemoSignIn> {
    let of_company = |company: &'static DemoCompany| {
        company.people.iter().map(|person| DemoSignIn {
            email: person.email,
            password: person.password,
            organization: company.name,
            role: person.role.as_str(),
            preset: company.preset.as_str(),
        })
    };
    COMPANIES.iter().flat_map(of_company).collect()
}
