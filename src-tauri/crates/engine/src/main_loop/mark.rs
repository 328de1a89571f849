//! The owner's marks on items of an incident.

use api::{Accepted, ControlError, ItemMark, MarkItem};
use chrono::{DateTime, Utc};

use super::MainLoop;
use crate::view;

impl MainLoop {
    pub(super) fn mark_item(
        &mut self,
        now: DateTime<Utc>,
        incident: i64,
        wanted: &MarkItem,
    ) -> Result<Accepted, ControlError> {
        let MarkItem {
            pipeline,
            item,
            mark,
        } = wanted;
        let stored = mark.map(view::impact::mark);
        let marked = self
            .ledger
            .mark_item(incident, pipeline, item, stored, now)
            .map_err(|error| ControlError {
                error: format!("the item could not be marked: {error}"),
                fix: None,
            })?;
        if !marked {
            return Err(ControlError {
                error: format!(
                    "no item {item} of the pipeline {pipeline} failed during incident {incident}"
                ),
                fix: Some(format!(
                    "`understudyd incidents {incident}` lists the items that failed"
                )),
            });
        }
        self.count_reviews();
        let what = match mark {
            Some(ItemMark::Recovered) => "is marked as recovered",
            Some(ItemMark::Lost) => "is marked as lost",
            None => "has no mark any more",
        };
        Ok(Accepted {
            message: format!("Item {item} of {pipeline} {what}."),
        })
    }
}
