//! The owner's name and logo on reports.

use super::file;
use super::reading::Reading;
use super::values::ReportOwner;

impl Reading<'_> {
    /// The logo is read for each report, because its file may change.
    pub(super) fn report(&mut self, written: file::Report) -> ReportOwner {
        let name = written.name.map(|text| {
            if text.get_ref().trim().is_empty() {
                self.err(
                    &text,
                    "a name is needed, as \"Ada Automations\"; leave the line out for reports without one".into(),
                );
            }
            text.into_inner().trim().to_owned()
        });
        ReportOwner {
            name,
            logo: written.logo,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use catalog::Catalog;

    use crate::settings::Settings;

    #[test]
    fn a_report_has_a_name_and_a_logo_or_neither() {
        let catalog = Catalog::default();
        let text = "[report]\nname = \" Ada Automations \"\nlogo = \"logo.svg\"\n";
        let report = Settings::parse(text, &catalog).unwrap().report;
        assert_eq!(report.name.as_deref(), Some("Ada Automations"));
        assert_eq!(report.logo, Some(PathBuf::from("logo.svg")));
        assert_eq!(Settings::parse("", &catalog).unwrap().report.name, None);
        let errors = Settings::parse("[report]\nname = \" \"\n", &catalog).unwrap_err();
        assert!(errors[0].to_string().contains("line 2: a name is needed"));
    }
}
