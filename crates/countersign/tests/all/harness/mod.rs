//! What every test stands on: a server in virtual time, a browser without a screen, an authenticator app, an inbox.
//!
//! ```text
//!   Person ─▶ Browser ─▶ HTTP ─▶ TestServer ─▶ Home (a database of its own, gone afterwards)
//!               ▲ ▲                │    └─ worker ─▶ inbox: texts_to, mails_to
//!               │ └── text_code, link_in_mail ◀────────┘
//!             Phone ◀── codes at ── VirtualClock
//! ```

mod browser;
pub(crate) mod home;
mod html;
mod inbox;
mod patience;
mod phone;
mod program;
mod server;
mod steps;

pub(crate) use browser::{Browser, Reply};
pub(crate) use home::{On, has_postgres, is_soak};
pub(crate) use patience::{in_time, patiently, stop_watch, until, wait_for};
pub(crate) use phone::Phone;
pub(crate) use program::{Installation, Ran, Running};
pub(crate) use server::{Person, Setup, TestServer};
pub(crate) use steps::{
    behind_the_password, choose_app, choosing_a_method, enroll_app, enroll_app_with_key, enroll_mailbox,
    enroll_phone, forget_password, generate_backup_codes, operator, shown_codes, sign_in, sign_in_with_app,
    sign_in_with_mail, sign_in_with_text, type_code, type_password,
};

/// Runs each body twice: as `NAME::on_sqlite` and as `NAME::on_postgres`.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($on:ident: On) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($on: On) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name($crate::harness::On::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if $crate::harness::has_postgres() {
                    super::$name($crate::harness::On::Postgres).await;
                }
            }
        }
    )+};
}
