//! The web UI, built into the binary. A binary built without Node.js has none; it answers with the way to get it.

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// `npm run build` in `ui/` creates these files; `cargo xtask` runs it. `cargo install` does not.
#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";

const ABSENT: &str = "This understudyd was built without its web UI, because ui/dist did not exist. Everything else works; \
    `understudyd status` shows the state of your providers.\n\
    To get the web UI, install a package of Understudy. Or, in a clone of its repository and with Node.js 20 or later, \
    run `cargo xtask ui` and then `cargo install --locked --path src-tauri/crates/engine`.\n";

/// The page may connect only to this engine and load nothing from other hosts.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const SAME_ORIGIN_ONLY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub(super) async fn index() -> Response {
    serve(INDEX, Built::get)
}

pub(super) async fn file(Path(path): Path<String>) -> Response {
    serve(&path, Built::get)
}

fn serve(path: &str, built: impl Fn(&str) -> Option<EmbeddedFile>) -> Response {
    let Some(file) = built(path) else {
        let is_absent = built(INDEX).is_none();
        let why = if is_absent {
            ABSENT
        } else {
            "there is no such page"
        };
        return (StatusCode::NOT_FOUND, why).into_response();
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

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};
    use http_body_util::BodyExt;

    use super::{EmbeddedFile, INDEX, RustEmbed, serve};

    /// Any folder that always exists.
    #[derive(RustEmbed)]
    #[folder = "src/control"]
    struct Sources;

    async fn shown(
        path: &str,
        built: impl Fn(&str) -> Option<EmbeddedFile>,
    ) -> (StatusCode, String) {
        let response = serve(path, built);
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_binary_without_the_ui_answers_with_the_way_to_get_it() {
        let response = serve(INDEX, |_| None);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/plain; charset=utf-8"
        );
        let (status, text) = shown(INDEX, |_| None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        for part in [
            "without its web UI",
            "understudyd status",
            "cargo xtask ui",
            "cargo install --locked --path src-tauri/crates/engine",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[tokio::test]
    async fn a_missing_page_of_a_complete_ui_is_only_that() {
        let page = |path: &str| Sources::get("ui.rs").filter(|_| path == INDEX);
        assert_eq!(shown(INDEX, page).await.0, StatusCode::OK);
        let (status, text) = shown("nothing.html", page).await;
        assert_eq!(
            (status, text.as_str()),
            (StatusCode::NOT_FOUND, "there is no such page")
        );
    }
}
