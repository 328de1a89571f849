use sha2::{Digest, Sha256};

/// The signature that the stage puts under a thinking text, and the only one that it accepts back.
///
/// The same text has the same signature on every stage, so a second stage of the same vendor accepts the first one's
/// thinking, as an endpoint of the same vendor does.
pub fn sign(thinking: &str) -> String {
    format!("{MARK}{}", digest(&[b"thinking", thinking.as_bytes()]))
}

/// Is it one of the stage's own, whatever was thought?
pub(crate) fn is_signature(text: &str) -> bool {
    let digits = text.strip_prefix(MARK);
    digits.is_some_and(|digits| digits.len() == 40 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Tells the stage's signatures from those of a vendor.
const MARK: &str = "EqRehearsal";

/// 40 hexadecimal digits that depend on all parts.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(20)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
