use sha2::{Digest, Sha256};

/// The signature that the stage puts under a thinking text, and the only one that it accepts back.
///
/// The same text has the same signature on every stage, so a second stage of the same vendor accepts the first one's
/// thinking, as an endpoint of the same vendor does.
pub fn sign(thinking: &str) -> String {
    format!("EqRehearsal{}", digest(&[b"thinking", thinking.as_bytes()]))
}

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
