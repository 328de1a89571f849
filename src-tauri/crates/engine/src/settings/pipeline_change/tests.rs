use api::{MayGoTo, PipelineRuns, PipelineStep};

use super::*;
use crate::settings::pipeline_forms;

fn leads() -> PipelineForm {
    PipelineForm {
        name: "Leads".into(),
        customer: Some("Miller Ltd".into()),
        weekly_items: Some(57.0),
        value: Some(400.0),
        currency: Some("EUR".into()),
        schedule: Some("Mon-Fri 09:00-17:00 Europe/Berlin".into()),
        surge: Some((2.5, 7.5)),
        providers: vec!["anthropic".into()],
        may_go_to: Some(MayGoTo::Endpoints(vec!["openai".into()])),
        runs: PipelineRuns::Make,
        steps: vec![
            PipelineStep {
                name: "Extract".into(),
                success: Some(0.99),
            },
            PipelineStep {
                name: "Draft".into(),
                success: None,
            },
        ],
    }
}

fn added(text: &str, form: &PipelineForm) -> Result<String, NotChanged> {
    put(
        text,
        &form.name,
        form,
        &Expected::Nothing,
        &Catalog::bundled(),
    )
}

fn errors(form: &PipelineForm) -> Vec<(String, String)> {
    match added("", form) {
        Err(NotChanged::Wrong(wrong)) => {
            let fields = wrong.fields.into_iter();
            fields.map(|one| (one.field, one.error)).collect()
        }
        other @ (Ok(_) | Err(NotChanged::Outdated(_))) => panic!("{other:?}"),
    }
}

#[test]
fn a_form_is_written_and_read_back() {
    let text = added("# mine\n", &leads()).unwrap();
    assert_eq!(
        text,
        "# mine\n\n[[pipeline]]\nname = \"Leads\"\ncustomer = \"Miller Ltd\"\nweekly_items = 57\nvalue = 400\ncurrency = \"EUR\"\nschedule = \"Mon-Fri 09:00-17:00 Europe/Berlin\"\nsurge = [2.5, 7.5]\nproviders = [\"anthropic\"]\nruns = \"make\"\nsteps = [{ name = \"Extract\", success = 0.99 }, { name = \"Draft\" }]\nmay_go_to = [\"openai\"]\n"
    );
    assert_eq!(pipeline_forms(&text).unwrap(), [leads()]);
    // Nothing changed: nothing is written.
    let again = put(
        &text,
        "Leads",
        &leads(),
        &Expected::Any,
        &Catalog::bundled(),
    );
    assert_eq!(again.unwrap(), text);
    let bare = PipelineForm {
        name: "Leads".into(),
        ..PipelineForm::default()
    };
    let cleared = put(&text, "Leads", &bare, &Expected::Any, &Catalog::bundled());
    assert_eq!(
        cleared.unwrap(),
        "# mine\n\n[[pipeline]]\nname = \"Leads\"\n"
    );
}

#[test]
fn a_value_in_dollars_keeps_its_key_until_it_has_another_currency() {
    let text = "[[pipeline]]\nname = \"a\"\nweekly_items = 5\nvalue_dollars = 400 # each\n";
    let mut form = pipeline_forms(text).unwrap().remove(0);
    assert_eq!(form.value, Some(400.0));
    let changed = |form: &PipelineForm| put(text, "a", form, &Expected::Any, &Catalog::bundled());
    assert_eq!(changed(&form).unwrap(), text);
    form.value = Some(450.0);
    assert_eq!(changed(&form).unwrap(), text.replace("400", "450"));
    form.currency = Some("EUR".into());
    assert_eq!(
        changed(&form).unwrap(),
        "[[pipeline]]\nname = \"a\"\nweekly_items = 5\nvalue = 450\ncurrency = \"EUR\"\n"
    );
}

#[test]
fn an_error_is_at_its_field() {
    let with = |change: fn(&mut PipelineForm)| {
        let mut form = leads();
        change(&mut form);
        errors(&form)
    };
    for (found, field, error) in [
        (with(|form| form.name = " ".into()), "name", "has a name"),
        (
            with(|form| form.name = "a\nb".into()),
            "name",
            "control character",
        ),
        (
            with(|form| form.weekly_items = Some(-1.0)),
            "weekly_items",
            "above 0",
        ),
        (with(|form| form.value = None), "weekly_items", "write both"),
        (
            with(|form| form.currency = Some("euros".into())),
            "currency",
            "three letters",
        ),
        (
            with(|form| form.schedule = Some("weekdays".into())),
            "schedule",
            "",
        ),
        (
            with(|form| form.surge = Some((5.0, 1.0))),
            "surge",
            "low to high",
        ),
        (
            with(|form| form.providers = vec!["unknown-provider".into()]),
            "providers",
            "no provider",
        ),
        (
            with(|form| form.steps[0].success = Some(99.0)),
            "steps",
            "between 0 and 1",
        ),
        (
            with(|form| form.may_go_to = Some(MayGoTo::Endpoints(vec!["x".into()]))),
            "may_go_to",
            "no endpoint",
        ),
    ] {
        assert!(
            found
                .iter()
                .any(|(at, why)| at == field && why.contains(error)),
            "{field}: {found:?}"
        );
    }
}

#[test]
fn a_change_of_the_file_meanwhile_is_not_overwritten() {
    let catalog = Catalog::bundled();
    let text = added("", &leads()).unwrap();
    let known = Expected::Version(version(&text, "Leads").unwrap());
    let edited = text.replace("57", "60");
    let elsewhere = format!("{text}\n[[pipeline]]\nname = \"Invoices\"\n");
    assert!(put(&elsewhere, "Leads", &leads(), &known, &catalog).is_ok());
    for refused in [
        put(&edited, "Leads", &leads(), &known, &catalog),
        put("", "Leads", &leads(), &known, &catalog),
        remove(&edited, "Leads", &known, &catalog),
    ] {
        assert!(
            matches!(refused, Err(NotChanged::Outdated(_))),
            "{refused:?}"
        );
    }
    assert_eq!(remove(&text, "Leads", &known, &catalog).unwrap(), "");
}

#[test]
fn a_name_is_unique_and_routes_follow_it() {
    let catalog = Catalog::bundled();
    let route = "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\npipeline = \"Leads\"\ncandidates = [\"anthropic\"]\n";
    let text = added(route, &leads()).unwrap();
    assert!(added(&text, &leads()).is_err());
    let mut form = leads();
    form.name = "Sales".into();
    let renamed = put(&text, "Leads", &form, &Expected::Any, &catalog).unwrap();
    assert_eq!(renamed, text.replace("\"Leads\"", "\"Sales\""));
    let both = added(&renamed, &leads()).unwrap();
    let taken = put(&both, "Leads", &form, &Expected::Any, &catalog).unwrap_err();
    let NotChanged::Wrong(taken) = taken else {
        panic!()
    };
    assert_eq!(taken.fields[0].field, "name");
}

#[test]
fn a_file_with_an_error_elsewhere_is_not_changed() {
    let Err(NotChanged::Wrong(wrong)) = added("[listen]\nporc = 1\n", &leads()) else {
        panic!()
    };
    assert!(wrong.error.contains("line 2"), "{}", wrong.error);
    assert!(wrong.fields.is_empty());
}
