//! Reads the owner's logo.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use report::LARGEST_LOGO;

/// A `data:` URI. `Err`: why there is none, and what to do.
pub(crate) fn logo(settings: &Path, logo: &Path) -> Result<String, String> {
    let folder = settings.parent().unwrap_or(Path::new("."));
    let file = folder.join(logo);
    let refused = |why: String| {
        format!(
            "The logo {} is not on the reports: {why}. Its name is under [report] in the settings.",
            file.display()
        )
    };
    let bytes = read(&file).map_err(|error| refused(error.to_string()))?;
    report::logo(&bytes).map_err(|error| refused(error.to_string()))
}

/// One byte above the limit shows that it is too large. A device or a pipe has no end.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let most = LARGEST_LOGO as u64 + 1;
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_beside_the_settings_or_refused() {
        let home = tempfile::tempdir().unwrap();
        let settings = home.path().join("settings.toml");
        std::fs::write(home.path().join("logo.svg"), "<svg/>").unwrap();
        assert!(
            logo(&settings, Path::new("logo.svg"))
                .unwrap()
                .starts_with("data:image/svg+xml")
        );
        std::fs::write(home.path().join("secret"), "root:x:0").unwrap();
        for (name, part) in [
            ("none.png", "is not on the reports"),
            ("secret", "neither a PNG nor an SVG"),
            (".", "not a regular file"),
        ] {
            let error = logo(&settings, Path::new(name)).unwrap_err();
            assert!(
                error.contains(part) && error.contains("[report]"),
                "{error}"
            );
        }
    }
}
