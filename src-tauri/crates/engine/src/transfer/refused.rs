//! Why a file is not written or not read.

/// Version of the format. A newer one is refused.
pub(super) const FORMAT: u32 = 1;

/// What must not leave this computer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Private<'a> {
    pub token: &'a str,
    pub home: &'a str,
}

/// Why a file cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "line {line} of {file} {what}. Remove it from that line, then export again; nothing was written"
    )]
    Private {
        file: String,
        line: usize,
        what: &'static str,
    },
    #[error("the settings file is not valid TOML ({0}). Correct it first")]
    NotToml(String),
    #[error("this is not an export of Understudy: {0}")]
    NotExport(String),
    #[error(
        "it was written by Understudy {version}, in a newer format ({format}) than this version reads ({FORMAT}). Update Understudy on this computer first"
    )]
    Newer { version: String, format: u32 },
    #[error("\"{0}\" is not the name of a provider file; the export was changed by hand")]
    FileName(String),
    #[error("its settings are not valid here:\n{0}")]
    NotValid(String),
}
