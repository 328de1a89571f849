//! Parses and writes a fault's name and parameter.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{ErrorBody, Fault, Stop, UnknownFault};
use crate::trouble::Trouble;

/// Content events before a stall without a number.
const STALL_AFTER: usize = 3;
/// Content events before a cut without a number.
const CUT_AFTER: usize = 40;
const LATE_FIRST_TOKEN: Duration = Duration::from_secs(20);
/// The time before the connection is dropped if the fault has no duration.
const HANG_UP: Duration = Duration::from_secs(30);
const DRIP: Duration = Duration::from_millis(100);

/// Faults without a parameter.
const PLAIN: &[(&str, Fault)] = &[
    ("refuse", Fault::Refuse),
    ("reset", Fault::Reset),
    ("stall-in-tool", Fault::StallInTool),
    ("stall-after-stop", Fault::StallAfterStop),
    ("pings-only", Fault::PingsOnly),
    ("cut-after-opening", Fault::CutAfterOpening),
    ("cut-in-text", Fault::CutInText),
    ("cut-in-tool", Fault::CutInTool),
    ("cut-before-final", Fault::CutBeforeFinal),
    ("reset-in-text", Fault::ResetInText),
    ("clean-close-in-text", Fault::CleanCloseInText),
    ("clean-close-in-tool", Fault::CleanCloseInTool),
    ("clean-close-before-final", Fault::CleanCloseBeforeFinal),
    ("missing-terminal", Fault::MissingTerminal),
    ("error-event", Fault::ErrorEvent),
    ("error-event-first", Fault::ErrorEventFirst),
    ("error-event-before-final", Fault::ErrorEventBeforeFinal),
    ("malformed-event", Fault::MalformedEvent),
    ("truncated-body", Fault::TruncatedBody),
    ("empty-ok", Fault::EmptyOk),
    ("html-ok", Fault::HtmlOk),
    ("json-error-ok", Fault::JsonErrorOk),
    ("max-tokens", Fault::Stop(Stop::MaxTokens)),
    ("context-window", Fault::Stop(Stop::ContextWindow)),
    ("refusal", Fault::Stop(Stop::Refusal)),
    ("pause-turn", Fault::Stop(Stop::PauseTurn)),
    ("stop-sequence", Fault::Stop(Stop::StopSequence)),
    ("stop-null", Fault::Stop(Stop::Null)),
    ("nothing-to-act-on", Fault::NothingToActOn),
    ("invalid-tool-input", Fault::InvalidToolInput),
];

const BODIES: &[(&str, ErrorBody)] = &[
    ("", ErrorBody::Usual),
    ("-quota", ErrorBody::Quota),
    ("-context", ErrorBody::ContextTooLong),
    ("-policy", ErrorBody::ContentPolicy),
    ("-html", ErrorBody::Html),
    ("-empty", ErrorBody::Empty),
];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        read(name).ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

impl TryFrom<String> for Fault {
    type Error = UnknownFault;

    fn try_from(name: String) -> Result<Self, UnknownFault> {
        name.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        fault.to_string()
    }
}

fn read(text: &str) -> Option<Fault> {
    let (name, parameter) = match text.split_once(':') {
        Some((name, parameter)) => (name, Some(parameter)),
        None => (text, None),
    };
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return status(name, parameter);
    }
    if let Ok(trouble) = text.parse() {
        return Some(Fault::Trouble(trouble));
    }
    if let Ok(variation) = text.parse() {
        return Some(Fault::Variation(variation));
    }
    if let ("error-event", Some(parameter)) = (name, parameter) {
        return error_after(parameter);
    }
    if let Some((_, fault)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
        return parameter.is_none().then(|| fault.clone());
    }
    match name {
        "silent" => Some(Fault::NoHeaders(optional(parameter, duration)?)),
        "late-first-token" => Some(Fault::LateFirstToken(
            optional(parameter, duration)?.unwrap_or(LATE_FIRST_TOKEN),
        )),
        "drip" => Some(Fault::Drip(optional(parameter, duration)?.unwrap_or(DRIP))),
        "stall" => stall(parameter),
        "hang-up" => hang_up(parameter),
        "cut" => Some(Fault::CutAfter(
            optional(parameter, |text| text.strip_prefix("after=")?.parse().ok())?
                .unwrap_or(CUT_AFTER),
        )),
        _ => None,
    }
}

fn write(fault: &Fault, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some((name, _)) = PLAIN.iter().find(|(_, plain)| plain == fault) {
        return f.write_str(name);
    }
    match fault {
        Fault::Status {
            status,
            headers,
            body,
        } => {
            let suffix = BODIES
                .iter()
                .find(|(_, b)| b == body)
                .map_or("", |(s, _)| s);
            write!(f, "{status}{suffix}")?;
            for (at, (name, value)) in headers.iter().enumerate() {
                write!(f, "{}{name}={value}", if at == 0 { ':' } else { ',' })?;
            }
            Ok(())
        }
        Fault::NoHeaders(None) => f.write_str("silent"),
        Fault::NoHeaders(Some(d)) => write!(f, "silent:{}ms", d.as_millis()),
        Fault::LateFirstToken(d) => write!(f, "late-first-token:{}ms", d.as_millis()),
        Fault::Drip(d) => write!(f, "drip:{}ms", d.as_millis()),
        Fault::CutAfter(count) => write!(f, "cut:after={count}"),
        Fault::Stall { after, lasting } => {
            write!(f, "stall:after={after}")?;
            match lasting {
                Some(d) => write!(f, ",{}ms", d.as_millis()),
                None => Ok(()),
            }
        }
        Fault::HangUp {
            after: None,
            lasting,
        } => write!(f, "hang-up:{}ms", lasting.as_millis()),
        Fault::HangUp {
            after: Some(after),
            lasting,
        } => write!(f, "hang-up:after={after},{}ms", lasting.as_millis()),
        Fault::ErrorAfter { after, trouble } => {
            write!(f, "error-event:after={after}")?;
            trouble.map_or(Ok(()), |trouble| write!(f, ",{trouble}"))
        }
        Fault::Trouble(trouble) => write!(f, "{trouble}"),
        Fault::Variation(variation) => write!(f, "{variation}"),
        // The plain faults were written above.
        Fault::Refuse
        | Fault::Reset
        | Fault::StallInTool
        | Fault::StallAfterStop
        | Fault::PingsOnly
        | Fault::CutAfterOpening
        | Fault::CutInText
        | Fault::CutInTool
        | Fault::CutBeforeFinal
        | Fault::ResetInText
        | Fault::CleanCloseInText
        | Fault::CleanCloseInTool
        | Fault::CleanCloseBeforeFinal
        | Fault::MissingTerminal
        | Fault::ErrorEvent
        | Fault::ErrorEventFirst
        | Fault::ErrorEventBeforeFinal
        | Fault::MalformedEvent
        | Fault::TruncatedBody
        | Fault::EmptyOk
        | Fault::HtmlOk
        | Fault::JsonErrorOk
        | Fault::Stop(_)
        | Fault::NothingToActOn
        | Fault::InvalidToolInput => Ok(()),
    }
}

/// `429`, `429-quota`, `503:retry-after=2,x-should-retry=false`.
fn status(name: &str, parameter: Option<&str>) -> Option<Fault> {
    let (digits, suffix) = name.split_at_checked(3)?;
    let status: u16 = digits.parse().ok().filter(|s| (400..600).contains(s))?;
    let (_, body) = BODIES.iter().find(|(s, _)| *s == suffix)?;
    let headers = match parameter {
        None => Vec::new(),
        Some(text) => text
            .split(',')
            .map(|pair| {
                let (name, value) = pair.split_once('=')?;
                http::HeaderName::try_from(name).ok()?;
                http::HeaderValue::try_from(value).ok()?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect::<Option<Vec<_>>>()?,
    };
    Some(Fault::Status {
        status,
        headers,
        body: *body,
    })
}

/// `stall`, `stall:30s`, `stall:after=5`, `stall:after=0,30s`.
fn stall(parameter: Option<&str>) -> Option<Fault> {
    let (mut after, mut lasting) = (STALL_AFTER, None);
    for word in parameter.iter().flat_map(|text| text.split(',')) {
        match word.strip_prefix("after=") {
            Some(count) => after = count.parse().ok()?,
            None => lasting = Some(duration(word)?),
        }
    }
    Some(Fault::Stall { after, lasting })
}

/// `hang-up`, `hang-up:30s`, `hang-up:after=3,30s`.
fn hang_up(parameter: Option<&str>) -> Option<Fault> {
    let (mut after, mut lasting) = (None, HANG_UP);
    for word in parameter.iter().flat_map(|text| text.split(',')) {
        match word.strip_prefix("after=") {
            Some(count) => after = Some(count.parse().ok()?),
            None => lasting = duration(word)?,
        }
    }
    Some(Fault::HangUp { after, lasting })
}

/// `after=3`, `after=3,overload`.
fn error_after(parameter: &str) -> Option<Fault> {
    let (after, trouble) = match parameter.split_once(',') {
        Some((after, trouble)) => (after, Some(trouble.parse::<Trouble>().ok()?)),
        None => (parameter, None),
    };
    let after = after.strip_prefix("after=")?.parse().ok()?;
    Some(Fault::ErrorAfter { after, trouble })
}

/// Absent is valid, unreadable is not.
fn optional<T>(parameter: Option<&str>, read: fn(&str) -> Option<T>) -> Option<Option<T>> {
    match parameter {
        None => Some(None),
        Some(text) => read(text).map(Some),
    }
}

fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let count: u64 = count.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_secs(count.checked_mul(60)?)),
        _ => None,
    }
}

/// The names of all faults without a parameter.
#[cfg(test)]
pub(crate) fn plain_names() -> impl Iterator<Item = &'static str> {
    let troubles = Trouble::ALL.into_iter().map(Trouble::as_str);
    let variations = crate::variation::plain_names();
    PLAIN
        .iter()
        .map(|(name, _)| *name)
        .chain(troubles)
        .chain(variations)
}
