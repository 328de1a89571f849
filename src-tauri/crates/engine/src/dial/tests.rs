use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::issuer::NamesIssuer;
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

#[derive(Debug)]
struct Refuses(CertificateError);

impl ServerCertVerifier for Refuses {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Err(Error::InvalidCertificate(self.0.clone()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("not asked".into()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("not asked".into()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        Vec::new()
    }
}

fn refusal(reason: CertificateError, certificate: &[u8]) -> super::UntrustedCertificate {
    let verifier = NamesIssuer(Arc::new(Refuses(reason)));
    let name = ServerName::try_from("api.anthropic.com").unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
    let refused = verifier.verify_server_cert(&certificate.into(), &[], &name, &[], now);
    untrusted(&io::Error::other(refused.unwrap_err())).unwrap()
}

/// `portal.der`: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Hotel/CN=Hotel Portal"`.
#[test]
fn the_issuer_of_a_refused_certificate_is_named() {
    let portal = include_bytes!("tests/portal.der");
    let unknown = refusal(CertificateError::UnknownIssuer, portal);
    assert!(!unknown.by_clock);
    let named = unknown.why.contains("UnknownIssuer") && unknown.why.contains("CN=Hotel Portal");
    assert!(named, "{}", unknown.why);
    let expired = refusal(CertificateError::Expired, portal);
    assert!(expired.by_clock, "{}", expired.why);
    let nameless = refusal(CertificateError::UnknownIssuer, b"no certificate");
    assert!(!nameless.why.contains("issued by"), "{}", nameless.why);
}
