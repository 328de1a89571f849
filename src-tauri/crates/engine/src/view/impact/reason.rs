//! Why there is no figure, or why nothing is at risk.

use chrono::{DateTime, Utc};
use impact::Basis;

use super::parts::{Affected, Subject, is_too_short, runs_elsewhere};
use crate::settings::Settings;
use crate::view::words;

pub(super) fn reason(
    settings: &Settings,
    affected: &[Affected],
    of: Subject<'_>,
    now: DateTime<Utc>,
) -> String {
    if affected.is_empty() {
        return without_pipeline(settings);
    }
    let names = |which: &dyn Fn(&Affected) -> bool| -> Vec<String> {
        let found = affected.iter().filter(|one| which(one));
        found.map(|one| one.name.clone()).collect()
    };
    let without_value = names(&|one| one.part.is_none() && one.left() > 0);
    if !without_value.is_empty() {
        return format!(
            "{} has no value in the settings: with weekly_items and value you see what is at risk.",
            words::list(&without_value)
        );
    }
    let counted_elsewhere: Vec<String> = of
        .met
        .pipelines
        .iter()
        .filter(|met| met.hit > 0 && met.safe + met.waiting + met.failed == 0)
        .map(|met| met.pipeline.clone())
        .collect();
    if !counted_elsewhere.is_empty() {
        return format!(
            "The items of {} are not counted here: an earlier incident hit them first and counts them, or you dismissed them.",
            words::list(&counted_elsewhere)
        );
    }
    if is_too_short(of, now) {
        return impact::TOO_SHORT.to_owned();
    }
    let estimated = affected.iter().any(|one| one.basis != Basis::Measured);
    let mut methods: Vec<String> = Vec::new();
    let hit = affected.iter().any(|one| one.items.safe > 0);
    // What was hit of pipelines that run elsewhere is not known.
    if !hit && affected.iter().any(|one| one.basis == Basis::Measured) {
        methods.push(
            match (estimated, of.met.traffic.hit) {
                (false, 0) => "Nothing of yours was hit.",
                (false, _) => "No item of your pipelines was hit.",
                (true, _) => "No item of the pipelines that pass through Understudy was hit.",
            }
            .to_owned(),
        );
    }
    let with_method = |one: &&Affected| one.basis != Basis::Measured || one.items.safe > 0;
    let shown = affected.iter().filter(with_method);
    methods.extend(shown.map(|one| format!("{}: {}", one.name, one.method())));
    methods.join(" ")
}

fn without_pipeline(settings: &Settings) -> String {
    let unnamed = settings.pipelines.iter().filter(|pipeline| {
        let details = settings.pipeline_details.get(&pipeline.name);
        details.is_some_and(runs_elsewhere) && pipeline.providers.is_empty()
    });
    let unnamed: Vec<String> = unnamed.map(|pipeline| pipeline.name.clone()).collect();
    match (settings.pipelines.is_empty(), unnamed.is_empty()) {
        (true, _) => impact::NO_ESTIMATE.to_owned(),
        (false, true) => "None of your pipelines uses this provider.".to_owned(),
        (false, false) => format!(
            "None of your pipelines is known to use this provider: {} runs elsewhere, and names no provider.",
            words::list(&unnamed)
        ),
    }
}
