//! Consent for a fallback: one question, one notification, and a command to stop it.

use std::collections::BTreeMap;

use api::{Command, MayGoTo, MenuLine, Notification, Snapshot};
use serde_json::{Value, json};
use stage::ScriptStep;

use crate::desk::{Desk, Upstream};

/// A vendor whose clients send their own login, with two models.
fn lead(address: &str) -> String {
    let model = |id: &str, input: f64| {
        format!(
            "[[model]]\nid = \"{id}\"\ncontext = 200_000\nmax_output = 64_000\nprice = {{ input = {input:.2}, output = {:.2}, cache_read = 0.30, cache_write = 3.00, as_of = \"2026-11-26\" }}\n",
            input * 5.0
        )
    };
    format!(
        "name = \"Lead AI\"\nproduct = \"Lead\"\n\
         [[endpoint]]\nid = \"lead\"\nbase = \"{address}\"\ndialects = [\"anthropic\"]\nauth = \"x-api-key\"\nkey_env = \"LEAD_KEY\"\n\
         accepts_client_login = true\nserves = [\"lead-*\"]\nlogins = [\"sk-lead-\"]\nmetered_logins = [\"sk-lead-api\"]\n\
         [tier.large]\nmodels = [\"lead-opus-*\"]\nstand_in = \"lead-opus-5\"\n\
         [tier.medium]\nmodels = [\"lead-sonnet-*\"]\nstand_in = \"lead-sonnet-5\"\n{}{}",
        model("lead-opus-5", 5.0),
        model("lead-sonnet-5", 3.0)
    )
}

/// Another vendor, with a key of the owner.
fn second(address: &str) -> String {
    format!(
        "name = \"Second AI\"\nproduct = \"Second\"\n\
         [[endpoint]]\nid = \"second\"\nbase = \"{address}\"\ndialects = [\"anthropic\"]\nauth = \"x-api-key\"\nkey_env = \"SECOND_KEY\"\nserves = [\"gpt-*\"]\n\
         [tier.large]\nmodels = [\"gpt-*-sol\"]\nstand_in = \"gpt-6-sol\"\n\
         [[model]]\nid = \"gpt-6-sol\"\ncontext = 200_000\nmax_output = 64_000\nprice = {{ input = 900.00, output = 900.00, cache_read = 0.30, cache_write = 3.00, as_of = \"2026-11-26\" }}\n"
    )
}

pub(crate) struct Vendors {
    pub(crate) desk: Desk,
    pub(crate) lead: Upstream,
    pub(crate) second: Upstream,
}

pub(crate) async fn vendors(settings: &str, keys: &[(&str, &str)]) -> Vendors {
    let (first, other) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    if settings == ROUTE {
        desk.ran_before();
    }
    std::fs::create_dir_all(desk.file("providers")).unwrap();
    std::fs::write(desk.file("providers/lead.toml"), lead(&first.address)).unwrap();
    std::fs::write(desk.file("providers/second.toml"), second(&other.address)).unwrap();
    for (name, key) in keys {
        desk.env(name, key);
    }
    desk.settings(settings);
    desk.start();
    Vendors {
        desk,
        lead: first,
        second: other,
    }
}

impl Vendors {
    /// Requests for this model fail from now on.
    fn fails(&self, model: &str) {
        self.lead.stage.clear_cues();
        self.fails_too(model, "529");
    }

    pub(crate) fn fails_too(&self, model: &str, fault: &str) {
        self.lead.stage.cue(ScriptStep {
            fault: Some(fault.parse().unwrap()),
            model: Some(model.into()),
            times: Some(1000),
            ..ScriptStep::default()
        });
    }

    pub(crate) async fn ask(&self, headers: &[(&str, &str)]) -> reqwest::Response {
        let body = json!({ "model": "lead-opus-5", "max_tokens": 99, "messages": [{ "role": "user", "content": "Hello" }] });
        let mut request = self
            .desk
            .http
            .post(format!("{}/v1/messages", self.desk.base()))
            .json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn command(&self, command: &Command) -> Value {
        let body = serde_json::to_value(command).unwrap();
        let (status, printed) = self
            .desk
            .control(reqwest::Method::POST, "/do", Some(body))
            .await;
        assert!(status.is_success(), "{printed}");
        printed
    }

    pub(crate) fn settings(&self) -> String {
        std::fs::read_to_string(self.desk.file("settings.toml")).unwrap()
    }
}

const AGENT: (&str, &str) = ("user-agent", "claude-cli/2.1.332 (external, cli)");
const SUBSCRIPTION: (&str, &str) = ("authorization", "Bearer sk-lead-oat-1");

fn notifications<'s>(snapshot: &'s Snapshot, title: &str) -> Vec<&'s Notification> {
    snapshot
        .notifications
        .iter()
        .filter(|n| n.title == title)
        .collect()
}

fn labels(lines: &[MenuLine]) -> Vec<String> {
    let label = |line: &MenuLine| match line {
        MenuLine::Text { label }
        | MenuLine::Action { label, .. }
        | MenuLine::Submenu { label, .. } => Some(label.clone()),
        MenuLine::Separator => None,
    };
    lines.iter().filter_map(label).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_needs_consent_is_announced_and_can_be_stopped() {
    let vendors = vendors("", &[]).await;
    vendors.fails("lead-opus-5");
    assert!(
        !vendors
            .ask(&[AGENT, SUBSCRIPTION])
            .await
            .status()
            .is_success()
    );
    let requested = vendors
        .desk
        .until("asked", |s| !s.questions.is_empty())
        .await;
    let question = &requested.questions[0];
    assert_eq!(
        question.text,
        "Opus is failing. Sonnet could answer on the same plan, at no extra cost."
    );
    let answers: Vec<_> = question.answers.iter().map(|a| a.label.as_str()).collect();
    assert_eq!(answers, ["Allow", "Not now"]);
    assert!(labels(&requested.tray.menu).contains(&question.text));
    assert_eq!(
        notifications(&requested, "Opus is failing")[0].actions[0].label,
        "Allow"
    );

    vendors.command(&question.answers[0].command).await;
    for session in ["s1", "s2"] {
        let response = vendors
            .ask(&[AGENT, SUBSCRIPTION, ("x-claude-code-session-id", session)])
            .await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-understudy-model"], "lead-sonnet-5");
    }
    vendors.desk.exchanges(3).await;
    let received = vendors
        .desk
        .until("told", |s| s.routes.iter().any(|r| r.active.is_some()))
        .await;
    assert!(received.questions.is_empty(), "{:?}", received.questions);
    let notification: Vec<_> = received
        .notifications
        .iter()
        .filter(|n| n.thread.starts_with("provider/"))
        .collect();
    assert_eq!(notification.len(), 1, "{notification:?}");
    // The third failure opened the incident, and its notification names the fallback.
    let line = "Claude Code continues on Sonnet, same plan, no extra cost.";
    assert!(
        notification[0].body.starts_with(line),
        "{}",
        notification[0].body
    );
    let active = received
        .routes
        .iter()
        .find_map(|r| r.active.clone())
        .unwrap();
    assert!(
        active.starts_with("Opus → Sonnet, since ")
            && active.ends_with(", same plan, no extra cost"),
        "{active}"
    );
    let line = "Opus is failing. Sonnet answers, same plan, no extra cost.";
    assert!(
        received.tray.tooltip.contains(line),
        "{}",
        received.tray.tooltip
    );
    assert!(labels(&received.tray.menu).contains(&line.to_owned()));

    let stop = &notification[0].actions[0];
    assert_eq!(stop.label, "Stop this");
    vendors.command(&stop.command).await;
    let stopped = vendors.desk.snapshot().await;
    assert!(
        !stopped.tray.tooltip.contains("Sonnet"),
        "{}",
        stopped.tray.tooltip
    );
    assert!(stopped.routes.iter().all(|r| r.active.is_none()));
    let response = vendors
        .ask(&[AGENT, SUBSCRIPTION, ("x-claude-code-session-id", "s3")])
        .await;
    assert!(!response.status().is_success());
    assert!(
        vendors.desk.snapshot().await.questions.is_empty(),
        "the owner has answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn not_now_prevents_the_question_for_today() {
    let vendors = vendors("", &[]).await;
    vendors.fails("lead-opus-5");
    vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    vendors
        .desk
        .until("asked", |s| !s.questions.is_empty())
        .await;
    vendors.command(&Command::SiblingsLater).await;
    vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    vendors.desk.exchanges(2).await;
    let after = vendors.desk.snapshot().await;
    assert!(after.questions.is_empty());
    assert_eq!(after.engine.siblings.allowed, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_fallback_states_the_cost_of_a_turn_and_can_be_stopped_for_today() {
    let vendors = vendors("", &[("SECOND_KEY", "sk-second")]).await;
    vendors.fails("lead-*");
    let key = ("x-api-key", "sk-lead-api-1");
    assert_eq!(vendors.ask(&[AGENT, key]).await.status(), 200);
    let received = vendors
        .desk
        .until("told", |s| !s.notifications.is_empty())
        .await;
    let notification = received
        .notifications
        .iter()
        .find(|n| n.thread.starts_with("provider/"))
        .unwrap();
    assert_eq!(notification.title, "Lead Opus is failing");
    assert!(
        notification.body.starts_with("GPT Sol answers, about $0.")
            && notification.body.ends_with(" a turn."),
        "{}",
        notification.body
    );

    let posts = vendors.second.posts();
    vendors.command(&notification.actions[0].command).await;
    assert!(!vendors.ask(&[AGENT, key]).await.status().is_success());
    assert_eq!(vendors.second.posts(), posts);
    assert!(
        vendors
            .desk
            .snapshot()
            .await
            .engine
            .paid_fallbacks
            .stopped_today
    );
    vendors.desk.printed(&["paid-fallbacks-today", "yes"]);
    assert_eq!(vendors.ask(&[AGENT, key]).await.status(), 200);
}

const ROUTE: &str = "# My own words.\n[[route]]\nname = \"leads\"   # three\ndialect = \"anthropic\"\nmodels = \"lead-*\"\npipeline = \"Leads\"\ncandidates = [\"lead\", { endpoint = \"second\", model = \"gpt-6-sol\" }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_older_installation_keeps_its_scope_and_opens_one_question() {
    let mut vendors = vendors(
        ROUTE,
        &[("SECOND_KEY", "sk-second"), ("LEAD_KEY", "sk-lead-api-1")],
    )
    .await;
    let written = vendors.settings();
    let before: Vec<&str> = written
        .lines()
        .filter(|line| !line.contains("Kept from before"))
        .collect();
    assert!(
        written.ends_with("may_go_to = \"any\"\n") && before[0] == "[watch]",
        "{written}"
    );
    assert!(written.contains(ROUTE));
    let requested = vendors.desk.snapshot().await;
    let question = requested
        .questions
        .iter()
        .find(|q| q.id == "may-go-to")
        .unwrap();
    assert!(
        question.text == "May Leads go to Second when Lead is down?",
        "{question:?}"
    );
    assert!(vendors.desk.printed(&["doctor"]).contains(&question.text));
    vendors.desk.kill();
    vendors.desk.start();
    assert_eq!(vendors.settings(), written, "once");
    let requested = vendors.desk.snapshot().await;
    assert_eq!(requested.questions.len(), 1, "until it is answered");

    let printed = vendors.desk.printed(&["may-go-to", "named"]);
    assert!(printed.contains("your routes name"), "{printed}");
    assert_eq!(vendors.settings(), written.replace("\"any\"", "\"named\""));
    vendors.desk.kill();
    vendors.desk.start();
    assert!(vendors.desk.snapshot().await.questions.is_empty());
    assert!(vendors.settings().contains("may_go_to = \"named\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_changes_nothing_and_closes_the_question() {
    let mut vendors = vendors(
        ROUTE,
        &[("SECOND_KEY", "sk-second"), ("LEAD_KEY", "sk-lead-api-1")],
    )
    .await;
    let written = vendors.settings();
    vendors
        .command(&Command::MayGoTo {
            pipeline: None,
            scope: MayGoTo::Keep,
        })
        .await;
    assert!(vendors.desk.snapshot().await.questions.is_empty());
    vendors.desk.kill();
    vendors.desk.start();
    assert!(vendors.desk.snapshot().await.questions.is_empty());
    assert_eq!(vendors.settings(), written);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_settings_file_is_unchanged_and_reported() {
    use std::os::unix::fs::PermissionsExt;
    let mut desk = Desk::new();
    desk.ran_before();
    desk.obey_permissions();
    desk.settings(
        &ROUTE
            .replace(", { endpoint = \"second\", model = \"gpt-6-sol\" }", "")
            .replace("\"lead", "\"anthropic")
            .replace("lead-*", "claude-*"),
    );
    let text = std::fs::read_to_string(desk.file("settings.toml")).unwrap();
    std::fs::create_dir(desk.file("readonly")).unwrap();
    std::fs::rename(
        desk.file("settings.toml"),
        desk.file("readonly/settings.toml"),
    )
    .unwrap();
    std::os::unix::fs::symlink("readonly/settings.toml", desk.file("settings.toml")).unwrap();
    let mode = |mode| {
        std::fs::set_permissions(desk.file("readonly"), std::fs::Permissions::from_mode(mode))
            .unwrap()
    };
    mode(0o500);
    let home = desk.file("readonly");
    desk.start();
    let doctor = crate::desk::text(&desk.run(&["doctor"]).stdout);
    std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(
        doctor.contains("could not be changed to state it"),
        "{doctor}"
    );
    assert_eq!(
        std::fs::read_to_string(desk.file("settings.toml")).unwrap(),
        text
    );
}

/// A new installation: by default, a pipeline's requests go to no other provider.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_pipeline_without_a_fallback_is_marked_and_opens_a_question_after_a_failure() {
    let vendors = vendors(
        "",
        &[("SECOND_KEY", "sk-second"), ("LEAD_KEY", "sk-lead-api-1")],
    )
    .await;
    vendors.fails("lead-*");
    let leads = ("x-understudy-pipeline", "Leads");
    assert!(!vendors.ask(&[leads]).await.status().is_success());
    let requested = vendors
        .desk
        .until("asked", |s| !s.questions.is_empty())
        .await;
    let question = &requested.questions[0];
    assert_eq!(question.text, "May Leads go to Second when Lead is down?");
    let answers: Vec<_> = question.answers.iter().map(|a| a.label.as_str()).collect();
    assert_eq!(answers, ["Yes", "Only Lead"]);
    let waits = "no fallback: items will wait";
    assert_eq!(requested.pipelines[0].no_fallback.as_deref(), Some(waits));
    let explain = ["route", "explain", "lead-opus-5", "--pipeline", "Leads"];
    for arguments in [&["doctor"][..], &["status"], &explain] {
        let printed = crate::desk::text(&vendors.desk.run(arguments).stdout);
        assert!(printed.contains(waits), "{arguments:?}: {printed}");
    }

    vendors.command(&question.answers[0].command).await;
    let settings: BTreeMap<String, toml::Value> = toml::from_str(&vendors.settings()).unwrap();
    assert_eq!(
        settings["pipeline"][0]["may_go_to"][0].as_str(),
        Some("second")
    );
    let after = vendors.desk.snapshot().await;
    assert!(
        after.questions.is_empty() && after.pipelines[0].no_fallback.is_none(),
        "{:?}",
        after.pipelines
    );
    assert_eq!(vendors.ask(&[leads]).await.status(), 200);
}
