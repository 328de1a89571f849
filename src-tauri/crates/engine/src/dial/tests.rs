use std::io;

use rustls::{CertificateError, Error};

use super::untrusted;

#[test]
fn an_untrusted_certificate_is_found_at_any_depth_of_the_error() {
    let tls = |error| io::Error::new(io::ErrorKind::InvalidData, Error::InvalidCertificate(error));
    for (error, by_clock) in [
        (tls(CertificateError::UnknownIssuer), Some(false)),
        (
            io::Error::other(tls(CertificateError::UnknownIssuer)),
            Some(false),
        ),
        (tls(CertificateError::NotValidForName), Some(false)),
        (tls(CertificateError::BadSignature), Some(false)),
        (tls(CertificateError::Expired), Some(true)),
        (tls(CertificateError::NotValidYet), Some(true)),
        (io::Error::other(Error::DecryptError), None),
        (io::Error::from(io::ErrorKind::ConnectionRefused), None),
        (io::Error::other("a word"), None),
    ] {
        let found = untrusted(&error).map(|untrusted| untrusted.by_clock);
        assert_eq!(found, by_clock, "{error:?}");
    }
}
