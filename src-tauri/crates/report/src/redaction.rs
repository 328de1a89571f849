//! What a customer's report must not contain: names of other customers and pipelines, and signs of currencies.

use crate::customer::CustomerReport;
use crate::model::PeriodKind;
use crate::text::shown;

/// Names that belong to others, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    customers: Vec<String>,
    pipelines: Vec<String>,
    /// Names of products, which everyone may read.
    public: Vec<String>,
    keeps_amounts: bool,
}

impl Redaction {
    /// `customers` and `pipelines`: all that are not this customer's. `public`: products of the catalogue.
    pub fn new(
        customers: impl Iterator<Item = impl AsRef<str>>,
        pipelines: impl Iterator<Item = impl AsRef<str>>,
        public: impl Iterator<Item = impl AsRef<str>>,
        keeps_amounts: bool,
    ) -> Redaction {
        Redaction {
            customers: small(customers),
            pipelines: small(pipelines),
            public: small(public),
            keeps_amounts,
        }
    }

    /// The owner may have named an endpoint after a customer.
    fn product(&self, text: &mut String, neutral: &str) {
        let name = text.to_lowercase();
        let others = self.customers.iter().chain(&self.pipelines);
        if !self.public.contains(&name) && contains_any(&name, others) {
            neutral.clone_into(text);
        }
        self.own(text, neutral);
    }

    /// A pipeline of the customer may contain the name of another pipeline, but not that of another customer.
    fn pipeline(&self, text: &mut String) {
        if contains_any(&text.to_lowercase(), self.customers.iter()) {
            "a pipeline".clone_into(text);
        }
        self.own(text, "a pipeline");
    }

    fn own(&self, text: &mut String, neutral: &str) {
        self.text(text);
        if text.trim().is_empty() {
            neutral.clone_into(text);
        }
    }

    fn text(&self, text: &mut String) {
        *text = shown(text);
        if !self.keeps_amounts {
            text.retain(|sign| !is_currency(sign));
        }
    }

    /// In every text that is not written here.
    pub fn apply(&self, report: &mut CustomerReport) {
        self.text(&mut report.customer);
        report
            .owner
            .name
            .iter_mut()
            .for_each(|name| self.text(name));
        if report.period.kind == PeriodKind::Incident {
            // "Claude: major outage"
            let title = &mut report.period.title;
            let (mut product, level) = title
                .split_once(": ")
                .map_or((title.clone(), String::new()), |(product, level)| {
                    (product.to_owned(), format!(": {level}"))
                });
            self.product(&mut product, "a provider");
            *title = product + &level;
        }
        for incident in &mut report.incidents {
            self.product(&mut incident.product, "a provider");
            for items in &mut incident.items {
                if !self.keeps_amounts {
                    items.at_risk = None;
                }
                self.pipeline(&mut items.pipeline);
            }
        }
        for product in &mut report.carried_by {
            self.product(product, "another provider");
        }
        for used in &mut report.providers {
            self.product(&mut used.product, "another provider");
        }
    }
}

fn small(names: impl Iterator<Item = impl AsRef<str>>) -> Vec<String> {
    let names = names.map(|name| name.as_ref().trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

fn contains_any<'a>(text: &str, mut names: impl Iterator<Item = &'a String>) -> bool {
    names.any(|name| text.contains(name))
}

/// Unicode's category Sc.
fn is_currency(sign: char) -> bool {
    matches!(sign,
        '$' | '\u{a2}'..='\u{a5}' | '\u{58f}' | '\u{60b}' | '\u{7fe}' | '\u{7ff}' | '\u{9f2}' | '\u{9f3}' | '\u{9fb}'
        | '\u{af1}' | '\u{bf9}' | '\u{e3f}' | '\u{17db}' | '\u{20a0}'..='\u{20cf}' | '\u{a838}' | '\u{fdfc}'
        | '\u{fe69}' | '\u{ff04}' | '\u{ffe0}' | '\u{ffe1}' | '\u{ffe5}' | '\u{ffe6}')
}
