//! `update --check`: reads the signed description of the newest version from the owner's configured place. Nothing else is
//! downloaded, and nothing is run.

pub(crate) mod how;
pub(crate) mod manifest;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minisign_verify::PublicKey;
use reqwest::{Client, StatusCode};

use crate::dial::without_authorities;
use crate::private_file;
use crate::settings::UpdateSource;
use manifest::{Accepted, Manifest, NotAccepted};

const WITHIN: Duration = Duration::from_secs(20);
/// A description with its notes.
const LARGEST: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error("{url} cannot be read: {why}")]
    Unreachable { url: String, why: String },
    #[error(
        "{url} responded with status {status}; an update needs the description and its signature"
    )]
    Status { url: String, status: StatusCode },
    #[error("{url} is larger than {} KiB, which no description of a version is", LARGEST >> 10)]
    TooLarge { url: String },
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    #[error(
        "{path} cannot be used: {error}. It records the newest description that was accepted, so that no older one is."
    )]
    Record { path: PathBuf, error: io::Error },
}

/// `version`: of this program. `record`: the file with the newest description that was accepted.
pub(crate) async fn check(
    source: &UpdateSource,
    version: &str,
    record: &Path,
) -> Result<Accepted, CheckError> {
    // An error means that a provider is already installed; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(WITHIN)
        .build()
        .map_err(|error| no_client(&source.url, &error))?;
    let text = read(&client, &source.url).await?;
    let signature = read(&client, &format!("{}.minisig", source.url)).await?;
    let key = PublicKey::from_base64(&source.public_key).map_err(|_| NotAccepted::Key)?;
    let manifest = Manifest::signed(&text, &signature, &key)?;
    let earlier = earlier(record)?;
    let accepted = manifest.judged(version, earlier.as_ref())?;
    if earlier.as_ref() != Some(&accepted.manifest) {
        let text = serde_json::to_vec_pretty(&accepted.manifest).map_err(io::Error::from);
        text.and_then(|text| private_file::write(record, &text))
            .map_err(|error| at(record, error))?;
    }
    Ok(accepted)
}

fn earlier(record: &Path) -> Result<Option<Manifest>, CheckError> {
    match std::fs::read(record) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| at(record, error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(record, error)),
    }
}

fn at(record: &Path, error: io::Error) -> CheckError {
    CheckError::Record {
        path: record.to_owned(),
        error,
    }
}

async fn read(client: &Client, url: &str) -> Result<String, CheckError> {
    let sent = client.get(url).send().await;
    let mut response = sent.map_err(|error| unreachable(url, &error))?;
    let status = response.status();
    if status != StatusCode::OK {
        let url = url.to_owned();
        return Err(CheckError::Status { url, status });
    }
    let mut text = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| unreachable(url, &error))?
    {
        text.extend_from_slice(&piece);
        if text.len() > LARGEST {
            return Err(CheckError::TooLarge {
                url: url.to_owned(),
            });
        }
    }
    String::from_utf8(text).map_err(|_| NotAccepted::Unreadable("it is not UTF-8".into()).into())
}

/// TLS needs the list of trusted certificate authorities.
fn no_client(url: &str, error: &reqwest::Error) -> CheckError {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return CheckError::Unreachable {
                url: url.to_owned(),
                why: without_authorities(error),
            };
        }
        source = error.source();
    }
    unreachable(url, error)
}

fn unreachable(url: &str, error: &reqwest::Error) -> CheckError {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        why = error.to_string();
        source = error.source();
    }
    CheckError::Unreachable {
        url: url.to_owned(),
        why,
    }
}
