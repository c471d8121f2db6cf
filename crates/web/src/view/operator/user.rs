//! `/operator/users/ID`: everything about one person that an operator decides by.

use askama::Template;
use countersign_core::audit::actor::Actor;
use countersign_core::authenticator::backup_codes::CodeSet;
use countersign_core::authenticator::{Authenticator, AuthenticatorKind};
use countersign_core::ceremony::by_operator::Lost;
use countersign_core::policy::requirement::{Reason, Required};
use countersign_core::user::User as Person;
use countersign_service::directory::{EventLine, SessionLine, UserView};

use crate::view::Page;
use crate::view::browser_words::browser_words;
use crate::view::frame::{Frame, Place};
use crate::view::method_name::{name_of, short_name_of};
use crate::view::when::When;

#[derive(Template)]
#[template(path = "user.html")]
pub(crate) struct User {
    frame: Frame,
    path: String,
    name: String,
    email: String,
    is_verified: bool,
    organizations: Vec<Organization>,
    required: &'static str,
    decided: String,
    locks: Vec<Lock>,
    methods: Vec<Method>,
    /// Where all second factors are taken at once; none where there is but one.
    reset_all: Option<String>,
    sessions: Vec<Session>,
    events: Vec<Event>,
    /// Nobody helps themselves here.
    is_own: bool,
}

struct Organization {
    path: String,
    name: String,
    role: &'static str,
}

struct Lock {
    /// The name itself, or one browser that it is known in.
    whose: &'static str,
    until: When,
}

struct Method {
    name: &'static str,
    short_name: &'static str,
    /// The end of a phone's number, or as much of an address as may be seen.
    to: Option<String>,
    is_usable: bool,
    added: When,
    /// A right password writes nothing of its own: sessions and the record say when it was.
    is_use_recorded: bool,
    last_used: Option<When>,
    /// How many backup codes are left.
    left: Option<u32>,
    reset: Option<String>,
}

struct Session {
    since: When,
    last_seen: When,
    place: String,
    browser: String,
}

struct Event {
    at: When,
    kind: String,
    reason: String,
    place: String,
    by: Option<String>,
}

impl Page for User {}

impl User {
    /// `place_of` says in words where an address is, if it can.
    pub(crate) fn new(
        frame: Frame,
        view: &UserView,
        is_own: bool,
        place_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let (account, user) = (&view.account, &view.account.user);
        let frame = frame.titled_as(user.name.clone()).below_named(Place::Users, user.name.clone());
        let frame = frame.full_width();
        let path = format!("/operator/users/{}", user.id);
        let place = |source: &str| place_of(source).unwrap_or_else(|| source.to_owned());
        let methods = account.authenticators.iter();
        // An operator is let back in on the server's console.
        let may_reset = !user.is_operator();
        let (required, decided) = explain(&frame, view);
        Self {
            locks: locks(&frame, view),
            reset_all: (account.second_factors().count() > 1 && may_reset)
                .then(|| reset_path(&path, Lost::SecondFactors)),
            methods: methods
                .map(|method| Method::of(&frame, (&account.user, &path), may_reset, method))
                .collect(),
            organizations: account.memberships.iter().map(Organization::of).collect(),
            sessions: view.sessions.iter().map(|line| Session::of(&frame, line, &place)).collect(),
            events: view.events.iter().map(|line| Event::of(&frame, line, &place)).collect(),
            name: user.name.clone(),
            email: user.email.to_string(),
            is_verified: user.email_verified_at.is_some(),
            required,
            decided,
            is_own,
            path,
            frame,
        }
    }
}

/// What a sign-in asks for, and which level decided.
fn explain(frame: &Frame, view: &UserView) -> (&'static str, String) {
    let required = view.account.required();
    let sentence = match required {
        Required::PasswordOnly { .. } => "user-password-only",
        Required::SecondFactor { .. } => "user-second-factor",
        Required::Unavailable { .. } => "user-unavailable",
    };
    let decided = match required.reason() {
        Reason::NobodyRequiresIt => frame.text("decided-by-nobody"),
        Reason::OwnChoice => frame.text("decided-by-person"),
        Reason::OperatorRule => frame.text("decided-by-operator-rule"),
        Reason::OrganizationRule(id) => {
            let mut memberships = view.account.memberships.iter();
            let ruling = memberships.find(|membership| membership.organization.id == *id);
            let name = ruling.map_or(id.as_str(), |membership| membership.organization.name.as_str());
            frame.text_with("decided-by-company", &[("company", name.into())])
        }
    };
    (sentence, decided)
}

fn locks(frame: &Frame, view: &UserView) -> Vec<Lock> {
    let locked = view.locks.iter().filter_map(|lane| Some((lane, lane.ladder.lock?)));
    let lock = locked.map(|(lane, lock)| Lock {
        whose: if lane.subject.is_of_known_browser() { "lock-of-browser" } else { "lock-of-name" },
        until: When::at(frame, lock.until),
    });
    lock.collect()
}

pub(super) fn reset_path(path: &str, lost: Lost) -> String {
    format!("{path}/reset?method={}", lost.as_str())
}

impl Organization {
    fn of(membership: &countersign_core::organization::Membership) -> Self {
        use countersign_core::organization::Role;
        Self {
            path: format!("/operator/organizations/{}", membership.organization.id),
            name: membership.organization.name.clone(),
            role: match membership.role {
                Role::Owner => "role-owner",
                Role::Admin => "role-admin",
                Role::Member => "role-member",
            },
        }
    }
}

impl Method {
    fn of(frame: &Frame, (owner, path): (&Person, &str), may_reset: bool, method: &Authenticator) -> Self {
        let kind = method.kind();
        // A look-up secret goes with what it stands in for.
        let may_reset = kind.is_second_factor() && may_reset;
        Self {
            name: name_of(kind),
            short_name: short_name_of(kind),
            to: method.material.destination(owner).map(|to| to.masked()),
            is_usable: method.is_usable(),
            added: When::at(frame, method.bound_at),
            is_use_recorded: kind.is_second_factor() || kind == AuthenticatorKind::BackupCodes,
            last_used: method.last_used_at.map(|at| When::at(frame, at)),
            left: method.code_set().map(CodeSet::left),
            reset: may_reset.then(|| reset_path(path, Lost::Method(kind))),
        }
    }

    fn state(&self) -> &'static str {
        if self.is_usable { "method-in-use" } else { "method-disabled" }
    }
}

impl Session {
    fn of(frame: &Frame, line: &SessionLine, place: &impl Fn(&str) -> String) -> Self {
        Self {
            since: When::at(frame, line.session.created_at),
            last_seen: When::at(frame, line.session.last_seen_at),
            place: place(&line.source),
            browser: browser_words(frame, &line.user_agent),
        }
    }
}

impl Event {
    fn of(frame: &Frame, line: &EventLine, place: &impl Fn(&str) -> String) -> Self {
        Self {
            at: When::at(frame, line.at),
            kind: line.kind.clone(),
            reason: line.reason.clone(),
            place: if line.actor == Some(Actor::Console) {
                frame.text("by-console")
            } else {
                place(&line.source)
            },
            by: line.actor.as_ref().map(|actor| match actor {
                Actor::Console => frame.text("by-console"),
                Actor::Operator(id) => id.to_string(),
            }),
        }
    }
}
