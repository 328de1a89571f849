use super::*;

fn line(key: &'static str, value: impl Into<Option<Value>>) -> Line {
    Line {
        key,
        value: value.into(),
        default: None,
    }
}

const FILE: &str = "# mine\n[listen] # here\nport = 1\n\n# For Miller\n[[pipeline]] # the first\nname = \"Leads\" # as in n8n\n  weekly_items = 50.0 # usual\nvalue = 400\n# A comment at its end\n\n[[pipeline]]\nname = 'Invoices'\n[fallback]\nsibling = \"on\"\n";

#[test]
fn only_changed_values_are_replaced() {
    let lines = [
        line("name", Value::from("Leads")),
        line("weekly_items", Value::from(50)),
        line("value", Value::from(450)),
        line("customer", Value::from("Miller Ltd")),
    ];
    let after = put(FILE, "Leads", &lines).unwrap();
    let expected = FILE.replace("value = 400\n", "value = 450\ncustomer = \"Miller Ltd\"\n");
    assert_eq!(after, expected);
    assert_eq!(put(&after, "Leads", &lines).unwrap(), after);
}

#[test]
fn a_removed_value_takes_its_line_and_no_other() {
    let after = put(
        FILE,
        "Leads",
        &[line("weekly_items", None), line("value", None)],
    )
    .unwrap();
    let expected = FILE.replace("  weekly_items = 50.0 # usual\nvalue = 400\n", "");
    assert_eq!(after, expected);
    // The last line is removed and another one is added there.
    let lines = [line("value", None), line("runs", Value::from("make"))];
    let after = put(FILE, "Leads", &lines).unwrap();
    assert_eq!(after, FILE.replace("value = 400\n", "runs = \"make\"\n"));
}

#[test]
fn a_value_over_several_lines_is_one_value() {
    let text = "[[pipeline]]\nname = \"a\"\nsteps = [\n  { name = \"x\", success = 0.9 }, # first\n  { name = \"y\" },\n]\nproviders = []\n";
    assert_eq!(
        put(text, "a", &[line("steps", None)]).unwrap(),
        "[[pipeline]]\nname = \"a\"\nproviders = []\n"
    );
    let same: Value = "[{ name = \"x\", success = 0.90 }, { name = \"y\" }]"
        .parse()
        .unwrap();
    assert_eq!(put(text, "a", &[line("steps", same)]).unwrap(), text);
}

#[test]
fn steps_as_tables_stay_while_they_are_the_same() {
    let text = "[[pipeline]]\nname = \"a\"\n[[pipeline.steps]]\nname = \"x\"\n[[pipeline.steps]]\nname = \"y\" # last\n\n[listen]\n";
    let steps = |text: &str| line("steps", text.parse::<Value>().unwrap());
    let same = [steps("[{ name = \"x\" }, { name = \"y\" }]")];
    assert_eq!(put(text, "a", &same).unwrap(), text);
    let other = put(text, "a", &[steps("[{ name = \"z\" }]")]);
    assert_eq!(other, Err(EditFailed::OwnTables("steps")));
    let lines = [line("customer", Value::from("M"))];
    assert_eq!(
        put(text, "a", &lines).unwrap(),
        text.replacen("\"a\"\n", "\"a\"\ncustomer = \"M\"\n", 1)
    );
    assert_eq!(remove(text, "a").unwrap(), "[listen]\n");
}

#[test]
fn a_new_pipeline_is_added_at_the_end_with_the_files_line_ends() {
    let lines = [
        line("name", Value::from("a \"b\"")),
        line("customer", None),
        line("runs", Value::from("make")),
    ];
    let table = "[[pipeline]]\nname = 'a \"b\"'\nruns = \"make\"\n";
    assert_eq!(put("", "a \"b\"", &lines).unwrap(), table);
    assert_eq!(
        put("[listen]\nport = 1", "a \"b\"", &lines).unwrap(),
        format!("[listen]\nport = 1\n\n{table}")
    );
    let windows = put("[listen]\r\nport = 1\r\n", "a \"b\"", &lines).unwrap();
    assert_eq!(
        windows,
        format!("[listen]\nport = 1\n\n{table}").replace('\n', "\r\n")
    );
    // Its last line has no end.
    let open = windows.trim_end();
    let again = put(open, "a \"b\"", &[line("value", Value::from(1))]).unwrap();
    assert_eq!(again, format!("{open}\r\nvalue = 1\r\n"));
}

#[test]
fn a_removed_pipeline_leaves_comments_and_other_tables() {
    assert_eq!(
        remove(FILE, "Leads").unwrap(),
        "# mine\n[listen] # here\nport = 1\n\n# For Miller\n# A comment at its end\n\n[[pipeline]]\nname = 'Invoices'\n[fallback]\nsibling = \"on\"\n"
    );
    assert_eq!(
        remove(FILE, "Invoices").unwrap(),
        FILE.replace("[[pipeline]]\nname = 'Invoices'\n", "")
    );
    let only = "[listen]\nport = 1\n\n[[pipeline]]\nname = \"a\"\n";
    assert_eq!(remove(only, "a").unwrap(), "[listen]\nport = 1\n");
    assert!(remove(FILE, "Quotes").is_err());
}

#[test]
fn adding_and_removing_gives_the_same_text() {
    for text in [
        "",
        "[listen]\nport = 1\n",
        "[listen]\r\nport = 1\r\n",
        crate::settings::DEFAULT_TEXT,
    ] {
        let with = put(text, "a", &[line("name", Value::from("a"))]).unwrap();
        assert_eq!(remove(&with, "a").unwrap(), text);
    }
}

#[test]
fn routes_follow_a_new_name() {
    let text =
        "[[route]]\nname = \"r\"\npipeline = \"Leads\" # here\n[[route]]\npipeline = 'Invoices'\n";
    assert_eq!(
        rename_in_routes(text, "Leads", "Sales").unwrap(),
        text.replace("\"Leads\" # here", "\"Sales\" # here")
    );
}

#[test]
fn another_form_of_the_table_is_not_edited() {
    let text = "pipeline = [{ name = \"a\" }]\n";
    assert_eq!(put(text, "a", &[]), Err(EditFailed::NoTable("pipeline")));
    assert!(matches!(
        put("[[pipeline", "a", &[]),
        Err(EditFailed::Unreadable(_))
    ));
}
