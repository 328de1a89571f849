//! Other programs, crashes and later edits between a connection and its undo.

use super::*;
use crate::apply::{Moment, connect_observed};
use crate::refusal::RefusalKind;

const FILE: &str = ".claude/settings.json";

fn claude(text: &str) -> Home {
    let home = Home::new("claude-code");
    home.write(FILE, text);
    home
}

/// Connects while something happens at these moments. `false` ends it, as a crash does.
fn observed(home: &Home, mut observe: impl FnMut(Moment) -> bool) -> Result<usize, Refusal> {
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address)?;
    let done = connect_observed(
        home.client,
        &home.surroundings,
        &home.store,
        &home.address,
        (&planned.change.revision, now()),
        &mut observe,
    );
    done.map(|changed| changed.len())
}

#[test]
fn what_the_client_writes_at_the_same_moment_stays() {
    let home = claude("{\n  \"model\": \"opus\"\n}\n");
    let mut times = 0;
    observed(&home, |moment| {
        if moment == Moment::BeforeRename && times == 0 {
            times += 1;
            home.write(FILE, "{\n  \"model\": \"sonnet\"\n}\n");
        }
        true
    })
    .unwrap();
    assert!(home.read(FILE).contains("sonnet"), "{}", home.read(FILE));
    assert_eq!(home.standing(), Standing::Connected);
    home.disconnect().unwrap();
    assert_eq!(home.read(FILE), "{\n  \"model\": \"sonnet\"\n}\n");
}

#[test]
fn a_client_that_writes_again_and_again_is_left_alone() {
    let home = claude("{}");
    let mut times = 0;
    let refusal = observed(&home, |moment| {
        if moment == Moment::BeforeRename {
            times += 1;
            home.write(FILE, &format!("{{\"times\": {times}}}"));
        }
        true
    });
    assert_eq!(refusal.unwrap_err().kind, RefusalKind::Outdated);
    assert_eq!(home.read(FILE), "{\"times\": 2}");
    assert_eq!(
        fs::read_dir(home.file(".claude")).unwrap().count(),
        1,
        "no draft is left"
    );
}

#[test]
fn a_change_that_was_shown_for_another_file_is_not_made() {
    let home = claude("{}");
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address).unwrap();
    home.write(FILE, "{\"model\": \"opus\"}");
    let (surroundings, store) = (&home.surroundings, &home.store);
    let revision = planned.change.revision;
    let done = connect(
        home.client,
        surroundings,
        store,
        &home.address,
        &revision,
        now(),
    );
    assert_eq!(done.unwrap_err().kind, RefusalKind::Outdated);
    assert_eq!(home.read(FILE), "{\"model\": \"opus\"}");
}

#[test]
fn a_crash_between_receipt_and_file_loses_nothing() {
    for text in [
        "{\"env\": {\"ANTHROPIC_BASE_URL\": \"https://theirs\"}}",
        "{}",
    ] {
        let home = claude(text);
        let crash = |moment| moment != Moment::ReceiptWritten;
        observed(&home, crash).unwrap_err();
        assert_eq!(home.read(FILE), text);
        // Recovery by an undo, or by the next connection.
        assert_eq!(home.disconnect().unwrap(), Undone::default());
        observed(&home, crash).unwrap_err();
        home.connect().unwrap();
        home.disconnect().unwrap();
        assert_eq!(home.read(FILE), text);
    }
}

#[test]
fn later_edits_survive_the_undo() {
    let home = claude("{\n  \"env\": {\n    \"ENABLE_TOOL_SEARCH\": \"auto\"\n  }\n}\n");
    let changed = home.connect().unwrap();
    let keys: Vec<&str> = changed.iter().map(|key| key.key.as_str()).collect();
    assert!(
        !keys.contains(&"env.ENABLE_TOOL_SEARCH"),
        "the user set it: {keys:?}"
    );
    let edited = home
        .read(FILE)
        .replace(
            "TOOL_STREAMING\": \"1\"",
            "TOOL_STREAMING\": \"0\",\n    \"NEW\": \"2\"",
        )
        .replace("\"env\"", "\"model\": \"opus\",\n  \"env\"");
    home.write(FILE, &edited);
    let undone = home.disconnect().unwrap();
    assert_eq!(
        undone.left,
        [
            "env.CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING in ~/.claude/settings.json was changed after the connection, and was left."
        ]
    );
    assert_eq!(
        home.read(FILE),
        "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"ENABLE_TOOL_SEARCH\": \"auto\",\n    \"CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING\": \"0\",\n    \"NEW\": \"2\"\n  }\n}\n"
    );
}

#[test]
fn the_address_of_another_program_since_then_is_left() {
    let home = claude("{}");
    home.connect().unwrap();
    let theirs = home.read(FILE).replace("127.0.0.1:4747/t", "127.0.0.1:9/x");
    home.write(FILE, &theirs);
    let undone = home.disconnect().unwrap();
    assert_eq!(undone.left.len(), 1, "{undone:?}");
    assert!(home.read(FILE).contains("127.0.0.1:9/x"));
    assert!(!home.read(FILE).contains("ENABLE_TOOL_SEARCH"));
}

#[test]
fn a_moved_address_updates_our_own_value_and_keeps_the_first() {
    let text = "{\"env\": {\"ANTHROPIC_BASE_URL\": \"https://theirs\"}}";
    let mut home = claude(text);
    home.connect().unwrap();
    home.address = at_port(5000);
    assert_eq!(home.standing(), Standing::Moved);
    assert_eq!(home.connect().unwrap().len(), 1);
    assert_eq!(home.standing(), Standing::Connected);
    home.disconnect().unwrap();
    assert_eq!(home.read(FILE), text);
    // Without the receipt, our token shows that the value is ours.
    home.connect().unwrap();
    fs::remove_dir_all(home.folder.path().join("state")).unwrap();
    home.disconnect().unwrap();
    assert!(!home.read(FILE).contains(TOKEN));
}

#[test]
fn a_placeholder_of_another_program_is_emptied_and_restored() {
    let text = "{\n  \"env\": {\n    \"ANTHROPIC_AUTH_TOKEN\": \"PROXY_MANAGED\",\n    \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:15721\"\n  }\n}\n";
    let home = claude(text);
    home.connect().unwrap();
    assert!(
        home.read(FILE).contains("\"ANTHROPIC_AUTH_TOKEN\": \"\""),
        "{}",
        home.read(FILE)
    );
    assert_eq!(home.connect().unwrap(), []);
    home.disconnect().unwrap();
    assert_eq!(home.read(FILE), text);
    // A token of the user is theirs: it is named.
    let home = claude("{\"env\": {\"ANTHROPIC_AUTH_TOKEN\": \"theirs\"}}");
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address).unwrap();
    assert!(planned.change.warnings[0].contains("ANTHROPIC_AUTH_TOKEN is set"));
    assert!(
        !planned
            .change
            .keys
            .iter()
            .any(|key| key.key.contains("AUTH_TOKEN"))
    );
}

#[test]
fn two_windows_at_once_write_before_once() {
    let text = "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"https://theirs\"\n  }\n}\n";
    let home = claude(text);
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address).unwrap();
    let done = std::thread::scope(|scope| {
        let window = || {
            let (surroundings, store) = (&home.surroundings, &home.store);
            let revision = &planned.change.revision;
            connect(
                home.client,
                surroundings,
                store,
                &home.address,
                revision,
                now(),
            )
        };
        let windows: Vec<_> = (0..8).map(|_| scope.spawn(window)).collect();
        let done = windows.into_iter().map(|window| window.join().unwrap());
        done.filter(Result::is_ok).count()
    });
    assert_eq!(done, 1, "the others see that the file changed");
    assert_eq!(home.standing(), Standing::Connected);
    home.disconnect().unwrap();
    assert_eq!(home.read(FILE), text);
}

#[test]
fn codex_keeps_the_provider_of_old_sessions_and_its_top_keys() {
    let home = Home::new("codex");
    let by_readme = "model_provider = \"understudy\"\n[model_providers.understudy]\nname = \"Understudy\"\nbase_url = \"http://127.0.0.1:4747/t/0123456789abcdef0123456789abcdef/v1\"\n";
    home.write(".codex/config.toml", by_readme);
    let changed = home.connect().unwrap();
    assert_eq!(changed.len(), 2, "{changed:?}");
    let text = home.read(".codex/config.toml");
    assert!(text.starts_with("openai_base_url = "), "{text}");
    assert!(text.contains("[model_providers.understudy]") && !text.contains("model_provider ="));
    home.disconnect().unwrap();
    let (_, table) = by_readme.split_once('\n').unwrap();
    assert_eq!(home.read(".codex/config.toml"), table);
    // By hand, and never connected.
    home.write(".codex/config.toml", by_readme);
    let undone = home.disconnect().unwrap();
    assert!(
        undone.left[0].contains("[model_providers.understudy] stays"),
        "{undone:?}"
    );
    assert_eq!(home.read(".codex/config.toml"), table);
}

#[test]
fn what_overrides_the_address_is_named() {
    let mut home =
        claude("{\"env\": {\"CLAUDE_CODE_USE_BEDROCK\": \"1\"}, \"fallbackModel\": \"x\"}");
    let project = home.file("work");
    home.surroundings.project = Some(project.clone());
    home.write(
        "work/.claude/settings.json",
        "{\"env\": {\"ANTHROPIC_BASE_URL\": \"https://p\"}}",
    );
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address).unwrap();
    let warnings = planned.change.warnings.join("\n");
    for part in [
        "~/work/.claude/settings.json sets env.ANTHROPIC_BASE_URL = https://p; it applies in this project.",
        "env.CLAUDE_CODE_USE_BEDROCK = 1 in ~/.claude/settings.json sends requests elsewhere",
        "fallbackModel is set",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    home.connect().unwrap();
    assert!(matches!(home.standing(), Standing::Overridden { .. }));
}

#[test]
fn a_variable_moves_the_folder() {
    let mut home = Home::new("claude-code");
    let moved = home.file("moved");
    home.surroundings
        .variables
        .insert("CLAUDE_CONFIG_DIR".into(), moved.display().to_string());
    home.connect().unwrap();
    assert!(moved.join("settings.json").exists() && !home.file(".claude").exists());
    // The engine does not have the variable of the terminal: the state and the undo find the file by the receipt.
    home.surroundings.variables.clear();
    assert_eq!(home.standing(), Standing::Connected);
    home.disconnect().unwrap();
    assert!(!moved.exists());
}

#[test]
fn the_last_line_of_a_new_file_ends() {
    for (id, file) in [("claude-code", FILE), ("codex", ".codex/config.toml")] {
        let home = Home::new(id);
        home.connect().unwrap();
        let text = home.read(file);
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
        home.disconnect().unwrap();
        assert!(!home.file(file).exists(), "{id}");
    }
}

#[cfg(unix)]
#[test]
fn new_files_and_our_own_are_private_and_the_copy_is_made_once() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new("claude-code");
    home.connect().unwrap();
    let private = |path: &Path| {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    };
    private(&home.file(FILE));
    private(&home.folder.path().join("state"));
    private(&home.folder.path().join("state/claude-code.json"));
    home.disconnect().unwrap();
    home.write(FILE, "{\"first\": 1}");
    home.connect().unwrap();
    home.disconnect().unwrap();
    home.write(FILE, "{\"second\": 2}");
    home.connect().unwrap();
    let copies = home.folder.path().join("state/copies");
    let mut copies = fs::read_dir(copies).unwrap();
    let copy = copies.next().unwrap().unwrap().path();
    private(&copy);
    assert!(copies.next().is_none());
    assert_eq!(fs::read_to_string(copy).unwrap(), "{\"first\": 1}");
}
