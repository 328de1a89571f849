//! The links between a path and its file.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many as the operating system follows.
const MOST: usize = 40;

/// The path, then every link that leads from it to its file, in the file's place or in a folder's, then the file itself if it
/// is elsewhere. It need not exist.
pub(super) fn on_the_way(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    let mut rest: Vec<PathBuf> = parts(path);
    let mut at = PathBuf::new();
    let mut links = 0;
    while let Some(part) = rest.pop() {
        if part == Path::new("..") {
            at.pop();
            continue;
        }
        let next = at.join(part);
        match fs::read_link(&next) {
            Ok(target) if links < MOST => {
                links += 1;
                rest.extend(parts(&target));
                if !found.contains(&next) {
                    found.push(next);
                }
            }
            Ok(_) | Err(_) => at = next,
        }
    }
    if links > 0 && !found.contains(&at) {
        found.push(at);
    }
    found
}

/// Last one first. `join` with an absolute part starts again at the root.
fn parts(path: &Path) -> Vec<PathBuf> {
    let components = path.components().filter(|part| *part != Component::CurDir);
    let mut parts: Vec<PathBuf> = components
        .map(|part| PathBuf::from(part.as_os_str()))
        .collect();
    parts.reverse();
    parts
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_in_the_place_of_a_file_and_of_a_folder_are_found() {
        let home = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(home.path()).unwrap();
        let at = |name: &str| home.join(name);
        let file = at("settings.toml");
        let alone = std::slice::from_ref(&file);
        assert_eq!(on_the_way(&file), alone, "there is no file");
        fs::write(&file, "").unwrap();
        assert_eq!(on_the_way(&file), alone, "a plain file");

        fs::remove_file(&file).unwrap();
        fs::create_dir(at("versions")).unwrap();
        symlink("versions", at("now")).unwrap();
        symlink("now/../now/mine.toml", &file).unwrap();
        let target = at("versions/mine.toml");
        assert_eq!(
            on_the_way(&file),
            [file.clone(), at("now"), target],
            "its target is missing"
        );

        fs::remove_file(&file).unwrap();
        symlink("settings.toml", &file).unwrap();
        assert_eq!(on_the_way(&file)[0], file, "a link to itself");
    }
}
