//! The state of a status page, or why it has none.

use health::{Level, PageClaim, PageEvidence, Unreadable};

use crate::sentence::Sentence;

/// "Their status page reports a partial outage since 17:41."
pub(crate) fn claim(claim: PageClaim) -> Sentence {
    let report = match claim.level {
        Level::Operational => "no outage",
        Level::Maintenance => "maintenance",
        Level::Degraded => "degraded performance",
        Level::PartialOutage => "a partial outage",
        Level::MajorOutage => "a major outage",
    };
    let sentence = Sentence::of(format!("Their status page reports {report}"));
    match claim.since {
        Some(since) if is_bad(claim) => sentence.text(" since ").at(since).text("."),
        Some(_) | None => sentence.text("."),
    }
}

/// Text in addition to failed calls.
pub(crate) fn beside_failures(page: &PageEvidence) -> Sentence {
    match page {
        PageEvidence::Claim(claimed) if is_bad(*claimed) => claim(*claimed),
        PageEvidence::Claim(_) => Sentence::of("Their status page hasn't confirmed it yet."),
        PageEvidence::NoPage => Sentence::default(),
        PageEvidence::NotRead
        | PageEvidence::NoState
        | PageEvidence::Stale
        | PageEvidence::Unreadable(_) => Sentence::of(format!("{}.", capitalised(&unread(page)))),
    }
}

/// "their status page doesn't respond (502)"
pub(crate) fn unread(page: &PageEvidence) -> String {
    match page {
        PageEvidence::NotRead => "their status page hasn't been read yet".to_owned(),
        PageEvidence::NoState => "their status page states nothing about it".to_owned(),
        PageEvidence::NoPage | PageEvidence::Claim(_) | PageEvidence::Stale => {
            "the last reading is too old".to_owned()
        }
        PageEvidence::Unreadable(why) => match why {
            Unreadable::Offline => {
                "their status page couldn't be read while you were offline".to_owned()
            }
            Unreadable::Unreachable(detail) => {
                format!("their status page doesn't respond ({detail})")
            }
            Unreadable::Blocked(detail) => {
                format!("their status page refuses requests ({detail})")
            }
            Unreadable::NotThePage(detail) => {
                format!("the response isn't their status page ({detail})")
            }
        },
    }
}

pub(crate) fn is_bad(claim: PageClaim) -> bool {
    claim.level > Level::Maintenance
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
