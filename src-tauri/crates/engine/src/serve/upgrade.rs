//! First start of a version with `may_go_to`: an older installation keeps its scope of requests.

use std::path::Path;

use catalog::Catalog;
use gateway::Scope;
use ledger::{Ledger, LedgerError};

use crate::private_file;
use crate::settings::Settings;
use crate::settings::upgrade::{Before, Upgrade, upgrade};
use crate::state::ScopeAnswer;
use crate::text_file;

/// The settings in force, and the state of the owner's choice of scope.
pub(super) struct Kept {
    pub(super) settings: Settings,
    pub(super) answer: ScopeAnswer,
    /// Why the earlier scope is kept only in memory.
    pub(super) unwritten: Option<String>,
}

/// `file` contains `settings`. It is changed at most once in the life of an installation.
pub(super) fn keep_scope(
    file: &Path,
    settings: Settings,
    ledger: &mut Ledger,
    ledger_failed: Option<&str>,
    catalog: &Catalog,
    (first_start, ran): (bool, bool),
) -> Kept {
    let (decided, used) = match before(ledger) {
        Ok(before) => before,
        Err(error) => {
            tracing::error!(%error, "the ledger cannot show whether an older version ran here");
            return as_it_is(settings, ScopeAnswer::Written);
        }
    };
    let text = text_file::read(file).ok().filter(|_| !first_start);
    let before = Before {
        text: text.as_deref(),
        settings: &settings,
        used,
        ran,
        decided: decided.is_some(),
    };
    let unwritten = |settings: Settings, why: String| {
        tracing::warn!(why, file = %file.display(), "may_go_to could not be written");
        Kept {
            settings: Settings {
                may_go_to: Some(Scope::Any),
                ..settings
            },
            answer: ScopeAnswer::Open,
            unwritten: Some(why),
        }
    };
    let kept = match upgrade(before, catalog) {
        Upgrade::Decided => return as_it_is(settings, decided.unwrap_or_default()),
        Upgrade::Fresh => as_it_is(settings, ScopeAnswer::Default),
        Upgrade::OwnersWord => as_it_is(settings, ScopeAnswer::Written),
        Upgrade::Unwritable(why) => return unwritten(settings, why),
        Upgrade::Write {
            text,
            settings: new,
        } => {
            // Without a ledger, a finished upgrade cannot be recorded.
            if let Some(why) = ledger_failed {
                return unwritten(settings, why.to_owned());
            }
            if let Err(error) = private_file::rewrite(file, text.as_bytes()) {
                return unwritten(settings, error.to_string());
            }
            tracing::info!(file = %file.display(), "may_go_to = \"any\" was written: the behaviour of the previous version");
            as_it_is(*new, ScopeAnswer::Open)
        }
    };
    if let Err(error) = ledger.set_meta(ScopeAnswer::KEY, kept.answer.as_str()) {
        tracing::error!(%error, "the ledger could not record the result of writing may_go_to");
    }
    kept
}

fn before(ledger: &Ledger) -> Result<(Option<ScopeAnswer>, bool), LedgerError> {
    let word = ledger.meta(ScopeAnswer::KEY)?;
    let used = !ledger.exchanges(1, None)?.rows.is_empty();
    // An unknown value from a newer version still means that the owner has decided.
    let decided = word.map(|word| ScopeAnswer::parse(&word).unwrap_or(ScopeAnswer::Answered));
    Ok((decided, used))
}

fn as_it_is(settings: Settings, answer: ScopeAnswer) -> Kept {
    Kept {
        settings,
        answer,
        unwritten: None,
    }
}
