//! The layers around every route, outermost first as they are listed in the picture of the crate.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::error::{self, PageError};
use crate::extract::{browser, origin};
use crate::site::Site;
use crate::{finish, headers, request_log};

/// Surrounds the routes, so that unknown addresses and wrong methods pass through the same layers.
pub(crate) fn surround(routes: Router, site: &Arc<Site>) -> Router {
    routes
        .fallback(|| async { PageError::NotFound })
        .method_not_allowed_fallback(|| async { PageError::MethodNotAllowed })
        // The last one added is the first to see a request.
        .layer(from_fn_with_state(Arc::clone(site), browser::recognize))
        .layer(from_fn_with_state(Arc::clone(site), origin::require_same_origin))
        .layer(from_fn(finish::finish))
        .layer(from_fn_with_state(Arc::clone(site), headers::require_our_host))
        .layer(from_fn_with_state(Arc::clone(site), error::render))
        .layer(from_fn_with_state(Arc::clone(site), headers::protect))
        .layer(from_fn_with_state(Arc::clone(site), request_log::log))
}

#[cfg(test)]
mod tests;
