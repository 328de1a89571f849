//! What overrides a connection, by file and line.

use super::*;

fn warnings(home: &Home) -> String {
    let planned = plan(home.client, &home.surroundings, &home.store, &home.address);
    planned.unwrap().change.warnings.join("\n")
}

fn notes(home: &Home) -> String {
    survey(home.client, &home.surroundings, &home.store, &home.address)
        .notes
        .join("\n")
}

#[test]
fn a_line_of_a_shell_that_overrides_is_named() {
    let home = Home::new("claude-code");
    home.connect().unwrap();
    assert_eq!(home.standing(), Standing::Connected);
    home.write(".zshrc", "# mine\nexport CLAUDE_CODE_USE_BEDROCK=1\n");
    home.write(
        ".config/fish/conf.d/x.fish",
        "set -gx CLAUDE_CODE_USE_VERTEX 0\n",
    );
    let by = "~/.zshrc, line 2, sets CLAUDE_CODE_USE_BEDROCK = 1";
    let over = Standing::Overridden { by: by.to_owned() };
    assert_eq!(home.standing(), over);
    assert_eq!(
        warnings(&home),
        format!("{by}, which overrides this change.")
    );
}

#[test]
fn the_environment_is_named_only_where_no_file_sets_the_same() {
    let mut home = Home::new("aider");
    let variables = &mut home.surroundings.variables;
    variables.insert("AIDER_OPENAI_API_BASE".into(), "https://a/v1".into());
    assert_eq!(
        warnings(&home),
        "the environment sets AIDER_OPENAI_API_BASE = https://a/v1, which overrides this change."
    );
    home.write(
        ".profile",
        "AIDER_OPENAI_API_BASE=https://a/v1\nexport AIDER_OPENAI_API_BASE\n",
    );
    assert_eq!(
        warnings(&home),
        "~/.profile, line 1, sets AIDER_OPENAI_API_BASE = https://a/v1, which overrides this change."
    );
}

#[test]
fn an_address_of_a_shell_is_what_applies_without_the_connection() {
    let mut home = Home::new("claude-code");
    home.write(
        ".bashrc",
        "export ANTHROPIC_BASE_URL=https://gateway.example\n",
    );
    let note = "~/.bashrc, line 1, sets ANTHROPIC_BASE_URL = https://gateway.example. The settings of Claude Code override it while it is connected; without the connection, requests go there.";
    assert_eq!(warnings(&home), note);
    home.connect().unwrap();
    assert_eq!(home.standing(), Standing::Connected);
    assert_eq!(notes(&home), note);
    // Our own line, as the page of clients has it.
    home.write(
        ".bashrc",
        &format!("export ANTHROPIC_BASE_URL={}", home.address.url()),
    );
    assert_eq!(notes(&home), "");
    let variables = &mut home.surroundings.variables;
    variables.insert("ANTHROPIC_BASE_URL".into(), "https://b".into());
    assert!(notes(&home).starts_with("the environment sets ANTHROPIC_BASE_URL = https://b."));
}

#[test]
fn a_folder_that_only_a_shell_has_is_named() {
    let mut home = Home::new("codex");
    for (line, is_named) in [
        ("export CODEX_HOME=$HOME/.codex", false),
        ("export CODEX_HOME=~/.codex", false),
        ("export CODEX=~/x", false),
        ("export CODEX_HOME=\"$HOME/work\"", true),
        ("export CODEX_HOME=$WORK/codex", true),
    ] {
        home.write(".zshenv", line);
        assert_eq!(
            notes(&home).contains("~/.zshenv, line 1, sets CODEX_HOME"),
            is_named,
            "{line}"
        );
    }
    home.write(".zshenv", "export CODEX_HOME=~/work");
    let moved = home.file("work").display().to_string();
    home.surroundings
        .variables
        .insert("CODEX_HOME".into(), moved);
    home.connect().unwrap();
    assert_eq!(notes(&home), "");
    // The engine does not have the variable of the terminal, where Codex was connected.
    home.surroundings.variables.clear();
    assert_eq!(
        (home.standing(), notes(&home).as_str()),
        (Standing::Connected, "")
    );
}

/// Measured with Codex 0.171.0: a profile's file overrides, a project's file does not.
#[test]
fn a_profile_of_codex_with_another_address_is_named() {
    let mut home = Home::new("codex");
    home.surroundings.project = Some(home.file("project"));
    home.write(
        "project/.codex/config.toml",
        "openai_base_url = \"https://p/v1\"\n",
    );
    home.write(
        ".codex/work.config.toml",
        "openai_base_url = \"https://w/v1\"\n",
    );
    home.write(".codex/own.config.toml", "model_provider = \"azure\"\n");
    home.write(
        ".codex/plain.config.toml",
        "model = \"gpt-6-sol\"\nmodel_provider = \"openai\"\n",
    );
    home.connect().unwrap();
    let named = "~/.codex/own.config.toml sets model_provider = azure; it applies with `codex --profile own`.\n~/.codex/work.config.toml sets openai_base_url = https://w/v1; it applies with `codex --profile work`.";
    assert_eq!(warnings(&home), named);
    assert_eq!(
        (home.standing(), notes(&home).as_str()),
        (Standing::Connected, named)
    );
}

#[test]
fn an_alias_with_another_address_is_named() {
    let home = Home::new("codex");
    let ours = format!(
        "alias c3='codex -c openai_base_url={}'\n",
        home.address.url()
    );
    let text = "alias cx='X=1 codex -c openai_base_url=\"https://a/v1\"'\nalias c2='codex -m gpt-6-sol'\nalias c4='other -c openai_base_url=x'\n";
    home.write(".zshrc", &(text.to_owned() + &ours));
    assert_eq!(
        notes(&home),
        "~/.zshrc, line 1, makes the alias cx of `codex` with openai_base_url, which overrides the settings."
    );
}

#[test]
fn a_test_turn_uses_the_address_of_the_settings() {
    let home = Home::new("continue");
    let settings = || test_settings(home.client, &home.surroundings);
    let refused = settings().err().unwrap();
    assert!(refused.what.contains("no base URL"), "{refused}");
    let model = "models:\n  - name: a\n    provider: openai\n    model: gpt-4o\n    apiBase: http://127.0.0.1:1/v1/\n    apiKey: sk-theirs\n";
    home.write(".continue/config.yaml", model);
    let [file] = settings().unwrap().try_into().ok().unwrap();
    let parts = [
        "provider: openai",
        "rehearsal/steady",
        "apiBase: \"http://127.0.0.1:1/v1/\"",
    ];
    assert!(
        parts.iter().all(|part| file.text.contains(part)),
        "{}",
        file.text
    );
    assert!(!file.text.contains("sk-theirs"));
    let none = Home::new("codex");
    assert!(
        test_settings(none.client, &none.surroundings)
            .unwrap()
            .is_empty()
    );
}
