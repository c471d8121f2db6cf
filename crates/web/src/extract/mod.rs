//! What a handler may ask of a request, checked before the handler runs.

pub(crate) mod browser;
pub(crate) mod button;
pub(crate) mod ceremony;
pub(crate) mod cookies;
pub(crate) mod form;
pub(crate) mod form_token;
pub(crate) mod mailed_link;
pub(crate) mod origin;
pub(crate) mod query;
pub(crate) mod session;
pub(crate) mod visitor;
