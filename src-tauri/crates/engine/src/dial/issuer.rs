//! Names the issuer of a certificate that is not accepted, which shows what on the network opens TLS. It accepts and refuses
//! exactly as the platform does.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme,
};
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Characters of an issuer's name that are kept.
const LONGEST: usize = 200;

/// Why a certificate is refused, and who issued it.
#[derive(Debug, thiserror::Error)]
#[error("{reason:?}, issued by {issuer}")]
pub(super) struct Refused {
    pub(super) reason: CertificateError,
    /// "CN=Hotel Portal,O=Hotel"
    pub(super) issuer: String,
}

/// The platform's verifier, whose refusals name the issuer.
#[derive(Debug)]
pub(super) struct NamesIssuer(pub(super) Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for NamesIssuer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match (error, issuer(end_entity)) {
            (rustls::Error::InvalidCertificate(reason), Some(issuer)) => {
                let refused = OtherError(Arc::new(Refused { reason, issuer }));
                rustls::Error::InvalidCertificate(CertificateError::Other(refused))
            }
            (error, _) => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.0.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.0.root_hint_subjects()
    }
}

pub(super) fn refused(error: &CertificateError) -> Option<&Refused> {
    let CertificateError::Other(OtherError(error)) = error else {
        return None;
    };
    error.downcast_ref()
}

fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let name = certificate.tbs_certificate().issuer().to_string();
    let name: String = name.chars().take(LONGEST).collect();
    Some(name).filter(|name| !name.is_empty())
}
