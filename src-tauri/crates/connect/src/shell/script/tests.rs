use super::*;

fn variables(text: &str) -> Vec<String> {
    let script = Script::parse(text, Syntax::Shell);
    let shown = script
        .variables()
        .map(|(line, name, value)| format!("{line} {name}={value}"));
    shown.collect()
}

#[test]
fn a_variable_is_found_in_the_form_of_each_shell() {
    for (text, found) in [
        ("export A=x", "1 A=x"),
        ("# export A=y\n\n  export A=\"x y\"  # why\n", "3 A=x y"),
        ("export B='1' A='x'\"y\"z", "1 A=xyz|1 B=1"),
        ("A=x\nexport A", "1 A=x"),
        ("export A\nA=x", "2 A=x"),
        ("A=x", ""),
        ("A=x program", ""),
        (
            "declare -x A=x; typeset -gx B=y; declare C=z",
            "1 A=x|1 B=y",
        ),
        ("if true; then export A=x; fi", "1 A=x"),
        ("[ -f f ] && export A=x || true", "1 A=x"),
        ("f() { export A=x; }", "1 A=x"),
        ("export \\\n  A=x", "1 A=x"),
        ("export A=x\nunset A", ""),
        ("export A=x\nA=y", "2 A=y"),
        ("export A=http://h:1/v1#x", "1 A=http://h:1/v1#x"),
        ("export A=\"$HOME/x\"", "1 A=$HOME/x"),
        ("set -gx A x", "1 A=x"),
        ("set --global --export A x y", "1 A=x y"),
        ("set -g A x", ""),
        ("set -gx A x\nset -e A", ""),
        ("set -e\nset -o pipefail", ""),
        ("setenv A x", "1 A=x"),
        ("$env:A = \"x\"", "1 A=x"),
        ("$env:A='x'; $env:B = 1", "1 A=x|1 B=1"),
        ("echo 'export A=x'\n'unterminated", ""),
        ("", ""),
    ] {
        assert_eq!(variables(text).join("|"), found, "{text}");
    }
}

#[test]
fn files_without_a_shell_export_every_line() {
    let script = Script::parse("A=x\nB=\"y\"\n#C=z\n", Syntax::Lines);
    let found: Vec<_> = script.variables().collect();
    let entry = |line, name: &str, value: &str| (line, name.to_owned(), value.to_owned());
    assert_eq!(found, [entry(1, "A", "x"), entry(2, "B", "y")]);
    let universal = "# fish\nSETUVAR --export A:http\\x3a//h\nSETUVAR B:y\n";
    let script = Script::parse(universal, Syntax::FishVariables);
    let found: Vec<_> = script.variables().collect();
    assert_eq!(found, [entry(2, "A", "http://h")]);
}

#[test]
fn an_alias_is_found_with_its_text() {
    for text in [
        "alias cx='codex -c x=1'",
        "alias cx \"codex -c x=1\"",
        "alias -g cx=\"codex -c x=1\"",
        "abbr -a cx codex -c x=1",
    ] {
        let found = Script::parse(text, Syntax::Shell).aliases;
        let text = "codex -c x=1".to_owned();
        assert_eq!(found, [(1, "cx".to_owned(), text)]);
    }
}
