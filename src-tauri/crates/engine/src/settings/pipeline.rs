//! Pipelines: their figures for estimates, their customer, and where they run.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::Provider;
use impact::{Currency, Pipeline, Schedule, Surge};
use toml::Spanned;

use super::file;
use super::reading::Reading;
use super::values::{PipelineDetails, PipelineRuns, PipelineStep};

const FIGURES: &str = "an estimate needs weekly_items and value: write both, or none";

impl Reading<'_> {
    pub(super) fn pipeline_waits(
        &mut self,
        pipelines: &[file::Pipeline],
    ) -> BTreeMap<String, Duration> {
        let written = pipelines.iter().filter_map(|one| {
            let waits = one.client_waits.as_ref()?;
            Some((one.name.clone(), self.duration(Some(waits), 0.0)))
        });
        written.collect()
    }

    pub(super) fn pipeline_details(
        &mut self,
        pipelines: &[file::Pipeline],
    ) -> BTreeMap<String, PipelineDetails> {
        let details = pipelines.iter().map(|written| {
            let customer = written.customer.as_ref().map(|text| self.customer(text));
            let details = PipelineDetails {
                customer,
                runs: runs(written.runs),
                steps: written.steps.iter().map(|step| self.step(step)).collect(),
                drain: self.drain_of(written),
            };
            (written.name.clone(), details)
        });
        details.collect()
    }

    fn customer(&mut self, written: &Spanned<String>) -> String {
        let name = written.get_ref().trim();
        if name.is_empty() {
            self.err(
                written,
                "a customer has a name, as \"Miller Ltd\"; leave the line out for your own work"
                    .into(),
            );
        }
        name.to_owned()
    }

    fn step(&mut self, written: &file::PipelineStep) -> PipelineStep {
        let success = written.success.as_ref();
        if let Some(text) = success
            && !(0.0..=1.0).contains(text.get_ref())
        {
            self.err(
                text,
                "a step's success is a share between 0 and 1, as 0.99; leave it out to measure it"
                    .into(),
            );
        }
        PipelineStep {
            name: written.name.clone(),
            success: success.map(|success| *success.get_ref()),
        }
    }

    /// None: the pipeline has no figures, and so no estimate.
    pub(super) fn pipeline(
        &mut self,
        written: file::Pipeline,
        own: &[Provider],
    ) -> Option<Pipeline> {
        if let (Some(_), Some(older)) = (&written.value, &written.value_dollars) {
            self.err(
                older,
                "value and value_dollars are the same setting: remove value_dollars".into(),
            );
        }
        let currency = self.currency(&written);
        let value = written.value.as_ref().or(written.value_dollars.as_ref());
        let (weekly_items, value) = match (&written.weekly_items, value) {
            (Some(items), Some(value)) => (items, value),
            (None, None) => {
                if let Some(schedule) = &written.schedule {
                    self.err(schedule, FIGURES.into());
                }
                return None;
            }
            (Some(only), None) | (None, Some(only)) => {
                self.err(only, FIGURES.into());
                return None;
            }
        };
        let schedule = written.schedule.as_ref().map(|text| {
            text.get_ref().parse::<Schedule>().unwrap_or_else(|error| {
                self.err(text, error.to_string());
                Schedule::any_time()
            })
        });
        if !(weekly_items.get_ref().is_finite() && *weekly_items.get_ref() > 0.0) {
            self.err(
                weekly_items,
                "weekly_items is a number above 0: the items in a usual week".into(),
            );
        }
        Some(Pipeline {
            name: written.name,
            weekly_items: *weekly_items.get_ref(),
            value: self.dollars(value),
            currency,
            schedule: schedule.unwrap_or_else(Schedule::any_time),
            surge: self.surge(written.surge.as_ref()),
            providers: written
                .providers
                .iter()
                .filter_map(|id| self.provider(id, own))
                .collect(),
        })
    }

    fn currency(&mut self, written: &file::Pipeline) -> Currency {
        let Some(text) = &written.currency else {
            return Currency::USD;
        };
        let currency = text.get_ref().parse().unwrap_or_else(|error| {
            self.err(text, format!("{error}"));
            Currency::USD
        });
        if written.value_dollars.is_some() && currency != Currency::USD {
            self.err(
                text,
                "value_dollars is in USD: write value for another currency".into(),
            );
        }
        currency
    }

    fn surge(&mut self, written: Option<&Spanned<(f64, f64)>>) -> Surge {
        let (low, high) = written.map_or((1.0, 1.0), |surge| *surge.get_ref());
        if let Some(text) = written
            && !(low >= 0.0 && high >= low && high.is_finite())
        {
            self.err(
                text,
                "surge is a range from low to high, such as [2.5, 7.5]; [1, 1] is a usual week"
                    .into(),
            );
        }
        Surge { low, high }
    }
}

fn runs(written: file::PipelineRuns) -> PipelineRuns {
    match written {
        file::PipelineRuns::Here => PipelineRuns::Here,
        file::PipelineRuns::N8nCloud => PipelineRuns::N8nCloud,
        file::PipelineRuns::Make => PipelineRuns::Make,
        file::PipelineRuns::Zapier => PipelineRuns::Zapier,
        file::PipelineRuns::Elsewhere => PipelineRuns::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;

    use crate::settings::Settings;

    fn wrong(text: &str) -> String {
        let errors = Settings::parse(text, &Catalog::bundled()).unwrap_err();
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        errors.join(" ")
    }

    #[test]
    fn a_pipeline_has_a_customer_a_currency_steps_and_a_place() {
        let catalog = Catalog::bundled();
        let written = "[[pipeline]]\nname = \"Leads\"\ncustomer = \"Miller Ltd\"\nweekly_items = 50\nvalue = 400\ncurrency = \"eur\"\nruns = \"make\"\n\
                   steps = [{ name = \"Extract\", success = 0.99 }, { name = \"Draft\" }]\n";
        let settings = Settings::parse(written, &catalog).unwrap();
        let leads = &settings.pipelines[0];
        assert_eq!(leads.currency.code(), "EUR");
        assert_eq!(leads.schedule.to_string(), "any time");
        let details = &settings.pipeline_details["Leads"];
        assert_eq!(details.customer.as_deref(), Some("Miller Ltd"));
        assert_eq!(details.steps[0].success, Some(0.99));
        assert_eq!(details.steps[1].success, None);

        for (line, expected) in [
            (
                "value = 1\nvalue_dollars = 1\nweekly_items = 1",
                "remove value_dollars",
            ),
            (
                "value_dollars = 1\nweekly_items = 1\ncurrency = \"EUR\"",
                "value_dollars is in USD",
            ),
            (
                "value = 1\nweekly_items = 1\ncurrency = \"euros\"",
                "three letters",
            ),
            ("customer = \" \"", "a customer has a name"),
            (
                "steps = [{ name = \"x\", success = 99 }]",
                "between 0 and 1",
            ),
            ("runs = \"mars\"", "n8n-cloud"),
            (
                "schedule = \"daily 08:00-09:00 UTC\"",
                "weekly_items and value",
            ),
        ] {
            let errors = wrong(&format!("[[pipeline]]\nname = \"p\"\n{line}\n"));
            assert!(errors.contains(expected), "{line}: {errors}");
        }
    }
}
