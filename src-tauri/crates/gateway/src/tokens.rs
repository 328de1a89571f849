//! The tokens that admit a client: this installation's own, and the named ones of persons, devices and pipelines.

use std::fmt;
use std::sync::Arc;

use catalog::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// Only texts of this length are hashed: a token has 32 hexadecimal digits, and a login is longer.
const LENGTH: usize = 32;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens {
    own: Secret,
    named: Arc<[NamedToken]>,
}

/// A token of a person, a device or a pipeline. Only its digest is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedToken {
    pub name: Arc<str>,
    /// Its requests belong to this pipeline, unless their path names another one.
    pub pipeline: Option<Arc<str>>,
    pub digest: [u8; 32],
}

impl fmt::Debug for NamedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedToken").field(&self.name).finish()
    }
}

/// The token of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Own,
    Named(NamedToken),
}

/// Marks a request that arrived at an address of a network: this installation's own token does not admit it, and only the host
/// names of the settings are valid.
#[derive(Clone, Copy, Debug)]
pub struct FromNetwork;

impl NamedToken {
    pub fn new(name: &str, token: &str) -> NamedToken {
        NamedToken {
            name: name.into(),
            pipeline: None,
            digest: digest(token),
        }
    }

    /// The same token for this pipeline's requests.
    pub fn of_pipeline(self, pipeline: &str) -> NamedToken {
        NamedToken {
            pipeline: Some(pipeline.into()),
            ..self
        }
    }
}

/// Without named tokens.
impl From<Secret> for Tokens {
    fn from(own: Secret) -> Tokens {
        Tokens::new(own, Arc::default())
    }
}

impl Tokens {
    pub fn new(own: Secret, named: Arc<[NamedToken]>) -> Tokens {
        Tokens { own, named }
    }

    /// The token that is unique to this installation.
    pub(crate) fn own(&self) -> &Secret {
        &self.own
    }

    /// True for a valid token of any kind.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// In constant time for equal lengths: every named token is compared.
    pub(crate) fn find(&self, text: &str) -> Option<Shown> {
        if !self.own.reveal().is_empty() && self.own.is(text) {
            return Some(Shown::Own);
        }
        if text.len() != LENGTH || self.named.is_empty() {
            return None;
        }
        let wanted = digest(text);
        let mut found = None;
        for token in &*self.named {
            if token.digest.ct_eq(&wanted).into() {
                found = Some(token);
            }
        }
        found.map(|token| Shown::Named(token.clone()))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: &str = "0123456789abcdef0123456789abcdef";

    fn tokens() -> Tokens {
        let named = ["Bob's desktop", "Anna's laptop"];
        let named = named.map(|name| match name {
            "Anna's laptop" => NamedToken::new(name, ANNA),
            _ => NamedToken::new(name, &ANNA.replace('0', "1")),
        });
        Tokens::new(Secret::new("own"), named.into())
    }

    #[test]
    fn a_token_is_found_by_its_digest() {
        let tokens = tokens();
        assert_eq!(tokens.find("own"), Some(Shown::Own));
        let Some(Shown::Named(found)) = tokens.find(ANNA) else {
            panic!("not found");
        };
        assert_eq!(&*found.name, "Anna's laptop");
        for wrong in ["", "ow", "own ", &ANNA[1..], &ANNA.replace('f', "e")] {
            assert_eq!(tokens.find(wrong), None, "{wrong}");
        }
        assert!(!format!("{tokens:?}").contains(ANNA));
        let none = Tokens::new(Secret::new(""), Arc::default());
        assert_eq!(none.find(""), None);
    }
}
