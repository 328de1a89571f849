//! Bytes that are allowed in ids of every dialect.

/// True if the byte matches `^[a-zA-Z0-9_-]+$`, Anthropic's pattern for ids and the strictest of the three dialects.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
