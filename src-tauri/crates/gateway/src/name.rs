//! Limits for the names that a client chooses: they are stored with each request and shown in every list.

/// In characters. Longer than any provider's name of a model.
pub(crate) const LONGEST: usize = 256;

/// A name that a client must not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error(
        "The {of} name has {length} characters; at most {LONGEST} are allowed. Send a shorter name"
    )]
    TooLong { of: &'static str, length: usize },
    #[error(
        "The {of} name contains the control character U+{:04X}. Send a name of visible characters",
        u32::from(*sign)
    )]
    Control { of: &'static str, sign: char },
}

/// `of`: "model" or "pipeline", for the error.
///
/// # Errors [`BadName`]
pub(crate) fn check(of: &'static str, name: &str) -> Result<(), BadName> {
    let length = name.chars().count();
    if length > LONGEST {
        return Err(BadName::TooLong { of, length });
    }
    match name.chars().find(|sign| words::must_escape(*sign)) {
        Some(sign) => Err(BadName::Control { of, sign }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_limited_in_length_and_has_no_control_character() {
        let (most, beyond) = ("é".repeat(LONGEST), "é".repeat(LONGEST + 1));
        assert_eq!(check("model", &most), Ok(()));
        let error = check("model", &beyond).unwrap_err().to_string();
        assert!(error.contains("257 characters; at most 256"), "{error}");
        for sign in ['\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}'] {
            let name = format!("gpt{sign}5");
            let of = "pipeline";
            assert_eq!(check(of, &name), Err(BadName::Control { of, sign }));
        }
        let error = check("model", "m\u{1b}[2J").unwrap_err().to_string();
        assert!(
            error.contains("U+001B") && !error.contains('\u{1b}'),
            "{error}"
        );
    }
}
