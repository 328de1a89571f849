//! The settings of a test turn.

use std::path::Path;

use crate::client::{Client, path_of};
use crate::file::Source;
use crate::format;
use crate::path::KeyPath;
use crate::plan::broken_file;
use crate::refusal::{Refusal, RefusalKind};
use crate::surroundings::Surroundings;

/// A file below the folder of a test turn. No `Debug`: it has the address with the token.
pub struct TestSettings {
    pub name: &'static Path,
    pub text: String,
}

/// Empty: the client needs none.
///
/// # Errors Its own settings have no address, or cannot be read.
pub fn test_settings(
    client: Client,
    surroundings: &Surroundings,
) -> Result<Vec<TestSettings>, Refusal> {
    let mut settings = Vec::new();
    let (mut wanted, mut found) = (false, false);
    for file in &client.connection.test_files {
        let value = match &file.of {
            None => String::new(),
            Some(_) if found => continue,
            Some(key) => {
                wanted = true;
                let Some(value) = value(key, client, surroundings)? else {
                    continue;
                };
                found = true;
                value
            }
        };
        let value = serde_json::Value::String(value).to_string();
        settings.push(TestSettings {
            name: Path::new(&file.name),
            text: file.text.replace("{value}", &value),
        });
    }
    if wanted && !found {
        let what = format!("{} has no base URL in its settings", client.name());
        let fix = format!("connect it: `understudyd connect {}`", client.id());
        return Err(Refusal::new(RefusalKind::Nothing, what, fix));
    }
    Ok(settings)
}

/// The address in the client's own settings.
fn value(
    key: &str,
    client: Client,
    surroundings: &Surroundings,
) -> Result<Option<String>, Refusal> {
    for settings in &client.connection.files {
        let Some(path) = path_of(settings, surroundings) else {
            continue;
        };
        let source = Source::read(&path, surroundings)?;
        let (format, text) = (settings.format, source.text());
        let broken = |broken| broken_file(&source, &broken);
        for path in format::expand(format, text, &KeyPath::parse(key)).map_err(broken)? {
            if let Some(value) = format::get(format, text, &path).map_err(broken)? {
                return Ok(Some(value.text));
            }
        }
    }
    Ok(None)
}
