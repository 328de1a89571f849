use sha2::{Digest, Sha256};

/// The signature of the stage for a thinking text, and the only one that it accepts.
///
/// The same text has the same signature on every stage, so a second stage of the same vendor accepts the first one's thinking,
/// like endpoints of one vendor.
pub fn sign(thinking: &str) -> String {
    Seal::Own.sign(thinking)
}

/// The vendor of a signature: a vendor accepts only its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Anthropic's, and that of a stage that simulates no vendor.
    Own,
    /// Of the vendor with this name.
    Of(&'static str),
}

impl Seal {
    pub(crate) fn sign(self, thinking: &str) -> String {
        match self {
            Seal::Own => format!("{MARK}{}", digest(&[b"thinking", thinking.as_bytes()])),
            Seal::Of(vendor) => format!(
                "{}{vendor}-{}",
                MARK_OF_OTHERS,
                digest(&[vendor.as_bytes(), thinking.as_bytes()])
            ),
        }
    }

    /// True if it is a signature of this vendor, for any text.
    pub(crate) fn made(self, text: &str) -> bool {
        let digits = match self {
            Seal::Own => text.strip_prefix(MARK),
            Seal::Of(vendor) => text
                .strip_prefix(MARK_OF_OTHERS)
                .and_then(|text| text.strip_prefix(vendor))
                .and_then(|text| text.strip_prefix('-')),
        };
        digits.is_some_and(|digits| {
            digits.len() == 40 && digits.bytes().all(|b| b.is_ascii_hexdigit())
        })
    }
}

/// Distinguishes the stage's signatures from those of a vendor.
const MARK: &str = "EqRehearsal";
const MARK_OF_OTHERS: &str = "Rehearsal-";

/// 40 hexadecimal digits derived from all parts.
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
