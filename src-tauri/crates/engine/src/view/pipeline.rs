//! What happens to a pipeline's items when its provider fails.

use api::PipelineView;

use crate::state::{Reach, State};

pub(crate) const NO_FALLBACK: &str = "no fallback: items will wait";

pub(crate) fn pipelines(state: &State) -> Vec<PipelineView> {
    state.reaches.iter().filter_map(pipeline).collect()
}

fn pipeline(reach: &Reach) -> Option<PipelineView> {
    let name = reach.whose.clone()?;
    Some(PipelineView {
        name,
        order: (!reach.order.is_empty()).then(|| reach.order.join(", then ")),
        no_fallback: reach.without_fallback.then(|| NO_FALLBACK.to_owned()),
    })
}
