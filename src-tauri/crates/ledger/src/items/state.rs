//! The present state of items that failed once.

use std::collections::BTreeMap;

use crate::ReviewState;
use crate::affected::PipelineMet;
use crate::marks::{Mark, Marks};

/// An item that failed at least once, or one of its review items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedItem {
    /// `None`: the request had no pipeline.
    pub(crate) pipeline: Option<String>,
    /// Names it within its pipeline: the item's name, the id of its review item, or `#` and the exchange's id.
    pub(crate) key: String,
    /// `None`: the request named no item, or `parked` is set.
    pub(crate) item: Option<String>,
    pub(crate) parked: Option<String>,
    pub(crate) review: Option<ReviewState>,
    /// A later request of it was answered.
    pub(crate) answered: bool,
}

/// The items of one incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) failed: Vec<FailedItem>,
    /// By pipeline: items whose requests were all answered.
    pub(crate) answered: Vec<(String, u64)>,
}

/// An item that failed once during an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpactItem {
    pub pipeline: String,
    /// Names it within its pipeline: the item's name, the id of its review item, or `#` and the exchange's id.
    pub key: String,
    pub state: ItemState,
    /// Ids of its review items.
    pub reviews: Vec<String>,
}

/// The present state of an item that failed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// Answered later, done by hand, or marked as recovered.
    Recovered,
    /// In the review queue.
    Waiting,
    /// It is not in the queue, and was not answered later.
    Failed,
    /// Marked as lost.
    Lost,
    /// Dismissed from the review queue.
    NotNeeded,
}

struct Known<'i> {
    state: ItemState,
    /// Its review items.
    reviews: Vec<&'i str>,
    open: u64,
}

/// By pipeline and key.
type States<'i> = BTreeMap<(Option<&'i str>, &'i str), Known<'i>>;

fn states<'i>(failed: &'i [FailedItem], marks: &Marks) -> States<'i> {
    let mut rows: BTreeMap<(Option<&str>, &str), Vec<&FailedItem>> = BTreeMap::new();
    for row in failed {
        let name = (row.pipeline.as_deref(), &*row.key);
        rows.entry(name).or_default().push(row);
    }
    let known = rows.into_iter().map(|((pipeline, key), rows)| {
        let mark = pipeline.and_then(|pipeline| marks.of(pipeline, key));
        let open = |row: &&&FailedItem| row.review == Some(ReviewState::Open);
        let known = Known {
            state: state(&rows, mark),
            reviews: rows
                .iter()
                .filter_map(|row| row.parked.as_deref())
                .collect(),
            open: rows.iter().filter(open).count() as u64,
        };
        ((pipeline, key), known)
    });
    known.collect()
}

/// An open review item outweighs a mark: it was opened again since.
fn state(rows: &[&FailedItem], mark: Option<Mark>) -> ItemState {
    let has = |state| rows.iter().any(|row| row.review == Some(state));
    if has(ReviewState::Open) {
        return ItemState::Waiting;
    }
    match mark {
        Some(Mark::Recovered) => return ItemState::Recovered,
        Some(Mark::Lost) => return ItemState::Lost,
        None => {}
    }
    let answered = rows.iter().any(|row| row.answered);
    if answered || has(ReviewState::Answered) || has(ReviewState::Done) {
        ItemState::Recovered
    } else if has(ReviewState::Dismissed) {
        ItemState::NotNeeded
    } else {
        ItemState::Failed
    }
}

/// Adds the items to their pipelines. Returns the number of open review items, with those of no pipeline.
pub(crate) fn counts(items: &Items, marks: &Marks, pipelines: &mut [PipelineMet]) -> u64 {
    let mut waiting = 0;
    for ((name, _), known) in states(&items.failed, marks) {
        waiting += known.open;
        let mut all = pipelines.iter_mut();
        let Some(of) = all.find(|met| Some(&*met.pipeline) == name) else {
            continue;
        };
        match known.state {
            ItemState::Recovered => {
                of.safe += 1;
                of.recovered += 1;
            }
            ItemState::Waiting => of.waiting += 1,
            ItemState::Failed => of.failed += 1,
            ItemState::Lost => {
                of.failed += 1;
                of.lost += 1;
            }
            ItemState::NotNeeded => {}
        }
    }
    for (name, answered) in &items.answered {
        let mut all = pipelines.iter_mut();
        if let Some(of) = all.find(|met| met.pipeline == *name) {
            of.safe += answered;
        }
    }
    waiting
}

/// Every item of a pipeline that failed once.
pub(crate) fn listed(items: &Items, marks: &Marks) -> Vec<ImpactItem> {
    let states = states(&items.failed, marks).into_iter();
    let listed = states.filter_map(|((pipeline, key), known)| {
        Some(ImpactItem {
            pipeline: pipeline?.to_owned(),
            key: key.to_owned(),
            state: known.state,
            reviews: known.reviews.into_iter().map(ToOwned::to_owned).collect(),
        })
    });
    listed.collect()
}
