//! Whether there is a newer version.

use std::process::ExitCode;

use catalog::Catalog;

use super::print_line::{failed, print_document, print_line};
use crate::package;
use crate::places::Places;
use crate::settings::Settings;
use crate::update::manifest::Accepted;
use crate::update::{self, how};

/// No place for updates is configured (EX_UNAVAILABLE).
const NOT_CONFIGURED: u8 = 69;

/// `version`: of this program.
pub(super) async fn check(version: &str, json: bool) -> ExitCode {
    let places = match Places::find() {
        Ok(places) => places,
        Err(error) => return failed(&error.to_string(), 1),
    };
    let settings = crate::text_file::read(&places.settings).unwrap_or_default();
    let settings = match Settings::parse(&settings, &Catalog::bundled()) {
        Ok(settings) => settings,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            let file = places.settings.display();
            return failed(&format!("the settings file {file} has errors: {first}"), 1);
        }
    };
    let Some(source) = settings.update else {
        let file = places.settings.display();
        return failed(
            &format!(
                "no place for updates is configured. Set url and public_key under [update] in {file}, with the key of a publisher that you trust"
            ),
            NOT_CONFIGURED,
        );
    };
    let record = places.ledger.with_file_name("update.json");
    match update::check(&source, version, &record).await {
        Ok(accepted) => {
            show(&accepted, version, json);
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error.to_string(), 1),
    }
}

fn show(accepted: &Accepted, version: &str, json: bool) {
    let Accepted { manifest, is_newer } = accepted;
    let how = how::update(&package::of_this_program());
    if json {
        print_line!(
            "{}",
            serde_json::json!({
                "running": version, "newest": manifest.version, "is_newer": is_newer, "date": manifest.date,
                "notes": manifest.notes, "command": how.command, "explained": how.explained,
            })
        );
        return;
    }
    if !is_newer {
        print_line!(
            "Understudy {version} is the newest version ({}).",
            manifest.date
        );
        return;
    }
    print_line!(
        "Understudy {} of {} is newer than this one ({version}).",
        manifest.version,
        manifest.date
    );
    print_document(&manifest.notes);
    print_line!("{}", how.explained);
    if let Some(command) = how.command {
        print_line!("    {command}");
    }
}
