//! The layers around every route, as a list that a request goes through from top to bottom.
//!
//! axum could nest them too; it would then copy the whole nest for each request, once more at every layer.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::error::{self, PageError};
use crate::extract::{browser, origin};
use crate::site::Site;
use crate::{finish, headers, request_log};

/// Outermost first, as in the picture of the crate.
const LAYERS: &[Layer] = &[
    |site, request, next| Box::pin(request_log::log(site, request, next)),
    |site, request, next| Box::pin(headers::protect(site, request, next)),
    |site, request, next| Box::pin(error::render(site, request, next)),
    |site, request, next| Box::pin(headers::require_our_host(site, request, next)),
    |_, request, next| Box::pin(finish::finish(request, |request| next.run(request))),
    |site, request, next| Box::pin(origin::require_same_origin(site, request, next)),
    |site, request, next| {
        Box::pin(async move { browser::recognize(site, request, next).await.into_response() })
    },
];

type Layer = fn(Arc<Site>, Request, Next) -> Answering;

/// An answer that is being made.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What is left of a request's way: the layers further in, then the page.
pub(crate) struct Next {
    site: Arc<Site>,
    layers: &'static [Layer],
    page: middleware::Next,
}

impl Next {
    pub(crate) async fn run(self, request: Request) -> Response {
        match self.layers.split_first() {
            Some((layer, further_in)) => {
                layer(Arc::clone(&self.site), request, Self { layers: further_in, ..self }).await
            }
            None => self.page.run(request).await,
        }
    }
}

/// Surrounds the routes, so that unknown addresses and wrong methods pass through the same layers.
pub(crate) fn surround(routes: Router, site: &Arc<Site>) -> Router {
    routes
        .fallback(|| async { PageError::NotFound })
        .method_not_allowed_fallback(|| async { PageError::MethodNotAllowed })
        .layer(from_fn_with_state(Arc::clone(site), enter))
}

async fn enter(State(site): State<Arc<Site>>, request: Request, page: middleware::Next) -> Response {
    Next { site, layers: LAYERS, page }.run(request).await
}

#[cfg(test)]
mod tests;
