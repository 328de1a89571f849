use super::types::{self, Key};
use super::written::{self, Section, Written};

/// Section of the file, and the type of its keys.
const TYPES: [(&str, &str); 17] = [
    ("[listen]", "Listen"),
    ("[watch]", "Watch"),
    ("[timers]", "Timers"),
    ("[fallback]", "Fallback"),
    ("[notifications]", "Notifications"),
    ("[history]", "History"),
    ("[retention]", "Retention"),
    ("[report]", "Report"),
    ("[update]", "Update"),
    ("[[endpoint]]", "Endpoint"),
    ("[equivalents]", ""),
    ("[[route]]", "Route"),
    ("[[price]]", "Price"),
    ("[[rule]]", "Rule"),
    ("[[pipeline]]", "Pipeline"),
    ("[[effect]]", "Effect"),
    ("[[listen.also]]", "Also"),
];

/// Keys whose change counts from the next start; `doctor` and the window report it for the first two.
const AFTER_A_RESTART: [(&str, &str, &str); 3] = [
    ("[listen]", "address", "yes"),
    ("[listen]", "port", "yes"),
    ("[timers]", "connect", "for a larger value"),
];

const BEGINNING: &str = "# Settings

The settings are one TOML file: `settings.toml` in `~/.config/understudy` (Linux), `~/Library/Application Support/Understudy` (macOS) or `%APPDATA%\\Understudy` (Windows), and in `UNDERSTUDY_HOME` where that is set. `understudyd doctor` prints its path.

The first start writes the file with every key as a comment. Each key is optional. The engine reads the file again when it changes; a file with an error is rejected with its line, and the last valid settings stay in force. Changes in the window and of commands are written to the same file, and your comments stay. <!-- test: a_first_start_writes_a_commented_file, an_invalid_change_keeps_the_last_valid_settings_and_is_reported, the_line_is_inserted_below_its_table_and_other_bytes_stay -->

An unknown key is an error. Amounts of money are US dollars; times without a zone are this machine's local time. <!-- test: errors_are_reported_with_their_line_and_fix, quiet_hours_are_local -->

This page is generated from the types of the file and from its first text (`BLESS=1 cargo test -p engine --lib reference`).
";

pub(super) fn page() -> String {
    let structs = types::structs();
    let sections = written::sections();
    let headings: Vec<&str> = sections.iter().map(|section| &*section.heading).collect();
    assert_eq!(headings, TYPES.map(|(heading, _)| heading));
    let mut page = BEGINNING.to_owned();
    for (section, (heading, type_name)) in sections.iter().zip(TYPES) {
        page += &format!("\n## `{heading}`\n\n");
        if !section.text.is_empty() {
            page += &format!("{}\n\n", sentence(&section.text));
        }
        match structs.get(type_name) {
            Some(keys) => page += &table(section, keys),
            None => page += &example(section),
        }
    }
    let files = structs["File"].iter().map(|key| key.name.as_str());
    let named = TYPES.map(|(heading, _)| heading.trim_matches(['[', ']']));
    for section in files {
        assert!(
            named.contains(&section),
            "no section of this page is [{section}]"
        );
    }
    page
}

fn table(section: &Section, keys: &[Key]) -> String {
    let repeats = section.heading.starts_with("[[");
    // Without a value in the settings, there is none.
    let is_example = repeats || matches!(&*section.heading, "[update]" | "[report]");
    let value = if is_example { "example" } else { "default" };
    let mut table =
        format!("| key | type | {value} | restart | meaning |\n|---|---|---|---|---|\n");
    let has_own_section = |key: &&Key| {
        let own = format!("[{}.{}]]", section.heading.trim_end_matches(']'), key.name);
        TYPES.iter().any(|(heading, _)| *heading == own)
    };
    for key in keys.iter().filter(|key| !has_own_section(key)) {
        let written = section.keys.iter().find(|written| written.name == key.name);
        let written = written.unwrap_or_else(|| {
            panic!(
                "default.toml does not explain {} of {}",
                key.name, section.heading
            )
        });
        table += &row(section, key, written);
    }
    for written in &section.keys {
        let known = keys.iter().any(|key| key.name == written.name);
        assert!(
            known,
            "default.toml explains {}, which {} does not have",
            written.name, section.heading
        );
    }
    table
}

fn row(section: &Section, key: &Key, written: &Written) -> String {
    let unit =
        unit(&section.heading, &key.name).map_or_else(String::new, |unit| format!(", {unit}"));
    let required = if key.required { ", required" } else { "" };
    let restart = AFTER_A_RESTART
        .iter()
        .find(|(heading, name, _)| (*heading, *name) == (&*section.heading, &*key.name))
        .map_or("no", |(_, _, restart)| restart);
    assert!(
        !written.meaning.is_empty(),
        "default.toml says nothing about {}",
        key.name
    );
    let meaning = sentence(&written.meaning).replace('|', "\\|");
    format!(
        "| `{}` | {}{unit}{required} | `{}` | {restart} | {meaning} |\n",
        key.name,
        key.kind,
        written.value.replace('|', "\\|"),
    )
}

fn unit(heading: &str, key: &str) -> Option<&'static str> {
    match key {
        "client_waits" => Some("seconds"),
        "context" | "max_output" => Some("tokens"),
        _ if heading == "[timers]" || key.ends_with("_s") => Some("seconds"),
        _ if key.ends_with("_h") => Some("hours"),
        _ if key.ends_with("_days") => Some("days"),
        "dollars_a_day" => Some("dollars"),
        _ if key.ends_with("_dollars") => Some("dollars"),
        _ => None,
    }
}

fn example(section: &Section) -> String {
    let lines = section
        .keys
        .iter()
        .map(|key| format!("{} = {}\n", key.name, key.value));
    format!(
        "```toml\n{}\n{}```\n",
        section.heading,
        lines.collect::<String>()
    )
}

fn sentence(text: &str) -> String {
    // A value at the beginning keeps its letters.
    if text.starts_with("true:") || text.starts_with("false:") {
        return text.to_owned();
    }
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
