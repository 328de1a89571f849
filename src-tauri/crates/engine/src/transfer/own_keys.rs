//! The keys of the settings that belong to one computer: an export does not contain them, and an import keeps them.

use toml_edit::{DocumentMut, Item, Table};

use super::refused::Refused;

/// The addresses, names and port by which clients find this computer, and whether this computer probes.
const OWN: [(&str, &str); 5] = [
    ("listen", "address"),
    ("listen", "port"),
    ("listen", "also"),
    ("listen", "allowed_hosts"),
    ("watch", "probes"),
];

/// Receivers of side effects: their URLs may contain credentials.
const OWN_LISTS: [&str; 1] = ["effect"];

pub(super) fn without(text: &str) -> Result<String, Refused> {
    let mut document = parse(text)?;
    let mut changed = false;
    for (table, key) in OWN {
        let found = document.get_mut(table).and_then(Item::as_table_like_mut);
        changed |= found.is_some_and(|table| table.remove(key).is_some());
    }
    for list in OWN_LISTS {
        changed |= document.remove(list).is_some();
    }
    // An unchanged text keeps every byte.
    Ok(if changed {
        document.to_string()
    } else {
        text.to_owned()
    })
}

/// `text` with the own keys of `here`.
pub(super) fn with_those_of(text: &str, here: &str) -> Result<String, Refused> {
    let text = without(text)?;
    let mut document = parse(&text)?;
    // A file with an error has no keys that are in force.
    let Ok(here) = parse(here) else {
        return Ok(text);
    };
    let mut changed = false;
    for list in OWN_LISTS {
        if let Some(own) = here.get(list) {
            document.insert(list, without_position(own));
            changed = true;
        }
    }
    for (table, key) in OWN {
        let own = here.get(table).and_then(Item::as_table_like);
        let Some(own) = own.and_then(|table| table.get(key)) else {
            continue;
        };
        let target = document
            .entry(table)
            .or_insert_with(|| Item::Table(Table::new()));
        if let Some(target) = target.as_table_like_mut() {
            target.insert(key, without_position(own));
            changed = true;
        }
    }
    Ok(if changed { document.to_string() } else { text })
}

/// Its position is that of another document.
fn without_position(item: &Item) -> Item {
    let mut item = item.clone();
    if let Some(tables) = item.as_array_of_tables_mut() {
        for table in tables.iter_mut() {
            table.set_position(None);
        }
    }
    item
}

fn parse(text: &str) -> Result<DocumentMut, Refused> {
    text.parse::<DocumentMut>()
        .map_err(|error| Refused::NotToml(error.message().trim().replace('\n', ", ")))
}
