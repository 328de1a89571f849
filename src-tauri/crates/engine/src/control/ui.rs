//! The web UI, built into the binary.

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// `npm run build` in `ui/` creates these files; `cargo xtask` runs it.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
struct Built;

/// The page may connect only to this engine and load nothing from other hosts.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const SAME_ORIGIN_ONLY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub(super) async fn index() -> Response {
    serve("index.html")
}

pub(super) async fn file(Path(path): Path<String>) -> Response {
    serve(&path)
}

fn serve(path: &str) -> Response {
    let Some(file) = Built::get(path) else {
        return (StatusCode::NOT_FOUND, "there is no such page").into_response();
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let keep = if path.starts_with("assets/") {
        "max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, kind.as_ref()),
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A page of another origin cannot load a file, and so cannot detect that the engine runs.
        (SAME_ORIGIN_ONLY, "same-origin"),
    ];
    (headers, file.data).into_response()
}
