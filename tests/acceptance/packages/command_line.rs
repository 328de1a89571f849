//! The commands that packages and service managers use.

use std::process::Command;

use crate::desk::{Desk, text};

#[tokio::test(flavor = "multi_thread")]
async fn health_is_0_while_the_engine_accepts_requests_and_2_without_one() {
    let mut desk = Desk::new();
    let absent = desk.run(&["health"]);
    assert_eq!(absent.status.code(), Some(2), "{}", text(&absent.stderr));
    desk.start();
    assert_eq!(desk.printed(&["health"]), "The engine accepts requests.\n");
    desk.kill();
    let killed = desk.run(&["health"]);
    assert_eq!(killed.status.code(), Some(2), "{}", text(&killed.stderr));
}

#[test]
fn completions_are_a_script_of_the_shell_and_every_command_has_a_page() {
    let desk = Desk::new();
    let script = desk.file("completions.bash");
    std::fs::write(&script, desk.printed(&["completions", "bash"])).unwrap();
    let words = "source \"$1\"; COMP_WORDS=(understudyd sta); COMP_CWORD=1; _understudyd understudyd sta; echo ${COMPREPLY[@]}";
    let completed = Command::new("bash")
        .args(["-ec", words, "bash"])
        .arg(&script)
        .output()
        .unwrap();
    let completed = text(&completed.stdout);
    assert!(
        completed.contains("status") && completed.contains("stage"),
        "{completed}"
    );

    let pages = desk.file("pages");
    desk.printed(&["manual", &pages.display().to_string()]);
    for page in [
        "understudyd.1",
        "understudyd-key-add.1",
        "understudyd-health.1",
    ] {
        let page = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    let help = desk.printed(&["--help"]);
    assert!(!help.contains("\n  manual"), "{help}");
}
