//! Requests that are forwarded to their vendor without interpretation: embeddings, files, images.

use std::str::FromStr;

use serde::Deserialize;

use crate::pattern;

/// A method and a path pattern: `POST /v1/embeddings`, `* /v1/files/*`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Passage {
    /// `None`: any method.
    method: Option<String>,
    path: String,
}

/// The requests that are forwarded, by their credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passages {
    /// Forwarded with the client's own login.
    pub with_login: Vec<Passage>,
    /// Also forwarded with the stored key of the endpoint, within the daily cap.
    pub with_key: Vec<Passage>,
}

impl Passage {
    /// `/v1/files/*`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `path`: with single slashes and the prefix `/v1/`.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let any = self.method.as_deref().is_none_or(|own| own == method);
        any && pattern::matches(&self.path, path)
    }
}

/// Why a text is not a valid passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a passage is a method or `*`, and a path pattern: \"POST /v1/embeddings\", \"* /v1/files/*\""
)]
pub struct NoPassage;

impl FromStr for Passage {
    type Err = NoPassage;

    fn from_str(text: &str) -> Result<Self, NoPassage> {
        let (method, path) = text.split_once(' ').ok_or(NoPassage)?;
        let upper = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !path.starts_with("/v1/") || !(upper || method == "*") {
            return Err(NoPassage);
        }
        Ok(Passage {
            method: upper.then(|| method.to_owned()),
            path: path.to_owned(),
        })
    }
}

impl TryFrom<String> for Passage {
    type Error = NoPassage;

    fn try_from(text: String) -> Result<Self, NoPassage> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_a_method_and_a_path() {
        for (text, method, path, matches) in [
            ("POST /v1/embeddings", "POST", "/v1/embeddings", true),
            ("POST /v1/embeddings", "GET", "/v1/embeddings", false),
            ("POST /v1/embeddings", "POST", "/v1/embeddings/x", false),
            ("* /v1/files/*", "DELETE", "/v1/files/f1", true),
            ("* /v1/files/*", "GET", "/v1/files/f1/content", true),
            ("* /v1/files/*", "GET", "/v1/files", false),
        ] {
            let passage: Passage = text.parse().unwrap();
            assert_eq!(
                passage.matches(method, path),
                matches,
                "{text}: {method} {path}"
            );
        }
        for text in [
            "/v1/embeddings",
            "post /v1/x",
            "POST v1/x",
            "POST /x",
            "",
            "* ",
        ] {
            assert_eq!(text.parse::<Passage>(), Err(NoPassage), "{text}");
        }
    }
}
