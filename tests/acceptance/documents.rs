//! The commands of the documentation, run as their reader runs them: the real program in a new home, with mock providers. A
//! line that is not run is listed with the reason and with the test of the same thing.

mod addresses;
mod check;
mod expected;
mod home;
mod listed;
#[path = "../../src-tauri/crates/engine/src/documents/markdown.rs"]
mod markdown;
mod others;
mod pages;
mod reader;
#[path = "../../src-tauri/crates/engine/src/documents/shell.rs"]
mod shell;
#[path = "../../src-tauri/crates/engine/src/documents/tests_by_name.rs"]
mod tests_by_name;
mod variables;

use listed::LISTED;
use pages::{Way, lines, pages, root};
use reader::Reader;

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_documentation_runs() {
    let (mut run, mut wrong) = (0, Vec::new());
    for page in pages() {
        let mut reader = Reader::new().await;
        for line in lines(&page) {
            let result = match &line.way {
                Way::Command(words) => reader.command(words).await,
                Way::Shell(text) => reader.shell(text).await,
                Way::Exported(text) => reader.exported(text).await,
                Way::Cargo(_) | Way::Listed(_) | Way::Unknown(_) => continue,
            };
            run += 1;
            if let Err(why) = result {
                wrong.push(format!("{}:{}: {why}", page.name, line.number));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {run}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(run > 120, "{run} commands were run");
}

#[test]
fn every_line_of_the_documentation_is_run_or_listed() {
    let (mut unknown, mut all, mut listed, mut checked) = (Vec::new(), 0, 0, 0);
    for page in pages() {
        for line in lines(&page) {
            all += 1;
            match line.way {
                Way::Listed(_) => listed += 1,
                Way::Cargo(_) => checked += 1,
                Way::Unknown(text) => {
                    unknown.push(format!("{}:{}: {text}", page.name, line.number));
                }
                Way::Command(_) | Way::Shell(_) | Way::Exported(_) => {}
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "neither run nor in the list of tests/acceptance/documents/listed.rs:\n{}",
        unknown.join("\n")
    );
    println!("{all} commands: {listed} listed, {checked} checked by name, the others run");
}

#[test]
fn every_listed_line_is_in_a_document_and_names_its_tests() {
    let names = tests_by_name::names(&root());
    let lines: Vec<_> = pages().iter().flat_map(lines).collect();
    for entry in LISTED {
        let found = lines.iter().any(|line| line.way == Way::Listed(entry.line));
        assert!(found, "no document has this line any more: {}", entry.line);
        assert!(!entry.why.is_empty(), "{}", entry.line);
        for test in entry.tests {
            assert!(names.contains(*test), "no test has this name: {test}");
        }
    }
}
