//! The page of the owner's pipelines: each form with what its requests show.

use std::collections::BTreeMap;

use api::{PipelineEntry, PipelineForm, PipelinePage, PipelineRuns, UnknownPipeline};
use ledger::PipelineUse;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::facts::Facts;
use super::pipeline_place::{place, places};
use super::pipeline_reliability::reliability;
use crate::event::WrittenPipelines;
use crate::unknown_pipelines;

/// Requests by the name of their pipeline.
pub(crate) struct Seen {
    pub(crate) week: BTreeMap<String, PipelineUse>,
    pub(crate) month: BTreeMap<String, PipelineUse>,
}

/// Signs that are the same in a path.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(crate) fn page(facts: &impl Facts, written: &WrittenPipelines, seen: &Seen) -> PipelinePage {
    let settings = facts.settings();
    let is_written = |name: &str| written.forms.iter().any(|(form, _)| form.name == name);
    let of_routes = settings.routes.iter().filter_map(|route| {
        let name = route.pipeline.clone()?;
        let form = PipelineForm {
            name,
            ..PipelineForm::default()
        };
        (!is_written(&form.name)).then_some((form, None))
    });
    let mut pipelines: Vec<PipelineEntry> = written
        .forms
        .iter()
        .cloned()
        .chain(of_routes)
        .map(|(form, version)| entry(written, seen, form, version))
        .collect();
    pipelines.sort_by(|a, b| a.form.name.cmp(&b.form.name));
    pipelines.dedup_by(|a, b| a.form.name == b.form.name);
    let unknown = seen.week.iter().filter_map(|(name, found)| {
        let is_unknown = !is_written(name) && !unknown_pipelines::is_known(name, settings);
        is_unknown.then(|| UnknownPipeline {
            warning: unknown_pipelines::warning(name, settings).unwrap_or_else(|| {
                format!("Requests name the pipeline \"{name}\", which is not added yet.")
            }),
            nearest: unknown_pipelines::nearest_known(name, settings),
            requests: found.requests,
            name: name.clone(),
        })
    });
    PipelinePage {
        unknown: unknown.collect(),
        pipelines,
        places: places(),
    }
}

fn entry(
    written: &WrittenPipelines,
    seen: &Seen,
    form: PipelineForm,
    version: Option<String>,
) -> PipelineEntry {
    let name = &form.name;
    let week = seen.week.get(name).copied().unwrap_or_default();
    let month = seen.month.get(name).copied().unwrap_or_default();
    let is_its = |token: &&gateway::NamedToken| token.pipeline.as_deref() == Some(name);
    let tokens = written.tokens.iter().filter(is_its);
    PipelineEntry {
        version,
        base_url: format!(
            "{}/p/{}/v1",
            written.base_url,
            utf8_percent_encode(name, IN_PATH)
        ),
        tokens: tokens.map(|token| token.name.to_string()).collect(),
        seen_items: week.items,
        seen_requests: week.requests,
        seen: last_week(week),
        protection: match form.runs {
            PipelineRuns::Here => None,
            elsewhere @ (PipelineRuns::N8nCloud
            | PipelineRuns::Make
            | PipelineRuns::Zapier
            | PipelineRuns::Elsewhere) => place(elsewhere).protection,
        },
        reliability: reliability(&form.steps, month),
        form,
    }
}

/// "Last week I saw 57 items in 212 requests."
fn last_week(found: PipelineUse) -> Option<String> {
    let items = |count| match count {
        1 => "1 item".to_owned(),
        count => format!("{count} items"),
    };
    match (found.items, found.requests) {
        (_, 0) => None,
        (0, 1) => Some("Last week I saw 1 request, which does not name its item.".into()),
        (0, requests) => Some(format!(
            "Last week I saw {requests} requests, and none of them names its item."
        )),
        (count, requests) if count == requests => {
            Some(format!("Last week I saw {}.", items(count)))
        }
        (count, requests) => Some(format!(
            "Last week I saw {} in {requests} requests.",
            items(count)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_week_counts_items_once() {
        let seen = |items, requests| {
            last_week(PipelineUse {
                items,
                requests,
                ..PipelineUse::default()
            })
        };
        assert_eq!(seen(0, 0), None);
        assert_eq!(seen(57, 57).unwrap(), "Last week I saw 57 items.");
        assert_eq!(seen(1, 3).unwrap(), "Last week I saw 1 item in 3 requests.");
        assert!(seen(0, 3).unwrap().contains("none of them names its item"));
    }
}
