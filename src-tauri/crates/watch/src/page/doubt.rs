//! Corrections of a reading by the one before it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use catalog::SurfaceId;
use chrono::{DateTime, Utc};
use health::{Level, Page};

/// Maximum number of texts of one incident that are kept.
const MOST_TEXTS: usize = 50;

/// The surfaces that a monitor reported as ill in the last reading.
#[derive(Debug, Default)]
pub(super) struct Doubt(BTreeMap<SurfaceId, Level>);

impl Doubt {
    /// A monitor fails for a minute without an incident, and reports again. A surface that is ill without an open incident
    /// has no state in its first reading, and in the second one the better of the two.
    pub(super) fn confirm(&mut self, page: &mut Page) {
        let open = page.incidents.iter().filter(|i| i.resolved.is_none());
        let declared: BTreeSet<SurfaceId> = open.flat_map(|i| i.surfaces.clone()).collect();
        let ill = |level: &Level| *level >= Level::Degraded;
        let reported: BTreeMap<SurfaceId, Level> = page
            .surfaces
            .iter()
            .filter(|(id, level)| ill(level) && !declared.contains(*id))
            .map(|(id, level)| (id.clone(), *level))
            .collect();
        for (id, level) in &reported {
            match self.0.get(id) {
                Some(before) => page.surfaces.insert(id.clone(), *level.min(before)),
                None => page.surfaces.remove(id),
            };
        }
        self.0 = reported;
    }
}

/// Keeps the texts of an incident whose page replaces them. Servers of one feed have been seen with different texts, so a
/// known text is not new.
pub(super) fn keep_earlier_texts(page: &mut Page, last: Option<&Page>, at: DateTime<Utc>) {
    let known = last.map_or(&[][..], |last| &last.incidents);
    for incident in &mut page.incidents {
        let Some(before) = known.iter().find(|known| known.id == incident.id) else {
            continue;
        };
        let mut updates = before.updates.clone();
        for (published, text) in std::mem::take(&mut incident.updates) {
            if updates.iter().any(|(_, known)| *known == text) {
                continue;
            }
            let after = updates.last().is_some_and(|(last, _)| *last >= published);
            updates.push((if after { at } else { published }, text));
        }
        let surplus = updates.len().saturating_sub(MOST_TEXTS);
        updates.drain(..surplus);
        incident.started = incident.started.min(before.started);
        incident.updates = updates;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use health::{Level, Page, PageIncident};

    use super::{Doubt, MOST_TEXTS, keep_earlier_texts};

    fn noon() -> DateTime<Utc> {
        "2026-10-01T12:00:00Z".parse().unwrap()
    }

    fn incident(id: &str, surface: Option<&str>, texts: &[&str]) -> PageIncident {
        PageIncident {
            id: id.to_owned(),
            title: "t".to_owned(),
            url: None,
            surfaces: surface.into_iter().map(Into::into).collect(),
            started: noon(),
            resolved: None,
            updates: texts.iter().map(|text| (noon(), (*text).into())).collect(),
        }
    }

    fn page(level: Level, incidents: Vec<PageIncident>) -> Page {
        Page {
            surfaces: [("api".into(), level)].into(),
            incidents,
            ..Page::default()
        }
    }

    #[test]
    fn a_monitor_that_is_down_without_a_report_counts_from_the_second_reading_on() {
        let mut doubt = Doubt::default();
        let mut read = |level, incidents| {
            let mut page = page(level, incidents);
            doubt.confirm(&mut page);
            page.surfaces.get("api").copied()
        };
        use Level::{Degraded, MajorOutage, Operational};
        assert_eq!(read(Operational, vec![]), Some(Operational));
        assert_eq!(read(MajorOutage, vec![]), None);
        assert_eq!(read(Operational, vec![]), Some(Operational), "it flapped");
        assert_eq!(read(MajorOutage, vec![]), None);
        assert_eq!(read(Degraded, vec![]), Some(Degraded));
        assert_eq!(read(MajorOutage, vec![]), Some(Degraded));
        assert_eq!(read(MajorOutage, vec![]), Some(MajorOutage));
        assert_eq!(read(Operational, vec![]), Some(Operational));
        let reported = incident("i", Some("api"), &[]);
        assert_eq!(read(MajorOutage, vec![reported]), Some(MajorOutage));
        assert_eq!(read(MajorOutage, vec![incident("j", None, &[])]), None);
    }

    #[test]
    fn a_replaced_text_is_a_new_update_and_a_known_one_is_not() {
        let mut last = page(Level::Operational, vec![incident("i", None, &["a"])]);
        let later = noon() + TimeDelta::hours(1);
        for (text, expected) in [("a", "a"), ("b", "a b"), ("a", "a b"), ("c", "a b c")] {
            let mut now = page(Level::Operational, vec![incident("i", None, &[text])]);
            keep_earlier_texts(&mut now, Some(&last), later);
            let texts = now.incidents[0].updates.iter();
            let texts: Vec<_> = texts.map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts.join(" "), expected);
            assert!(now.incidents[0].updates.is_sorted_by_key(|(at, _)| *at));
            last = now;
        }
        for n in 0..80 {
            let mut now = page(
                Level::Operational,
                vec![incident("i", None, &[&n.to_string()])],
            );
            keep_earlier_texts(&mut now, Some(&last), later);
            last = now;
        }
        assert_eq!(last.incidents[0].updates.len(), MOST_TEXTS);
    }
}
