use super::*;

/// A client's file: its path, a text by hand, one that points elsewhere, and a broken one.
pub(super) struct Case {
    pub id: &'static str,
    pub file: &'static str,
    pub by_hand: &'static str,
    pub elsewhere: &'static str,
    pub broken: &'static str,
    /// A client without this file is connected by a new one.
    pub creates: bool,
}

pub(super) const CASES: [Case; 6] = [
    Case {
        id: "claude-code",
        file: ".claude/settings.json",
        by_hand: "{\n    \"model\": \"opus\",\n\n    \"env\": {\"A\": \"1\"},\n    \"hooks\": {}\n}\n",
        elsewhere: "{\"env\": {\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:15721\", \"ANTHROPIC_AUTH_TOKEN\": \"PROXY_MANAGED\"}}",
        broken: "{\n  // mine\n  \"model\": \"opus\"\n}\n",
        creates: true,
    },
    Case {
        id: "codex",
        file: ".codex/config.toml",
        by_hand: "# mine\nmodel = \"gpt-6\"   # newest\n\n[mcp_servers.a]\ncommand = 'b'\n",
        elsewhere: "openai_base_url = 'https://proxy.example/v1' # theirs\n[desktop]\nx = 1\n",
        broken: "model = \"gpt-6\"\nmodel = \"gpt-5\"\n",
        creates: true,
    },
    Case {
        id: "opencode",
        file: ".config/opencode/opencode.jsonc",
        by_hand: "{\n  // mine\n  \"theme\": \"x\", // one\n  \"provider\": {\n    \"anthropic\": { \"options\": {} },\n  },\n}\n",
        elsewhere: "{ \"provider\": { \"openai\": { \"options\": { \"baseURL\": \"http://localhost:1/v1\" } } } }\n",
        broken: "{\n  \"theme\": \n}\n",
        creates: true,
    },
    Case {
        id: "continue",
        file: ".continue/config.yaml",
        by_hand: "name: mine\nmodels:\n  # first\n  - name: Claude\n    provider: anthropic # vendor\n    model: claude-sonnet-5\n",
        elsewhere: "models:\n- name: GPT\n  provider: openai\n  apiBase: https://proxy.example/v1 # theirs\n",
        broken: "models: [\n",
        creates: false,
    },
    Case {
        id: "aider",
        file: ".aider.conf.yml",
        by_hand: "# mine\nmodel: sonnet\nread: [CONVENTIONS.md]\ndark-mode: true\n",
        elsewhere: "openai-api-base: \"https://proxy.example/v1\"\n",
        broken: "model: \"sonnet\nx: y: z\n",
        creates: true,
    },
    Case {
        id: "cline",
        file: ".cline/data/settings/providers.json",
        by_hand: "{\n  \"version\": 1,\n  \"providers\": {\n    \"openai-compatible\": {\n      \"settings\": { \"provider\": \"openai-compatible\", \"model\": \"gpt-5\" }\n    }\n  }\n}",
        elsewhere: "{\"providers\": {\"openai-compatible\": {\"settings\": {\"baseUrl\": \"https://proxy.example/v1\"}}}}\n",
        broken: "{\"providers\": {,}}",
        creates: false,
    },
];

/// Connects twice, undoes it twice, and compares every file, link and mode.
fn assert_round_trip(home: &Home, what: &str) {
    let what = format!("{}, {what}", home.client.name());
    let before = home.everything();
    let changed = home
        .connect()
        .unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
    assert!(!changed.is_empty(), "{what}");
    assert_eq!(home.standing(), Standing::Connected, "{what}");
    let connected = home.everything();
    assert_eq!(home.connect().unwrap(), [], "{what}: connected already");
    assert_eq!(home.everything(), connected, "{what}: connected twice");
    let undone = home
        .disconnect()
        .unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
    assert_eq!(undone.left, [""; 0], "{what}");
    assert_eq!(home.everything(), before, "{what}: undone");
    assert_eq!(
        home.disconnect().unwrap(),
        Undone::default(),
        "{what}: undone twice"
    );
    assert_eq!(home.everything(), before, "{what}: undone twice");
}

/// Nothing is changed, neither by connecting nor by undoing.
fn assert_refused(home: &Home, what: &str, reason: &str) {
    let what = format!("{}, {what}", home.client.name());
    let before = home.everything();
    let refusal = home.connect().expect_err(&what);
    assert!(refusal.what.contains(reason), "{what}: {refusal}");
    assert!(refusal.fix.is_some(), "{what}");
    assert_eq!(home.everything(), before, "{what}");
}

#[test]
fn without_a_file_one_is_created_and_deleted_again() {
    for case in CASES {
        let home = Home::new(case.id);
        if case.creates {
            assert_round_trip(&home, "no file");
            let folder = home.client.connection.folders[0]
                .rsplit('/')
                .next()
                .unwrap();
            fs::create_dir_all(home.file(folder.trim_end_matches('}'))).unwrap();
            assert_round_trip(&home, "an empty folder");
        } else {
            assert_refused(&home, "no file", "no entry for a base URL");
        }
    }
}

#[test]
fn files_are_as_before_whatever_form_they_have() {
    for case in CASES {
        for (text, form) in [(case.by_hand, "by hand"), (case.elsewhere, "elsewhere")] {
            let cut = text.trim_end().to_owned();
            let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
            for (text, ends) in [
                (text.to_owned(), "LF"),
                (cut, "no end of the last line"),
                (windows, "CRLF and BOM"),
            ] {
                let home = Home::new(case.id);
                home.write(case.file, &text);
                assert_round_trip(&home, &format!("{form}, {ends}"));
            }
        }
    }
}

#[test]
fn an_address_of_another_program_is_shown_replaced_and_restored() {
    for case in CASES {
        let home = Home::new(case.id);
        home.write(case.file, case.elsewhere);
        let Standing::Elsewhere { address } = home.standing() else {
            panic!("{}: {:?}", case.id, home.standing());
        };
        let changed = home.connect().unwrap();
        let mut befores = changed.iter().filter_map(|key| key.before.clone());
        assert_eq!(befores.next(), Some(address));
        home.disconnect().unwrap();
        assert_eq!(home.read(case.file), case.elsewhere);
    }
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    for case in CASES {
        let home = Home::new(case.id);
        home.write(case.file, case.broken);
        assert_refused(&home, "broken", "line ");
        assert!(
            matches!(home.standing(), Standing::Unusable(_)),
            "{}",
            case.id
        );
        for (bytes, reason) in [
            (b"\xff\xfe{".to_vec(), "is not UTF-8"),
            (vec![b' '; (2 << 20) + 1], "is larger than 2 MiB"),
        ] {
            fs::write(home.file(case.file), bytes).unwrap();
            assert_refused(&home, "unreadable", reason);
        }
        fs::remove_file(home.file(case.file)).unwrap();
        fs::create_dir(home.file(case.file)).unwrap();
        assert_refused(&home, "a folder", "is not a regular file");
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_file_or_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for case in CASES {
        let home = Home::new(case.id);
        let file = home.write(case.file, case.by_hand);
        mode(&file, 0o444);
        assert_refused(&home, "read-only", "cannot be written");
        mode(&file, 0o644);
        mode(file.parent().unwrap(), 0o555);
        assert_refused(&home, "read-only folder", "cannot be written");
        mode(file.parent().unwrap(), 0o755);
    }
}

#[cfg(unix)]
#[test]
fn links_and_modes_of_dotfiles_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for case in CASES {
        let home = Home::new(case.id);
        let file = home.write(case.file, case.by_hand);
        let target = home.file("dotfiles/of-client");
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(&file, &target).unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &file).unwrap();
        assert_round_trip(&home, "a link");
        home.connect().unwrap();
        assert!(file.is_symlink(), "{}", case.id);
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{}", case.id);
        let shown = &survey(home.client, &home.surroundings, &home.store, &home.address).files[0];
        assert!(shown.path.ends_with("→ ~/dotfiles/of-client"), "{shown:?}");
    }
}

#[test]
fn a_client_that_is_not_installed_gets_no_folder() {
    for case in CASES {
        let mut home = Home::new(case.id);
        home.surroundings.programs.clear();
        assert_eq!(home.standing(), Standing::Absent);
        assert_refused(&home, "absent", "was not found");
        assert_eq!(home.everything().len(), 2, "the program and its folder");
    }
}

#[test]
fn the_token_is_in_no_diff_and_no_debug_text() {
    for case in CASES {
        let home = Home::new(case.id);
        home.write(case.file, case.by_hand);
        let plan = plan(home.client, &home.surroundings, &home.store, &home.address).unwrap();
        let shown = format!("{plan:?} {:?}", home.address);
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(shown.contains("/t/…"), "{shown}");
    }
}
