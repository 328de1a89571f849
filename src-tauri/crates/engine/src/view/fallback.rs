//! Text about fallbacks in use: the notification, the route's line, the tray.

use ::words::Spans;
use api::{Command, NotificationAction};
use catalog::MicroDollars;
use gateway::Siblings;

use super::{thread, verdict};
use crate::desk::{Carried, Cost, News, Reason, Standing};
use crate::state::State;

/// A notification of a change.
pub(crate) struct FallbackNotification {
    pub(crate) thread: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<NotificationAction>,
}

pub(crate) fn notification(state: &State, news: &News) -> FallbackNotification {
    let (News::Moved(carried, since) | News::Back(carried, since)) = news;
    let (failing, by) = names(carried);
    let since = state.clock_time(*since);
    let (route, dialect) = &carried.route;
    let (title, body, actions) = match news {
        News::Moved(..) => {
            let title = match carried.reason {
                Some(Reason::Failing) => format!("{failing} is failing"),
                Some(Reason::KeyRefused) => {
                    let whose = state.catalog.provider(&carried.primary.provider);
                    let whose = whose.map_or(failing.clone(), |p| p.name.clone());
                    format!("Your {whose} key is refused since {since}")
                }
                Some(Reason::RateLimit) => format!("{failing} is rate limited"),
                Some(Reason::Limit) => format!("{failing} has used up its limit"),
                Some(Reason::Quota) => format!("{failing} has no quota left"),
                Some(Reason::NotServed) => format!("{failing} is not served"),
                Some(Reason::TooLong) => format!("A request is too long for {failing}"),
                None => format!("{failing} does not answer"),
            };
            let body = format!("{}{}.", answers(carried, &by), behind(carried.cost));
            (title, body, stop(state, carried).into_iter().collect())
        }
        News::Back(..) => (
            format!("{failing} answers again"),
            format!(
                "{by} answered since {since}. Sessions that moved return with their next message."
            ),
            Vec::new(),
        ),
    };
    FallbackNotification {
        thread: match carried.reason {
            // The outage of the primary has one notification thread.
            Some(Reason::Failing) | None => thread::of_provider(&carried.primary.provider),
            Some(_) => thread::of_route(route, *dialect),
        },
        title,
        body,
        actions,
    }
}

/// "Claude Opus → GPT Sol, since 20:06, about $0.31 a turn"
pub(crate) fn active(state: &State, of_route: &[&Standing]) -> Option<Spans> {
    let answering = of_route.iter().filter(|standing| is_up(state, standing));
    let answering: Vec<&Standing> = answering.copied().collect();
    let (standing, more) = answering.split_first()?;
    let (failing, by) = names(&standing.carried);
    let more = match more.len() {
        0 => String::new(),
        n => format!("; {n} more"),
    };
    let cost = behind(standing.carried.cost);
    Some(::words::with_instant(
        format!("{failing} → {by}, since "),
        standing.since,
        &format!("{cost}{more}"),
    ))
}

/// A fallback whose own provider is down answers nothing.
fn is_up(state: &State, standing: &Standing) -> bool {
    let carried = &standing.carried;
    carried.is_sibling()
        || verdict::level_of(state, &carried.by.provider) != api::Level::MajorOutage
}

/// One sentence for each change in force; equal changes of several routes are joined.
pub(crate) fn sentences(state: &State) -> Vec<String> {
    sentences_of(state, |_| true)
}

pub(crate) fn sentences_of(state: &State, which: impl Fn(&Carried) -> bool) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let standing = state.fallbacks.active();
    let standing = standing.filter(|standing| is_up(state, standing));
    for standing in standing.filter(|standing| which(&standing.carried)) {
        let sentence = sentence(standing);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// "Opus is failing. Sonnet answers, same plan, no extra cost."
fn sentence(standing: &Standing) -> String {
    let carried = &standing.carried;
    let (failing, by) = names(carried);
    let what = match carried.reason {
        Some(Reason::Failing) => "is failing",
        Some(Reason::KeyRefused) => "refuses your key",
        Some(Reason::RateLimit) => "is rate limited",
        Some(Reason::Limit) => "has used up its limit",
        Some(Reason::Quota) => "has no quota left",
        Some(Reason::NotServed) => "is not served",
        Some(Reason::TooLong) => "is too small for a request",
        None => "does not answer",
    };
    format!(
        "{failing} {what}. {}{}.",
        answers(carried, &by),
        behind(carried.cost)
    )
}

fn answers(carried: &Carried, by: &str) -> String {
    if is_same_model(carried) {
        format!("{by} answers with the same model")
    } else {
        format!("{by} answers")
    }
}

pub(super) fn behind(cost: Cost) -> String {
    match cost {
        Cost::SamePlan => ", same plan, no extra cost".into(),
        Cost::Free => ", at no extra cost".into(),
        Cost::About(turn) if turn < MicroDollars(10_000) => ", under $0.01 a turn".into(),
        Cost::About(turn) => format!(", about ${:.2} a turn", turn.dollars()),
        Cost::Unknown => String::new(),
    }
}

/// Notification actions that stop the fallbacks in use for this provider.
pub(crate) fn stops(state: &State, provider: &catalog::ProviderId) -> Vec<NotificationAction> {
    let standing = state.fallbacks.active();
    let mut of_it = standing.filter(|standing| standing.carried.primary.provider == *provider);
    let stop = of_it.find_map(|standing| stop(state, &standing.carried));
    stop.into_iter().collect()
}

/// The action that stops the fallback. None: the settings file would override it.
fn stop(state: &State, carried: &Carried) -> Option<NotificationAction> {
    let command = if carried.is_sibling() {
        let (route, dialect) = &carried.route;
        let mut routes = state.settings.routes.iter();
        let own = routes.find(|r| r.name == *route && r.dialect == *dialect);
        let written = own.is_some_and(|route| route.sibling.is_some())
            || state.settings.sibling != Siblings::Ask;
        (!written).then_some(Command::Siblings { allow: Some(false) })
    } else {
        carried
            .keyed
            .then_some(Command::PaidFallbacksToday { allow: false })
    };
    command.map(|command| NotificationAction {
        label: if carried.is_sibling() {
            "Stop this"
        } else {
            "Stop for today"
        }
        .into(),
        command,
    })
}

fn is_same_model(carried: &Carried) -> bool {
    is_one_model(&carried.primary.model, &carried.by.model)
}

/// Both ids name the same model, each in its provider's form.
pub(super) fn is_one_model(primary: &catalog::ModelId, by: &catalog::ModelId) -> bool {
    let bare = |id: &'_ catalog::ModelId| {
        let id = id.as_str();
        id.rsplit('/').next().unwrap_or(id).to_owned()
    };
    catalog::same_model(&bare(primary), &bare(by))
}

/// The shortest names that distinguish both sides: "Opus" and "Sonnet" of one vendor, "Claude" and "OpenRouter" with the same
/// model, else "Claude Opus" and "GPT Sol".
pub(crate) fn names(carried: &Carried) -> (String, String) {
    let (primary, by) = (&carried.primary, &carried.by);
    if carried.is_sibling() {
        return sibling_names(&primary.model, &by.model);
    }
    if is_same_model(carried) {
        return carried.products.clone();
    }
    (model(&primary.model), model(&by.model))
}

/// "Opus", "Sonnet"; the ids if these names are equal.
pub(crate) fn sibling_names(failing: &catalog::ModelId, by: &catalog::ModelId) -> (String, String) {
    let (a, b) = (words(failing.as_str()), words(by.as_str()));
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = |of: &[String]| of[same..].join(" ");
    let (a, b) = (rest(&a), rest(&b));
    if a.is_empty() || b.is_empty() {
        (failing.to_string(), by.to_string())
    } else {
        (a, b)
    }
}

/// "claude-opus-4-5-20251101" becomes "Claude Opus"; an id of one word is unchanged.
pub(crate) fn model(id: &catalog::ModelId) -> String {
    let words = words(id.as_str());
    if words.len() < 2 {
        let id = id.as_str();
        id.rsplit('/').next().unwrap_or(id).to_owned()
    } else {
        words.join(" ")
    }
}

/// The parts of an id without versions and dates, in their usual spelling.
fn words(id: &str) -> Vec<String> {
    let name = id.rsplit('/').next().unwrap_or(id);
    let parts = name.split(['-', '_', ':', '@']);
    let words = parts.filter(|part| part.chars().next().is_some_and(char::is_alphabetic));
    words
        .filter(|word| *word != "latest")
        .map(capital)
        .collect()
}

/// A word without a vowel is an abbreviation.
fn capital(word: &str) -> String {
    if !word.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
        return word.to_uppercase();
    }
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{EndpointId, ModelId, ProviderId};
    use ledger::Candidate;

    fn carried(primary: (&str, &str), by: (&str, &str)) -> Carried {
        let candidate = |(endpoint, model): (&str, &str)| Candidate {
            provider: ProviderId::new(endpoint),
            endpoint: EndpointId::new(endpoint),
            model: ModelId::new(model),
        };
        Carried {
            route: ("claude-*".into(), catalog::Dialect::Anthropic),
            requested: primary.1.into(),
            primary: candidate(primary),
            by: candidate(by),
            products: (capital(primary.0), capital(by.0)),
            reason: Some(Reason::Failing),
            cost: Cost::SamePlan,
            keyed: false,
        }
    }

    #[test]
    fn a_model_is_called_by_its_distinguishing_words() {
        for (primary, by, failing, answering) in [
            (
                ("a", "claude-opus-4-5-20251101"),
                ("a", "claude-sonnet-5-5"),
                "Opus",
                "Sonnet",
            ),
            (
                ("a", "claude-opus-5-5"),
                ("o", "gpt-6.1-sol"),
                "Claude Opus",
                "GPT Sol",
            ),
            (("o", "gpt-6.1-sol"), ("o", "gpt-6-luna"), "Sol", "Luna"),
            (("o", "gpt-5.5"), ("o", "gpt-5.4"), "gpt-5.5", "gpt-5.4"),
            (
                ("a", "claude-opus-5"),
                ("openrouter", "anthropic/claude-opus-5"),
                "A",
                "Openrouter",
            ),
            (
                ("a", "claude-opus-5"),
                ("local", "qwen3:32b"),
                "Claude Opus",
                "qwen3:32b",
            ),
        ] {
            let of = carried(primary, by);
            assert_eq!(names(&of), (failing.into(), answering.into()));
        }
    }

    #[test]
    fn a_known_cost_is_stated() {
        assert_eq!(behind(Cost::SamePlan), ", same plan, no extra cost");
        assert_eq!(behind(Cost::Free), ", at no extra cost");
        assert_eq!(
            behind(Cost::About(MicroDollars(312_000))),
            ", about $0.31 a turn"
        );
        assert_eq!(
            behind(Cost::About(MicroDollars(900))),
            ", under $0.01 a turn"
        );
        assert_eq!(behind(Cost::Unknown), "");
    }
}
