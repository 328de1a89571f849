//! The signature of Standard Webhooks: HMAC-SHA256 of id, time and body. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use catalog::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// Bytes that a secret has at least.
const SHORTEST: usize = 24;

/// The value of `webhook-signature`.
///
/// # Errors The secret is not of this form.
pub(super) fn sign(
    secret: &str,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Result<String, &'static str> {
    const FORM: &str =
        "its secret is not `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has them";
    let encoded = secret.trim();
    let encoded = encoded.strip_prefix(PREFIX).unwrap_or(encoded);
    let key = STANDARD.decode(encoded).map_err(|_| FORM)?;
    if key.len() < SHORTEST {
        return Err(FORM);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| FORM)?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Ok(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

pub(crate) fn is_secret(secret: &Secret) -> bool {
    sign(secret.reveal(), "", 0, b"").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    #[test]
    fn the_published_example_has_its_signature() {
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b"{\"test\": 2432232314}",
        );
        assert_eq!(
            signed.as_deref(),
            Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }

    #[test]
    fn a_secret_that_is_short_or_not_base64_is_an_error() {
        for secret in ["", "whsec_", "whsec_c2hvcnQ=", "a password"] {
            assert!(sign(secret, "a", 0, b"").is_err(), "{secret}");
        }
    }
}
