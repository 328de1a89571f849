use chrono::DateTime;

use super::*;

const PRIVATE: Private<'_> = Private {
    token: "0123456789abcdef0123456789abcdef",
    home: "/home/anna",
};

const SETTINGS: &str = "# mine\n[listen]\nport = 5000 # here\nallowed_hosts = [\"desk\"]\n\n# the bridge\n[[listen.also]]\naddress = \"172.17.0.1\"\ncertificate = \"/home/anna/cert.pem\"\nkey = \"/home/anna/key.pem\"\n\n[watch]\nprobes = false\nprobe_every_s = 60 # often\n\n[[pipeline]] # of sales\nname = \"Leads\"\n";

fn texts(settings: &str) -> Texts {
    Texts {
        settings: settings.to_owned(),
        providers: BTreeMap::new(),
    }
}

fn exported(texts: &Texts) -> Result<String, Refused> {
    let now = DateTime::UNIX_EPOCH;
    export(texts, PRIVATE, &Catalog::bundled(), now)
}

fn planned(text: &str, here: &Texts) -> Result<Plan, Refused> {
    plan(&parse(text)?, here, files::catalog)
}

#[test]
fn an_export_has_the_comments_and_no_key_of_one_computer() {
    let export = parse(&exported(&texts(SETTINGS)).unwrap()).unwrap();
    assert_eq!(export.understudy_export, 1);
    assert_eq!(
        export.settings,
        "# mine\n[listen]\n\n[watch]\nprobe_every_s = 60 # often\n\n[[pipeline]] # of sales\nname = \"Leads\"\n"
    );
    // A receiver's URL may contain a credential.
    let effect = "[[effect]]\nname = \"invoice\"\nurl = \"https://billing.example/?key=hush\"\n";
    let with_effect = format!("{SETTINGS}{effect}");
    let export = parse(&exported(&texts(&with_effect)).unwrap()).unwrap();
    assert!(!export.settings.contains("effect"), "{}", export.settings);
    let there = planned(&exported(&texts("")).unwrap(), &texts(effect)).unwrap();
    assert!(there == Plan::default(), "its own stay: {}", there.diff);
    // Without such keys, every byte is the same.
    let text = "[watch]\r\nprobe_every_s  =  60\r\n";
    let export = parse(&exported(&texts(text)).unwrap()).unwrap();
    assert_eq!(export.settings, text);
}

#[test]
fn what_must_not_leave_this_computer_stops_an_export() {
    for (line, expected) in [
        (
            "# http://127.0.0.1/t/0123456789abcdef0123456789abcdef",
            "this computer's token",
        ),
        ("# sk-ant-api03-abcdefghijklmnop", "a key of a provider"),
        ("# see /home/anna/notes.txt", "a path of this computer"),
    ] {
        let refused = exported(&texts(&format!("[watch]\n{line}\n"))).unwrap_err();
        let Refused::Private {
            file,
            line: 2,
            what,
        } = &refused
        else {
            panic!("{refused}");
        };
        assert!(
            file == "settings.toml" && what.contains(expected),
            "{refused}"
        );
    }
    assert!(exported(&texts("# a key begins with sk-ant-\n")).is_ok());
    let mut with_file = texts("");
    with_file.providers.insert(
        "acme.toml".into(),
        "# sk-proj-abcdefghijklmnopqrst\n".into(),
    );
    assert!(exported(&with_file).is_err());
}

#[test]
fn an_import_keeps_the_keys_of_this_computer_and_the_comments_of_the_export() {
    let text = exported(&texts(SETTINGS)).unwrap();
    let here = texts(
        "[listen]\nport = 4800\n[[listen.also]]\naddress = \"10.0.0.1\"\n[watch]\nprobe_every_s = 300\n",
    );
    let plan = planned(&text, &here).unwrap();
    let settings = plan.settings.unwrap();
    for kept in [
        "# mine",
        "port = 4800",
        "address = \"10.0.0.1\"",
        "60 # often",
        "[[pipeline]] # of sales",
    ] {
        assert!(settings.contains(kept), "{kept}: {settings}");
    }
    assert!(!settings.contains("probes"), "{settings}");
    assert!(
        plan.diff
            .contains("-probe_every_s = 300\n+probe_every_s = 60 # often"),
        "{}",
        plan.diff
    );
    // On the first computer again, and a second time here: nothing is left to change in force.
    let back = planned(&text, &texts(SETTINGS)).unwrap();
    let catalog = Catalog::bundled();
    let parsed = |text: &str| Settings::parse(text, &catalog).unwrap();
    let restored = back.settings.unwrap_or_else(|| SETTINGS.to_owned());
    assert_eq!(parsed(&restored), parsed(SETTINGS));
    assert!(planned(&text, &texts(&settings)).unwrap() == Plan::default());
}

#[test]
fn provider_files_are_added_and_others_stay() {
    let acme = "# ours\n";
    let mut there = texts("");
    there.providers.insert("acme.toml".into(), acme.into());
    let text = exported(&there).unwrap();
    let mut here = texts("");
    here.providers
        .insert("other.toml".into(), "# here\n".into());
    let no_catalog = |_: &BTreeMap<String, String>| Ok(Catalog::bundled());
    let plan = plan(&parse(&text).unwrap(), &here, no_catalog).unwrap();
    assert_eq!(plan.providers["acme.toml"], acme);
    assert_eq!(
        (plan.settings, plan.kept),
        (None, vec!["other.toml".to_owned()])
    );
    assert!(plan.diff.contains("+# ours"), "{}", plan.diff);
}

#[test]
fn a_file_that_cannot_be_imported_is_refused_with_the_reason() {
    let text = exported(&texts("")).unwrap();
    let newer = text.replace("\"understudy_export\":1", "\"understudy_export\":2");
    assert!(matches!(
        planned(&newer, &texts("")),
        Err(Refused::Newer { format: 2, .. })
    ));
    // A newer format may have other fields.
    let unknown = "{\"understudy_export\":9,\"version\":\"4.0\"}";
    assert!(
        parse(unknown)
            .unwrap_err()
            .to_string()
            .contains("Understudy 4.0")
    );
    for other in ["", "{}", "[watch]\n", "{\"understudy_export\":1}"] {
        assert!(
            matches!(parse(other), Err(Refused::NotExport(_))),
            "{other}"
        );
    }
    let mut outside = parse(&text).unwrap();
    for name in ["../x.toml", "x.txt", ".x.toml", "a/b.toml"] {
        outside.providers = BTreeMap::from([(name.to_owned(), String::new())]);
        let text = serde_json::to_string(&outside).unwrap();
        assert_eq!(parse(&text), Err(Refused::FileName(name.into())));
    }
    let invalid = Export {
        settings: "[watch]\nmine = [\"nowhere\"]\n".into(),
        providers: BTreeMap::new(),
        ..outside
    };
    let refused = plan(&invalid, &texts(""), files::catalog).unwrap_err();
    assert!(refused.to_string().contains("nowhere"), "{refused}");
}

#[test]
fn an_import_replaces_all_files_or_none_and_keeps_copies() {
    let home = tempfile::tempdir().unwrap();
    let places = crate::places::Places::under(home.path());
    std::fs::write(&places.settings, "# before\n").unwrap();
    let plan = Plan {
        settings: Some("# after\n".into()),
        providers: BTreeMap::from([("acme.toml".to_owned(), "# new\n".to_owned())]),
        ..Plan::default()
    };
    // A folder at the settings' place cannot be replaced.
    let blocked = crate::places::Places {
        settings: home.path().join("folder"),
        ..places.clone()
    };
    std::fs::create_dir(&blocked.settings).unwrap();
    let failed = files::apply(&plan, &blocked, DateTime::UNIX_EPOCH).unwrap_err();
    assert!(
        failed.to_string().contains("nothing was changed"),
        "{failed}"
    );
    assert!(!places.providers.join("acme.toml").exists());

    let copies = files::apply(&plan, &places, DateTime::UNIX_EPOCH).unwrap();
    let read = |file: &std::path::Path| std::fs::read_to_string(file).unwrap();
    assert_eq!(read(&places.settings), "# after\n");
    assert_eq!(read(&places.providers.join("acme.toml")), "# new\n");
    let [copy] = &copies[..] else {
        panic!("{copies:?}");
    };
    assert_eq!(read(copy), "# before\n");
    assert!(copy.ends_with("settings.toml.before-import-19700101T000000Z"));
}
