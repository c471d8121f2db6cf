//! `/profile/security/recovery-key`: a key that a set-up made or the person wanted, shown until it was saved.
//!
//! ```text
//! set-up ───────────┬─► recovery-key ─► turned-on, or security
//! create ── proofs ─┘    └─ file
//! ```

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::ceremony::step_up::{Act, ActOutcome};
use countersign_service::profile::Profile;
use countersign_service::recover::ShownKey;

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::form::{Fields, Form, FormFields};
use crate::extract::query::value_of;
use crate::extract::session::{HasSession, SignedIn};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_refused};
use crate::pages::{act_code, enroll};
use crate::said::Said;
use crate::view::Page;
use crate::view::create_recovery_key::CreateRecoveryKey;
use crate::view::recovery_key::{NewKey, RecoveryKey};
use crate::web::Web;

/// `GET /profile/security/recovery-key`
pub(crate) async fn show(State(web): State<Web>, SignedIn(session): SignedIn, uri: Uri) -> Answer {
    let key = NewKey::new(&shown(&web, &session).await?, "/profile/security/recovery-key/file");
    let (frame, _) = session.open_page(&web).await?;
    let is_after_set_up = value_of(&uri, "after").as_deref() == Some(AFTER_SET_UP);
    Ok(RecoveryKey::new(frame, key, is_after_set_up).respond(StatusCode::OK))
}

/// `GET /profile/security/recovery-key/file`
pub(crate) async fn download(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let key = shown(&web, &session).await?;
    file(&web, &key, "/profile/security/recovery-key")
}

/// `POST /profile/security/recovery-key`: the key is not shown again.
pub(crate) async fn go_on(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<SavedForm>,
) -> Answer {
    web.service.key_saved(session.caller(visitor)?).await?;
    if form.is_after_set_up {
        return Ok(go_to("/profile/security/turned-on", []));
    }
    Ok(go_to("/profile/security", [Said::RecoveryKeySaved.cookie(&web.site.address)?]))
}

/// `GET /profile/security/recovery-key/create`
pub(crate) async fn show_create(State(web): State<Web>, SignedIn(session): SignedIn) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    if !profile.recovery_key.may_create {
        return Err(Away::To("/profile/security"));
    }
    let code = act_code::code_for(&web, &session, &profile, Act::CreateRecoveryKey).await?;
    Ok(CreateRecoveryKey::new(frame, &profile, code.as_ref()).respond(StatusCode::OK))
}

/// `POST /profile/security/recovery-key/create`
pub(crate) async fn create(
    State(web): State<Web>,
    Caller(visitor): Caller,
    SignedIn(session): SignedIn,
    Form(form): Form<CreateForm>,
) -> Answer {
    let (frame, profile) = session.open_page(&web).await?;
    let code = act_code::code_for(&web, &session, &profile, Act::CreateRecoveryKey).await?;
    let mut mistakes = Mistakes::on(&web.site);
    let is_missing = profile.proofs_to_create_recovery_key.password && form.password.is_empty();
    mistakes.add_if(is_missing, "password", "missing-password");
    mistakes.code_for_act(code.as_ref(), &form.code);
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| CreateRecoveryKey::new(frame, &profile, code.as_ref())));
    }
    match web.service.create_recovery_key(session.caller(visitor)?, form.password, form.code).await? {
        ActOutcome::Refused(refusal) => {
            let page = |frame, profile: &Profile| CreateRecoveryKey::new(frame, profile, code.as_ref());
            show_refused(&web, session, refusal, page).await
        }
        ActOutcome::Done { session } => enroll::go_on(&web, &session, "/profile/security/recovery-key"),
    }
}

/// The key as a file that names nobody; to the page where it is shown no more.
pub(crate) fn file(web: &Web, key: &ShownKey, page: &'static str) -> Answer {
    let Some(text) = &key.text else { return Err(Away::To(page)) };
    let text = web.site.texts.with("recovery-key-file", &[("key", text.expose().as_str().into())]);
    Ok(text_file("attachment; filename=\"recovery-key.txt\"", text))
}

pub(crate) fn text_file(disposition: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    (headers, text + "\n").into_response()
}

async fn shown(web: &Web, session: &HasSession) -> Result<ShownKey, Away> {
    let found = web.service.unsaved_key(&session.token()?).await?;
    found.ok_or(Away::To("/profile/security"))
}

/// Says at the address of the page, and in its form, that a set-up led there.
const AFTER_SET_UP: &str = "set-up";

pub(crate) struct SavedForm {
    is_after_set_up: bool,
}

impl FormFields for SavedForm {
    const PAGE: &'static str = "/profile/security/recovery-key";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        let after = fields.take_if_sent("after");
        Ok(Self { is_after_set_up: after.is_some_and(|after| after.as_str() == AFTER_SET_UP) })
    }
}

pub(crate) struct CreateForm {
    password: Password,
    code: TypedCode,
}

impl FormFields for CreateForm {
    const PAGE: &'static str = "/profile/security/recovery-key/create";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { password: fields.password_if_sent("password"), code: fields.code_if_sent("code") })
    }
}
