//! A log file of bounded size: at its limit it becomes `….1`, and the former `….1` becomes `….2`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::private_file;

/// Each of the files.
pub(super) const LIMIT: u64 = 10 << 20;
/// The file itself and the earlier ones.
const KEPT: u32 = 3;
/// After a failed rotation, the next one is attempted when the file has grown by this part of its limit.
const AGAIN_AFTER: u64 = 100;

pub(super) struct Rotating {
    path: PathBuf,
    limit: u64,
    file: File,
    size: u64,
    rotate_at: u64,
}

impl Rotating {
    /// Continues an existing file.
    pub(super) fn open(path: &Path, limit: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            private_file::create_dir(folder)?;
        }
        let file = private_file::open_to_append(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            limit,
            file,
            size,
            rotate_at: limit,
        })
    }

    fn earlier(&self, number: u32) -> PathBuf {
        numbered(&self.path, &number.to_string())
    }

    /// The new file is created first: on a full disk the present one stays in use.
    fn rotate(&mut self) -> io::Result<()> {
        let draft = numbered(&self.path, "new");
        // A crash may have left it.
        let _ = fs::remove_file(&draft);
        let file = private_file::open_to_append(&draft)?;
        for number in (1..KEPT - 1).rev() {
            let _ = fs::rename(self.earlier(number), self.earlier(number + 1));
        }
        fs::rename(&self.path, self.earlier(1))?;
        fs::rename(&draft, &self.path)?;
        (self.file, self.size, self.rotate_at) = (file, 0, self.limit);
        Ok(())
    }
}

fn numbered(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(end);
    name.into()
}

impl Write for Rotating {
    /// A line is never divided between two files: a file may exceed its limit by one line.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let written = self.file.write(text)?;
        self.size += written as u64;
        let complete = text[..written].ends_with(b"\n");
        if complete && self.size >= self.rotate_at && self.rotate().is_err() {
            self.rotate_at = self.size + self.limit / AGAIN_AFTER;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(folder: &Path) -> Vec<(String, Vec<String>)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, text.lines().map(str::to_owned).collect())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn the_newest_lines_are_kept_in_three_files_and_none_between_them_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("log/engine.log");
        let mut log = Rotating::open(&path, 100).unwrap();
        for number in 0..1_000 {
            if number == 500 {
                log = Rotating::open(&path, 100).unwrap();
            }
            writeln!(log, "line {number:04}").unwrap();
        }
        let files = lines(path.parent().unwrap());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["engine.log", "engine.log.1", "engine.log.2"]);
        let kept: Vec<String> = files
            .iter()
            .rev()
            .flat_map(|(_, lines)| lines.clone())
            .collect();
        let first = 1_000 - kept.len();
        let expected: Vec<String> = (first..1_000).map(|n| format!("line {n:04}")).collect();
        assert_eq!(kept, expected, "without a gap");
        assert!(kept.len() >= 20, "{} lines", kept.len());
        for (name, _) in &files {
            let size = fs::metadata(path.with_file_name(name)).unwrap().len();
            assert!(size <= 110, "{name}: {size}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_any_of_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("engine.log");
        fs::write(&path, "of an older version\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let mut log = Rotating::open(&path, 20).unwrap();
        writeln!(log, "one more line").unwrap();
        writeln!(log, "the last").unwrap();
        let files = lines(home.path());
        assert_eq!(files.len(), 2, "{files:?}");
        for (name, _) in files {
            let mode = fs::metadata(path.with_file_name(&name)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    /// As on a full disk: no file can be created.
    #[test]
    fn without_a_new_file_the_present_one_is_continued() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("engine.log");
        fs::create_dir(home.path().join("engine.log.new")).unwrap();
        let mut log = Rotating::open(&path, 20).unwrap();
        for number in 0..10 {
            writeln!(log, "line {number}").unwrap();
        }
        assert_eq!(lines(home.path())[0].1.len(), 10);
        fs::remove_dir(home.path().join("engine.log.new")).unwrap();
        writeln!(log, "rotated after this").unwrap();
        writeln!(log, "new file").unwrap();
        let files = lines(home.path());
        assert_eq!(files[0].1, ["new file"]);
        assert_eq!(files[1].1.len(), 11);
    }

    /// A pipe without a reader would block the engine.
    #[test]
    fn a_log_that_is_no_file_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        assert!(Rotating::open(home.path(), 100).is_err());
        #[cfg(unix)]
        assert!(Rotating::open(Path::new("/dev/full"), 100).is_err());
    }
}
