//! Writes the owner's switch `drain` into the settings file, and keeps every other line and comment. Pure.

use toml_edit::{DocumentMut, Item, value};

/// The text with `drain` set in this pipeline; None: the text has no such pipeline, or is not valid.
pub(crate) fn switched(text: &str, pipeline: &str, on: bool) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let tables = document.get_mut("pipeline")?.as_array_of_tables_mut()?;
    let is_it =
        |table: &&mut toml_edit::Table| table.get("name").and_then(Item::as_str) == Some(pipeline);
    let table = tables.iter_mut().find(is_it)?;
    match table.get_mut("drain").and_then(Item::as_value_mut) {
        Some(written) => {
            // The comment after the value stays.
            let decor = written.decor().clone();
            *written = on.into();
            *written.decor_mut() = decor;
        }
        None => {
            table.insert("drain", value(on));
        }
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# mine\n[[pipeline]]\nname = \"Leads\" # the first\ndelivery = \"fetch\"\n\n# next\n[[pipeline]]\nname = \"Mails\"\ndrain = true # since June\n";

    #[test]
    fn one_line_changes_and_comments_stay() {
        let on = switched(TEXT, "Leads", true).unwrap();
        let line = "delivery = \"fetch\"\ndrain = true\n";
        assert_eq!(on, TEXT.replace("delivery = \"fetch\"\n", line));
        let off = switched(TEXT, "Mails", false).unwrap();
        assert_eq!(off, TEXT.replace("drain = true #", "drain = false #"));
        assert_eq!(switched(TEXT, "Other", true), None);
        assert_eq!(switched("[[pipeline", "Leads", true), None);
    }
}
