//! Forms that differ only in the page that shows them: a button, one that sends a code, or a code and a button.

use std::marker::PhantomData;

use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::message::Channel;

use crate::error::FormProblem;
use crate::extract::form::{Fields, FormFields};

/// A page that shows forms, as a type.
pub(crate) trait FormPage {
    const PAGE: &'static str;
}

/// Nothing is typed into it.
pub(crate) struct Button<P>(PhantomData<P>);

/// By what a code is wanted.
pub(crate) struct SendForm<P> {
    pub(crate) by: Channel,
    page: PhantomData<P>,
}

pub(crate) struct CodeForm<P> {
    pub(crate) code: TypedCode,
    page: PhantomData<P>,
}

impl<P: FormPage> FormFields for Button<P> {
    const PAGE: &'static str = P::PAGE;

    fn read(_: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self(PhantomData))
    }
}

impl<P: FormPage> FormFields for SendForm<P> {
    const PAGE: &'static str = P::PAGE;

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { by: fields.channel("by")?, page: PhantomData })
    }
}

impl<P: FormPage> FormFields for CodeForm<P> {
    const PAGE: &'static str = P::PAGE;

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { code: fields.code("code")?, page: PhantomData })
    }
}

pub(crate) struct OnCode;
pub(crate) struct OnBackupCodes;
pub(crate) struct OnVerifyEmail;
pub(crate) struct OnNotMe;
pub(crate) struct OnProfile;
pub(crate) struct OnSecurity;
pub(crate) struct OnApp;
pub(crate) struct OnAppConfirm;
pub(crate) struct OnPhoneConfirm;
pub(crate) struct OnEmail;
pub(crate) struct OnEmailConfirm;
pub(crate) struct OnRecovered;
pub(crate) struct OnUsers;
pub(crate) struct OnOrganizations;

impl FormPage for OnCode {
    const PAGE: &'static str = "/sign-in/code";
}

impl FormPage for OnVerifyEmail {
    const PAGE: &'static str = "/verify-email";
}

impl FormPage for OnNotMe {
    const PAGE: &'static str = "/not-me";
}

impl FormPage for OnProfile {
    const PAGE: &'static str = "/profile";
}

impl FormPage for OnSecurity {
    const PAGE: &'static str = "/profile/security";
}

impl FormPage for OnApp {
    const PAGE: &'static str = "/profile/security/app";
}

impl FormPage for OnAppConfirm {
    const PAGE: &'static str = "/profile/security/app/confirm";
}

impl FormPage for OnPhoneConfirm {
    const PAGE: &'static str = "/profile/security/phone/confirm";
}

impl FormPage for OnEmail {
    const PAGE: &'static str = "/profile/security/email";
}

impl FormPage for OnEmailConfirm {
    const PAGE: &'static str = "/profile/security/email/confirm";
}

impl FormPage for OnRecovered {
    const PAGE: &'static str = "/sign-in/recovered";
}

impl FormPage for OnBackupCodes {
    const PAGE: &'static str = "/profile/security/backup-codes";
}

impl FormPage for OnUsers {
    const PAGE: &'static str = "/operator/users";
}

impl FormPage for OnOrganizations {
    const PAGE: &'static str = "/operator/organizations";
}
