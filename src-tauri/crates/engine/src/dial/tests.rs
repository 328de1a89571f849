use std::io;

use rustls::{CertificateError, Error};

use super::untrusted;

#[test]
fn an_untrusted_certificate_is_found_at_any_depth_of_the_error() {
    let tls = |error| io::Error::new(io::ErrorKind::InvalidData, Error::InvalidCertificate(error));
    for (error, found) in [
        (tls(CertificateError::UnknownIssuer), true),
        (io::Error::other(tls(CertificateError::UnknownIssuer)), true),
        (tls(CertificateError::NotValidForName), true),
        (tls(CertificateError::Expired), false),
        (io::Error::other(Error::DecryptError), false),
        (io::Error::from(io::ErrorKind::ConnectionRefused), false),
        (io::Error::other("a word"), false),
    ] {
        assert_eq!(untrusted(&error).is_some(), found, "{error:?}");
    }
}
