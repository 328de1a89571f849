//! Whether the questions of the first run are open.

use ledger::Ledger;

use crate::desk::keys;

const OPEN: &str = "open";

/// Open in a new home until the owner answers or skips. An installation that ran before, as `ran` or the ledger shows, has
/// none.
pub(super) fn is_open(ledger: &mut Ledger, ran: bool) -> bool {
    let read = ledger.meta(keys::FIRST_RUN).and_then(|word| match word {
        Some(word) => Ok((word == OPEN, true)),
        None => Ok((!ran && ledger.exchanges(1, None)?.rows.is_empty(), false)),
    });
    let (open, written) = match read {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(%error, "the ledger cannot show whether the first questions were answered");
            return false;
        }
    };
    if !written {
        let word = if open { OPEN } else { keys::FIRST_RUN_ENDED };
        if let Err(error) = ledger.set_meta(keys::FIRST_RUN, word) {
            tracing::error!(%error, "the ledger could not record that the first questions are open");
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_questions_are_open_in_a_new_home_until_an_answer_and_never_in_an_older_one() {
        let ledger = || Ledger::in_memory(DateTime::UNIX_EPOCH).unwrap();
        let mut new = ledger();
        assert!(is_open(&mut new, false));
        assert!(
            is_open(&mut new, true),
            "the second start, without an answer"
        );
        new.set_meta(keys::FIRST_RUN, keys::FIRST_RUN_ENDED)
            .unwrap();
        assert!(!is_open(&mut new, true));

        let mut older = ledger();
        assert!(!is_open(&mut older, true));
        assert!(!is_open(&mut older, false), "its answer is recorded");
    }
}
