//! How long the ledger keeps its rows.

use toml::Spanned;

use super::file;
use super::reading::Reading;
use super::values::Retention;

/// Charts by hour, review items and tests of fallbacks look back this far or less.
const LEAST_DAYS: u32 = 7;
const EXCHANGES_DAYS: u32 = 90;
const TWO_YEARS: u32 = 730;
const EFFECTS_DAYS: u32 = 14;

impl Reading<'_> {
    pub(super) fn retention(&mut self, written: &file::Retention) -> Retention {
        let exchanges_days = self.days(written.exchanges_days.as_ref(), EXCHANGES_DAYS);
        let retention = Retention {
            exchanges_days,
            incidents_days: self.days(written.incidents_days.as_ref(), TWO_YEARS),
            effects_days: self.days(written.effects_days.as_ref(), EFFECTS_DAYS),
            daily_days: self.days(
                written.daily_days.as_ref(),
                // Longer than its default, the other setting also counts for the sums.
                TWO_YEARS.max(exchanges_days),
            ),
        };
        let daily = retention.daily_days;
        if let Some(span) = &written.daily_days
            && daily > 0
            && exchanges_days > daily
        {
            self.err(
                span,
                format!(
                    "daily sums are kept for {daily} days, shorter than their requests ({exchanges_days} days): no chart could use them. Set daily_days to {exchanges_days} or more, or to 0 to keep all of them"
                ),
            );
        }
        retention
    }

    fn days(&mut self, written: Option<&Spanned<u32>>, default: u32) -> u32 {
        let Some(written) = written else {
            return default;
        };
        let days = *written.get_ref();
        if (1..LEAST_DAYS).contains(&days) {
            self.err(
                written,
                format!(
                    "{days} days are too few. Keep {LEAST_DAYS} days or more, which the charts and the review queue need, or set 0 to delete nothing"
                ),
            );
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;
    use chrono::{DateTime, TimeDelta};

    use super::super::Settings;
    use super::*;

    fn parsed(text: &str) -> Result<Retention, String> {
        let text = format!("[retention]\n{text}\n");
        match Settings::parse(&text, &Catalog::default()) {
            Ok(settings) => Ok(settings.retention),
            Err(errors) => Err(errors[0].to_string()),
        }
    }

    #[test]
    fn the_default_is_90_days_and_two_years() {
        let default = Retention {
            exchanges_days: 90,
            incidents_days: 730,
            daily_days: 730,
            effects_days: 14,
        };
        assert_eq!(parsed(""), Ok(default));
        assert_eq!(Settings::default().retention, default);
        let long = parsed("exchanges_days = 1000").unwrap();
        assert_eq!(long.daily_days, 1000);
        let all = parsed("exchanges_days = 0\nincidents_days = 0\ndaily_days = 0").unwrap();
        assert_eq!((all.exchanges_days, all.daily_days), (0, 0));
    }

    #[test]
    fn too_short_limits_are_refused_with_the_remedy() {
        for name in [
            "exchanges_days",
            "incidents_days",
            "daily_days",
            "effects_days",
        ] {
            let error = parsed(&format!("{name} = 6")).unwrap_err();
            assert!(
                error.starts_with("line 2: 6 days are too few. Keep 7 days or more"),
                "{error}"
            );
        }
        let error = parsed("exchanges_days = 90\ndaily_days = 30").unwrap_err();
        assert!(
            error.contains("Set daily_days to 90 or more, or to 0"),
            "{error}"
        );
    }

    #[test]
    fn a_limit_before_the_first_instant_is_no_limit() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(Retention::limit(0, now), None);
        assert_eq!(Retention::limit(7, now), Some(now - TimeDelta::days(7)));
        assert_eq!(Retention::limit(u32::MAX, now), None);
    }
}
