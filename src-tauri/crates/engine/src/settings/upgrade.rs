//! What an installation older than `may_go_to` keeps: its requests go to the same providers as before. Pure.

use catalog::Catalog;
use gateway::Scope;

use super::Settings;
use super::edit::{self, Place};

const COMMENT: &str = "Kept from before this setting: requests of pipelines and applications go to any provider with a key.";

/// Facts about an installation at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    /// None: there was no settings file.
    pub(crate) text: Option<&'a str>,
    /// The settings in the text.
    pub(crate) settings: &'a Settings,
    /// The ledger has requests.
    pub(crate) used: bool,
    /// An engine has run here, because a token exists. A settings file without an earlier start belongs to this version.
    pub(crate) ran: bool,
    /// An earlier start has decided.
    pub(crate) decided: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Upgrade {
    /// An earlier start has decided.
    Decided,
    /// A new installation: the default applies.
    Fresh,
    /// The owner wrote a scope.
    OwnersWord,
    /// This text keeps the earlier scope.
    Write {
        text: String,
        settings: Box<Settings>,
    },
    /// The earlier scope should be kept, but the text cannot be changed.
    Unwritable(String),
}

pub(crate) fn upgrade(before: Before<'_>, catalog: &Catalog) -> Upgrade {
    if before.decided {
        return Upgrade::Decided;
    }
    let settings = before.settings;
    let written = !settings.routes.is_empty()
        || !settings.pipelines.is_empty()
        || !settings.pipeline_scopes.is_empty();
    let Some(text) = before.text.filter(|_| before.used || before.ran && written) else {
        return Upgrade::Fresh;
    };
    if edit::is_written(text, Place::General) {
        return Upgrade::OwnersWord;
    }
    let text = match edit::set(text, Place::General, &Scope::Any, COMMENT) {
        Ok(text) => text,
        Err(why) => return Upgrade::Unwritable(why.to_string()),
    };
    match Settings::parse(&text, catalog) {
        Ok(new) if is_the_same_but_for_the_scope(&new, settings) => Upgrade::Write {
            text,
            settings: Box::new(new),
        },
        Ok(_) => Upgrade::Unwritable("the changed text would mean something else".into()),
        Err(wrong) => {
            Upgrade::Unwritable(format!("the changed text would be wrong in {}", wrong[0]))
        }
    }
}

fn is_the_same_but_for_the_scope(new: &Settings, old: &Settings) -> bool {
    let as_before = Settings {
        may_go_to: old.may_go_to.clone(),
        ..new.clone()
    };
    new.may_go_to == Some(Scope::Any) && as_before == *old
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "[[route]]\nname = \"claude\" # mine\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\n";

    fn upgraded(text: Option<&str>, used: bool, decided: bool) -> Upgrade {
        let catalog = Catalog::bundled();
        let settings = Settings::parse(text.unwrap_or_default(), &catalog).unwrap();
        let before = Before {
            text,
            settings: &settings,
            used,
            ran: true,
            decided,
        };
        upgrade(before, &catalog)
    }

    fn written(text: &str, used: bool) -> String {
        match upgraded(Some(text), used, false) {
            Upgrade::Write { text, settings } => {
                assert_eq!(settings.may_go_to, Some(Scope::Any));
                text
            }
            other @ (Upgrade::Decided
            | Upgrade::Fresh
            | Upgrade::OwnersWord
            | Upgrade::Unwritable(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_installation_that_was_used_or_has_routes_keeps_its_scope() {
        let lines = format!("# {COMMENT}\nmay_go_to = \"any\"\n");
        assert_eq!(
            written(ROUTE, false),
            format!("{ROUTE}\n[fallback]\n{lines}")
        );
        let default = super::super::DEFAULT_TEXT;
        assert_eq!(written(default, true).replacen(&lines, "", 1), default);
        let pipeline = "[[pipeline]]\nname = \"Leads\"\nweekly_items = 5\nvalue_dollars = 4\nschedule = \"Mon-Fri 09:00-17:00 UTC\"\n";
        assert!(written(pipeline, false).ends_with(&lines));
    }

    /// A container's settings file exists before its first start.
    #[test]
    fn routes_that_were_written_for_a_first_start_get_the_default() {
        let catalog = Catalog::bundled();
        let settings = Settings::parse(ROUTE, &catalog).unwrap();
        let before = Before {
            text: Some(ROUTE),
            settings: &settings,
            used: false,
            ran: false,
            decided: false,
        };
        assert_eq!(upgrade(before, &catalog), Upgrade::Fresh);
    }

    #[test]
    fn a_new_installation_keeps_the_default() {
        assert_eq!(upgraded(None, false, false), Upgrade::Fresh);
        assert_eq!(
            upgraded(Some("[watch]\npages = false\n"), false, false),
            Upgrade::Fresh
        );
        // The owner removed the file.
        assert_eq!(upgraded(None, true, false), Upgrade::Fresh);
    }

    #[test]
    fn it_happens_once() {
        assert_eq!(upgraded(Some(ROUTE), true, true), Upgrade::Decided);
    }

    #[test]
    fn the_owners_setting_is_kept() {
        for word in ["\"any\"", "\"named\"", "\"same-vendor\"", "[\"openai\"]"] {
            let text = format!("{ROUTE}[fallback]\nmay_go_to = {word}\n");
            assert_eq!(upgraded(Some(&text), true, false), Upgrade::OwnersWord);
        }
        // A scope on a route has priority; the other routes keep the earlier scope.
        let text = format!("{ROUTE}may_go_to = \"same-vendor\"\n");
        assert!(written(&text, true).starts_with(&text));
    }
}
