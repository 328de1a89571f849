//! The status pages of the owner's providers, as they were last read.

use api::Check;

use super::line::{good, note};
use crate::state::{PageRead, State};

pub(super) fn checks(state: &State) -> Vec<Check> {
    let read = state.pages.iter().filter(|(id, _)| state.is_mine(id));
    let checks = read.map(|(id, page)| {
        let name = format!("status page {}", state.product(id));
        let changed = page.changed.map(|at| state.zone.date_time(at));
        check(name, page, &state.clock_time(page.at), changed)
    });
    checks.collect()
}

/// The times in the zone of the engine.
fn check(name: String, page: &PageRead, read_at: &str, changed: Option<String>) -> Check {
    if let Some(why) = &page.error {
        return note(
            name,
            format!("could not be read at {read_at}: {why}"),
            "nothing to do; it is tried again",
        );
    }
    let changed = changed.map(|at| format!("; the page states {at} as its last change"));
    let mut message = format!("read at {read_at}{}.", changed.unwrap_or_default());
    if !page.verified {
        message += " Its format is unverified: no recording of it was available.";
    }
    if page.missing.is_empty() {
        return good(name, message);
    }
    let of = match page.missing.len() {
        1 => "a component".to_owned(),
        n => format!("{n} components"),
    };
    message += &format!(
        " It no longer lists {of} that Understudy expects: {}.",
        page.missing.join(", ")
    );
    note(
        name,
        message,
        "nothing to do: probes and requests show the health of what is not listed",
    )
}

#[cfg(test)]
mod tests {
    use super::{PageRead, check};

    fn read(page: impl FnOnce(&mut PageRead)) -> String {
        let mut read = PageRead {
            at: "2026-10-01T12:00:00Z".parse().unwrap(),
            error: None,
            changed: None,
            verified: true,
            missing: Vec::new(),
        };
        page(&mut read);
        let changed = read.changed.map(|_| "30 Apr 2026 09:00".to_owned());
        check("page".into(), &read, "14:00", changed).message
    }

    #[test]
    fn a_page_is_listed_with_its_age_its_format_and_what_it_lacks() {
        assert_eq!(read(|_| {}), "read at 14:00.");
        assert_eq!(
            read(|page| page.error = Some("502".into())),
            "could not be read at 14:00: 502"
        );
        let changed = read(|page| {
            page.changed = Some("2026-04-30T07:00:00Z".parse().unwrap());
            page.verified = false;
        });
        assert_eq!(
            changed,
            "read at 14:00; the page states 30 Apr 2026 09:00 as its last change. \
             Its format is unverified: no recording of it was available."
        );
        let missing = read(|page| page.missing = vec!["a".into(), "b".into()]);
        assert_eq!(
            missing,
            "read at 14:00. It no longer lists 2 components that Understudy expects: a, b."
        );
    }
}
