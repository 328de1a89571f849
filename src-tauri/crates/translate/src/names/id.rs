//! Encodes tool call ids of one dialect for another.
//!
//! Most ids stay unchanged. An id that a dialect refuses (`functions.list_skills:0`, a signature with `+/=`, an id that is too
//! long) is written as `us-` and the id, in which every byte except letters, digits and `-` becomes `_` and two hexadecimal
//! digits. This can be decoded without stored state. A long id with a hexadecimal end is [`super::packed`]. An id that is still
//! too long becomes a digest, `us_…`, which cannot be decoded.
//!
//! The signature that a provider requires with a call can follow the encoded id: `_t` or `_r`, then base64. Only ids of
//! Messages, which have no maximum length, contain it.

use catalog::Dialect;
use sha2::{Digest, Sha256};

use super::base64;
use super::packed::{pack, unpack};
use super::plain::{hex, is_plain};
use super::signature::Signature;

/// Prefix of an id that contains the encoded original id.
const CARRIES: &str = "us-";
/// Prefix of an id that is a digest of a longer one.
const DIGESTS: &str = "us_";
/// Before a serial number, at the end of an id that was already in the conversation; `n` is not a hexadecimal digit, so this is
/// never an escape.
const SERIAL: &str = "_n";

/// The maximum length of an id for a dialect's own vendor, in bytes.
///
/// OpenAI refuses longer ids with "string too long. Expected a string with maximum length …"; Anthropic documents only a
/// pattern.
fn longest(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Anthropic => usize::MAX,
        Dialect::OpenaiChat => 40,
        Dialect::OpenaiResponses => 64,
    }
}

/// The dialect's own vendor accepts this id.
pub(super) fn fits(dialect: Dialect, id: &str) -> bool {
    (1..=longest(dialect)).contains(&id.len()) && id.bytes().all(is_plain)
}

/// An id of at most this length is valid for every dialect's own vendor. A longer id is encoded in every dialect, so that the
/// provider that created it gets it back.
const SHORTEST_LIMIT: usize = 40;

/// The id in a form that `dialect` accepts. Different ids stay different.
pub(super) fn carried(dialect: Dialect, id: &str) -> String {
    let ours = id.starts_with(CARRIES) || id.starts_with(DIGESTS);
    if fits(dialect, id) && id.len() <= SHORTEST_LIMIT && !ours {
        return id.to_owned();
    }
    let escaped = format!("{CARRIES}{}", escape(id));
    if escaped.len() <= longest(dialect) {
        return escaped;
    }
    let packed = pack(id).filter(|packed| packed.len() <= longest(dialect));
    packed.unwrap_or_else(|| digest(id))
}

/// The id with the signature of the thinking before its call. `None`: the dialect's ids are too short for it.
pub(super) fn carried_signed(dialect: Dialect, id: &str, signature: &Signature) -> Option<String> {
    let mark = signature.mark();
    if !Signature::MARKS.contains(&mark) {
        return None;
    }
    let text = base64::encode(signature.text().as_bytes());
    let signed = format!("{CARRIES}{}{mark}{text}", escape(id));
    (longest(dialect) == usize::MAX).then_some(signed)
}

/// The signature that an id contains.
pub(super) fn signature(id: &str) -> Option<Signature> {
    let (_, mark, text) = split_signature(id.strip_prefix(CARRIES)?)?;
    let text = String::from_utf8(base64::decode(text)?).ok()?;
    Signature::marked(mark, text)
}

/// The id, the marker and the base64. An escape is `_` and two hexadecimal digits, a serial number is `_n` and digits: neither
/// is a marker.
fn split_signature(body: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = body[from..].find('_').map(|at| from + at) {
        let mark = body.get(at..at + 2)?;
        if Signature::MARKS.contains(&mark) {
            return Some((&body[..at], mark, &body[at + 2..]));
        }
        from = at + 1;
    }
    None
}

/// Another form of the same id, for a provider that restarts the numbering of calls with every response.
pub(super) fn carried_again(dialect: Dialect, id: &str, serial: u32) -> String {
    let escaped = format!("{CARRIES}{}{SERIAL}{serial}", escape(id));
    if escaped.len() <= longest(dialect) {
        escaped
    } else {
        digest(&escaped)
    }
}

/// The input of [`carried`], or the id itself if `dialect` accepts it. Many vendors use OpenAI's dialects, with ids of any
/// form: an id from one of them is returned unchanged.
pub(super) fn restored(dialect: Dialect, id: &str) -> String {
    match carried_in(id).or_else(|| unpack(id)) {
        Some(inner) if dialect != Dialect::Anthropic || fits(dialect, &inner) => inner,
        _ if fits(dialect, id) => id.to_owned(),
        _ => carried(dialect, id),
    }
}

/// The original id within an encoded one.
fn carried_in(id: &str) -> Option<String> {
    let body = id.strip_prefix(CARRIES)?;
    let body = match split_signature(body) {
        Some((body, ..)) => body,
        None => body,
    };
    let body = match body.rsplit_once(SERIAL) {
        Some((body, serial)) if serial.parse::<u32>().is_ok() => body,
        _ => body,
    };
    let inner = unescape(body)?;
    // Only an id that this module would encode in the same way is decoded.
    (!inner.is_empty() && escape(&inner) == body).then_some(inner)
}

pub(super) fn digest(id: &str) -> String {
    format!("{DIGESTS}{}", &hex(&Sha256::digest(id))[..32])
}

fn escape(id: &str) -> String {
    let escaped = id.bytes().map(|byte| match byte {
        b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        _ => format!("_{byte:02x}"),
    });
    escaped.collect()
}

fn unescape(body: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('_') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let code = rest.get(at + 1..at + 3)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}
