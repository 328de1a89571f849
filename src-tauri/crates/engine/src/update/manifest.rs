//! The signed description of the newest version. Pure.

use api::Version;
use chrono::{DateTime, NaiveDate, Utc};
use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

/// Fields of later versions are ignored; they cannot change the meaning of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub product: String,
    /// `major.minor.patch`
    pub version: String,
    pub date: NaiveDate,
    pub notes: String,
    /// When it was signed. A later one replaces an earlier one, also for the same version.
    pub issued: DateTime<Utc>,
}

const PRODUCT: &str = "understudy";

/// A description that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub manifest: Manifest,
    pub is_newer: bool,
}

/// Why a description counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAccepted {
    #[error(
        "public_key under [update] is not a minisign key: it is the second line of the publisher's key file"
    )]
    Key,
    #[error(
        "the signature cannot be read, so the description is not trusted. The publisher must sign it with minisign"
    )]
    NoSignature,
    #[error(
        "the signature is not by the key under [update], or the description was changed after it was signed. Do not install anything from there"
    )]
    WrongSignature,
    #[error("the signed description cannot be read: {0}")]
    Unreadable(String),
    #[error("the signed description is for \"{0}\" and not for understudy")]
    OtherProduct(String),
    #[error(
        "the description names version {named}, which is older than this program ({own}). An update never goes back"
    )]
    Older { named: String, own: String },
    #[error(
        "the description was signed on {issued}, before the one of {earlier} that was accepted earlier: an older copy is being sent. Nothing is trusted from it"
    )]
    Replayed {
        issued: DateTime<Utc>,
        earlier: DateTime<Utc>,
    },
}

impl Manifest {
    /// The text is read only after its signature was found to be good.
    pub(crate) fn signed(
        text: &str,
        signature: &str,
        key: &PublicKey,
    ) -> Result<Manifest, NotAccepted> {
        let signature = Signature::decode(signature).map_err(|_| NotAccepted::NoSignature)?;
        key.verify(text.as_bytes(), &signature, false)
            .map_err(|_| NotAccepted::WrongSignature)?;
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|error| NotAccepted::Unreadable(error.to_string()))?;
        if Version::of(&manifest.version) == Version::default() {
            let why = format!("\"{}\" is no version such as 1.2.3", manifest.version);
            return Err(NotAccepted::Unreadable(why));
        }
        Ok(manifest)
    }

    /// `own`: this program's version. `earlier`: the newest description that was accepted.
    pub(crate) fn judged(
        self,
        own: &str,
        earlier: Option<&Manifest>,
    ) -> Result<Accepted, NotAccepted> {
        if self.product != PRODUCT {
            return Err(NotAccepted::OtherProduct(self.product));
        }
        if let Some(earlier) = earlier.filter(|earlier| self.issued < earlier.issued) {
            return Err(NotAccepted::Replayed {
                issued: self.issued,
                earlier: earlier.issued,
            });
        }
        let (named, running) = (Version::of(&self.version), Version::of(own));
        if named < running {
            return Err(NotAccepted::Older {
                named: self.version,
                own: own.to_owned(),
            });
        }
        Ok(Accepted {
            is_newer: named > running,
            manifest: self,
        })
    }
}

#[cfg(test)]
mod tests {
    use minisign::KeyPair;

    use super::*;

    const TEXT: &str = r#"{"product":"understudy","version":"0.2.0","date":"2026-12-14","notes":"More.","issued":"2026-12-14T09:00:00Z","later":1}"#;

    fn sign(keys: &KeyPair, text: &str) -> String {
        let signed = minisign::sign(Some(&keys.pk), &keys.sk, text.as_bytes(), None, None);
        signed.unwrap().into_string()
    }

    fn key(keys: &KeyPair) -> PublicKey {
        PublicKey::from_base64(&keys.pk.to_base64()).unwrap()
    }

    #[test]
    fn only_the_signed_text_of_the_key_is_read() {
        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        let other = KeyPair::generate_unencrypted_keypair().unwrap();
        let good = sign(&keys, TEXT);
        let manifest = Manifest::signed(TEXT, &good, &key(&keys)).unwrap();
        assert_eq!(manifest.version, "0.2.0");
        let changed = TEXT.replace("0.2.0", "0.3.0");
        for (text, signature, expected) in [
            (TEXT, "", NotAccepted::NoSignature),
            (
                TEXT,
                "untrusted comment: x\nAAAA\n",
                NotAccepted::NoSignature,
            ),
            (&changed, &good, NotAccepted::WrongSignature),
            (TEXT, &sign(&other, TEXT), NotAccepted::WrongSignature),
        ] {
            let read = Manifest::signed(text, signature, &key(&keys));
            assert_eq!(read, Err(expected));
        }
        let odd = TEXT.replace("0.2.0", "next");
        let read = Manifest::signed(&odd, &sign(&keys, &odd), &key(&keys));
        assert!(matches!(read, Err(NotAccepted::Unreadable(_))), "{read:?}");
    }

    fn manifest(version: &str, day: u32) -> Manifest {
        Manifest {
            version: version.into(),
            issued: format!("2026-12-{day:02}T09:00:00Z").parse().unwrap(),
            ..serde_json::from_str(TEXT).unwrap()
        }
    }

    #[test]
    fn an_older_version_and_a_replayed_description_are_refused() {
        let newest = manifest("0.3.0", 20);
        let judged = |found: &Manifest, own: &str| found.clone().judged(own, Some(&newest));
        assert!(judged(&newest, "0.1.0").unwrap().is_newer);
        assert!(!judged(&newest, "0.3.0").unwrap().is_newer);
        // A publisher may withdraw a version by a later description.
        assert!(judged(&manifest("0.2.1", 21), "0.1.0").unwrap().is_newer);
        let older = judged(&manifest("0.0.9", 21), "0.1.0").unwrap_err();
        assert!(older.to_string().contains("never goes back"), "{older}");
        let replayed = judged(&manifest("0.2.0", 14), "0.1.0").unwrap_err();
        assert!(replayed.to_string().contains("an older copy"), "{replayed}");
        let other = Manifest {
            product: "other".into(),
            ..newest.clone()
        };
        assert!(matches!(
            judged(&other, "0.1.0"),
            Err(NotAccepted::OtherProduct(_))
        ));
    }
}
