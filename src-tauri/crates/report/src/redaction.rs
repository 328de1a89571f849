//! What a customer's report must not contain: names of other customers and pipelines, and signs of currencies.

use crate::customer::CustomerReport;
use crate::text::shown;

/// Names that belong to others.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// In lower case.
    names: Vec<String>,
    keeps_amounts: bool,
}

impl Redaction {
    /// `others`: names of other customers and of pipelines that are not this customer's.
    pub fn new<'a>(others: impl Iterator<Item = &'a str>, keeps_amounts: bool) -> Redaction {
        let names = others.map(|name| name.trim().to_lowercase());
        Redaction {
            names: names.filter(|name| !name.is_empty()).collect(),
            keeps_amounts,
        }
    }

    /// A name of a provider or a pipeline that contains one of the names is replaced: the owner may have named an endpoint
    /// after a customer.
    fn name(&self, text: &mut String, neutral: &str) {
        let small = text.to_lowercase();
        if self.names.iter().any(|name| small.contains(name)) {
            neutral.clone_into(text);
        }
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
        self.name(&mut report.period.title, "Outage");
        let mut all = Vec::new();
        for incident in &mut report.incidents {
            self.name(&mut incident.product, "a provider");
            incident
                .carried_by
                .iter_mut()
                .for_each(|product| self.name(product, "another provider"));
            for items in &mut incident.items {
                if !self.keeps_amounts {
                    items.at_risk = None;
                }
                all.push(&mut items.pipeline);
            }
        }
        for pipeline in all {
            self.name(pipeline, "a pipeline");
        }
        for used in &mut report.providers {
            self.name(&mut used.product, "another provider");
        }
    }
}

/// Unicode's category Sc.
fn is_currency(sign: char) -> bool {
    matches!(sign,
        '$' | '\u{a2}'..='\u{a5}' | '\u{58f}' | '\u{60b}' | '\u{7fe}' | '\u{7ff}' | '\u{9f2}' | '\u{9f3}' | '\u{9fb}'
        | '\u{af1}' | '\u{bf9}' | '\u{e3f}' | '\u{17db}' | '\u{20a0}'..='\u{20cf}' | '\u{a838}' | '\u{fdfc}'
        | '\u{fe69}' | '\u{ff04}' | '\u{ffe0}' | '\u{ffe1}' | '\u{ffe5}' | '\u{ffe6}')
}
