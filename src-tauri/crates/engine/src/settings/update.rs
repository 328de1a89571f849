//! Where new versions are announced.

use minisign_verify::PublicKey;

use super::file;
use super::reading::Reading;
use super::values::UpdateSource;

impl Reading<'_> {
    /// Both values, or none.
    pub(super) fn update(&mut self, written: file::Update) -> Option<UpdateSource> {
        let (url, public_key) = match (written.url, written.public_key) {
            (Some(url), Some(key)) => (url, key),
            (None, None) => return None,
            (Some(one), None) | (None, Some(one)) => {
                self.err(
                    &one,
                    "an update needs url and public_key: write both, or none".into(),
                );
                return None;
            }
        };
        let uri = url.get_ref().parse::<http::Uri>().ok();
        let is_safe = uri.is_some_and(|uri| {
            let local = uri.host().is_some_and(|host| {
                let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
                ip.is_ok_and(|ip| ip.is_loopback())
            });
            uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && local)
        });
        if !is_safe {
            self.err(&url, "the URL of a description begins with https://".into());
        }
        if PublicKey::from_base64(public_key.get_ref()).is_err() {
            self.err(
                &public_key,
                "this is not a minisign key: use the second line of the publisher's key file"
                    .into(),
            );
        }
        Some(UpdateSource {
            url: url.into_inner(),
            public_key: public_key.into_inner(),
        })
    }
}
