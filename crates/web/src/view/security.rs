//! `/profile/security`: two-factor authentication, its methods, sessions, and recent activity.

use askama::Template;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::authenticator::backup_codes::FEW;
use countersign_service::profile::{EmailProof, MethodState, Profile};

use crate::view::Page;
use crate::view::activity::{By, Line};
use crate::view::frame::{Frame, Place};
use crate::view::method_name::{name_of, name_with_place_of, short_name_of};
use crate::view::prove_email::Asked;
use crate::view::sessions::Sessions;
use crate::view::two_factor::TwoFactor;
use crate::view::when::When;
use crate::view::with_number::WithNumber;

#[derive(Template)]
#[template(path = "security.html")]
pub(crate) struct Security {
    frame: Frame,
    two_factor: TwoFactor,
    /// By which look-up secret the person got in just now.
    recovered: Option<&'static str>,
    /// That the address be proved, where it can be.
    email_asked: Option<Asked>,
    methods: Vec<Method>,
    without_methods: &'static str,
    /// Of a person who has one, or may make one.
    recovery_key: Option<RecoveryKey>,
    /// The same of backup codes.
    backup_codes: Option<BackupCodes>,
    /// What can be set up beside them.
    addable: Vec<Addable>,
    sessions: Sessions,
    /// What was recorded lately.
    lines: Vec<Line>,
    apps: [App; 7],
    recommended_app: Option<String>,
}

/// One way to confirm a sign-in.
struct Method {
    name: WithNumber,
    /// As it stands behind "Edit".
    short_name: &'static str,
    is_usable: bool,
    added: When,
    last_used: Option<When>,
    /// Where another one is set up in its place; none where the policy offers it no more.
    edit: Option<String>,
}

/// The recovery key, as far as it can be told.
struct RecoveryKey {
    made: Option<When>,
    is_usable: bool,
    may_create: bool,
    /// It is still shown to this session.
    is_unsaved: bool,
}

/// The backup codes, as far as they can be told.
struct BackupCodes {
    made: Option<When>,
    left: u32,
    is_usable: bool,
    may_create: bool,
    /// They are still shown to this session.
    are_unsaved: bool,
}

/// What this session made and nobody saved yet.
#[derive(Clone, Copy, Default)]
pub(crate) struct Unsaved {
    pub(crate) key: bool,
    pub(crate) codes: bool,
}

struct Addable {
    name: &'static str,
    short_name: &'static str,
    add: String,
}

/// Names of products, the same in every language.
struct App {
    name: &'static str,
    systems: &'static str,
}

impl Page for Security {}

impl Security {
    pub(crate) fn new(
        frame: Frame,
        profile: &Profile,
        unsaved: Unsaved,
        sessions: Sessions,
        lines: Vec<Line>,
    ) -> Self {
        let frame = frame.titled("security-heading").placed(Place::Security);
        let two_factor = TwoFactor::of(profile);
        let is_set_up = |kind: &AuthenticatorKind| profile.methods.iter().any(|method| method.kind == *kind);
        // The first one is set up by the switch.
        let offered = profile.offered.iter().filter(|kind| two_factor.is_on() && !is_set_up(kind));
        let stands_before_two_factor =
            profile.email_proof == EmailProof::Needed && two_factor.may_switch && !two_factor.is_on();
        Self {
            email_asked: if stands_before_two_factor {
                Some(Asked::BEFORE_TWO_FACTOR)
            } else {
                profile.is_email_provable.then_some(Asked::AT_ANY_TIME)
            },
            methods: profile.methods.iter().map(|method| Method::of(&frame, profile, method)).collect(),
            addable: offered.map(|kind| Addable::of(*kind)).collect(),
            recovery_key: RecoveryKey::of(&frame, profile, unsaved.key),
            backup_codes: BackupCodes::of(&frame, profile, unsaved.codes),
            without_methods: if two_factor.may_switch { "methods-none" } else { "methods-none-possible" },
            sessions,
            lines,
            recovered: recovered(profile),
            apps: APPS,
            recommended_app: profile.recommended_app.clone(),
            two_factor,
            frame,
        }
    }
}

impl Security {
    /// The policy may name several (B3-20).
    fn recommends(&self, app: &App) -> bool {
        self.recommended_app.as_deref().is_some_and(|recommended| recommended.contains(app.name))
    }
}

impl Method {
    fn of(frame: &Frame, profile: &Profile, method: &MethodState) -> Self {
        let kind = method.kind;
        let name = match &method.to {
            Some(to) => {
                let (id, shown) = (name_with_place_of(to.channel()), to.formatted());
                let text = frame.text_with(id, &[("to", shown.as_str().into())]);
                WithNumber::of(&text, &shown)
            }
            None => WithNumber::of(&frame.text(name_of(kind)), ""),
        };
        Self {
            name,
            short_name: short_name_of(kind),
            is_usable: method.is_usable,
            added: When::at(frame, method.bound_at),
            last_used: method.last_used_at.map(|moment| When::at(frame, moment)),
            edit: profile.offered.contains(&kind).then(|| change(kind)),
        }
    }

    fn state(&self) -> &'static str {
        if self.is_usable { "method-in-use" } else { "method-disabled" }
    }
}

impl RecoveryKey {
    fn of(frame: &Frame, profile: &Profile, is_unsaved: bool) -> Option<Self> {
        let state = &profile.recovery_key;
        let key = Self {
            made: state.in_force.map(|(made, _)| When::at(frame, made)),
            is_usable: state.in_force.is_some_and(|(_, is_usable)| is_usable),
            may_create: state.may_create,
            is_unsaved,
        };
        (key.made.is_some() || key.may_create).then_some(key)
    }

    fn state(&self) -> &'static str {
        match (&self.made, self.is_usable) {
            (None, _) => "method-not-set-up",
            (Some(_), true) => "method-in-use",
            (Some(_), false) => "method-disabled",
        }
    }
}

impl BackupCodes {
    fn of(frame: &Frame, profile: &Profile, are_unsaved: bool) -> Option<Self> {
        let in_force = profile.backup_codes.in_force;
        let codes = Self {
            made: in_force.map(|codes| When::at(frame, codes.made_at)),
            left: in_force.map_or(0, |codes| codes.left),
            is_usable: in_force.is_some_and(|codes| codes.is_usable && codes.left > 0),
            may_create: profile.backup_codes.may_create,
            are_unsaved,
        };
        (codes.made.is_some() || codes.may_create).then_some(codes)
    }

    fn state(&self, frame: &Frame) -> String {
        match self.made {
            None => frame.text("method-not-set-up"),
            Some(_) if self.left > 0 && !self.is_usable => frame.text("method-disabled"),
            Some(_) => frame.text_with("backup-codes-count", &[("left", self.left.into())]),
        }
    }

    /// Whether new ones should be made now.
    fn are_few(&self) -> bool {
        self.may_create && self.made.is_some() && self.left <= FEW
    }
}

fn recovered(profile: &Profile) -> Option<&'static str> {
    if profile.backup_codes.stands_in {
        Some("security-by-backup-code")
    } else {
        profile.recovery_key.stands_in.then_some("security-recovered")
    }
}

impl Addable {
    fn of(kind: AuthenticatorKind) -> Self {
        Self { name: name_of(kind), short_name: short_name_of(kind), add: change(kind) }
    }
}

pub(super) fn change(kind: AuthenticatorKind) -> String {
    format!("/profile/security/change?method={}", kind.as_str())
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
