//! One line with the state of a provider, the cause, and the time of its beginning.

use std::collections::BTreeSet;

use api::Spans;
use catalog::{Catalog, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use health::{Blame, Level};

use crate::failure;
use crate::level::state_of;
use crate::names::{self, list};
use crate::sentence::{Sentence, joined};

/// A provider with a problem.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    pub product: &'a str,
    pub level: Level,
    pub blame: Blame,
    /// None: the beginning was not observed.
    pub since: Option<DateTime<Utc>>,
}

/// "Claude is down: it is them, not you (since 20:04)."
pub fn headline(outlook: Outlook<'_>) -> Spans {
    line(outlook).text(".").spans()
}

pub(crate) fn line(outlook: Outlook<'_>) -> Sentence {
    let whose = match outlook.blame {
        Blame::Them => ": it is them, not you",
        Blame::Us => ": it is your own network",
        Blame::SharedInfrastructure => ": shared infrastructure, many providers fail together",
        Blame::Undetermined => "",
    };
    let state = state_of(outlook.product, outlook.level);
    let line = Sentence::of(format!("{state}{whose}"));
    match outlook.since {
        Some(since) => line.text(" (since ").at(since).text(")"),
        None => line,
    }
}

/// "Claude: last request failed 17:19, not confirmed." Products, each with its last failure.
pub fn unconfirmed(products: &[(String, DateTime<Utc>)]) -> Spans {
    let sentence = |(product, last): &(String, DateTime<Utc>)| {
        Sentence::of(format!("{product}: last request failed "))
            .at(*last)
            .text(", not confirmed.")
    };
    joined(products.iter().map(sentence)).spans()
}

/// "Claude is operational. No problem known with OpenAI." `by_page`: providers whose only evidence is the status page.
pub fn well(measured: &[String], by_page: &[String]) -> Spans {
    let verb = if measured.len() == 1 { "is" } else { "are" };
    let measured = match measured {
        [] => Sentence::default(),
        names => Sentence::of(format!("{} {verb} operational.", list(names))),
    };
    let by_page = match by_page {
        [] => Sentence::default(),
        names => Sentence::of(format!("No problem known with {}.", list(names))),
    };
    joined([measured, by_page]).spans()
}

/// "Your limit at Anthropic is used up; it resets 13:40." `models`: set where it is not the provider's only limit.
pub fn used_up(
    catalog: &Catalog,
    id: &ProviderId,
    models: Option<&BTreeSet<ModelId>>,
    until: Option<DateTime<Utc>>,
) -> Spans {
    let models = models.map_or_else(String::new, |m| format!(" for {}", names::models(m)));
    failure::used_up(&names::vendor(catalog, id), &models, until).spans()
}

pub fn unknown(products: &[String]) -> Spans {
    Sentence::of(format!("Nothing is known yet about {}.", list(products))).spans()
}

pub fn none_watched() -> Spans {
    Sentence::of("None of your providers is watched yet.").spans()
}

pub fn none_watched_consequence() -> Spans {
    Sentence::of("Add a key, point an agent at Understudy, or name providers in the settings.")
        .spans()
}

pub fn offline() -> Spans {
    Sentence::of("You're offline. We can't tell how the providers are doing.").spans()
}

pub fn offline_consequence() -> Spans {
    Sentence::of("Requests fail until the network is back.").spans()
}

/// Text in an error of the gateway, for clients that show only the error text.
pub fn outage_error(outlook: Outlook<'_>, rest: &str) -> Spans {
    let blame = match outlook.blame {
        Blame::Them => ", it is them",
        Blame::Us => ", the fault is in your network",
        Blame::SharedInfrastructure => ", together with other providers",
        Blame::Undetermined => "",
    };
    let state = state_of(outlook.product, outlook.level);
    let sentence = Sentence::of(format!("Understudy: {state}"));
    let sentence = match outlook.since {
        Some(since) => sentence.text(" since ").at(since),
        None => sentence,
    };
    sentence.text(format!("{blame}; {rest}")).spans()
}

pub fn offline_error() -> Spans {
    Sentence::of("Understudy: this machine is offline, so no provider can be reached").spans()
}
