//! The state behind every route: what pages need, and the service that decides.

use std::sync::Arc;

use axum::extract::FromRef;
use countersign_service::Service;

use crate::demo::Inbox;
use crate::site::Site;

#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) site: Arc<Site>,
    pub(crate) service: Service,
    pub(crate) inbox: Option<Inbox>,
}

impl FromRef<Web> for Arc<Site> {
    fn from_ref(web: &Web) -> Self {
        Self::clone(&web.site)
    }
}
