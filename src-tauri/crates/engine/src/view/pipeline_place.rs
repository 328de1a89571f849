//! Where a pipeline can run, and what protects it there.

use api::{PipelinePlace, PipelineRuns};

pub(crate) fn places() -> Vec<PipelinePlace> {
    [
        PipelineRuns::Here,
        PipelineRuns::N8nCloud,
        PipelineRuns::Make,
        PipelineRuns::Zapier,
        PipelineRuns::Elsewhere,
    ]
    .map(place)
    .into()
}

/// The names are those of the settings' words.
pub(crate) fn place(runs: PipelineRuns) -> PipelinePlace {
    let (name, protection) = match runs {
        PipelineRuns::Here => ("On this computer", None),
        PipelineRuns::N8nCloud => ("n8n Cloud", Some(N8N)),
        PipelineRuns::Make => ("Make", Some(MAKE)),
        PipelineRuns::Zapier => ("Zapier", Some(ZAPIER)),
        PipelineRuns::Elsewhere => ("Elsewhere", Some(ELSEWHERE)),
    };
    let what = match runs {
        PipelineRuns::Here => None,
        PipelineRuns::N8nCloud | PipelineRuns::Make | PipelineRuns::Zapier => Some(name),
        PipelineRuns::Elsewhere => Some("A program on another computer"),
    };
    PipelinePlace {
        runs,
        name: name.to_owned(),
        reach: what.map(|what| {
            format!(
                "{what} cannot reach this computer, so its requests are not routed through Understudy and have no fallback here. Its provider is watched; the effect of an outage is estimated from hours alone."
            )
        }),
        protection: protection.map(str::to_owned),
    }
}

const N8N: &str = "In the AI node, turn on the Fallback Model and choose a model of another provider: it answers at once when the first one fails. \
    \"Retry On Fail\" helps only for seconds: at most 5 requests, 5 s apart, and each time all items of the node are sent again. \
    Set an error workflow, so that you see what failed, and retry those executions from the failed node.";

const MAKE: &str = "Turn on \"Store incomplete executions\" in the scenario's settings; it is off by default. Rate limits, connection errors and \
    timeouts are then retried after 1, 10, 10, 30, 30 and 30 minutes and 3 hours. The error handler Skip drops the item and still reports success. \
    After an outage, check that the scenario is still switched on.";

const ZAPIER: &str = "Turn on Autoreplay (from the Professional plan on): a failed step is run again after 5 and 30 minutes, and after 1, 3 and 6 hours. \
    Error mails wait until the last of them. A Zap that failed in 95 % of its runs of a week is switched off: check it after an outage.";

const ELSEWHERE: &str = "Repeat a failed request there for some minutes, with pauses, and keep what failed, so that it can be run again. \
    If that computer reaches this one, for example over SSH, choose \"On this computer\".";
