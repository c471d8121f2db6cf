//! Style sheet, script and icon, inside the binary, under names that change with their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::error::PageError;

pub(crate) struct Asset {
    /// Where pages link to: `/assets/countersign-1a2b3c4d5e6f7a8b.css`.
    pub(crate) path: String,
    kind: &'static str,
    pub(crate) content: &'static str,
}

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/countersign.css"), "css", "text/css; charset=utf-8"));

pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(include_str!("../assets/countersign.js"), "js", "text/javascript; charset=utf-8")
});

pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/countersign.svg"), "svg", "image/svg+xml"));

/// `GET /assets/{file}`
pub(crate) async fn show(file: Result<Path<String>, PathRejection>) -> Result<Response, PageError> {
    // A name that is no UTF-8 names nothing of ours.
    let Path(file) = file.map_err(|_| PageError::NotFound)?;
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    let asked = all.into_iter().find(|asset| asset.path.strip_prefix(FOLDER) == Some(file.as_str()));
    let asset = asked.ok_or(PageError::NotFound)?;
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, FOR_EVER)];
    Ok((headers, asset.content).into_response())
}

impl Asset {
    fn new(content: &'static str, ending: &str, kind: &'static str) -> Self {
        let digest = Sha256::digest(content.as_bytes());
        // 64 bits tell versions apart; nobody gains by making two collide.
        let hash = digest.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
        Self { path: format!("{FOLDER}countersign-{hash:016x}.{ending}"), kind, content }
    }
}

const FOLDER: &str = "/assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
