//! `/profile/security/backup-codes`: ten codes that the person wanted, shown until they were saved (CTM-20 … CTM-24);
//! and where one of them leads that was used (CTM-28).
//!
//! ```text
//! turned-on, or security ─► create ── proofs ─► backup-codes ─► security
//!                                                 └─ file
//! sign-in by a code ─► backup-code-used ─► change, or profile
//! ```

use axum::extract::State;
use axum::http::StatusCode;
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_service::new_codes::ShownCodes;
use countersign_service::profile::Profile;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::button::{Button, OnBackupCodes};
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::recovery_key::text_file;
use crate::pages::{act_code, enroll};
use crate::said::Said;
use crate::view::Page;
use crate::view::backup_code_used::BackupCodeUsed;
use crate::view::backup_codes::{BackupCodes, CreateBackupCodes};
use crate::web::Web;

/// `GET /profile/security/backup-codes`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let codes = shown(&web, &session).await?;
    let (frame, _) = session.open_page(&web).await?;
    Ok(BackupCodes::new(frame, &codes).respond(StatusCode::OK))
}

/// `GET /profile/security/backup-codes/file`: they name nobody.
pub(crate) async fn download(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let codes = shown(&web, &session).await?;
    if codes.texts.is_empty() {
        return Err(Away::To("/profile/security/backup-codes"));
    }
    let lines: Vec<&str> = codes.texts.iter().map(|text| text.expose().as_str()).collect();
    let text = web.site.texts.with("backup-codes-file", &[("codes", lines.join("\n").into())]);
    Ok(text_file("attachment; filename=\"backup-codes.txt\"", text))
}

/// `POST /profile/security/backup-codes`: they are not shown again.
pub(crate) async fn go_on(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    _: Form<Button<OnBackupCodes>>,
) -> Answer {
    web.service.codes_saved(session.caller(visitor)?).await?;
    Ok(go_to("/profile/security", [Said::BackupCodesSaved.cookie(&web.site.address)?]))
}

/// `GET /profile/security/backup-codes/create`
pub(crate) async fn show_create(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if !profile.backup_codes.may_create {
        return Err(Away::To("/profile/security"));
    }
    let code = act_code::code_for(&web, &session, &profile, Act::CreateBackupCodes).await?;
    Ok(CreateBackupCodes::new(frame, &profile, code.as_ref()).respond(StatusCode::OK))
}

/// `POST /profile/security/backup-codes/create`
pub(crate) async fn create(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CreateForm>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let code = act_code::code_for(&web, &session, &profile, Act::CreateBackupCodes).await?;
    let page = |frame, profile: &Profile| CreateBackupCodes::new(frame, profile, code.as_ref());
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(form.password.is_empty(), "password", "missing-password");
    mistakes.code_for_act(code.as_ref(), &form.code);
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| page(frame, &profile)));
    }
    match web.service.create_backup_codes(session.caller(visitor)?, form.password, form.code).await? {
        ActOutcome::Refused(refusal) => show_refused(&web, session, refusal, page).await,
        ActOutcome::Done { session } => enroll::go_on(&web, &session, "/profile/security/backup-codes"),
    }
}

/// `GET /profile/security/backup-code-used`: for as long as the code stands in for the method that was lost.
pub(crate) async fn show_used(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if !profile.backup_codes.stands_in {
        return Err(Away::To("/profile/security"));
    }
    Ok(BackupCodeUsed::new(frame, &profile).respond(StatusCode::OK))
}

async fn shown(web: &Web, session: &HasSession) -> Result<ShownCodes, Away> {
    let found = web.service.unsaved_codes(&session.token()?).await?;
    found.ok_or(Away::To("/profile/security"))
}

pub(crate) struct CreateForm {
    password: Password,
    code: TypedCode,
}

impl FormFields for CreateForm {
    const PAGE: &'static str = "/profile/security/backup-codes/create";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { password: fields.password("password")?, code: fields.code_if_sent("code") })
    }
}
