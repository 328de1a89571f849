//! Base64 with the alphabet that ids may have (RFC 4648, section 5), without padding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for at in 0..=chunk.len() {
            let digit = (word >> (18 - 6 * at)) & 63;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

/// `None`: not the output of [`encode`].
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut word: u32 = 0;
        for at in 0..4 {
            let digit = match chunk.get(at) {
                Some(sign) => ALPHABET.iter().position(|known| known == sign)?,
                None => 0,
            };
            word = word << 6 | u32::try_from(digit).ok()?;
        }
        let complete = chunk
            .len()
            .checked_sub(1)
            .filter(|complete| *complete > 0)?;
        bytes.extend_from_slice(&word.to_be_bytes()[1..=complete]);
    }
    (encode(&bytes) == text).then_some(bytes)
}
