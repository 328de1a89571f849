//! A verdict with its evidence.

use api::Spans;
use catalog::{Catalog, ProviderId};
use chrono::{DateTime, Utc};
use health::{
    Basis, Blame, Evidence, Finding, LastRequest, Level, PageEvidence, ProviderVerdict, Unknown,
    Verdict,
};

use crate::sentence::{Sentence, joined};
use crate::{failure, names, page};

/// "It's them. All 23 calls to Claude have failed with "overloaded" (529) since 17:57. Their status page hasn't confirmed it
/// yet."
pub fn verdict(catalog: &Catalog, id: &ProviderId, verdict: &ProviderVerdict) -> Spans {
    sentences(catalog, id, verdict).spans()
}

pub(crate) fn sentences(catalog: &Catalog, id: &ProviderId, verdict: &ProviderVerdict) -> Sentence {
    let product = names::product(catalog, id);
    let evidence = &verdict.evidence;
    let main = match verdict.verdict {
        Verdict::Unknown(why) => unknown(&product, why, evidence),
        Verdict::Known(level) if level <= Level::Maintenance => {
            fine(&product, level, verdict.basis, evidence)
        }
        Verdict::Known(_) => bad(catalog, id, verdict.blame, evidence),
    };
    let Some((endpoint, fault)) = &evidence.ours else {
        return main;
    };
    let provider = catalog.endpoint(endpoint).map_or(id, |e| &e.provider);
    let ours = failure::ours(&names::vendor(catalog, provider), *fault);
    match (verdict.verdict, evidence.page.claim()) {
        // The failure to fix comes first; earlier successful calls are weak evidence.
        (Verdict::Known(level), Some(claim)) if level <= Level::Maintenance => {
            joined([ours, page::claim(claim)])
        }
        (Verdict::Known(level), None) if level <= Level::Maintenance => ours,
        (Verdict::Known(_) | Verdict::Unknown(_), _) => joined([main, ours]),
    }
}

fn unknown(product: &str, why: Unknown, evidence: &Evidence) -> Sentence {
    let unknown_because = |why: &str| format!("We can't tell how {product} is doing: {why}.");
    Sentence::of(match why {
        Unknown::Faded { last_failure } => return unconfirmed(last_failure, evidence),
        Unknown::Offline => format!("You're offline. We can't tell how {product} is doing."),
        Unknown::NotYetRead => match &evidence.page {
            PageEvidence::NoPage => {
                format!("Nothing is known about {product} until the first request.")
            }
            PageEvidence::NotRead | PageEvidence::NoState => {
                unknown_because(&page::unread(&evidence.page))
            }
            PageEvidence::Claim(_) | PageEvidence::Stale | PageEvidence::Unreadable(_) => {
                format!("Nothing is known about {product} yet.")
            }
        },
        Unknown::PageUnreadable => unknown_because(&page::unread(&evidence.page)),
        Unknown::Stale => unknown_because("the last reading is too old"),
    })
}

/// "Last request failed 17:19, not confirmed."
pub(crate) fn unconfirmed(last_failure: DateTime<Utc>, evidence: &Evidence) -> Sentence {
    let answer = evidence
        .last_request
        .filter(|last| last.answered && last.at > last_failure);
    match answer {
        Some(answer) => Sentence::of("Last failure ")
            .at(last_failure)
            .text(", last answer ")
            .at(answer.at)
            .text(", not confirmed."),
        None => Sentence::of("Last request failed ")
            .at(last_failure)
            .text(", not confirmed."),
    }
}

fn fine(product: &str, level: Level, basis: Basis, evidence: &Evidence) -> Sentence {
    let claim = evidence.page.claim();
    match (level, basis, claim) {
        (Level::Maintenance, Basis::Measured, _) => Sentence::of(format!(
            "{product} is under maintenance according to their status page; your calls succeed."
        )),
        (Level::Maintenance, _, _) => Sentence::of(format!(
            "{product} is under maintenance according to their status page."
        )),
        (_, Basis::Measured, Some(_)) => Sentence::of(format!(
            "{product} works: your calls succeed, and their status page reports no outage."
        )),
        (_, Basis::Measured, None) => Sentence::of(format!("{product} works: your calls succeed.")),
        (_, Basis::PageOnly | Basis::Nothing, Some(claim)) => {
            let page = Sentence::of("No problem known: their page ").at(claim.read_at);
            let request = |last: LastRequest| {
                let failed = if last.answered { "" } else { "failed " };
                let page = page.clone().text(format!(", your last request {failed}"));
                page.at(last.at)
            };
            let all = evidence.last_request.map_or_else(|| page.clone(), request);
            all.text(".")
        }
        (_, Basis::PageOnly | Basis::Nothing, None) => Sentence::of("No problem known."),
    }
}

fn bad(catalog: &Catalog, id: &ProviderId, blame: Blame, evidence: &Evidence) -> Sentence {
    let product = names::product(catalog, id);
    let vendor = names::vendor(catalog, id);
    let whose = match blame {
        Blame::Them => "It's them.".to_owned(),
        Blame::Us => "It's your own network.".to_owned(),
        Blame::SharedInfrastructure => format!("It isn't only {product}."),
        Blame::Undetermined if evidence.calls.is_none() => "Your calls still succeed.".into(),
        Blame::Undetermined => "We can't tell yet whose fault it is.".to_owned(),
    };
    // The failed calls are those to the failing models: "all" would be wrong for a provider with other working models.
    let to = match evidence.answering.is_empty() || evidence.failing.is_empty() {
        true => product,
        false => names::models(&evidence.failing),
    };
    let calls = evidence.calls.as_ref();
    let calls = calls.map(|calls| failure::calls(calls, &format!(" to {to}")));
    let page = match (&evidence.calls, evidence.page.claim()) {
        (Some(_), _) => page::beside_failures(&evidence.page),
        (None, Some(claim)) => page::claim(claim),
        (None, None) => Sentence::default(),
    };
    let together = match blame {
        Blame::SharedInfrastructure => {
            let products: Vec<_> = evidence
                .shared
                .iter()
                .map(|id| names::product(catalog, id))
                .collect();
            Some(Sentence::of(format!(
                "{} fail at the same time while your network works, so it's something they share.",
                names::list(&products)
            )))
        }
        Blame::Them | Blame::Us | Blame::Undetermined => {
            (!evidence.together.is_empty()).then(|| {
                let surfaces = names::surfaces(catalog, id, &evidence.together);
                Sentence::of(format!(
                    "{surfaces} failed together, so it's on {vendor}'s side."
                ))
            })
        }
    };
    let doubt = (blame == Blame::Undetermined && evidence.calls.is_some() && !evidence.network_up)
        .then(|| Sentence::of("We don't know whether your own network is up."));
    let models = some_answer(evidence);
    let sentences = [
        Some(Sentence::of(whose)),
        calls,
        models,
        Some(page),
        together,
        doubt,
    ];
    joined(sentences.into_iter().flatten())
}

/// "haiku fails while sonnet answers."
fn some_answer(evidence: &Evidence) -> Option<Sentence> {
    let (failing, answering) = (&evidence.failing, &evidence.answering);
    if failing.is_empty() || answering.is_empty() {
        return None;
    }
    let verb = |count: usize, one: &'static str, many: &'static str| match count {
        1 => one,
        _ => many,
    };
    Some(Sentence::of(format!(
        "{} {} while {} {}.",
        names::models(failing),
        verb(failing.len(), "fails", "fail"),
        names::models(answering),
        verb(answering.len(), "answers", "answer"),
    )))
}

/// A surface without its name: "Their status page reports a partial outage since 20:04. All 3 probes have …"
pub fn surface(finding: &Finding) -> Spans {
    let Finding {
        verdict, evidence, ..
    } = finding;
    let page = match (verdict, &evidence.page) {
        (_, PageEvidence::Claim(claim)) => page::claim(*claim),
        (Verdict::Unknown(why), _) => part_unknown(*why, evidence),
        (Verdict::Known(_), _) => Sentence::default(),
    };
    joined([page, own_calls(evidence)]).spans()
}

/// A model without its name: "All 3 probes have been cut off mid-response since 20:05."
pub fn model(catalog: &Catalog, id: &ProviderId, finding: &Finding) -> Spans {
    let Finding {
        verdict, evidence, ..
    } = finding;
    if let Some((_, fault)) = &evidence.ours {
        return failure::ours(&names::vendor(catalog, id), *fault).spans();
    }
    match verdict {
        Verdict::Known(_) => own_calls(evidence),
        Verdict::Unknown(why) => part_unknown(*why, evidence),
    }
    .spans()
}

fn own_calls(evidence: &Evidence) -> Sentence {
    match &evidence.calls {
        Some(calls) => failure::calls(calls, ""),
        None if !evidence.answering.is_empty() => Sentence::of("Your calls succeed."),
        None => Sentence::default(),
    }
}

fn part_unknown(why: Unknown, evidence: &Evidence) -> Sentence {
    Sentence::of(match why {
        Unknown::Faded { last_failure } => return unconfirmed(last_failure, evidence),
        Unknown::Offline => "Unknown: you're offline.".to_owned(),
        Unknown::NotYetRead if evidence.page == PageEvidence::NoState => {
            format!("Unknown: {}.", page::unread(&evidence.page))
        }
        Unknown::NotYetRead => "Unknown: nothing has been read yet.".to_owned(),
        Unknown::Stale => "Unknown: the last reading is too old.".to_owned(),
        Unknown::PageUnreadable => format!("Unknown: {}.", page::unread(&evidence.page)),
    })
}
