//! Writes a report into the downloads folder, since a web view saves no file.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

const ENDS: [&str; 4] = ["html", "md", "csv", "json"];
/// "report (99).html"
const MOST: u32 = 99;

/// Only a name of a report in this folder: the page can send any text. An existing file stays as it is. `Err`: a sentence for the
/// user.
pub(crate) fn save(folder: &Path, name: &str, text: &str) -> Result<PathBuf, String> {
    let Some((stem, end)) = parts(name) else {
        return Err(format!("\"{name}\" is not the name of a report."));
    };
    let failed = |error: io::Error| {
        format!(
            "The report cannot be written into {} ({error}). Copy it, or use `understudyd report --out`.",
            folder.display()
        )
    };
    fs::create_dir_all(folder).map_err(failed)?;
    for number in 1..=MOST {
        let file = folder.join(match number {
            1 => format!("{stem}.{end}"),
            number => format!("{stem} ({number}).{end}"),
        });
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(mut open) => {
                open.write_all(text.as_bytes()).map_err(failed)?;
                return Ok(file);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(format!(
        "{} has {MOST} files of this name already. Remove some of them.",
        folder.display()
    ))
}

/// "report-2026-11" and "html"
fn parts(name: &str) -> Option<(&str, &str)> {
    let (stem, end) = name.rsplit_once('.')?;
    let is_stem = stem.starts_with("report-")
        && stem.len() <= 80
        && stem
            .bytes()
            .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-');
    (is_stem && ENDS.contains(&end)).then_some((stem, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_new_file_in_its_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Downloads");
        let first = save(&folder, "report-2026-11.html", "a").unwrap();
        let second = save(&folder, "report-2026-11.html", "b").unwrap();
        assert_eq!(first, folder.join("report-2026-11.html"));
        assert_eq!(second, folder.join("report-2026-11 (2).html"));
        assert_eq!(fs::read_to_string(first).unwrap(), "a");
        assert_eq!(fs::read_to_string(second).unwrap(), "b");
    }

    #[test]
    fn another_name_is_refused() {
        let home = tempfile::tempdir().unwrap();
        for name in [
            "",
            "report-1",
            "report-1.sh",
            "report-../1.html",
            "report-a/b.html",
            ".bashrc",
            "notes.html",
            "report-A.html",
            "report-1.html\n",
        ] {
            assert!(save(home.path(), name, "").is_err(), "{name}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
