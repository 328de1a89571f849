//! The oldest C library with which a program runs, read from the symbol versions in the program.

use std::path::Path;

use crate::step::Outcome;

/// Minor version: 36 for glibc 2.36.
pub(super) fn needed(programs: &[&Path]) -> Outcome<Option<u32>> {
    let mut newest = None;
    for program in programs {
        newest = newest.max(in_bytes(&std::fs::read(program)?));
    }
    Ok(newest)
}

fn in_bytes(program: &[u8]) -> Option<u32> {
    const PREFIX: &[u8] = b"\0GLIBC_2.";
    program
        .windows(PREFIX.len())
        .enumerate()
        .filter(|(_, window)| *window == PREFIX)
        .filter_map(|(start, _)| minor(&program[start + PREFIX.len()..]))
        .max()
}

/// The digits before "\0" or ".": "GLIBC_2.2.5" is 2.
fn minor(rest: &[u8]) -> Option<u32> {
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let is_version = matches!(rest[end], 0 | b'.');
    let digits = std::str::from_utf8(&rest[..end]).ok()?;
    digits.parse().ok().filter(|_| is_version)
}

#[cfg(test)]
mod tests {
    use super::in_bytes;

    #[test]
    fn the_newest_symbol_version_counts() {
        let program = b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0 GLIBC_2.99\0GLIBC_2.9x\0";
        assert_eq!(in_bytes(program), Some(34));
        assert_eq!(in_bytes(b"static"), None);
    }
}
