//! Every door of the pages, on one page: method, address, who may open it, and what stands behind it.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};
use countersign_core::token::{ForResetPassword, ForSetPassword};
use countersign_service::Service;

use crate::extract::button::{OnEmailConfirm, OnPhoneConfirm};
use crate::pages::operator::{delivery, organization, organizations, reset, user, users};
use crate::pages::{
    act_code, activity, backup_codes, become_operator, change_methods, change_password, enroll, enroll_email,
    enroll_phone, enroll_reach, forgot_password, health, inbox, not_me, operator, other_way, profile,
    recovered, recovery_key, reports, sessions, set_password, sign_in, sign_out, turn_off, unlock,
    verify_email,
};
use crate::site::{Settings, Site};
use crate::web::Web;
use crate::{assets, layers};

/// All pages, behind all layers.
pub fn router(service: Service, settings: Settings) -> Router {
    let inbox = settings.inbox.clone();
    let doors = if inbox.is_some() { all_doors().those_of_the_demo() } else { all_doors() };
    let site = Arc::new(Site::new(settings, &service));
    let stopping = from_fn_with_state(service.clone(), health::send_elsewhere);
    let routes = doors.router.with_state(Web { site: Arc::clone(&site), service, inbox });
    layers::surround(routes, &site).layer(stopping)
}

/// The doors of a real server, for tests that knock at each of them.
pub fn doors() -> Vec<Door> {
    all_doors().list
}

#[derive(Clone, Debug)]
pub struct Door {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    /// Whether a password or a code is compared behind it: such a door must count wrong entries (P1).
    pub authenticates: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Everybody,
    /// Half signed-in people only.
    Ceremony,
    /// Signed-in people only.
    Session,
    /// Operators only; for everybody else who is signed in there is nothing.
    Operator,
    /// Programs that sent a text message for us, and prove it.
    Gateway,
}

fn all_doors() -> Doors {
    Doors::default()
        .those_of_the_sign_in()
        .those_of_links()
        .those_of_the_profile()
        .those_of_methods()
        .those_of_operators()
        .those_of_programs()
}

/// A router and the list of what it routes, written in one breath so that they cannot differ.
#[derive(Default)]
struct Doors {
    router: Router<Web>,
    list: Vec<Door>,
}

impl Doors {
    fn those_of_the_sign_in(self) -> Self {
        use Access::{Ceremony, Everybody, Session};
        self.get("/", Everybody, sign_in::start)
            .get("/sign-in", Everybody, sign_in::show)
            .post("/sign-in", Everybody, sign_in::submit)
            .authenticates()
            .get("/sign-in/code", Ceremony, sign_in::show_code)
            .post("/sign-in/code", Ceremony, sign_in::submit_code)
            .authenticates()
            .post("/sign-in/code/send", Ceremony, other_way::send)
            .get("/sign-in/other-way", Ceremony, other_way::show)
            .get("/sign-in/recovered", Ceremony, recovered::show)
            .post("/sign-in/recovered", Ceremony, recovered::go_on)
            .get("/sign-in/recovered/file", Ceremony, recovered::download)
            .get("/forgot-password", Everybody, forgot_password::show)
            .post("/forgot-password", Everybody, forgot_password::submit)
            .post("/sign-out", Session, sign_out::submit)
    }

    fn those_of_links(self) -> Self {
        use Access::Everybody;
        self.get("/reset-password", Everybody, set_password::show::<ForResetPassword>)
            .post("/reset-password", Everybody, set_password::submit::<ForResetPassword>)
            .get("/set-password", Everybody, set_password::show::<ForSetPassword>)
            .post("/set-password", Everybody, set_password::submit::<ForSetPassword>)
            .get("/verify-email", Everybody, verify_email::show)
            .post("/verify-email", Everybody, verify_email::submit)
            .get("/not-me", Everybody, not_me::show)
            .post("/not-me", Everybody, not_me::submit)
            .get("/unlock", Everybody, unlock::show)
            .post("/unlock", Everybody, unlock::submit)
            // Nobody's code is compared behind it, but that of an app which is nobody's yet: it counts on the link.
            .get("/operator/set-up", Everybody, become_operator::show)
            .post("/operator/set-up", Everybody, become_operator::enter)
            .get("/operator/set-up/app", Everybody, become_operator::show_app)
            .post("/operator/set-up/app", Everybody, become_operator::confirm)
    }

    fn those_of_the_profile(self) -> Self {
        use Access::Session;
        self.get("/profile", Session, profile::show)
            .get("/profile/security", Session, profile::show_security)
            .post("/profile/security/end-session", Session, sessions::end)
            .get("/profile/security/end-sessions", Session, sessions::show_end_others)
            .post("/profile/security/end-sessions", Session, sessions::end_others)
            .get("/profile/security/activity", Session, activity::show)
            .get("/profile/password", Session, change_password::show)
            .post("/profile/password", Session, change_password::submit)
            .authenticates()
    }

    /// Second factors and what stands in for them: set up, changed, given up.
    fn those_of_methods(self) -> Self {
        use Access::Session;
        self.get("/profile/security/turn-on", Session, enroll::show)
            .post("/profile/security/turn-on", Session, enroll::begin)
            .authenticates()
            .post("/profile/security/prove-email", Session, verify_email::send_link)
            .get("/profile/security/change", Session, change_methods::show)
            .post("/profile/security/change", Session, change_methods::submit)
            .authenticates()
            .post("/profile/security/send-code", Session, act_code::send)
            .get("/profile/security/method", Session, enroll::show_methods)
            .post("/profile/security/method", Session, enroll::choose)
            .get("/profile/security/app", Session, enroll::show_app)
            .post("/profile/security/app", Session, enroll::leave_app)
            .get("/profile/security/app/confirm", Session, enroll::show_confirm)
            .post("/profile/security/app/confirm", Session, enroll::confirm)
            .authenticates()
            .get("/profile/security/phone", Session, enroll_phone::show)
            .post("/profile/security/phone", Session, enroll_phone::choose)
            .post("/profile/security/phone/send", Session, enroll_reach::send::<OnPhoneConfirm>)
            .get("/profile/security/phone/confirm", Session, enroll_reach::show::<OnPhoneConfirm>)
            .post("/profile/security/phone/confirm", Session, enroll_reach::confirm::<OnPhoneConfirm>)
            .authenticates()
            .get("/profile/security/email", Session, enroll_email::show)
            .post("/profile/security/email", Session, enroll_email::choose)
            .post("/profile/security/email/send", Session, enroll_reach::send::<OnEmailConfirm>)
            .get("/profile/security/email/confirm", Session, enroll_reach::show::<OnEmailConfirm>)
            .post("/profile/security/email/confirm", Session, enroll_reach::confirm::<OnEmailConfirm>)
            .authenticates()
            .get("/profile/security/turned-on", Session, profile::show_turned_on)
            .post("/profile/security/cancel", Session, enroll::cancel)
            .get("/profile/security/turn-off", Session, turn_off::show)
            .post("/profile/security/turn-off", Session, turn_off::submit)
            .authenticates()
            .get("/profile/security/recovery-key", Session, recovery_key::show)
            .post("/profile/security/recovery-key", Session, recovery_key::go_on)
            .get("/profile/security/recovery-key/file", Session, recovery_key::download)
            .get("/profile/security/recovery-key/create", Session, recovery_key::show_create)
            .post("/profile/security/recovery-key/create", Session, recovery_key::create)
            .authenticates()
            .get("/profile/security/backup-codes", Session, backup_codes::show)
            .post("/profile/security/backup-codes", Session, backup_codes::go_on)
            .get("/profile/security/backup-codes/file", Session, backup_codes::download)
            .get("/profile/security/backup-codes/create", Session, backup_codes::show_create)
            .post("/profile/security/backup-codes/create", Session, backup_codes::create)
            .authenticates()
            .get("/profile/security/backup-code-used", Session, backup_codes::show_used)
    }

    fn those_of_programs(self) -> Self {
        use Access::{Everybody, Gateway};
        self.post("/reports/twilio/{message}", Gateway, reports::twilio)
            .get("/reports/kannel/{message}/{token}", Gateway, reports::kannel)
            .post("/reports/kannel/{message}/{token}", Gateway, reports::kannel)
            .get("/healthz", Everybody, health::is_alive)
            .get("/readyz", Everybody, health::is_ready)
            .get("/assets/{file}", Everybody, assets::show)
    }

    fn those_of_operators(self) -> Self {
        use Access::Operator;
        self.get("/operator", Operator, operator::show)
            .get("/operator/operators", Operator, operator::show_operators)
            .get("/operator/organizations", Operator, organizations::show)
            .get("/operator/organizations/add", Operator, organizations::show_add)
            .post("/operator/organizations/add", Operator, organizations::add)
            .get("/operator/organizations/{organization}", Operator, organization::show)
            .get("/operator/organizations/{organization}/two-factor", Operator, organization::show_switch)
            .post("/operator/organizations/{organization}/two-factor", Operator, organization::switch)
            .authenticates()
            .post(
                "/operator/organizations/{organization}/two-factor/send-code",
                Operator,
                organization::send_code,
            )
            .get("/operator/users", Operator, users::show)
            .get("/operator/users/{user}", Operator, user::show)
            .post("/operator/users/{user}/unlock", Operator, user::unlock)
            .get("/operator/users/{user}/sign-out", Operator, user::show_sign_out)
            .post("/operator/users/{user}/sign-out", Operator, user::sign_out)
            .get("/operator/users/{user}/reset", Operator, reset::show)
            .post("/operator/users/{user}/reset", Operator, reset::submit)
            .authenticates()
            .post("/operator/users/{user}/reset/send-code", Operator, reset::send_code)
            .get("/operator/delivery", Operator, delivery::show)
            .post("/operator/delivery/retry", Operator, delivery::retry)
    }

    fn those_of_the_demo(self) -> Self {
        self.get("/demo/inbox", Access::Everybody, inbox::show).get(
            "/demo/inbox.json",
            Access::Everybody,
            inbox::list,
        )
    }

    fn get<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.door((Method::GET, MethodFilter::GET), path, access, handler)
    }

    fn post<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.door((Method::POST, MethodFilter::POST), path, access, handler)
    }

    /// Marks the last door.
    fn authenticates(mut self) -> Self {
        if let Some(door) = self.list.last_mut() {
            door.authenticates = true;
        }
        self
    }

    fn door<H, T>(
        mut self,
        (method, filter): (Method, MethodFilter),
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Web>,
        T: 'static,
    {
        self.list.push(Door { method, path, access, authenticates: false });
        self.router = self.router.route(path, on(filter, handler));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_door_is_listed_twice_and_every_one_behind_profile_or_operator_wants_its_session() {
        let doors = doors();
        for (place, door) in doors.iter().enumerate() {
            let again =
                doors.iter().skip(place + 1).find(|d| (&d.method, d.path) == (&door.method, door.path));
            assert!(again.is_none(), "{door:?}");
            assert_eq!(
                door.path.starts_with("/profile"),
                door.access == Access::Session && door.path != "/sign-out"
            );
            let becomes_one = door.path.starts_with("/operator/set-up");
            assert_eq!(door.path.starts_with("/operator") && !becomes_one, door.access == Access::Operator);
        }
    }
}
