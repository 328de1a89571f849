//! A desk with a ledger in memory, driven by lines of text.
//!
//! A line has a local time, an event, and after `=>` the expected state, separated by `|`:
//!
//! | event | meaning |
//! |---|---|
//! | `call opus ok`, `call opus 529` | an agent's request that the primary completes, or that fails with this status; `call opus ok 400k` has this many bytes |
//! | `call opus limit-5400` | the login's limit is used up and resets in this many seconds |
//! | `call opus 529, gpt-5.6-sol ok` | the next candidate completes it |
//! | `leads/42 opus 529 parked` | the request of item 42 of the pipeline "leads", which is parked; `answered` closes it |
//! | `probe haiku ok` | a probe |
//! | `page api=major code=ok`, `page unreadable` | a status page was read |
//! | `network down`, `network up` | the connectivity check |
//! | `breaker opus 30` | the circuit breaker of a model is open for this many seconds; also of a `key`, `quota` or `limit`; `breaker opus closed` |
//! | `key openai`, `settings …`, `pause`, `resume`, `shown`, `unshown why`, `restart`, `woke 3600`, `faces 1` | |
//! | `use gpt`, `use gpt pin`, `use auto` | the owner's choice for Claude Code; `answer …` checks the command's result |
//! | `allow`, `not-now`, `sibling on`, `sibling later` | the owner's answer to the open question |
//! | `past 40` | a status page lists an incident that ended this many days ago |
//! | `drill`, `drill live`, `drill unpaid`, `drill stop` | the owner starts a drill, without consent to its cost, or ends it |
//! | `drilled made-cut`, `drilled made-529, gpt-5.6-sol ok` | a request of the drill's own session has ended |
//! | `wait` | no event: only time passes |
//!
//! | expected state | |
//! |---|---|
//! | `icon outage` | the tray's icon |
//! | `headline Claude is down` | the headline begins with this; `meaning …`: its consequence contains this |
//! | `note Claude is back`, `no note` | the title of this line's only pop-up begins with this |
//! | `update …`, `no update` | the same for the last notification updated in place |
//! | `button Allow` | the last notification has this button |
//! | `body …` | the notification's text contains this |
//! | `menu …`, `no menu …` | a line of the tray's menu contains this |
//! | `open 2`, `opened 18:58`, `logged 1` | number of open incidents; start of the only one; incidents in the ledger |
//! | `risk $400 at risk` | the value at risk of the open incident, or of the last outage, contains this |
//! | `message …` | the newest incident's timeline contains this |
//! | `waiting 2`, `today 5`, `carried 1`, `unpriced 1` | parked requests; since midnight: requests, carried ones, billed ones of unknown cost |
//! | `fallbacks 0.05`, `drills 0.05` | dollars since midnight: against the day's cap; the part of drills |
//! | `evidence …` | the sentence on Claude contains this |
//! | `kept 2`, `deletion …`, `no deletion` | requests in the ledger; the window announces their first deletion |
//! | `drill true`, `step …`, `report …`, `saw …`, `set-up …` | a drill runs; its steps, and its report |
//! | `paused`, `level unknown` | of the gateway's settings; of Claude |

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{MenuLine, Notification, Snapshot, TrayIcon};
use catalog::{Catalog, Dialect, EndpointId, ModelId, ProviderId, Secret};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gateway::{
    Attempt, BreakerView, End, Exchange, ExchangeKind, Outcome, ParkedRequest, Review, Standing,
};
use health::{
    CallOutcome, CallSource, Controls, FailureKind, Level, Observation, OurFault, Page,
    PageIncident, Unreadable,
};
use ledger::Ledger;
use wire::{Completion, FailureClass};

use super::super::zone::tests::berlin;
use super::super::{Desk, Effect, Event, Restored, Zone};
use crate::keys::{Kept, Keys};
use crate::listening::Listening;
use crate::main_loop::Reading;
use crate::places::Places;
use crate::records;
use crate::routing::Running;
use crate::settings::Settings;
use crate::state::{ScopeAnswer, Start, State};
use crate::view;

pub(super) struct Scene {
    desk: Desk,
    ledger: Ledger,
    zone: Zone,
    day: NaiveDate,
    now: DateTime<Utc>,
    breakers: Vec<BreakerView>,
    /// Notifications queued since the line began.
    news: Vec<Notification>,
    exchanges: u64,
    rows: usize,
    /// Result of the last command.
    answer: String,
}

impl Scene {
    /// A desk at six in the morning with these keys, and with these settings.
    pub(super) fn of(keys: &[&str], settings: &str) -> Scene {
        Scene::on(
            NaiveDate::from_ymd_opt(2026, 6, 21).unwrap(),
            keys,
            settings,
        )
    }

    pub(super) fn on(day: NaiveDate, keys: &[&str], settings: &str) -> Scene {
        let zone = berlin();
        let now = local(&zone, day, "06:00");
        let desk = desk(now, keys, settings, &zone);
        let ledger = Ledger::in_memory(now).unwrap();
        let mut scene = Scene {
            desk,
            ledger,
            zone,
            day,
            now,
            breakers: Vec::new(),
            news: Vec::new(),
            exchanges: 0,
            rows: 0,
            answer: String::new(),
        };
        let effects = scene.desk.restore(now, Restored::default());
        scene.perform(effects);
        scene.decide(Event::Faces(1));
        scene
    }

    /// Runs the lines, and returns the number of checked lines.
    pub(super) fn play(&mut self, lines: &str) -> usize {
        let before = self.rows;
        for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
            self.line(line);
        }
        self.rows - before
    }

    fn line(&mut self, line: &str) {
        let (message, wanted) = line.split_once("=>").unwrap_or((line, ""));
        let (time, event) = message
            .trim()
            .split_once(' ')
            .unwrap_or((message.trim(), "wait"));
        self.news.clear();
        self.pass_until(self.instant(time));
        self.happens(event.trim());
        if self.desk.traffic_has_news() {
            self.decide(Event::Routes);
        }
        for wanted in wanted.split('|').map(str::trim).filter(|w| !w.is_empty()) {
            self.check(line, wanted);
        }
        self.rows += usize::from(!wanted.is_empty());
    }

    /// "18:58", "18:58:30", "+1 00:10" for the next day, "later 25" for minutes after the last line.
    fn instant(&self, time: &str) -> DateTime<Utc> {
        let (days, time) = match time.split_once('/') {
            Some((days, time)) => (days.parse().unwrap(), time),
            None => (0, time),
        };
        local(&self.zone, self.day + TimeDelta::days(days), time)
    }

    /// Advances time in the steps that the desk requests.
    fn pass_until(&mut self, at: DateTime<Utc>) {
        assert!(at >= self.now, "time goes forward");
        while let Some(due) = self.desk.next_due().filter(|due| *due <= at) {
            assert!(due > self.now || self.now < at, "time stands still");
            self.now = due.max(self.now + TimeDelta::seconds(1)).min(at);
            self.time_passes();
            if self.now == at {
                break;
            }
        }
        self.now = at;
    }

    /// As in the gateway, an open breaker becomes half-open after its cooldown.
    fn time_passes(&mut self) {
        let mut changed = false;
        for breaker in &mut self.breakers {
            if let Standing::Open { until } = breaker.standing
                && until <= self.now
            {
                breaker.standing = Standing::HalfOpen;
                changed = true;
            }
        }
        if changed {
            let (views, kept) = (self.breakers.clone(), Vec::new());
            self.decide(Event::Breakers { views, kept });
        }
        self.decide(Event::Due);
    }

    pub(super) fn decide(&mut self, event: Event) {
        let effects = self.desk.on(self.now, event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Record(record) = effect {
                for news in records::perform(&mut self.ledger, self.now, record) {
                    if let Event::Queued {
                        id,
                        row,
                        actions,
                        in_place,
                    } = &news
                    {
                        self.news.push(Notification {
                            actions: actions.clone(),
                            in_place: *in_place,
                            ..view::notification::shown(*id, row)
                        });
                    }
                    self.decide(news);
                }
            }
        }
    }

    fn happens(&mut self, event: &str) {
        let (verb, rest) = event.split_once(' ').unwrap_or((event, ""));
        match verb {
            "wait" => self.decide(Event::Due),
            "call" => self.exchange(rest, None, None),
            "probe" => {
                let (model, outcome) = rest.split_once(' ').unwrap();
                let (provider, model) = served(model);
                let observation = Observation::Call {
                    at: self.now,
                    provider: provider.into(),
                    endpoint: provider.into(),
                    model: ModelId::new(model),
                    source: CallSource::Probe,
                    outcome: call(outcome),
                };
                self.watched(observation);
            }
            "page" => self.page("anthropic", rest),
            "openai-page" => self.page("openai", rest),
            "past" => self.past(rest.parse().unwrap()),
            "network" => {
                let controls = match rest {
                    "down" => Controls::Down,
                    _ => Controls::Up,
                };
                self.watched(Observation::Network {
                    at: self.now,
                    controls,
                });
            }
            "breaker" => self.breaker(rest),
            "key" => {
                let keys = self.desk.state().keys.clone();
                keys.hold(&EndpointId::new(rest), Secret::new("sk-new"), Kept::Memory);
                self.decide(Event::KeysChanged);
            }
            "settings" => {
                let text = rest.replace(';', "\n");
                let parsed = Settings::parse(&text, self.desk.base_catalog()).map(Box::new);
                self.decide(Event::Settings { parsed, text });
            }
            "allow" | "not-now" => {
                let allow = verb == "allow";
                let command = api::Command::PaidUntilBack { allow };
                let (_, effects) = self.desk.obey(self.now, &command);
                self.perform(effects);
            }
            "use" => {
                let (name, pin) = match rest.split_once(' ') {
                    Some((name, "pin")) => (name, true),
                    _ => (rest, false),
                };
                let command = api::Command::UseNow {
                    client: "claude code".into(),
                    provider: (name != "auto").then(|| name.to_owned()),
                    pin,
                };
                let (answer, effects) = self.desk.obey(self.now, &command);
                let refusal = |refused: api::ControlError| {
                    [refused.error, refused.fix.unwrap_or_default()].join(". ")
                };
                self.answer = answer.unwrap_or_else(refusal);
                self.perform(effects);
            }
            "sibling" => {
                let command = match rest {
                    "later" => api::Command::SiblingsLater,
                    answer => api::Command::Siblings {
                        allow: Some(answer == "on"),
                    },
                };
                let (_, effects) = self.desk.obey(self.now, &command);
                self.perform(effects);
            }
            "drill" => self.drill(rest),
            "drilled" => {
                let (_, exchange) = self.ended(rest, None, None);
                let id = self.desk.state().drill.as_ref().map_or(0, |run| run.id);
                let (_, effects) = self.desk.drill_tested(self.now, id, Some(&exchange));
                self.perform(effects);
            }
            "pause" => self.decide(Event::Paused(true)),
            "resume" => self.decide(Event::Paused(false)),
            "stop" => self.decide(Event::Drain),
            "woke" => self.decide(Event::Woke(Duration::from_secs(rest.parse().unwrap()))),
            "shown" | "unshown" => {
                let outcome = match verb {
                    "shown" => api::NotificationOutcome::Shown,
                    _ => api::NotificationOutcome::NotShown { why: rest.into() },
                };
                let waiting = self.desk.state().notifications.waiting();
                let id = waiting.last().expect("a notification waits").id;
                self.decide(Event::NotificationDelivered(id, outcome));
            }
            "restart" => self.restart(),
            "keychain" => self.decide(Event::KeychainFailed(rest.into())),
            pipeline => {
                let (name, item) = pipeline.split_once('/').unwrap_or_else(|| {
                    panic!("what is {event:?}?");
                });
                let (name, item) = (name.to_owned(), item.to_owned());
                let (what, review) = match rest.rsplit_once(' ') {
                    Some((what, "parked")) => (what, Some(true)),
                    Some((what, "answered")) => (what, Some(false)),
                    _ => (rest, None),
                };
                let request = format!("{name}{item}");
                let review = review.map(|parked| match parked {
                    true => Review::Parked(ParkedRequest {
                        id: request,
                        headers: Vec::new(),
                        body: "{}".into(),
                        replay: None,
                        unattended: Default::default(),
                    }),
                    false => Review::Answered {
                        id: request,
                        replay: None,
                    },
                });
                self.exchange(what, Some((name, item)), review);
            }
        }
    }

    /// The same ledger with a new desk.
    fn restart(&mut self) {
        let before = self.desk.state();
        let (settings, keys) = (before.settings.as_ref().clone(), before.keys.clone());
        let open = self.ledger.open_incidents().unwrap();
        let open = open.into_iter().map(|(_, incident)| incident).collect();
        self.desk = started(self.now, keys, settings, &self.zone, open);
        let mut reading = Reading::default();
        let began = self.desk.state().today.began();
        let left = reading.all(&self.ledger, self.now, began);
        assert!(reading.failed().is_none(), "the ledger can be read");
        let effects = self.desk.restore(self.now, left);
        self.perform(effects);
        self.decide(Event::Faces(1));
    }

    fn watched(&mut self, observation: Observation) {
        self.decide(Event::Watched(watch::Report::Observed(observation)));
    }

    fn page(&mut self, provider: &str, message: &str) {
        let reading = match message {
            "unreadable" => Err(Unreadable::Unreachable("502".into())),
            message => {
                let mut page = Page::default();
                for (surface, level) in message.split_whitespace().filter_map(|w| w.split_once('='))
                {
                    let surface = match surface {
                        "code" => "claude-code",
                        other => other,
                    };
                    page.surfaces.insert(surface.into(), level_of(level));
                }
                Ok(page)
            }
        };
        self.watched(Observation::Page {
            at: self.now,
            provider: provider.into(),
            reading,
        });
    }

    /// The page lists an incident that ended this many days ago.
    fn past(&mut self, days: i64) {
        let ended = self.now - TimeDelta::days(days);
        let incident = PageIncident {
            id: days.to_string(),
            title: "Elevated errors".into(),
            url: None,
            surfaces: vec!["api".into()],
            started: ended - TimeDelta::hours(1),
            resolved: Some(ended),
            updates: Vec::new(),
        };
        self.watched(Observation::Page {
            at: self.now,
            provider: "anthropic".into(),
            reading: Ok(Page {
                incidents: vec![incident],
                ..Page::default()
            }),
        });
    }

    /// "opus 30", "opus 300 key", "opus closed"
    fn breaker(&mut self, message: &str) {
        let (model, how) = message.split_once(' ').unwrap();
        let (how, class) = how.split_once(' ').unwrap_or((how, ""));
        let (provider, model) = served(model);
        self.breakers.retain(|b| b.model.as_str() != model);
        if let Ok(seconds) = how.parse() {
            let until = self.now + TimeDelta::seconds(seconds);
            self.breakers.push(BreakerView {
                endpoint: provider.into(),
                model: ModelId::new(model),
                standing: Standing::Open { until },
                failures: 3,
                class: Some(match class {
                    "key" => FailureClass::Credential,
                    "quota" => FailureClass::Quota,
                    "limit" => FailureClass::Limit,
                    _ => FailureClass::Transient,
                }),
                resets_at: (class == "limit").then_some(until),
                reason: "overloaded".into(),
            });
        }
        let (views, kept) = (self.breakers.clone(), Vec::new());
        self.decide(Event::Breakers { views, kept });
    }

    fn exchange(
        &mut self,
        attempts: &str,
        pipeline: Option<(String, String)>,
        review: Option<Review>,
    ) {
        let (began, exchange) = self.ended(attempts, pipeline, review);
        self.decide(Event::Began(began));
        self.decide(Event::Ended(Box::new(exchange)));
    }

    fn drill(&mut self, how: &str) {
        if let Some(client) = how.strip_prefix("by ") {
            self.desk.connected_are(vec![client.to_owned()]);
        }
        let (begun, effects) = match how {
            "stop" => (Ok(None), self.desk.stop_drill(self.now)),
            how => {
                let entry = api::DrillEntry {
                    model: None,
                    live: how == "live",
                    yes: how != "unpaid",
                };
                self.desk.begin_drill(self.now, &entry)
            }
        };
        self.answer = begun
            .err()
            .map_or_else(String::new, |refused| refused.error);
        self.perform(effects);
    }

    fn ended(
        &mut self,
        attempts: &str,
        pipeline: Option<(String, String)>,
        review: Option<Review>,
    ) -> (gateway::Began, Exchange) {
        self.exchanges += 1;
        let message = attempts;
        let attempts: Vec<Attempt> = attempts
            .split(", ")
            .map(|one| attempt(one, self.now))
            .collect();
        let cut = message.ends_with("made-cut");
        let (_, requested) = served(first_word(&attempts));
        let answered = attempts
            .last()
            .is_some_and(|a| matches!(a.outcome, Outcome::Answered(_)));
        let dialect = match requested.starts_with("gpt") {
            true => Dialect::OpenaiResponses,
            false => Dialect::Anthropic,
        };
        let caller = gateway::Caller::agent(gateway::Login::Subscription);
        let route = self.desk.explain(dialect, requested, &caller).route;
        let (pipeline, item) = pipeline.unzip();
        let client = match pipeline {
            Some(_) => wire::Client {
                name: "n8n".into(),
                ..wire::Client::default()
            },
            None => wire::Client {
                name: "Claude Code".into(),
                session: Some("one".into()),
                ..wire::Client::default()
            },
        };
        let began = gateway::Began {
            id: gateway::ExchangeId::new(self.exchanges),
            started: self.now,
            client: client.clone(),
            dialect,
            model: requested.into(),
            rehearsal: false,
        };
        let exchange = Exchange {
            id: gateway::ExchangeId::new(self.exchanges),
            started: self.now,
            client,
            dialect,
            kind: ExchangeKind::Generate,
            route,
            model: requested.into(),
            streamed: true,
            rehearsal: false,
            pipeline,
            item,
            token: None,
            restarts: 0,
            shown_early: false,
            passed_over: Vec::new(),
            attempts,
            end: match answered {
                true => End::Complete,
                false if cut => End::Cut,
                false => End::Exhausted,
            },
            status: http::StatusCode::from_u16(if answered || cut { 200 } else { 529 }).ok(),
            ttft: None,
            total: Duration::from_secs(1),
            bytes_out: 0,
            tools_held: true,
            tool_results: Vec::new(),
            review,
        };
        (began, exchange)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        view::snapshot::snapshot(self.desk.state(), 1, self.now)
    }

    fn check(&self, line: &str, wanted: &str) {
        let (what, value) = wanted.split_once(' ').unwrap_or((wanted, ""));
        let snapshot = self.snapshot();
        let menu = lines(&snapshot.tray.menu);
        let claude = snapshot.providers.iter().find(|p| p.id == "anthropic");
        let claude = claude.expect("Claude is in the catalogue");
        let contains = |text: &str| assert!(text.contains(value), "{line}\n{wanted}: {text}");
        let begins = |text: &str| assert!(text.starts_with(value), "{line}\n{wanted}: {text}");
        let counts = |count: u64| assert_eq!(count.to_string(), value, "{line}\n{wanted}");
        match what {
            "icon" => assert_eq!(icon(snapshot.tray.icon), value, "{line}"),
            "answer" => contains(&self.answer),
            "headline" => begins(&snapshot.headline.sentence),
            "meaning" => contains(&snapshot.headline.consequence.clone().unwrap_or_default()),
            "note" => {
                let pop_ups = self.news.iter().filter(|n| !n.in_place);
                let titles: Vec<&str> = pop_ups.map(|n| n.title.as_str()).collect();
                assert_eq!(titles.len(), 1, "{line}\n{:#?}", self.news);
                begins(titles[0]);
            }
            "update" => {
                let last = self.news.last().filter(|n| n.in_place);
                begins(
                    &last
                        .unwrap_or_else(|| panic!("{line}\n{:#?}", self.news))
                        .title,
                );
            }
            "button" => {
                let last = self.news.last().expect("a notification");
                let labels: Vec<&str> = last.actions.iter().map(|a| a.label.as_str()).collect();
                assert!(labels.contains(&value), "{line}\n{labels:#?}");
            }
            "body" => contains(&self.news.last().expect("a notification").body),
            "no" if value == "note" => {
                let mut pop_ups = self.news.iter().filter(|n| !n.in_place);
                assert!(pop_ups.next().is_none(), "{line}\n{:#?}", self.news);
            }
            "no" if value == "update" => {
                let mut updates = self.news.iter().filter(|n| n.in_place);
                assert!(updates.next().is_none(), "{line}\n{:#?}", self.news);
            }
            "no" if value == "deletion" => {
                assert_eq!(snapshot.engine.history.first_deletion, None, "{line}");
            }
            "no" if value == "question" => {
                assert!(
                    snapshot.questions.is_empty(),
                    "{line}\n{:#?}",
                    snapshot.questions
                );
            }
            "no" => {
                let value = value.trim_start_matches("menu ");
                assert!(!menu.iter().any(|l| l.contains(value)), "{line}\n{menu:#?}");
            }
            "menu" => {
                assert!(menu.iter().any(|l| l.contains(value)), "{line}\n{menu:#?}");
            }
            "open" => counts(snapshot.open_incidents.len() as u64),
            "risk" => {
                let open = snapshot.open_incidents.first();
                let open = open.and_then(|one| one.impact.clone());
                let last = snapshot.last_outage.clone().and_then(|one| one.impact);
                let impact = open.or(last).expect("an impact");
                contains(&impact.at_risk[0].text);
            }
            "opened" => {
                let [one] = &snapshot.open_incidents[..] else {
                    panic!("{line}\n{:#?}", snapshot.open_incidents);
                };
                assert_eq!(self.zone.clock_time(one.opened), value, "{line}");
                let (id, kept) = self.ledger.open_incidents().unwrap().remove(0);
                assert_eq!(one.opened, kept.since, "{line}: as the ledger has it");
                assert_eq!(one.id, id, "{line}");
            }
            "logged" => {
                let page = self.ledger.incidents(100, None).unwrap();
                counts(page.rows.len() as u64);
            }
            "said" => {
                let page = self.ledger.incidents(1, None).unwrap();
                let (id, _) = page.rows.first().expect("an incident");
                let with_timeline = self.ledger.incident(*id).unwrap().unwrap();
                let message: Vec<String> = with_timeline
                    .timeline
                    .into_iter()
                    .map(|row| row.text)
                    .collect();
                assert!(
                    message.iter().any(|s| s.contains(value)),
                    "{line}\n{message:#?}"
                );
            }
            "kept" => {
                let page = self.ledger.exchanges(100, None).unwrap();
                counts(page.rows.len() as u64);
            }
            "deletion" => begins(
                &snapshot
                    .engine
                    .history
                    .first_deletion
                    .clone()
                    .unwrap_or_default(),
            ),
            "waiting" => counts(snapshot.review_open),
            "today" => counts(snapshot.today.exchanges),
            "fallbacks" | "drills" => {
                let today = &self.desk.state().today;
                let cost = match what {
                    "drills" => today.drills,
                    _ => today.fallbacks,
                };
                assert_eq!(format!("{:.2}", cost.dollars()), value, "{line}");
            }
            "unpriced" => counts(snapshot.today.unpriced),
            "carried" => counts(snapshot.today.carried_by_fallback),
            "evidence" => contains(&claude.evidence),
            "level" => {
                let level = serde_json::to_value(claude.level).unwrap();
                assert_eq!(level, value, "{line}");
            }
            "since" => assert_eq!(
                claude.since.map(|at| self.zone.clock_time(at)).as_deref(),
                Some(value),
                "{line}"
            ),
            "paused" => assert!(snapshot.engine.paused, "{line}"),
            "drill" | "step" | "report" | "saw" | "set-up" => {
                let drill = snapshot.drill.as_ref().expect("a drill");
                let found = drill_lines(what, drill);
                let found: Vec<&String> = found.iter().filter(|l| l.contains(value)).collect();
                assert!(!found.is_empty(), "{line}\n{drill:#?}");
            }
            "problem" => {
                let problems = snapshot.engine.problems.iter();
                let notified: Vec<&String> = problems.map(|p| &p.what).collect();
                assert!(
                    notified.iter().any(|p| p.contains(value)),
                    "{line}\n{notified:#?}"
                );
            }
            "question" => {
                let requested: Vec<&String> = snapshot.questions.iter().map(|q| &q.text).collect();
                assert!(
                    requested.iter().any(|q| q.contains(value)),
                    "{line}\n{requested:#?}"
                );
            }
            _ => panic!("what is {wanted:?}?"),
        }
    }
}

fn desk(now: DateTime<Utc>, keys: &[&str], settings: &str, zone: &Zone) -> Desk {
    let settings = Settings::parse(settings, &Catalog::bundled()).unwrap();
    let held = Keys::default();
    for id in keys {
        held.hold(&EndpointId::new(*id), Secret::new("sk-test"), Kept::Memory);
    }
    started(now, held, settings, zone, Vec::new())
}

fn started(
    now: DateTime<Utc>,
    held: Keys,
    settings: Settings,
    zone: &Zone,
    open: Vec<health::OpenIncident>,
) -> Desk {
    let base = Arc::new(Catalog::bundled());
    let address = SocketAddr::from(([127, 0, 0, 1], 4747));
    let token = Secret::new("token");
    let state = State::new(Start {
        at: now,
        computer: String::new(),
        places: Places::under("/home/owner/understudy".as_ref()),
        listening: Listening::new(address, &settings, None),
        token: token.clone(),
        tokens: Ok(Default::default()),
        zone: zone.clone(),
        catalog: Arc::new(settings.catalog(&base)),
        settings,
        keys: held,
        ledger_trouble: None,
        scope_answer: ScopeAnswer::Answered,
        scope_unwritten: None,
        starts_at_login: Some(true),
        first_run: false,
        installed: api::Installed::default(),
        log_place: String::new(),
        crashed: None,
        exposed: Vec::new(),
    });
    let running = Running {
        token,
        named_tokens: Default::default(),
        paused: false,
        draining: false,
        own_addresses: vec![address],
        exchanges: usize::MAX,
        spending: Default::default(),
        sibling: Default::default(),
        announce: false,
        use_now: Default::default(),
        drill: None,
    };
    Desk::new(state, open, running, base)
}

fn local(zone: &Zone, day: NaiveDate, time: &str) -> DateTime<Utc> {
    let mut parts = time.split(':').map(|part| part.parse::<i64>().unwrap());
    let mut next = || parts.next().unwrap_or_default();
    let since = TimeDelta::hours(next()) + TimeDelta::minutes(next()) + TimeDelta::seconds(next());
    // Wall-clock time on days without a clock change between midnight and then.
    zone.day_began((day.and_hms_opt(12, 0, 0).unwrap()).and_utc()) + since
}

/// The provider that serves a model, and the model's full name.
fn served(model: &str) -> (&'static str, &str) {
    match model {
        "opus" => ("anthropic", "claude-opus-5-5"),
        "sonnet" => ("anthropic", "claude-sonnet-5"),
        "haiku" => ("anthropic", "claude-haiku-4-5"),
        model if model.starts_with("gpt") => ("openai", model),
        model => ("anthropic", model),
    }
}

fn first_word(attempts: &[Attempt]) -> &str {
    attempts.first().expect("an attempt").model.as_str()
}

/// "opus 529", "opus ok", "opus cut"; "opus ok by-key" is billed to a key; "opus ok 400k" has 400,000 bytes;
/// "gpt-5.6-sol ok billed" reports 2,500 tokens.
fn attempt(line: &str, now: DateTime<Utc>) -> Attempt {
    let mut words = line.split_whitespace();
    let (provider, model) = served(words.next().unwrap());
    let outcome = words.next().unwrap_or_else(|| panic!("{line:?} ends how?"));
    let more: Vec<&str> = words.collect();
    let by_subscription = !more.contains(&"by-key") && provider == "anthropic";
    let kilobytes = |word: &&str| word.strip_suffix('k')?.parse::<u64>().ok();
    let request_bytes = more.iter().find_map(kilobytes).unwrap_or(1) * 1000;
    Attempt {
        provider: ProviderId::new(provider),
        endpoint: EndpointId::new(provider),
        model: ModelId::new(model),
        started_after: Duration::ZERO,
        total: Duration::from_secs(1),
        ttft: None,
        status: http::StatusCode::from_u16(
            outcome.trim_start_matches("made-").parse().unwrap_or(200),
        )
        .ok(),
        request_bytes,
        prompt_is_text: false,
        by_subscription,
        spoken: None,
        left_out: Vec::new(),
        outcome: match outcome {
            "ok" => Outcome::Answered(Completion::Complete),
            "left" => Outcome::ClientLeft,
            made if made.starts_with("made-") => Outcome::Failed {
                class: FailureClass::Transient,
                fault: gateway::Fault::Ours(gateway::Cause::Drill),
                message: "made by a drill: overloaded".into(),
                resets_at: None,
            },
            "key" => failed(FailureClass::Credential, None, "the key is refused"),
            "quota" => failed(FailureClass::Quota, None, "out of credit"),
            "cut" => failed(FailureClass::Transient, Some(FailureKind::Cut), "cut"),
            "silent" => failed(
                FailureClass::Timeout,
                Some(FailureKind::Timeout),
                "timed out",
            ),
            "refused" => failed(
                FailureClass::Transient,
                Some(FailureKind::Connect),
                "refused",
            ),
            limit if limit.starts_with("limit-") => Outcome::Failed {
                class: FailureClass::Limit,
                fault: gateway::Fault::Ours(gateway::Cause::Account),
                message: "the limit is used up".into(),
                resets_at: Some(now + TimeDelta::seconds(limit["limit-".len()..].parse().unwrap())),
            },
            code => {
                let kind = FailureKind::Status(code.parse().unwrap());
                failed(FailureClass::Transient, Some(kind), "overloaded")
            }
        },
        report: match more.contains(&"billed") {
            true => wire::Report {
                tokens: catalog::Tokens {
                    output: 2_500,
                    ..catalog::Tokens::default()
                },
                usage_reported: true,
                ..wire::Report::default()
            },
            false => wire::Report::default(),
        },
    }
}

fn failed(class: FailureClass, kind: Option<FailureKind>, message: &str) -> Outcome {
    Outcome::Failed {
        class,
        fault: kind.map_or(
            gateway::Fault::Ours(gateway::Cause::Request),
            gateway::Fault::Theirs,
        ),
        message: message.into(),
        resets_at: None,
    }
}

fn call(outcome: &str) -> CallOutcome {
    let failed = |kind| CallOutcome::Failed {
        kind,
        detail: String::new(),
    };
    match outcome {
        "ok" => CallOutcome::Ok {
            ttft_ms: Some(300),
            total_ms: 900,
        },
        "key" => CallOutcome::Ours(OurFault::Credential),
        "quota" => CallOutcome::Ours(OurFault::Quota),
        "cut" => failed(FailureKind::Cut),
        "silent" => failed(FailureKind::Timeout),
        "refused" => failed(FailureKind::Connect),
        code => failed(FailureKind::Status(code.parse().unwrap())),
    }
}

fn level_of(word: &str) -> Level {
    match word {
        "ok" => Level::Operational,
        "maintenance" => Level::Maintenance,
        "degraded" => Level::Degraded,
        "partial" => Level::PartialOutage,
        "major" => Level::MajorOutage,
        other => panic!("what level is {other:?}?"),
    }
}

/// The parts of a drill that a line of the table checks.
fn drill_lines(what: &str, drill: &api::Drill) -> Vec<String> {
    let report = drill.report.iter();
    match what {
        "drill" => vec![drill.running.to_string()],
        "step" => {
            let steps = drill.steps.iter();
            steps.map(|step| format!("{:?}", step.sentence)).collect()
        }
        "report" => report.map(|r| r.message.clone()).collect(),
        "saw" => report.flat_map(|r| r.client_saw.clone()).collect(),
        _ => {
            let line = |l: &api::SetUpLine| format!("{} → {}", l.failure, l.outcome);
            let lines = report.clone().flat_map(|r| r.today.iter().map(line));
            let fix = report.clone().filter_map(|r| r.fix.clone());
            lines.chain(fix).collect()
        }
    }
}

fn icon(icon: TrayIcon) -> String {
    format!("{icon:?}").to_lowercase()
}

fn lines(menu: &[MenuLine]) -> Vec<String> {
    let mut found = Vec::new();
    for line in menu {
        match line {
            MenuLine::Text { label } | MenuLine::Action { label, .. } => found.push(label.clone()),
            MenuLine::Submenu {
                label,
                lines: inner,
            } => {
                found.push(label.clone());
                found.extend(lines(inner));
            }
            MenuLine::Separator => {}
        }
    }
    found
}
