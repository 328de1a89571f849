use proptest::prelude::*;

use super::*;

const URL: &str = "http://127.0.0.1:4747/t/0123/v1";

/// Writes the keys, checks them, removes them in reverse, and restores the containers.
fn there_and_back(format: SettingsFormat, text: &str, paths: &[&str]) -> Result<String, Broken> {
    let mut containers = Vec::new();
    let mut edited = text.to_owned();
    let raw = literal(format, URL);
    let mut written = Vec::new();
    for path in paths {
        for path in expand(format, &edited, &KeyPath::parse(path))? {
            let before = get(format, &edited, &path)?.map(|value| value.raw);
            let set = set(format, &edited, &path, &raw)?;
            containers.extend(set.containers);
            edited = set.text;
            assert_eq!(get(format, &edited, &path)?.unwrap().text, URL, "{edited}");
            written.push((path, before));
        }
    }
    for (path, before) in written.into_iter().rev() {
        edited = match before {
            Some(raw) => set(format, &edited, &path, &raw)?.text,
            None => remove(format, &edited, &path)?,
        };
    }
    restore(format, &edited, &containers)
}

fn assert_identity(format: SettingsFormat, text: &str, paths: &[&str]) {
    for (text, ends) in [
        (text.to_owned(), "LF"),
        (text.replace('\n', "\r\n"), "CRLF"),
    ] {
        let back = there_and_back(format, &text, paths).unwrap();
        assert_eq!(back, text, "{ends}");
        // The same without the end of the last line.
        let cut = text.trim_end_matches(['\n', '\r']);
        let back = there_and_back(format, cut, paths).unwrap();
        assert_eq!(back, cut, "{ends}, no end of the last line");
    }
}

#[test]
fn json_is_as_before_after_an_undo() {
    let paths = ["env.BASE", "env.OTHER", "a.b.c"];
    for text in [
        "{}",
        "{ }\n",
        "{\n}\n",
        "{\"env\":{}}\n",
        "{\"env\": {\"X\": \"1\"}, \"z\": [1, 2]}\n",
        "{\n  \"z\": 1\n}\n",
        "{\n\t\"env\": {\n\t\t\"BASE\": \"former\",\n\t\t\"X\": \"ü\"\n\t},\n\t\"z\": null\n}\n",
        "{\n    \"a\": {\"b\": {}},\n    \"env\": {\n    }\n}\n\n",
        "",
        "\n\n",
    ] {
        assert_identity(SettingsFormat::Json, text, &paths);
        assert_identity(SettingsFormat::Jsonc, text, &paths);
    }
}

#[test]
fn comments_and_trailing_commas_stay() {
    let paths = ["provider.x.options.baseURL", "env.BASE"];
    for text in [
        "// mine\n{\n  // first\n  \"a\": 1, // one\n  /* b */ \"b\": 2 // two\n  // last\n}\n// end\n",
        "{\n  \"a\": 1,\n}\n",
        "{\n  \"a\": 1, // one\n  // last\n}\n",
        "{ // nothing yet\n}\n",
        "{ /* nothing */ }\n",
        "{\"a\": 1,}\n",
        "{\n  \"provider\": {\n    \"x\": { \"options\": {} }, // x\n  },\n}\n",
        "// only a comment\n",
    ] {
        assert_identity(SettingsFormat::Jsonc, text, &paths);
    }
}

#[test]
fn a_key_that_was_added_after_ours_stays() {
    let json = SettingsFormat::Json;
    let path = KeyPath::parse("env.BASE");
    for (text, later, left) in [
        ("{}", "env.X", "{\n  \"env\": {\n    \"X\": 1\n  }\n}"),
        (
            "{\"env\": {\"A\": 0}}",
            "env.X",
            "{\"env\": {\"A\": 0, \"X\": 1}}",
        ),
        (
            "{\n  \"env\": {}\n}\n",
            "z",
            "{\n  \"env\": {},\n  \"z\": 1\n}\n",
        ),
    ] {
        let ours = set(json, text, &path, "\"u\"").unwrap();
        let theirs = set(json, &ours.text, &KeyPath::parse(later), "1").unwrap();
        let removed = remove(json, &theirs.text, &path).unwrap();
        assert_eq!(restore(json, &removed, &ours.containers).unwrap(), left);
    }
}

#[test]
fn toml_keys_stand_before_the_first_table() {
    let paths = ["openai_base_url"];
    for text in [
        "",
        "# only a comment\n",
        "model = \"gpt-5\" # mine\n\n# a server\n[mcp_servers.x]\ncommand = \"y\"\n",
        "[a]\nb = 1\n",
        "# head\n\n[a]\nb = 1\n",
        "a.b = 1\nlist = [\n  1, # one\n  2,\n]\ntext = '''\nx\n'''\n[[t]]\nx = 1\n",
        "openai_base_url = 'https://other.example/v1' # mine\n[a]\n",
    ] {
        assert_identity(SettingsFormat::Toml, text, &paths);
        let path = KeyPath::parse(paths[0]);
        let edited = set(SettingsFormat::Toml, text, &path, "\"u\"")
            .unwrap()
            .text;
        let top = edited.split("\n[").next().unwrap();
        assert!(top.contains("openai_base_url = \"u\""), "{edited}");
    }
}

#[test]
fn yaml_values_are_changed_in_their_line() {
    for text in [
        "",
        "# mine\n",
        "model: gpt # mine\nopenai-api-base: \"x\" # theirs\n",
        "---\nmodel: ü\nlist:\n  - a\n  # last\n",
        "a: {b: c}\nlast: 'x'\n",
    ] {
        assert_identity(SettingsFormat::Yaml, text, &["openai-api-base"]);
    }
    let models = "name: mine\nmodels:\n  # first\n  - name: Claude ü\n    provider: anthropic # vendor\n    model: claude\n    roles:\n      - chat\n  - name: GPT\n    apiBase: https://other.example # theirs\n    provider: openai\n  - name: Local\n    provider: ollama\ncontext:\n  - provider: diff\n";
    let paths = [
        "models[provider=anthropic].apiBase",
        "models[provider=openai].apiBase",
    ];
    assert_identity(SettingsFormat::Yaml, models, &paths);
    let places = expand(SettingsFormat::Yaml, models, &KeyPath::parse(paths[0])).unwrap();
    let edited = set(SettingsFormat::Yaml, models, &places[0], "\"u\"")
        .unwrap()
        .text;
    let line = "    model: claude\n    apiBase: \"u\"\n    roles:\n";
    assert!(edited.contains(line), "{edited}");
}

#[test]
fn what_cannot_be_changed_safely_is_refused_with_its_line() {
    let set = |format, text, path| {
        let path = expand(format, text, &KeyPath::parse(path)).map(|mut it| it.remove(0));
        path.and_then(|path| set(format, text, &path, "\"u\""))
            .err()
            .map(|broken| broken.to_string())
            .unwrap_or_default()
    };
    for (format, text, path, error) in [
        (
            SettingsFormat::Json,
            "{\n  // c\n}",
            "a",
            "line 2: it is not valid JSON",
        ),
        (
            SettingsFormat::Json,
            "{\"a\": 1,}",
            "b",
            "line 1: it is not valid JSON",
        ),
        (
            SettingsFormat::Json,
            "[]",
            "a",
            "line 1: it is not a JSON object",
        ),
        (
            SettingsFormat::Jsonc,
            "{\n\"env\": 1}",
            "env.X",
            "line 2: env is not an object",
        ),
        (
            SettingsFormat::Toml,
            "a = 1\na = 2\n",
            "b",
            "line 2: it is not valid TOML",
        ),
        (SettingsFormat::Toml, "[b]\nx = 1", "b", "b is a table"),
        (SettingsFormat::Yaml, "a: [\n", "b", "it is not valid YAML"),
        (SettingsFormat::Yaml, "{a: 1}", "b", "it is in braces"),
        (
            SettingsFormat::Yaml,
            "b: &x 1\nc: *x\n",
            "b",
            "it has an anchor",
        ),
        (SettingsFormat::Yaml, "b: |\n  x\n", "b", "not in one line"),
        (
            SettingsFormat::Yaml,
            "a: 1\n---\nb: 1\n",
            "c",
            "several YAML documents",
        ),
        (
            SettingsFormat::Yaml,
            "models:\n  - {provider: openai}\n",
            "models[provider=openai].apiBase",
            "it is in braces",
        ),
    ] {
        let refused = set(format, text, path);
        assert!(refused.contains(error), "{text:?}: {refused}");
    }
}

#[test]
fn dotenv_lines_keep_quotes_comments_and_export() {
    for text in [
        "",
        "# mine\nA=1\n",
        "export BASE=\"x y\" # theirs\nA='1'\n",
        "BASE=1\nBASE=2\n",
        "BASE=\nA=1\n",
    ] {
        assert_identity(SettingsFormat::Dotenv, text, &["BASE"]);
    }
    let text = "export BASE=\"x y\" # theirs\n";
    let value = get(SettingsFormat::Dotenv, text, &KeyPath::parse("BASE")).unwrap();
    assert_eq!(value.unwrap().text, "x y");
}

/// White space and comments between the values of a JSON document.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(" ".to_owned()),
        Just("\n  ".to_owned()),
        Just("\r\n\t".to_owned()),
        Just("/* c, \"}\" */".to_owned()),
        Just(" // d {\n  ".to_owned()),
    ]
}

fn json(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("-1.5e3".to_owned()),
        Just("[1, {\"env\": 2}]".to_owned()),
        "[a-zA-Z0-9 ,:{}/äß]{0,8}".prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    prop_oneof![1 => leaf, 3 => object(depth)].boxed()
}

fn object(depth: u32) -> BoxedStrategy<String> {
    let key = prop_oneof![
        Just("env"),
        Just("BASE"),
        Just("provider"),
        Just("x"),
        Just("options"),
        Just("y"),
        Just("z"),
    ];
    let entry = (gap(), key, gap(), gap(), json(depth - 1), gap());
    let entries = prop::collection::vec(entry, 0..4);
    let parts = (entries, gap(), any::<bool>());
    parts
        .prop_map(|(mut entries, last, trailing)| {
            let mut seen = std::collections::BTreeSet::new();
            entries.retain(|entry| seen.insert(entry.1));
            let count = entries.len();
            let mut text = "{".to_owned();
            for (at, (a, key, b, c, value, d)) in entries.into_iter().enumerate() {
                let comma = if at + 1 < count || trailing { "," } else { "" };
                text += &format!("{a}\"{key}\"{b}:{c}{value}{d}{comma}");
            }
            text + &last + "}"
        })
        .boxed()
}

fn toml_document() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("# comment = 1\n"),
        Just("\n"),
        Just("a = 1\n"),
        Just("b.c = \"x\" # y\n"),
        Just("list = [\n 1,\n # two\n 2 ]\r\n"),
        Just("openai_base_url = 'https://other.example'\n"),
        Just("text = \"\"\"\n[no.table]\n\"\"\"\n"),
    ];
    let table = prop_oneof![
        Just("[t]\nx = 1\n"),
        Just("[[u]]\r\ny = { z = 1 }\n"),
        Just("[m.n]\n")
    ];
    let lines = prop::collection::btree_set(0usize..7, 0..7);
    (
        lines,
        prop::collection::vec(line, 7),
        prop::option::of(table),
        any::<bool>(),
    )
        .prop_map(|(chosen, lines, table, cut)| {
            let mut seen = std::collections::BTreeSet::new();
            let mut text = String::new();
            for at in chosen {
                let line = lines[at];
                if line.starts_with(['#', '\n']) || seen.insert(line) {
                    text += line;
                }
            }
            text += table.unwrap_or_default();
            match cut {
                true => text.trim_end_matches(['\r', '\n']).to_owned(),
                false => text,
            }
        })
}

fn yaml_document() -> impl Strategy<Value = String> {
    let model = (
        prop_oneof![Just("anthropic"), Just("openai"), Just("ollama")],
        0usize..3,
        any::<bool>(),
        any::<bool>(),
    );
    let models = prop::collection::vec(model, 0..4);
    (models, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(models, ends, indented, cut)| {
            let indent = if indented { "  " } else { "" };
            let mut text = "# head\nname: é\nmodels:\n".to_owned();
            for (provider, name, base, comment) in &models {
                text += &format!("{indent}- name: Model {name}\n");
                if *base {
                    text += &format!("{indent}  apiBase: 'https://other.example' # theirs\n");
                }
                if *comment {
                    text += &format!("{indent}  # of {provider}\n\n");
                }
                text +=
                    &format!("{indent}  provider: {provider} # vendor\n{indent}  roles: [chat]\n");
            }
            if models.is_empty() {
                text += "  []\n";
            }
            text += "rules:\n  - Be brief.\n";
            let text = if ends {
                text.replace('\n', "\r\n")
            } else {
                text
            };
            match cut {
                true => text.trim_end_matches(['\r', '\n']).to_owned(),
                false => text,
            }
        },
    )
}

proptest! {
    #[test]
    fn any_json_document_is_as_before(text in (gap(), object(3), gap()).prop_map(|(a, o, b)| a + &o + &b)) {
        let paths = ["env.BASE", "provider.x.options.baseURL", "env.y"];
        // A container may be another type: then nothing is changed.
        if let Ok(back) = there_and_back(SettingsFormat::Jsonc, &text, &paths) {
            prop_assert_eq!(back, text);
        }
    }

    #[test]
    fn any_toml_document_is_as_before(text in toml_document()) {
        let back = there_and_back(SettingsFormat::Toml, &text, &["openai_base_url"]).unwrap();
        prop_assert_eq!(back, text);
    }

    #[test]
    fn any_yaml_document_is_as_before(text in yaml_document()) {
        let paths = ["models[provider=anthropic].apiBase", "models[provider=openai].apiBase", "top"];
        let back = there_and_back(SettingsFormat::Yaml, &text, &paths).unwrap();
        prop_assert_eq!(back, text);
    }
}
