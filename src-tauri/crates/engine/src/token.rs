//! The random per-install token that clients carry in their base URL.

use std::io;
use std::path::Path;

use catalog::Secret;

use crate::private_file;
use crate::text_file;

/// Hexadecimal digits of a token: 128 bits.
const DIGITS: usize = 32;

/// The token of this installation, created on the first start and then kept, so that clients' settings stay valid. True: it is
/// new, and the disk is full, so that it is not kept yet.
pub(crate) fn of_this_install(path: &Path) -> io::Result<(Secret, bool)> {
    let failed = |what: &str, error: io::Error| {
        let text = format!(
            "{} cannot be {what}: {error}. It must be readable and writable for your user.",
            path.display()
        );
        io::Error::new(error.kind(), text)
    };
    match text_file::read(path) {
        Ok(text) if is_token(text.trim()) => Ok((Secret::new(text.trim()), false)),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{} does not contain a token ({DIGITS} hexadecimal digits). Remove the file and start the engine to create a new token; clients then need the new URL.",
                path.display()
            ),
        )),
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
            let token = random()?;
            let unwritten = match private_file::write(path, token.as_bytes()) {
                Ok(()) => false,
                Err(full)
                    if matches!(
                        full.kind(),
                        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                    ) =>
                {
                    true
                }
                Err(other) => return Err(failed("written", other)),
            };
            Ok((Secret::new(token), unwritten))
        }
        Err(other) => Err(failed("read", other)),
    }
}

/// 128 random bits from the operating system, as hexadecimal digits.
pub(crate) fn random() -> io::Result<String> {
    let mut bytes = [0u8; DIGITS / 2];
    getrandom::fill(&mut bytes).map_err(|e| {
        io::Error::other(format!(
            "the operating system returned no random bytes: {e}"
        ))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_token(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
}
