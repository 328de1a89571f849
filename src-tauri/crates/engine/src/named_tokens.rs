//! The named tokens of persons, devices and pipelines, in a file of mode 0600. It contains only their digests.

use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use gateway::NamedToken;
use serde::{Deserialize, Serialize};

use crate::{private_file, text_file};

/// Name of the requests with this installation's own token.
pub(crate) const THIS_COMPUTER: &str = "this computer";
/// Maximum characters of a name.
const LONGEST: usize = 60;
/// Version of the file's format.
const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    pub token: NamedToken,
    pub created: DateTime<Utc>,
}

/// The tokens in force, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedTokens(Vec<Issued>);

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u32,
    tokens: Vec<Row>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pipeline: Option<String>,
    /// SHA-256 of the token, as hexadecimal digits.
    sha256: String,
    created: DateTime<Utc>,
}

/// Why a name is not valid for a new token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTokenName {
    #[error("a token's name has 1 to {LONGEST} characters, without control characters")]
    Form,
    #[error("there is already a token \"{0}\"; revoke it first, or choose another name")]
    Exists(String),
    #[error("\"{THIS_COMPUTER}\" is the name of this installation's own token")]
    Reserved,
}

impl NamedTokens {
    /// A missing file is an empty list.
    pub(crate) fn read(file: &Path) -> io::Result<NamedTokens> {
        let text = match text_file::read(file) {
            Ok(text) => text,
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
                return Ok(NamedTokens::default());
            }
            Err(error) => return Err(error),
        };
        NamedTokens::parse(&text).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
    }

    fn parse(text: &str) -> Result<NamedTokens, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version > VERSION {
            return Err("it is from a newer version of Understudy".into());
        }
        let issued = written.tokens.into_iter().map(|row| {
            let digest = digest(&row.sha256).ok_or("a sha256 is not 64 hexadecimal digits")?;
            Ok(Issued {
                token: NamedToken {
                    name: row.name.into(),
                    pipeline: row.pipeline.map(Into::into),
                    digest,
                },
                created: row.created,
            })
        });
        issued.collect::<Result<_, _>>().map(NamedTokens)
    }

    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        let row = |issued: &Issued| Row {
            name: issued.token.name.to_string(),
            pipeline: issued.token.pipeline.as_deref().map(Into::into),
            sha256: issued
                .token
                .digest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            created: issued.created,
        };
        let written = Written {
            version: VERSION,
            tokens: self.0.iter().map(row).collect(),
        };
        private_file::write(file, &serde_json::to_vec_pretty(&written)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Issued> {
        self.0.iter()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn for_gateway(&self) -> Arc<[NamedToken]> {
        self.0.iter().map(|issued| issued.token.clone()).collect()
    }

    /// The name in its stored form.
    pub(crate) fn check_name(&self, name: &str) -> Result<String, BadTokenName> {
        let name = name.trim();
        let length = name.chars().count();
        if !(1..=LONGEST).contains(&length) || name.chars().any(char::is_control) {
            return Err(BadTokenName::Form);
        }
        if name.eq_ignore_ascii_case(THIS_COMPUTER) {
            return Err(BadTokenName::Reserved);
        }
        match self.find(name) {
            Some(known) => Err(BadTokenName::Exists(known.token.name.to_string())),
            None => Ok(name.to_owned()),
        }
    }

    /// In any case, because a filter of requests is the same.
    pub(crate) fn find(&self, name: &str) -> Option<&Issued> {
        let is_it = |issued: &&Issued| issued.token.name.eq_ignore_ascii_case(name.trim());
        self.0.iter().find(is_it)
    }

    /// The list with one more.
    pub(crate) fn with(&self, issued: Issued) -> NamedTokens {
        let mut all = self.0.clone();
        all.push(issued);
        all.sort_by(|a, b| a.token.name.cmp(&b.token.name));
        NamedTokens(all)
    }

    /// The list in which the tokens of one pipeline belong to another; None: there is none.
    pub(crate) fn with_pipeline_renamed(&self, from: &str, to: &str) -> Option<NamedTokens> {
        let is_its = |one: &Issued| one.token.pipeline.as_deref() == Some(from);
        if !self.0.iter().any(is_its) {
            return None;
        }
        let renamed = self.0.iter().cloned().map(|one| match is_its(&one) {
            true => Issued {
                token: one.token.of_pipeline(to),
                ..one
            },
            false => one,
        });
        Some(NamedTokens(renamed.collect()))
    }

    pub(crate) fn without(&self, name: &str) -> NamedTokens {
        let kept = self.0.iter().filter(|issued| *issued.token.name != *name);
        NamedTokens(kept.cloned().collect())
    }
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn issued(name: &str) -> Issued {
        Issued {
            token: NamedToken::new(name, TOKEN),
            created: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_file_keeps_names_and_digests_and_no_token() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("tokens.json");
        assert_eq!(NamedTokens::read(&file).unwrap(), NamedTokens::default());
        let tokens = NamedTokens::default()
            .with(issued("CI"))
            .with(issued("Anna's laptop"));
        tokens.write(&file).unwrap();
        assert_eq!(NamedTokens::read(&file).unwrap(), tokens);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains(TOKEN), "{text}");
        let names: Vec<&str> = tokens.iter().map(|one| &*one.token.name).collect();
        assert_eq!(names, ["Anna's laptop", "CI"]);
        let left = tokens.without("CI");
        assert_eq!((left.count(), left.find("ci")), (1, None));
    }

    #[test]
    fn a_token_keeps_its_pipeline_and_follows_its_new_name() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("tokens.json");
        let of = |pipeline: &str| {
            let one = issued(pipeline);
            Issued {
                token: one.token.of_pipeline(pipeline),
                ..one
            }
        };
        let tokens = NamedTokens::default()
            .with(issued("CI"))
            .with(of("Leads"))
            .with(of("Quotes"));
        let renamed = tokens.with_pipeline_renamed("Leads", "Sales").unwrap();
        renamed.write(&file).unwrap();
        let read = NamedTokens::read(&file).unwrap();
        let pipelines: Vec<_> = read
            .iter()
            .map(|one| one.token.pipeline.as_deref())
            .collect();
        assert_eq!(pipelines, [None, Some("Sales"), Some("Quotes")]);
        assert_eq!(renamed.with_pipeline_renamed("Leads", "Sales"), None);
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches("pipeline").count(), 2, "{text}");
    }

    #[test]
    fn a_file_that_is_not_valid_is_an_error() {
        for text in [
            "",
            "{}",
            r#"{"version":2,"tokens":[]}"#,
            r#"{"version":1,"tokens":[{"name":"a","sha256":"zz","created":"2026-01-01T00:00:00Z"}]}"#,
        ] {
            assert!(NamedTokens::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_short_printable_and_unique() {
        let tokens = NamedTokens::default().with(issued("Anna's laptop"));
        assert_eq!(tokens.check_name(" Bob ").as_deref(), Ok("Bob"));
        for name in ["", "  ", "a\nb", &"x".repeat(61)] {
            assert_eq!(tokens.check_name(name), Err(BadTokenName::Form), "{name}");
        }
        let exists = BadTokenName::Exists("Anna's laptop".into());
        assert_eq!(tokens.check_name("anna's LAPTOP"), Err(exists));
        assert_eq!(
            tokens.check_name("This computer"),
            Err(BadTokenName::Reserved)
        );
    }
}
