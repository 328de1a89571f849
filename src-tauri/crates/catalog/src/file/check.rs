use std::ops::Range;

use toml::Spanned;

use crate::{Address, Invalid, without_addresses};

/// Collects all problems of one file with their lines.
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Invalid>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let found = Vec::new();
        Self { file, text, found }
    }

    /// `at`: byte offset in the file.
    pub(super) fn add(&mut self, at: usize, problem: impl Into<String>) {
        self.found.push(Invalid {
            file: self.file.to_owned(),
            line: self.line(at),
            problem: problem.into(),
        });
    }

    pub(super) fn toml(&mut self, error: &toml::de::Error) {
        self.toml_near(error, 0);
    }

    /// An error without a position gets that of its section.
    pub(super) fn toml_near(&mut self, error: &toml::de::Error, section: usize) {
        let Range { start, .. } = error.span().unwrap_or(section..section);
        self.add(start, without_addresses(error.message()));
    }

    pub(super) fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|&&b| b == b'\n').count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn all(mut self) -> Vec<Invalid> {
        self.found.sort();
        self.found
    }

    /// `what`: the key in backticks, such as "`page`".
    pub(super) fn https(&mut self, what: &str, url: &Spanned<String>) {
        let at = url.span().start;
        match Address::of(url.get_ref()) {
            Ok(address) if address.secure => {}
            Ok(_) => self.add(at, format!("`{what}` must be an https address")),
            Err(why) => self.add(at, format!("`{what}` must be an https address: {why}")),
        }
    }

    pub(super) fn id(&mut self, id: &Spanned<String>) {
        if !is_id(id.get_ref()) {
            self.add(
                id.span().start,
                format!(
                    "`{}` is not a valid id: use lower-case letters, digits and dashes",
                    id.get_ref()
                ),
            );
        }
    }

    pub(super) fn filled(&mut self, what: &str, text: &Spanned<String>) {
        if text.get_ref().trim().is_empty() {
            self.add(text.span().start, format!("`{what}` is empty"));
        }
    }

    pub(super) fn unique<'s>(
        &mut self,
        what: &str,
        names: impl IntoIterator<Item = &'s Spanned<String>>,
    ) {
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            self.filled(what, name);
            if !seen.insert(name.get_ref()) {
                self.add(
                    name.span().start,
                    format!("{what} `{}` appears twice", name.get_ref()),
                );
            }
        }
    }
}

pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
