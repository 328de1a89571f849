//! Text files that their owner writes. A file of another kind (a pipe, a device) never blocks the reader, and none fills its
//! memory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// In bytes. A settings file with a thousand routes has a tenth of it.
pub(crate) const LARGEST: usize = 1 << 20;

pub(crate) fn read(path: &Path) -> io::Result<String> {
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    let most = LARGEST as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

pub(crate) fn too_large() -> io::Error {
    let text = format!("it is larger than {} MiB", LARGEST >> 20);
    io::Error::new(ErrorKind::FileTooLarge, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_of_bounded_size_is_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("settings.toml");
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(&path, vec![b'#'; LARGEST]).unwrap();
        assert_eq!(read(&path).unwrap().len(), LARGEST);
        fs::write(&path, vec![b'#'; LARGEST + 1]).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert_eq!(error, "it is larger than 1 MiB");
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "it is not UTF-8");
        let mut others = vec![home.path()];
        if cfg!(unix) {
            others.push(Path::new("/dev/zero"));
        }
        for other in others {
            let error = read(other).unwrap_err().to_string();
            assert_eq!(error, "it is not a regular file", "{}", other.display());
        }
    }
}
