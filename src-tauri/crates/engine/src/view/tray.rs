use api::{
    ClientUse, Command, FallbackState, Headline, Level, MenuLine, Question, TrayIcon, TrayView,
    UsedUpLimit, View,
};

use super::consequence::Work;
use super::{fallback, headline, pipeline, use_now, verdict, words};
use crate::desk::Carried;
use crate::drill::run::DrillRun;
use crate::state::State;

/// Maximum number of provider lines; more would not fit a small screen.
const PROVIDERS_SHOWN: usize = 8;
/// Maximum number of routes without a fallback, and of clients with open requests, that are named.
const NAMED: usize = 4;
/// Maximum number of fallbacks in use, one line each.
const FALLBACKS_SHOWN: usize = 3;

/// The headline of an outage already names the fallback, but not a sibling, so only siblings are listed then.
pub(crate) fn fallbacks(state: &State, work: Option<Work>) -> Vec<String> {
    match work {
        Some(_) => fallback::sentences_of(state, Carried::is_sibling),
        None => fallback::sentences(state),
    }
}

/// The tray, decided here and only drawn by the shell.
pub(crate) fn tray(
    state: &State,
    desk: &headline::Desk,
    routes: &[api::Route],
    (limits, questions, clients): (&[UsedUpLimit], &[Question], &[ClientUse]),
    impact: &[String],
) -> TrayView {
    let headline = &desk.headline;
    let rehearsed = verdict::rehearsal_level(state);
    let drill = state.drill.as_ref().filter(|run| run.is_running());
    // A real outage is more important.
    let drill = drill.filter(|_| severity(headline.level) < severity(Level::MajorOutage));
    let rehearsal = drill.is_some()
        || is_bad(rehearsed) && severity(rehearsed) > severity(headline.level)
        || rehearsal_alone(state, rehearsed);
    let level = match drill {
        Some(_) => Level::MajorOutage,
        None if rehearsal => rehearsed,
        None => headline.level,
    };
    let icon = if state.paused || state.draining {
        TrayIcon::Paused
    } else if rehearsal {
        icon(level)
    } else {
        icon_of(state, desk)
    };
    let tooltip = if state.draining {
        "Understudy is stopping: requests go straight to the primary.".into()
    } else if state.paused {
        "Understudy is paused: requests go straight to the primary.".into()
    } else if let Some(run) = drill {
        let (fails, _) = super::drill::began(state, run);
        format!("Rehearsal: {fails}")
    } else if rehearsal {
        format!(
            "Rehearsal: {}",
            words::state_of("the rehearsal provider", rehearsed)
        )
    } else {
        headline.sentence.clone()
    };
    let quiet = rehearsal || state.paused || state.draining;
    let mut fallbacks = fallbacks(state, desk.work);
    fallbacks.truncate(if quiet { 0 } else { FALLBACKS_SHOWN });
    let impact = if quiet { &[] } else { impact };
    let sentences = [impact, &fallbacks].concat();
    let menu = menu(
        state,
        (&tooltip, &sentences),
        headline,
        routes,
        (rehearsal, limits, questions, clients),
    );
    TrayView {
        icon,
        rehearsal,
        tooltip: [vec![tooltip], fallbacks].concat().join("\n"),
        menu,
    }
}

fn menu(
    state: &State,
    (verdict, sentences): (&str, &[String]),
    headline: &Headline,
    routes: &[api::Route],
    (rehearsal, limits, questions, clients): (bool, &[UsedUpLimit], &[Question], &[ClientUse]),
) -> Vec<MenuLine> {
    let now = |label: &str| action(label, Command::OpenWindow { view: View::Now });
    let mut lines = vec![now(verdict)];
    if let Some(consequence) = headline
        .consequence
        .as_ref()
        .filter(|_| !rehearsal && !state.paused && !state.draining)
    {
        // The longest line sets the menu's width.
        lines.extend(
            consequence
                .split_inclusive(". ")
                .map(|sentence| now(sentence.trim_end())),
        );
    }
    lines.extend(sentences.iter().map(|sentence| now(sentence)));
    let chosen = clients
        .iter()
        .filter_map(|client| client.sentence.as_deref());
    lines.extend(chosen.map(|sentence| now(sentence.trim_end_matches('.'))));
    let below = |limit: &&UsedUpLimit| limit.sentence != verdict;
    lines.extend(
        limits
            .iter()
            .filter(below)
            .map(|limit| now(limit.sentence.trim_end_matches('.'))),
    );
    lines.push(MenuLine::Separator);
    let mine: Vec<_> = state
        .catalog
        .providers()
        .iter()
        .filter(|p| state.is_mine(&p.id))
        .collect();
    for provider in mine.iter().take(PROVIDERS_SHOWN) {
        let level = verdict::level_of(state, &provider.id);
        let page_only = state
            .verdicts
            .providers
            .get(&provider.id)
            .is_some_and(|v| v.basis == health::Basis::PageOnly);
        let basis = if page_only { " (status page only)" } else { "" };
        lines.push(now(&format!(
            "{}  {}: {}{basis}",
            glyph(level),
            provider.product,
            words::level_words(level)
        )));
    }
    if mine.len() > PROVIDERS_SHOWN {
        lines.push(text(format!(
            "and {} more, in the window",
            mine.len() - PROVIDERS_SHOWN
        )));
    }
    // Default routes for unlisted models never have a fallback.
    let bare = |route: &api::Route| {
        let has_none = match route.stand_in {
            FallbackState::Missing { .. } | FallbackState::NeedsConsent { .. } => true,
            FallbackState::Ready | FallbackState::Siblings { .. } => false,
        };
        route.name != "*" && has_none
    };
    let active = routes.iter().filter_map(|r| Some((r, r.active.as_ref()?)));
    let mut answering: Vec<String> = Vec::new();
    for (_, active) in active {
        if !answering.contains(active) {
            answering.push(active.clone());
        }
    }
    lines.extend(answering.iter().map(|active| now(active)));
    let mut without: Vec<String> = Vec::new();
    let mut undecided: Vec<String> = Vec::new();
    for route in routes.iter().filter(|r| r.active.is_none() && bare(r)) {
        let name = primary_of(state, route);
        let names = match route.stand_in {
            FallbackState::NeedsConsent { .. } => &mut undecided,
            FallbackState::Missing { .. }
            | FallbackState::Siblings { .. }
            | FallbackState::Ready => &mut without,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // A paused or stopping engine uses no fallback.
    if !state.paused && !state.draining {
        // An open question names the fallback.
        if !undecided.is_empty() && questions.is_empty() {
            lines.push(text(format!(
                "Fallback for {}: needs your consent",
                shortened(undecided)
            )));
        }
        if !without.is_empty() {
            lines.push(text(format!("No fallback for {}", shortened(without))));
        }
    }
    for one in pipeline::pipelines(state) {
        if let Some(no_fallback) = &one.no_fallback {
            lines.push(text(format!("Pipeline {}: {no_fallback}", one.name)));
        }
    }
    if !mine.is_empty() {
        lines.push(MenuLine::Separator);
    }
    let spent = state.today.spent + state.today.probes;
    let requests = if state.today.exchanges == 1 {
        "1 request".into()
    } else {
        format!("{} requests", state.today.exchanges)
    };
    lines.push(text(format!(
        "Today: {requests}, {} (estimated)",
        words::dollars(spent)
    )));
    if let Some((title, why)) = state.notifications.unshown() {
        lines.push(text(format!(
            "Not shown as a notification ({why}): {title}"
        )));
    }
    for question in questions {
        let answers = question.answers.iter();
        let answers = answers.map(|one| action(one.label.clone(), one.command.clone()));
        lines.push(MenuLine::Submenu {
            label: question.text.clone(),
            lines: answers.collect(),
        });
    }
    for problem in super::problem::problems(state) {
        lines.push(action(
            format!("Needs you: {}", clause(&problem.what)),
            Command::OpenWindow {
                view: problem.view.unwrap_or(View::Now),
            },
        ));
    }
    lines.push(MenuLine::Separator);
    lines.push(action(
        "Open Understudy",
        Command::OpenWindow { view: View::Now },
    ));
    if state.reviews.waiting() > 0 || state.settings.routes.iter().any(|r| r.pipeline.is_some()) {
        lines.push(action(
            format!("Review queue ({})", state.reviews.waiting()),
            Command::OpenWindow { view: View::Review },
        ));
    }
    lines.extend(use_now::menu(clients));
    lines.push(action("Copy base URL", Command::CopyBaseUrl));
    lines.push(action("Check now", Command::CheckNow));
    let pause = if state.paused {
        Command::Resume
    } else {
        Command::Pause
    };
    lines.push(MenuLine::Action {
        label: "Pause (no fallbacks)".into(),
        command: pause,
        checked: Some(state.paused),
    });
    if state.drill.as_ref().is_some_and(DrillRun::is_running) {
        lines.push(action("End the drill", Command::EndRehearsal));
    } else if state.rehearsal_until.is_some() {
        lines.push(action("End the simulated outage", Command::EndRehearsal));
    }
    lines.push(MenuLine::Separator);
    // The window shows the connected clients before a stop: they fail without the engine.
    lines.push(action(
        stop_label(state),
        Command::OpenWindow { view: View::Stop },
    ));
    lines.push(action("Quit (the engine keeps running)", Command::Quit));
    lines
}

/// The product of the route's primary.
fn primary_of(state: &State, route: &api::Route) -> String {
    let first = route.candidates.iter().find(|candidate| candidate.usable);
    let first = first.or(route.candidates.first());
    let endpoint = first.and_then(|first| {
        let id = catalog::EndpointId::new(&first.endpoint);
        state.catalog.endpoint(&id)
    });
    endpoint.map_or_else(
        || route.name.clone(),
        |endpoint| state.product(&endpoint.provider),
    )
}

/// The first names, and the number of further ones.
fn shortened(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    if more > 0 {
        names.truncate(NAMED);
        names.push(format!("{more} more"));
    }
    words::list(&names)
}

/// The label of the stop item names the clients that are affected.
fn stop_label(state: &State) -> String {
    let mut open: Vec<String> = state
        .sessions
        .iter()
        .filter(|(_, seen)| seen.open > 0)
        .map(|((client, _), _)| client.clone())
        .collect();
    // Sorted by client.
    open.dedup();
    if open.is_empty() {
        "Stop the engine…".into()
    } else {
        format!("Stop the engine… (open: {})", shortened(open))
    }
}

/// The tray shows the rehearsal only if there is no real problem.
fn rehearsal_alone(state: &State, rehearsed: Level) -> bool {
    rehearsed != Level::Unknown
        && !state
            .catalog
            .providers()
            .iter()
            .any(|p| state.is_mine(&p.id))
}

/// Red means that work is stopped, and full green that the level is measured.
fn icon_of(state: &State, desk: &headline::Desk) -> TrayIcon {
    let icon = icon(desk.headline.level);
    match (icon, desk.work) {
        (TrayIcon::Outage, Some(Work::Carried | Work::NotHit)) => TrayIcon::Carried,
        (TrayIcon::Operational | TrayIcon::Unknown, _) if desk.limited => TrayIcon::Limited,
        (TrayIcon::Operational, _) if !state.is_measured() => TrayIcon::Quiet,
        (icon, _) => icon,
    }
}

pub(crate) fn icon(level: Level) -> TrayIcon {
    match level {
        Level::Operational => TrayIcon::Operational,
        Level::Maintenance | Level::Degraded => TrayIcon::Degraded,
        Level::PartialOutage | Level::MajorOutage => TrayIcon::Outage,
        Level::Unknown => TrayIcon::Unknown,
    }
}

fn is_bad(level: Level) -> bool {
    matches!(
        level,
        Level::Degraded | Level::PartialOutage | Level::MajorOutage
    )
}

fn severity(level: Level) -> u8 {
    match level {
        Level::Unknown | Level::Operational => 0,
        Level::Maintenance => 1,
        Level::Degraded => 2,
        Level::PartialOutage => 3,
        Level::MajorOutage => 4,
    }
}

/// The shape shows the level without colour.
fn glyph(level: Level) -> &'static str {
    match level {
        Level::Operational => "●",
        Level::Maintenance => "◆",
        Level::Degraded => "▲",
        Level::PartialOutage => "◐",
        Level::MajorOutage => "✕",
        Level::Unknown => "○",
    }
}

fn text(label: impl ToString) -> MenuLine {
    MenuLine::Text {
        label: label.to_string(),
    }
}

fn action(label: impl Into<String>, command: Command) -> MenuLine {
    MenuLine::Action {
        label: label.into(),
        command,
        checked: None,
    }
}

/// The first clause of a sentence, because a menu has little space.
fn clause(sentence: &str) -> &str {
    let ends = sentence.match_indices([':', '.']).find(|(at, _)| {
        let next = sentence[at + 1..].chars().next();
        next.is_none_or(char::is_whitespace)
    });
    ends.map_or(sentence, |(at, _)| &sentence[..at])
}
