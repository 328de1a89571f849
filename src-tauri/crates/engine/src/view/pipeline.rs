//! What happens to a pipeline's items when its provider fails.

use api::{Level, PipelineMark, PipelineView};
use catalog::ProviderId;

use super::pipeline_place::place;
use super::verdict;
use crate::settings::PipelineRuns;
use crate::state::{Reach, State};

pub(crate) const NO_FALLBACK: &str = "no fallback: items will wait";

pub(crate) fn pipelines(state: &State) -> Vec<PipelineView> {
    let reaches = state.reaches.iter();
    reaches.filter_map(|reach| pipeline(state, reach)).collect()
}

fn pipeline(state: &State, reach: &Reach) -> Option<PipelineView> {
    let name = reach.whose.clone()?;
    let settings = &state.settings;
    let details = settings.pipeline_details.get(&name);
    let customer = details.and_then(|details| details.customer.clone());
    let down = |id: &ProviderId| {
        let level = verdict::level_of(state, id);
        matches!(level, Level::PartialOutage | Level::MajorOutage)
    };
    let product = |id: &ProviderId| state.product(id);
    if let Some(runs) = details.and_then(|details| elsewhere(details.runs)) {
        let figures = settings.pipelines.iter().find(|one| one.name == name);
        let providers = figures.map(|figures| &*figures.providers);
        let failing = providers.into_iter().flatten().find(|id| down(id));
        return Some(PipelineView {
            name,
            order: None,
            no_fallback: None,
            customer,
            state: Some(match failing {
                Some(id) => format!("watched only: {} is down", product(id)),
                None => format!("watched only: runs at {}", place(runs).name),
            }),
            mark: match failing {
                Some(_) => PipelineMark::WatchedOutage,
                None => PipelineMark::Watched,
            },
        });
    }
    let (state, mark) = routed(reach, &down, &product);
    Some(PipelineView {
        name,
        order: (!reach.order.is_empty()).then(|| reach.order.join(", then ")),
        no_fallback: reach.without_fallback.then(|| NO_FALLBACK.to_owned()),
        customer,
        state,
        mark,
    })
}

/// The state of a pipeline whose requests pass through the gateway.
fn routed(
    reach: &Reach,
    down: &dyn Fn(&ProviderId) -> bool,
    product: &dyn Fn(&ProviderId) -> String,
) -> (Option<String>, PipelineMark) {
    let Some(primary) = reach.providers.first().filter(|id| down(id)) else {
        return (None, PipelineMark::Fine);
    };
    match reach.providers.iter().find(|id| !down(id)) {
        Some(next) if !reach.without_fallback => (
            Some(format!("continues on {}", product(next))),
            PipelineMark::Carried,
        ),
        Some(_) | None => (
            Some(format!("items wait until {} is back", product(primary))),
            PipelineMark::Stopped,
        ),
    }
}

/// Where a pipeline runs whose requests do not pass through the gateway.
fn elsewhere(runs: PipelineRuns) -> Option<api::PipelineRuns> {
    match runs {
        PipelineRuns::Here => None,
        PipelineRuns::N8nCloud => Some(api::PipelineRuns::N8nCloud),
        PipelineRuns::Make => Some(api::PipelineRuns::Make),
        PipelineRuns::Zapier => Some(api::PipelineRuns::Zapier),
        PipelineRuns::Elsewhere => Some(api::PipelineRuns::Elsewhere),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routed_pipeline_continues_or_waits() {
        let (claude, openai) = (ProviderId::new("anthropic"), ProviderId::new("openai"));
        let reach = |providers: &[&ProviderId], without_fallback| Reach {
            providers: providers.iter().map(|id| (*id).clone()).collect(),
            without_fallback,
            ..Reach::default()
        };
        let both = reach(&[&claude, &openai], false);
        let bare = reach(&[&claude, &openai], true);
        let product = |id: &ProviderId| id.to_string();
        let with = |reach: &Reach, failing: &[&ProviderId]| {
            routed(reach, &|id| failing.contains(&id), &product)
        };
        assert_eq!(with(&both, &[]), (None, PipelineMark::Fine));
        assert_eq!(with(&both, &[&openai]), (None, PipelineMark::Fine));
        let continues = Some("continues on openai".to_owned());
        assert_eq!(with(&both, &[&claude]), (continues, PipelineMark::Carried));
        let waits = Some("items wait until anthropic is back".to_owned());
        assert_eq!(
            with(&both, &[&claude, &openai]),
            (waits.clone(), PipelineMark::Stopped)
        );
        assert_eq!(with(&bare, &[&claude]), (waits, PipelineMark::Stopped));
    }
}
