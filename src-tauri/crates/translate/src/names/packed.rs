//! Encodes ids that end with hexadecimal digits or a UUID in fewer characters, so that they fit into the length limit: vLLM's
//! `chatcmpl-tool-<32 digits>` has 46, and OpenAI's Chat accepts 40.

use super::base64::{decode, encode};
use super::plain::{hex, is_plain};

/// 32 hexadecimal digits at the end.
const DIGITS: &str = "us_p";
/// A UUID at the end.
const UUID: &str = "us_u";
/// The next character is the number of bytes of hexadecimal digits, as an index into the alphabet.
const COUNTED: &str = "us_q";

/// Length of 16 encoded bytes.
const PACKED: usize = 22;
const COUNTS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `None`: it has no such end, or has characters that ids may not have.
pub(super) fn pack(id: &str) -> Option<String> {
    if !id.bytes().all(is_plain) {
        return None;
    }
    if let Some((start, uuid)) = split_end(id, 36)
        && let Some(bytes) = uuid_bytes(uuid)
    {
        return Some(format!("{UUID}{start}{}", encode(&bytes)));
    }
    let digits = id.bytes().rev().take_while(|byte| is_digit(*byte)).count();
    let is_exact = digits / 2;
    if is_exact < 8 {
        return None;
    }
    if is_exact >= 16 && digits == 32 {
        let (start, tail) = split_end(id, 32)?;
        return Some(format!("{DIGITS}{start}{}", encode(&bytes_of(tail)?)));
    }
    let count = is_exact.min(COUNTS.len() - 1);
    let (start, tail) = split_end(id, count * 2)?;
    let sign = char::from(COUNTS[count]);
    Some(format!(
        "{COUNTED}{sign}{start}{}",
        encode(&bytes_of(tail)?)
    ))
}

/// The input of [`pack`].
pub(super) fn unpack(id: &str) -> Option<String> {
    if let Some(rest) = id.strip_prefix(DIGITS) {
        let (start, tail) = split_end(rest, PACKED)?;
        return Some(format!("{start}{}", hex(&decode(tail)?))).filter(|found| is_exact(found, id));
    }
    if let Some(rest) = id.strip_prefix(UUID) {
        let (start, tail) = split_end(rest, PACKED)?;
        let digits = hex(&decode(tail)?);
        let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range));
        let groups: Option<Vec<&str>> = groups.into_iter().collect();
        return Some(format!("{start}{}", groups?.join("-"))).filter(|found| is_exact(found, id));
    }
    let rest = id.strip_prefix(COUNTED)?;
    let count = COUNTS
        .iter()
        .position(|sign| rest.as_bytes().first() == Some(sign))?;
    let (start, tail) = split_end(&rest[1..], (count * 4).div_ceil(3))?;
    Some(format!("{start}{}", hex(&decode(tail)?))).filter(|found| is_exact(found, id))
}

/// Decodes only the output of `pack`.
fn is_exact(found: &str, packed: &str) -> bool {
    pack(found).as_deref() == Some(packed)
}

fn split_end(id: &str, length: usize) -> Option<(&str, &str)> {
    id.split_at_checked(id.len().checked_sub(length)?)
}

/// Capital letters would be lost, since decoding writes lower-case digits.
fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

fn uuid_bytes(text: &str) -> Option<Vec<u8>> {
    let dashes = [8, 13, 18, 23];
    let fits = text
        .bytes()
        .enumerate()
        .all(|(at, byte)| match dashes.contains(&at) {
            true => byte == b'-',
            false => is_digit(byte),
        });
    fits.then(|| bytes_of(&text.replace('-', "")))?
}
