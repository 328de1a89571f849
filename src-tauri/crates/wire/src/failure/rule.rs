use super::words::READ;
use super::{Class, Words};

/// The owner's own word on a failure: it decides before the table does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its place in the settings, from 1: what the attempt's message names it by.
    pub number: usize,
    /// Any status, where there is none.
    pub status: Option<u16>,
    /// Text that the first 64 KiB of the body have in them, whatever its case; any body, where there is none.
    pub contains: Option<String>,
    pub class: Class,
}

impl Rule {
    /// `status`: `None` for an error within a stream, which a rule with a status never matches.
    pub(super) fn first_for<'r>(
        rules: &'r [Rule],
        status: Option<u16>,
        body: &[u8],
    ) -> Option<&'r Rule> {
        if rules.is_empty() {
            return None;
        }
        let body = String::from_utf8_lossy(&body[..body.len().min(READ)]).to_lowercase();
        rules.iter().find(|rule| {
            let status_fits = rule.status.is_none_or(|wanted| status == Some(wanted));
            let text_fits = match &rule.contains {
                None => true,
                Some(text) => body.contains(&text.to_lowercase()),
            };
            status_fits && text_fits
        })
    }

    /// The provider's words, and whose rule made of them what it did: "Overloaded (quota by your rule 2)".
    pub fn named(&self, message: &str) -> String {
        let by = format!(" ({} by your rule {})", self.class.as_str(), self.number);
        let room = Words::LONGEST - by.chars().count().min(Words::LONGEST);
        let kept: String = message.chars().take(room).collect();
        kept + &by
    }
}
