use super::class::FailureClass;
use super::error_text::{ErrorText, READ};

/// A rule of the user for failures. It applies before the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The position in the settings, from 1. The attempt's message names it.
    pub number: usize,
    /// `None`: any status.
    pub status: Option<u16>,
    /// Text that the first 64 KiB of the body must contain, in any case. `None`: any body.
    pub contains: Option<String>,
    pub class: FailureClass,
}

impl Rule {
    /// The first rule that applies. `status`: `None` for an error in a stream, to which rules with a status do not apply.
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

    /// Appends the rule to the provider's message: "Overloaded (quota by your rule 2)".
    pub fn named(&self, message: &str) -> String {
        let by = format!(" ({} by your rule {})", self.class.as_str(), self.number);
        let room = ErrorText::LONGEST - by.chars().count().min(ErrorText::LONGEST);
        let kept: String = message.chars().take(room).collect();
        kept + &by
    }
}
