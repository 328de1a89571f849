//! Names of scripts: the models of the embedded stage, and the suffix after `@` of any other model.

use catalog::REHEARSAL_PREFIX;

use crate::Fault;
use crate::family::VendorChoice;
use crate::variation::Variation;

mod names;

pub(crate) use names::NAMES;

/// Parts of a model's name: `thinking`, `stall:30s`, `tool+cut-before-final`, `as-gemini+tool+usage:none`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) style: Option<Style>,
    pub(crate) fault: Option<Fault>,
    pub(crate) variations: Vec<Variation>,
    pub(crate) acting: Option<VendorChoice>,
}

/// Why a name is not a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unplayable {
    #[error("there is no `{0}`")]
    Unknown(String),
    #[error("`{0}` and `{1}` cannot be played together")]
    Both(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A short text.
    Steady,
    /// Some sixty words of text.
    Long,
    /// Thinking, then text.
    Thinking,
    /// A tool call if tools are offered and no result is present, else text.
    Tool,
    /// Two tool calls in one response, under the same conditions.
    ParallelTools,
}

impl Piece {
    pub(crate) fn read(text: &str) -> Result<Piece, Unplayable> {
        let mut piece = Piece::default();
        let (mut style_word, mut fault_word, mut acting_word) = ("", "", "");
        for word in text.split('+') {
            let both = |other: &str| Unplayable::Both(other.to_owned(), word.to_owned());
            let unknown = || Unplayable::Unknown(word.to_owned());
            if let Some(style) = style(word) {
                if piece.style.replace(style).is_some() {
                    return Err(both(style_word));
                }
                style_word = word;
            } else if let Some(name) = word.strip_prefix("as-") {
                let acting = name.parse().map_err(|_| unknown())?;
                if piece.acting.replace(acting).is_some() {
                    return Err(both(acting_word));
                }
                acting_word = word;
            } else {
                let fault = word.parse().map_err(|_| unknown())?;
                if let Fault::Variation(variation) = fault {
                    piece.variations.push(variation);
                } else if piece.fault.replace(fault).is_some() {
                    return Err(both(fault_word));
                }
                fault_word = word;
            }
        }
        Ok(piece)
    }

    /// The part after `@` of any model's name. Eight digits are a date, as in the names of some clouds.
    pub(crate) fn of_any_model(model: &str) -> Result<Piece, Unplayable> {
        if let Some(name) = model.strip_prefix(REHEARSAL_PREFIX) {
            return Piece::read(name);
        }
        match model.rsplit_once('@') {
            Some((_, date)) if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(Piece::default())
            }
            Some((_, name)) => Piece::read(name),
            None => Ok(Piece::default()),
        }
    }
}

fn style(word: &str) -> Option<Style> {
    match word {
        "steady" => Some(Style::Steady),
        "long" => Some(Style::Long),
        "thinking" => Some(Style::Thinking),
        "tool" => Some(Style::Tool),
        "parallel-tools" => Some(Style::ParallelTools),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
