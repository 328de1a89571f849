//! `[[rule]]`: the owner's rule for a failure.

use toml::Spanned;
use wire::{FailureClass, Rule};

use super::file;
use super::reading::Reading;

/// A failure with a status is not a timeout.
fn may_be_chosen(class: FailureClass) -> bool {
    class != FailureClass::Timeout
}

impl Reading<'_> {
    pub(super) fn rules(&mut self, written: Vec<file::Rule>) -> Vec<Rule> {
        (1..)
            .zip(written)
            .map(|(number, rule)| self.rule(number, rule))
            .collect()
    }

    fn rule(&mut self, number: usize, written: file::Rule) -> Rule {
        let class = self.class(&written.class);
        let status = written.status.as_ref().map(|status| self.status(status));
        let contains = written.contains.as_ref().map(|text| text.get_ref().clone());
        if let (Some(text), Some("")) = (&written.contains, contains.as_deref()) {
            self.err(
                text,
                "contains is empty and matches every body: remove it, or write a text".into(),
            );
        }
        if status.is_none() && contains.is_none() {
            self.err(
                &written.class,
                format!("rule {number} would match every failure: give it a status, a text in contains, or both"),
            );
        }
        Rule {
            number,
            status,
            contains,
            class,
        }
    }

    fn class(&mut self, written: &Spanned<String>) -> FailureClass {
        let word = written.get_ref().as_str();
        let mut known = FailureClass::ALL
            .into_iter()
            .filter(|class| may_be_chosen(*class));
        if let Some(class) = known.clone().find(|class| class.as_str() == word) {
            return class;
        }
        let words: Vec<&str> = known.by_ref().map(FailureClass::as_str).collect();
        self.err(
            written,
            format!(
                "there is no failure class \"{word}\"; choose one of {}",
                words.join(", ")
            ),
        );
        FailureClass::Transient
    }

    fn status(&mut self, written: &Spanned<u16>) -> u16 {
        let status = *written.get_ref();
        if !(400..=599).contains(&status) {
            self.err(
                written,
                format!("status {status} is not an error: a rule needs a status from 400 to 599"),
            );
        }
        status
    }
}
