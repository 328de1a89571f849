use catalog::Catalog;
use chrono::{DateTime, TimeDelta, Utc};

use super::{MOST, UnknownPipelines, warning};
use crate::settings::Settings;

fn settings(text: &str) -> Settings {
    Settings::parse(text, &Catalog::bundled()).unwrap()
}

fn usual() -> Settings {
    settings(
        "[[pipeline]]\nname = \"leads\"\n[[pipeline]]\nname = \"Invoices\"\n\
         [[route]]\nname = \"r\"\ndialect = \"openai-chat\"\nmodels = \"gpt-*\"\ncandidates = [\"openai\"]\npipeline = \"mail\"\n",
    )
}

#[test]
fn a_misspelt_name_is_reported_with_the_similar_one() {
    for (name, expected) in [
        ("leads", None),
        ("mail", None),
        (
            "leeds",
            Some("The pipeline \"leeds\" is not in the settings. Did you mean \"leads\"?"),
        ),
        (
            "Leads",
            Some("The pipeline \"Leads\" is not in the settings. Did you mean \"leads\"?"),
        ),
        (
            "invoice",
            Some("The pipeline \"invoice\" is not in the settings. Did you mean \"Invoices\"?"),
        ),
        (
            "mial",
            Some("The pipeline \"mial\" is not in the settings."),
        ),
        (
            "support-triage",
            Some("The pipeline \"support-triage\" is not in the settings."),
        ),
        ("", Some("The pipeline \"\" is not in the settings.")),
    ] {
        assert_eq!(warning(name, &usual()).as_deref(), expected, "{name}");
    }
    assert_eq!(
        warning("leeds", &settings("")),
        None,
        "no pipeline is named"
    );
}

#[test]
fn names_are_removed_after_a_day_or_when_the_settings_have_them() {
    let at = |hours| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(hours);
    let mut unknown = UnknownPipelines::default();
    unknown.seen(at(0), "leeds", &usual());
    unknown.seen(at(1), "leads", &usual());
    assert_eq!(unknown.warnings(&usual()).len(), 1);
    assert_eq!(
        unknown.warnings(&settings("[[pipeline]]\nname = \"leeds\"\n")),
        []
    );
    unknown.seen(at(24), "invoice", &usual());
    let names: Vec<String> = unknown
        .warnings(&usual())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["invoice"]);
    for n in 0..100 {
        unknown.seen(at(24), &format!("run-{n}"), &usual());
    }
    assert_eq!(unknown.warnings(&usual()).len(), MOST);
}
