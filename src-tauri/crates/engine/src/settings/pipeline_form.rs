//! Pipelines of the settings file as forms, and forms as lines of the file. Pure.

use api::{MayGoTo, PipelineForm, PipelineRuns, PipelineStep};
use toml::Spanned;
use toml_edit::{Array, InlineTable, Value};

use super::edit::pipeline::Line;
use super::{SettingsError, file, parse_file};

/// The pipelines in this text, by name.
///
/// # Errors
/// The text has no valid form.
pub(crate) fn forms(text: &str) -> Result<Vec<PipelineForm>, SettingsError> {
    let mut forms: Vec<_> = parse_file(text)?.pipeline.into_iter().map(form).collect();
    forms.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(forms)
}

fn form(written: file::Pipeline) -> PipelineForm {
    let plain = |text: Option<Spanned<String>>| text.map(Spanned::into_inner);
    let number = |number: Option<Spanned<f64>>| number.map(Spanned::into_inner);
    let step = |step: file::PipelineStep| PipelineStep {
        name: step.name,
        success: step.success.map(Spanned::into_inner),
    };
    PipelineForm {
        name: written.name,
        customer: plain(written.customer),
        weekly_items: number(written.weekly_items),
        value: number(written.value.or(written.value_dollars)),
        currency: plain(written.currency),
        schedule: plain(written.schedule).filter(|hours| hours.trim() != ANY_TIME),
        surge: written.surge.map(Spanned::into_inner),
        providers: written
            .providers
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
        may_go_to: written.may_go_to.map(|to| may_go_to(to.into_inner())),
        runs: match written.runs {
            file::PipelineRuns::Here => PipelineRuns::Here,
            file::PipelineRuns::N8nCloud => PipelineRuns::N8nCloud,
            file::PipelineRuns::Make => PipelineRuns::Make,
            file::PipelineRuns::Zapier => PipelineRuns::Zapier,
            file::PipelineRuns::Elsewhere => PipelineRuns::Elsewhere,
        },
        steps: written.steps.into_iter().map(step).collect(),
    }
}

const ANY_TIME: &str = "any time";

fn may_go_to(written: file::MayGoTo) -> MayGoTo {
    match written {
        file::MayGoTo::Word(file::MayGoToWord::Named) => MayGoTo::Named,
        file::MayGoTo::Word(file::MayGoToWord::SameVendor) => MayGoTo::SameVendor,
        file::MayGoTo::Word(file::MayGoToWord::Any) => MayGoTo::Any,
        file::MayGoTo::Endpoints(ids) => MayGoTo::Endpoints(ids),
    }
}

/// `in_dollars`: the value is written under its older key, which stays for USD.
pub(crate) fn lines(form: &PipelineForm, in_dollars: bool) -> Vec<Line> {
    let currency = filled(form.currency.as_deref());
    let is_usd = currency.is_none_or(|code| code.eq_ignore_ascii_case("usd"));
    let (value, other) = match in_dollars && is_usd {
        true => ("value_dollars", "value"),
        false => ("value", "value_dollars"),
    };
    let schedule = filled(form.schedule.as_deref()).filter(|hours| *hours != ANY_TIME);
    let mut lines = vec![
        line("name", Some(form.name.trim().into())),
        line(
            "customer",
            filled(form.customer.as_deref()).map(Value::from),
        ),
        line("weekly_items", form.weekly_items.map(number)),
        line(value, form.value.map(number)),
        line(other, None),
        line("currency", currency.map(Value::from)).or(Value::from("USD")),
        line("schedule", schedule.map(Value::from)).or(Value::from(ANY_TIME)),
        line("surge", form.surge.map(surge)).or(surge((1.0, 1.0))),
        line("providers", list(&form.providers)),
        line("runs", runs(form.runs).map(Value::from)).or(Value::from("here")),
        line("steps", steps(&form.steps)),
    ];
    match &form.may_go_to {
        None => lines.push(line("may_go_to", None)),
        // What is written stays.
        Some(MayGoTo::Keep) => {}
        Some(MayGoTo::Named) => lines.push(line("may_go_to", Some("named".into()))),
        Some(MayGoTo::SameVendor) => lines.push(line("may_go_to", Some("same-vendor".into()))),
        Some(MayGoTo::Any) => lines.push(line("may_go_to", Some("any".into()))),
        Some(MayGoTo::Endpoints(ids)) => {
            let ids: Array = ids.iter().map(String::as_str).collect();
            lines.push(line("may_go_to", Some(ids.into())));
        }
    }
    lines
}

fn line(key: &'static str, value: Option<Value>) -> Line {
    Line {
        key,
        value,
        default: None,
    }
}

impl Line {
    /// With a value that means the same as no line.
    fn or(self, default: Value) -> Line {
        Line {
            default: Some(default),
            ..self
        }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// `50`, not `50.0`.
fn number(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => Value::from(number as i64),
        false => Value::from(number),
    }
}

fn surge((low, high): (f64, f64)) -> Value {
    Value::from(Array::from_iter([number(low), number(high)]))
}

fn list(texts: &[String]) -> Option<Value> {
    let list: Array = texts.iter().map(String::as_str).collect();
    (!list.is_empty()).then(|| list.into())
}

fn runs(runs: PipelineRuns) -> Option<&'static str> {
    match runs {
        PipelineRuns::Here => None,
        PipelineRuns::N8nCloud => Some("n8n-cloud"),
        PipelineRuns::Make => Some("make"),
        PipelineRuns::Zapier => Some("zapier"),
        PipelineRuns::Elsewhere => Some("elsewhere"),
    }
}

fn steps(steps: &[PipelineStep]) -> Option<Value> {
    let steps: Array = steps
        .iter()
        .map(|step| {
            let mut table = InlineTable::new();
            table.insert("name", step.name.trim().into());
            if let Some(success) = step.success {
                table.insert("success", Value::from(success));
            }
            table
        })
        .collect();
    (!steps.is_empty()).then(|| steps.into())
}
