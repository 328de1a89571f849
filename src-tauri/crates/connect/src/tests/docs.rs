//! `docs/clients.md`, from the data and from what each state of a file does. `BLESS=1 cargo test -p connect` rewrites it.

use std::fmt::Write;

use catalog::KnownClient;

use super::states::{CASES, Case};
use super::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/clients.md");
const BASE: &str = "http://127.0.0.1:4747/t/TOKEN";

#[test]
fn the_page_of_clients_is_up_to_date() {
    let page = page();
    if std::env::var_os("BLESS").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let committed = fs::read_to_string(PAGE).unwrap_or_default();
    assert_eq!(
        committed, page,
        "BLESS=1 cargo test -p connect rewrites docs/clients.md"
    );
}

fn page() -> String {
    let mut page = include_str!("clients.head.md").to_owned();
    connected(&mut page);
    states(&mut page);
    losses(&mut page);
    copied(&mut page);
    elsewhere(&mut page);
    unsupported(&mut page);
    page
}

fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', "<br>")
}

fn connected(page: &mut String) {
    let _ = writeln!(page, "\n## Clients that one command connects\n");
    let _ = writeln!(
        page,
        "| client | command | file | key | value |\n|---|---|---|---|---|"
    );
    for client in Client::all().filter(Client::is_edited) {
        for file in &client.connection.files {
            let paths: Vec<String> = file.paths.iter().map(|it| format!("`{it}`")).collect();
            for key in &file.keys {
                let value = match &*key.value {
                    "" => "empty".to_owned(),
                    value => format!("`{}`", value.replace("{url}", "URL")),
                };
                let when = match (&*key.only_over, key.only_if_absent) {
                    ([], false) => String::new(),
                    ([], true) => ", if it is not set".to_owned(),
                    (over, _) => format!(", only over `{}`", over.join("`, `")),
                };
                let _ = writeln!(
                    page,
                    "| {} | `understudyd connect {}` | {} | `{}` | {value}{when} |",
                    client.name(),
                    client.id(),
                    paths.join(" or "),
                    key.path,
                );
            }
        }
    }
    let _ = writeln!(
        page,
        "\n| client | open sessions | test turn | may be overridden by |\n|---|---|---|---|"
    );
    for client in Client::all().filter(Client::is_edited) {
        let connection = client.connection;
        let live = if connection.live {
            "follow a new address; restart them after an undo"
        } else {
            "restart them"
        };
        let test = match connection.test.is_empty() {
            true => "none: send a request".to_owned(),
            false => {
                let own = match connection.test_files.is_empty() {
                    true => "",
                    false => ", with settings of its own that have the address of its file",
                };
                let command = connection.test.join(" ").replace("{folder}", "FOLDER");
                format!("`{command}`{own}")
            }
        };
        let layers = connection.layers.iter();
        let over: Vec<String> = layers
            .flat_map(|layer| layer.paths.iter().chain(&layer.variables))
            .map(|it| format!("`{it}`"))
            .collect();
        let switches = connection.switches.iter();
        let over: Vec<String> = over
            .into_iter()
            .chain(switches.map(|it| format!("an argument with `{it}`")))
            .collect();
        let _ = writeln!(
            page,
            "| {} | {live} | {test} | {} |",
            client.name(),
            cell(&over.join(", "))
        );
    }
}

/// What connecting and undoing does in each state, as it happens here.
fn states(page: &mut String) {
    let _ = writeln!(page, "\n## What happens to your file\n");
    let _ = writeln!(
        page,
        "Connected and undone in each state; \"as before\" is byte by byte, with links, modes and line ends.\n"
    );
    let _ = writeln!(
        page,
        "| client | no file | edited by hand, comments | points elsewhere | CRLF and byte order mark | no end of the last line | link | broken | read-only |\n|---|---|---|---|---|---|---|---|---|"
    );
    for case in CASES {
        let by_hand = case.by_hand.to_owned();
        let cells = [
            outcome(&case, None, false, false),
            outcome(&case, Some(by_hand.clone()), false, false),
            outcome(&case, Some(case.elsewhere.to_owned()), false, false),
            outcome(
                &case,
                Some(format!("\u{feff}{}", by_hand.replace('\n', "\r\n"))),
                false,
                false,
            ),
            outcome(&case, Some(by_hand.trim_end().to_owned()), false, false),
            outcome(&case, Some(by_hand.clone()), true, false),
            outcome(&case, Some(case.broken.to_owned()), false, false),
            outcome(&case, Some(by_hand), false, true),
        ];
        let name = Client::named(case.id).unwrap().name();
        let _ = writeln!(page, "| {name} | {} |", cells.join(" | "));
    }
}

fn outcome(case: &Case, text: Option<String>, linked: bool, read_only: bool) -> &'static str {
    let home = Home::new(case.id);
    let file = home.file(case.file);
    let exists = text.is_some();
    if let Some(text) = text {
        home.write(case.file, &text);
    }
    #[cfg(unix)]
    if linked {
        fs::rename(&file, home.file("target")).unwrap();
        std::os::unix::fs::symlink(home.file("target"), &file).unwrap();
    }
    if read_only {
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
    }
    let before = home.everything();
    let outcome = match home.connect() {
        Ok(_) => {
            assert_eq!(home.standing(), Standing::Connected);
            home.disconnect().unwrap();
            if exists {
                "as before"
            } else {
                "created, deleted"
            }
        }
        Err(_) if exists => "refused, unchanged",
        Err(_) => "refused",
    };
    assert_eq!(home.everything(), before, "{}", case.id);
    outcome
}

fn losses(page: &mut String) {
    let _ = writeln!(page, "\n## What is lost behind a base URL\n");
    let _ = writeln!(page, "| client | what | kept |\n|---|---|---|");
    for client in Client::all() {
        for loss in &client.connection.losses {
            let kept = loss.kept_by.as_deref().unwrap_or("no");
            let _ = writeln!(
                page,
                "| {} | {} | {kept} |",
                client.name(),
                cell(&loss.what)
            );
        }
    }
}

fn block(page: &mut String, lines: &[catalog::KnownLines]) {
    for lines in lines {
        let text = lines
            .text
            .trim()
            .replace("{url}", BASE)
            .replace("{port}", "4747")
            .replace("{token}", "TOKEN");
        let _ = writeln!(
            page,
            "\n{}:\n\n```{}\n{text}\n```",
            lines.label,
            language(&text)
        );
    }
}

/// Lines for a shell are run by the tests of the documents.
fn language(text: &str) -> &'static str {
    const PROGRAMS: [&str; 8] = [
        "export", "printenv", "printf", "codex", "cline", "docker", "ssh", "unset",
    ];
    match text.split_whitespace().next() {
        Some("set") => "fish",
        Some(word) if word.starts_with("$env:") => "powershell",
        Some(word) if PROGRAMS.contains(&word) => "sh",
        Some(_) | None => "text",
    }
}

fn copied(page: &mut String) {
    let _ = writeln!(page, "\n## Lines to copy\n");
    let _ = writeln!(
        page,
        "`understudyd connect CLIENT` prints them with your address and token. {BASE} stands for it here."
    );
    for client in Client::all() {
        let _ = writeln!(page, "\n### {}", client.name());
        block(page, &client.connection.lines);
    }
}

fn elsewhere(page: &mut String) {
    let _ = writeln!(
        page,
        "\n## Clients on another computer, in a container, in WSL"
    );
    let _ = writeln!(
        page,
        "\nUnderstudy listens on this computer only, so these lines bring the client's requests here."
    );
    block(page, catalog::elsewhere());
}

fn unsupported(page: &mut String) {
    let _ = writeln!(page, "\n## Clients that cannot be connected\n");
    let _ = writeln!(page, "| client | reason |\n|---|---|");
    for known in KnownClient::all() {
        if let Some(reason) = &known.unsupported {
            let _ = writeln!(page, "| {} | {} |", known.name, cell(reason));
        }
    }
}
