//! Addresses that may get a response without its client. Pure.

use http::{HeaderMap, Uri};
use ledger::Resume;

use crate::host::is_loopback;

/// The URL at which a workflow waits for the response to this request. It contains a secret.
const RESUME: &str = "x-understudy-resume";

/// In bytes. A longer one is not stored.
const LONGEST: usize = 4096;

/// True: it is encrypted, or it is an address of this computer.
pub fn may_receive(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    // A password in the URL would be sent in clear text to the host after it.
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return false;
    }
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_loopback(authority.host()),
        _ => false,
    }
}

/// `None`: the request names no address.
pub(super) fn resume(headers: &HeaderMap) -> Option<Resume> {
    let value = headers.get(RESUME)?;
    let url = value.to_str().ok().map(str::trim);
    if url == Some("") {
        return None;
    }
    let allowed = url.filter(|url| url.len() <= LONGEST && may_receive(url));
    Some(allowed.map_or(Resume::Refused, |url| Resume::Url(url.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_encrypted_or_on_this_computer() {
        for url in [
            "https://n8n.example/webhook-waiting/7?signature=0f",
            "https://n8n.example/webhook-waiting/7?signature=0f/item-3",
            "http://localhost:5678/webhook-waiting/7?signature=0f",
            "http://127.0.0.1:5678/w",
            "http://[::1]:5678/w",
        ] {
            assert!(may_receive(url), "{url}");
        }
        for url in [
            "",
            "n8n.example/w",
            "http://n8n:5678/webhook-waiting/7",
            "http://127.0.0.1.example/w",
            "http://localhost.example/w",
            "https://user:word@n8n.example/w",
            "ftp://n8n.example/w",
            "file:///etc/passwd",
        ] {
            assert!(!may_receive(url), "{url}");
        }
    }

    #[test]
    fn a_bad_address_is_remembered_as_refused_and_never_stored() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RESUME, value.parse().unwrap());
            resume(&headers)
        };
        assert_eq!(resume(&HeaderMap::new()), None);
        assert_eq!(of(" "), None);
        assert_eq!(of("http://n8n:5678/w"), Some(Resume::Refused));
        let long = format!("https://n8n.example/{}", "x".repeat(LONGEST));
        assert_eq!(of(&long), Some(Resume::Refused));
        let url = "https://n8n.example/w?signature=0f";
        assert_eq!(of(url), Some(Resume::Url(url.to_owned())));
    }
}
