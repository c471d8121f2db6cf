//! `/profile/security`: two-factor authentication, its methods, and the apps that can be used.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;

use crate::view::Page;
use crate::view::frame::{Frame, Place};
use crate::view::two_factor::TwoFactor;
use crate::view::when::When;

#[derive(Template)]
#[template(path = "security.html")]
pub(crate) struct Security {
    frame: Frame,
    two_factor: TwoFactor,
    methods: Vec<Method>,
    apps: [App; 7],
}

/// One way to confirm a sign-in.
pub(crate) struct Method {
    pub(crate) kind: AuthenticatorKind,
    /// Not so after too many wrong codes (P2), until it is set up anew.
    pub(crate) is_usable: bool,
    pub(crate) added: When,
    pub(crate) last_used: Option<When>,
}

/// Names of products, the same in every language.
struct App {
    name: &'static str,
    systems: &'static str,
}

impl Page for Security {}

impl Security {
    pub(crate) fn new(frame: Frame, two_factor: TwoFactor, methods: Vec<Method>) -> Self {
        Self {
            frame: frame.titled("security-heading").placed(Place::Security),
            two_factor,
            methods,
            apps: APPS,
        }
    }
}

impl Method {
    fn name(&self) -> &'static str {
        match self.kind {
            AuthenticatorKind::Password => "field-password",
            AuthenticatorKind::App => "method-app",
        }
    }

    fn state(&self) -> &'static str {
        if self.is_usable { "method-in-use" } else { "method-disabled" }
    }
}

/// CR-30. All read the QR code and take a typed key; all are free of charge or part of a password manager.
const APPS: [App; 7] = [
    App { name: "Google Authenticator", systems: "Android, iPhone" },
    App { name: "Microsoft Authenticator", systems: "Android, iPhone" },
    App { name: "1Password", systems: "Android, iPhone, Windows, Mac, Linux" },
    App { name: "Bitwarden Authenticator", systems: "Android, iPhone" },
    App { name: "2FAS", systems: "Android, iPhone" },
    App { name: "Aegis", systems: "Android" },
    App { name: "FreeOTP", systems: "Android, iPhone" },
];
