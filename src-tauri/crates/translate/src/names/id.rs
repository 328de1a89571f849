//! Tool call ids, as one dialect carries another's.
//!
//! Most ids pass as they are. What a dialect would refuse (`functions.list_skills:0`, a signature with `+/=`, an id too long)
//! is written as `us-` with every byte but letters, digits and `-` as `_` and two hexadecimal digits, which can be undone
//! without remembering anything; a long one with a hexadecimal end is [`super::packed`]. Only what would be too long even so becomes
//! a digest, `us_…`, which cannot.
//!
//! Behind the escaped id may stand what a provider demands back with a call, the signature of its thinking: `_t` or `_r`, then
//! base64. Only ids of Messages, which have no longest length, carry it.

use catalog::Dialect;
use sha2::{Digest, Sha256};

use super::base64;
use super::packed::{pack, unpack};
use super::plain::{hex, is_plain};
use super::signature::Signature;

/// An id that holds another.
const CARRIES: &str = "us-";
/// An id that stands for a longer one.
const DIGESTS: &str = "us_";
/// Before a serial, at the end of an id that the conversation already had; no hexadecimal digit, so it is never an escape.
const SERIAL: &str = "_n";

/// The longest id that a dialect's own vendor takes, in bytes.
///
/// OpenAI refuses longer ones with "string too long. Expected a string with maximum length …"; Anthropic gives a pattern only.
fn longest(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Anthropic => usize::MAX,
        Dialect::OpenaiChat => 40,
        Dialect::OpenaiResponses => 64,
    }
}

/// A dialect's own vendor takes this id.
pub(super) fn fits(dialect: Dialect, id: &str) -> bool {
    (1..=longest(dialect)).contains(&id.len()) && id.bytes().all(is_plain)
}

/// An id of so many bytes is taken by every dialect's own vendor. A longer one is marked as carried in every dialect, so that it
/// is known to come back to a provider that made it so long.
const SHORTEST_LIMIT: usize = 40;

/// The id as `dialect` can carry it. Different ids stay different.
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

/// The id together with the signature of the thinking before its call. None: the dialect's ids have no room for it.
pub(super) fn carried_signed(dialect: Dialect, id: &str, signature: &Signature) -> Option<String> {
    let mark = signature.mark();
    if !Signature::MARKS.contains(&mark) {
        return None;
    }
    let text = base64::encode(signature.text().as_bytes());
    let signed = format!("{CARRIES}{}{mark}{text}", escape(id));
    (longest(dialect) == usize::MAX).then_some(signed)
}

/// The signature that an id carries.
pub(super) fn signature(id: &str) -> Option<Signature> {
    let (_, mark, text) = split_signature(id.strip_prefix(CARRIES)?)?;
    let text = String::from_utf8(base64::decode(text)?).ok()?;
    Signature::marked(mark, text)
}

/// The id, the mark and the base64. An escape is `_` and two hexadecimal digits, and a serial `_n` and digits: no mark is either.
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

/// Another form of the same id, for a provider that numbers its calls afresh with every answer.
pub(super) fn carried_again(dialect: Dialect, id: &str, serial: u32) -> String {
    let escaped = format!("{CARRIES}{}{SERIAL}{serial}", escape(id));
    if escaped.len() <= longest(dialect) {
        escaped
    } else {
        digest(&escaped)
    }
}

/// The input of [`carried`], or the id itself, where `dialect` accepts it. Many vendors speak OpenAI's dialects, with ids of
/// every form: an id that came from one of them goes back unchanged.
pub(super) fn restored(dialect: Dialect, id: &str) -> String {
    match carried_in(id).or_else(|| unpack(id)) {
        Some(inner) if dialect != Dialect::Anthropic || fits(dialect, &inner) => inner,
        _ if fits(dialect, id) => id.to_owned(),
        _ => carried(dialect, id),
    }
}

/// The original id within a carried one.
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
    // Only what we would have written ourselves, so that there is one way back.
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
