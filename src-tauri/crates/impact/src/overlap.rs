//! Overlapping incidents: no hour of a pipeline counts twice.

use chrono::{DateTime, Utc};

use crate::Stretch;

/// The parts of an outage that earlier incidents have not counted. Where both overlap, only a larger share of failed calls is
/// left over.
pub fn not_counted(outage: &[Stretch], earlier: &[Stretch]) -> Vec<Stretch> {
    outage
        .iter()
        .filter(|stretch| stretch.from < stretch.to)
        .flat_map(|stretch| remainder(*stretch, earlier))
        .collect()
}

fn remainder(stretch: Stretch, earlier: &[Stretch]) -> Vec<Stretch> {
    let overlapping: Vec<&Stretch> = earlier
        .iter()
        .filter(|other| other.from < stretch.to && other.to > stretch.from && other.from < other.to)
        .collect();
    let mut cuts: Vec<DateTime<Utc>> = vec![stretch.from, stretch.to];
    cuts.extend(overlapping.iter().flat_map(|other| {
        [
            other.from.clamp(stretch.from, stretch.to),
            other.to.clamp(stretch.from, stretch.to),
        ]
    }));
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).filter_map(|pair| {
        let &[from, to] = pair else { return None };
        let counted = overlapping
            .iter()
            .filter(|other| other.from <= from && other.to >= to)
            .map(|other| other.share.clamp(0.0, 1.0))
            .fold(0.0, f64::max);
        let share = (stretch.share.clamp(0.0, 1.0) - counted).max(0.0);
        Some(Stretch { from, to, share })
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn stretch(from: i64, to: i64, share: f64) -> Stretch {
        let begin: DateTime<Utc> = "2026-06-22T08:00:00Z".parse().unwrap();
        Stretch {
            from: begin + TimeDelta::minutes(from),
            to: begin + TimeDelta::minutes(to),
            share,
        }
    }

    #[test]
    fn only_the_hours_and_the_share_that_no_earlier_incident_has_are_left() {
        let outage = [stretch(0, 60, 1.0)];
        assert_eq!(not_counted(&outage, &[]), outage);
        assert_eq!(
            not_counted(&outage, &[stretch(30, 90, 1.0)]),
            [stretch(0, 30, 1.0), stretch(30, 60, 0.0)]
        );
        assert_eq!(
            not_counted(&outage, &[stretch(-30, 20, 0.25), stretch(10, 20, 0.75)]),
            [
                stretch(0, 10, 0.75),
                stretch(10, 20, 0.25),
                stretch(20, 60, 1.0)
            ]
        );
    }
}
