//! `/set-password`: a password chosen behind a mailed link, which proves the address too (A58, A62). And
//! `/reset-password`, the same for whoever forgot theirs.

use std::marker::PhantomData;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use countersign_core::authenticator::password::Password;
use countersign_core::link::ChoosesPassword;
use countersign_core::token::Token;
use countersign_service::set_password::{OpenPasswordLink, SetPasswordOutcome};

use crate::answer::{Answer, Away, go_to};
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, FormFields, FormOrStale};
use crate::extract::mailed_link::{page_of, used_up, without_token};
use crate::extract::visitor::Caller;
use crate::pages::again::{Mistakes, show_dead_link, show_stale, stale_link};
use crate::said::Said;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::refusal::explain_password;
use crate::view::set_password::SetPassword;
use crate::web::Web;

/// `GET`: uses nothing up (A43).
pub(crate) async fn show<P: ChoosesPassword>(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    if let Some(away) = without_token::<P>(&web.site, P::LINK, &uri)? {
        return Ok(away);
    }
    let Some((link, _)) = open_link::<P>(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, P::LINK);
    };
    Ok(SetPassword::new(Frame::new(&web.site, &browser), &link).respond(StatusCode::OK))
}

/// `POST`
pub(crate) async fn submit<P: ChoosesPassword>(
    State(web): State<Web>,
    Caller(visitor): Caller,
    browser: Browser,
    form: FormOrStale<PasswordForm<P>>,
) -> Answer {
    let Some((link, token)) = open_link::<P>(&web, &browser).await? else {
        return show_dead_link(&web.site, &browser, P::LINK);
    };
    let PasswordForm { new, .. } = match form {
        FormOrStale::Fresh(form) => form,
        FormOrStale::Stale(_) => {
            let frame = stale_link(&web.site, &browser);
            return Ok(show_stale(SetPassword::new(frame, &link)));
        }
    };
    let frame = Frame::new(&web.site, &browser);
    let mut mistakes = Mistakes::on(&web.site);
    mistakes.add_if(new.is_empty(), "new_password", "missing-new-password");
    if !mistakes.found_none() {
        return Ok(mistakes.show(frame, |frame| SetPassword::new(frame, &link)));
    }
    match web.service.set_password_by_link(&token, new, visitor).await? {
        SetPasswordOutcome::Refused(_) => show_dead_link(&web.site, &browser, P::LINK),
        SetPasswordOutcome::Unfit(refusal) => {
            let refused = explain_password(&web.site, refusal);
            Ok(refused.show(frame, |frame| SetPassword::new(frame, &link)))
        }
        SetPasswordOutcome::Done => {
            let away = go_to("/sign-in", [Said::PasswordSaved.cookie(&web.site.address)?]);
            Ok(used_up(&web.site, P::LINK, &browser, away)?)
        }
    }
}

async fn open_link<P: ChoosesPassword>(
    web: &Web,
    browser: &Browser,
) -> Result<Option<(OpenPasswordLink, Token<P>)>, Away> {
    let Some(token) = browser.link::<P>(P::LINK) else { return Ok(None) };
    let link = web.service.password_link(&token).await?;
    Ok(link.map(|link| (link, token)))
}

pub(crate) struct PasswordForm<P> {
    new: Password,
    page: PhantomData<fn() -> P>,
}

impl<P: ChoosesPassword> FormFields for PasswordForm<P> {
    const PAGE: &'static str = page_of(P::LINK);

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { new: fields.password("new_password")?, page: PhantomData })
    }
}
