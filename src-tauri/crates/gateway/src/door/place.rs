//! A request's path: the token, the pipeline, and the operation. Pure.

use std::borrow::Cow;

use catalog::Dialect;
use percent_encoding::percent_decode_str;
use wire::Kind;

use crate::name::BadName;
use crate::tags;

/// The operation of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Ask(Dialect, Kind),
    Models,
    /// The response of a parked request, by its id.
    Review(String),
    /// The base path: clients check if it responds.
    Base,
    /// Not an operation of Understudy; a vendor may have it: `/v1/embeddings`.
    Other(String),
    /// A path that is sent to no vendor: with dot segments or encoded slashes, or without `/v1/`.
    Nothing,
}

/// The parts of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) token: Option<&'a str>,
    /// As in the path, in which `%20` is a space.
    pipeline: Option<&'a str>,
    /// Without the token and the pipeline.
    pub(crate) path: &'a str,
    pub(crate) target: Target,
}

/// The version segment of a path.
const VERSION: &str = "/v1/";

impl<'a> Place<'a> {
    /// `/t/<token>`, `/p/<pipeline>`, any prefix, `/v1` once, twice or not at all, then the operation.
    pub(crate) fn of(path: &'a str) -> Place<'a> {
        let path = after_slashes(path);
        let (token, path) = named(path, "/t/");
        let (pipeline, path) = named(path, "/p/");
        Place {
            token,
            pipeline,
            path,
            target: Target::of(&with_single_slashes(path)),
        }
    }

    /// The pipeline in the path; `None` also for a bad name ([`Place::check_pipeline`]).
    pub(crate) fn pipeline(&self) -> Option<String> {
        self.named().filter(|name| tags::check(name).is_ok())
    }

    /// # Errors The pipeline's name is too long, or has control characters.
    pub(crate) fn check_pipeline(&self) -> Result<(), BadName> {
        self.named().map_or(Ok(()), |name| tags::check(&name))
    }

    fn named(&self) -> Option<String> {
        let name = percent_decode_str(self.pipeline?).decode_utf8_lossy();
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

impl Target {
    /// `path`: with single slashes.
    fn of(path: &str) -> Target {
        let rest = path.trim_end_matches('/');
        let tail = rest.rsplit_once(VERSION).map_or(rest, |(_, tail)| tail);
        let versioned = tail.len() != rest.len();
        let is = |name: &str| tail == name || (!versioned && tail.ends_with(&format!("/{name}")));
        if is("messages/count_tokens") {
            Target::Ask(Dialect::Anthropic, Kind::CountTokens)
        } else if is("messages") {
            Target::Ask(Dialect::Anthropic, Kind::Generate)
        } else if is("chat/completions") {
            Target::Ask(Dialect::OpenaiChat, Kind::Generate)
        } else if is("responses") {
            Target::Ask(Dialect::OpenaiResponses, Kind::Generate)
        } else if is("models") {
            Target::Models
        } else if let Some(id) = tail
            .strip_prefix("reviews/")
            .or(tail.strip_prefix("/reviews/"))
        {
            match id.contains('/') {
                true => Target::Nothing,
                false => Target::Review(id.to_owned()),
            }
        } else if is("api/hello") || rest.is_empty() || rest == "/v1" {
            Target::Base
        } else {
            other(rest)
        }
    }
}

/// The vendor's path: from the last `/v1/`, since a client's base address may contain another one.
fn other(path: &str) -> Target {
    let mut tail = match path.split_once(VERSION) {
        Some((_, tail)) => tail,
        None => return Target::Nothing,
    };
    while let Some(again) = tail.strip_prefix("v1/") {
        tail = again;
    }
    let lower = tail.to_ascii_lowercase();
    let hides_a_slash = ["%2f", "%5c", "%2e", "\\"]
        .iter()
        .any(|code| lower.contains(code));
    let dots = tail.split('/').any(|part| matches!(part, "." | ".."));
    if hides_a_slash || dots || tail.is_empty() {
        Target::Nothing
    } else {
        Target::Other(format!("{VERSION}{tail}"))
    }
}

/// `/t/<name>/rest` → the name and `/rest`.
fn named<'a>(path: &'a str, mark: &str) -> (Option<&'a str>, &'a str) {
    let Some(rest) = path.strip_prefix(mark) else {
        return (None, path);
    };
    match rest.find('/') {
        Some(end) => (Some(&rest[..end]), after_slashes(&rest[end..])),
        None => (Some(rest), ""),
    }
}

/// `//v1` → `/v1`: a base address that ends with a slash adds a second one.
fn after_slashes(path: &str) -> &str {
    let slashes = path.bytes().take_while(|byte| *byte == b'/').count();
    &path[slashes.saturating_sub(1)..]
}

fn with_single_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut single = String::with_capacity(path.len());
    for c in path.chars() {
        if !(c == '/' && single.ends_with('/')) {
            single.push(c);
        }
    }
    Cow::Owned(single)
}

#[cfg(test)]
mod tests;
