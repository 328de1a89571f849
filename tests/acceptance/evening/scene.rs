//! The programs of the evening: Claude Code, n8n's two workflows, the receiver of invoices, the two providers and the page.

use api::{Notification, NotificationKind, Snapshot, Surface};
use chrono::{TimeDelta, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use stage::ResponseEnd;

use crate::desk::{Desk, Upstream, text};
use crate::effects::effect;
use crate::effects::receiver::Receiver;
use crate::status_page::{CRITICAL, OPERATIONAL, Page, other_pages};

pub(super) const CUSTOMER: &str = "Miller Ltd";
pub(super) const OTHER_CUSTOMER: &str = "Acme Corp";
pub(super) const CLAUDE: &str = "anthropic";
pub(super) const GPT: &str = "openai";
/// A recorded request of Claude Code.
const TURN: &str = include_str!(
    "../../../src-tauri/crates/translate/tests/translated_requests/requests/claude-simple-opus.json"
);
const RECORDED: &str = "2026-07-29T19:49:45";
/// More than an incident needs for its end.
const MOST_TURNS: u32 = 400;

pub(super) struct Scene {
    pub(super) desk: Desk,
    page: Page,
    _gpts_page: Page,
    claude: Upstream,
    gpt: Upstream,
    billing: Receiver,
}

impl Scene {
    pub(super) async fn begins() -> Scene {
        let page = Page::serve(OPERATIONAL).await;
        let gpts_page = Page::serve("openai-native-operational-synthetic.json").await;
        let (claude, gpt) = (Upstream::start().await, Upstream::start().await);
        let billing = Receiver::start().await;
        let mut desk = Desk::new();
        desk.env("TZ", "Europe/Berlin");
        desk.env("ANTHROPIC_API_KEY", "sk-ant-api-owner");
        desk.env("OPENAI_API_KEY", "sk-owner");
        desk.settings(&settings(
            [&page.url, &gpts_page.url],
            [&claude.address, &gpt.address],
            &billing,
        ));
        desk.start();
        Scene {
            desk,
            page,
            _gpts_page: gpts_page,
            claude,
            gpt,
            billing,
        }
    }

    /// The page reports it since this many minutes; from now on Claude's streams are cut. The begin, in seconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the page is read by a real engine, with a real clock"
    )]
    pub(super) fn claude_fails(&self, minutes: i64) -> i64 {
        let began = Utc::now() - TimeDelta::minutes(minutes);
        self.page.becomes_at(CRITICAL, RECORDED, began);
        let cut = "cut-in-text".parse().unwrap();
        self.claude.stage.outage(Some(cut));
        began.timestamp()
    }

    pub(super) fn claude_refuses(&self) {
        let overloaded = "529".parse().unwrap();
        self.claude.stage.outage(Some(overloaded));
    }

    pub(super) async fn claude_recovers(&self) {
        self.claude.stage.outage(None);
        self.page.becomes(OPERATIONAL);
        self.turns_until_over(CLAUDE).await;
    }

    pub(super) fn claudes_cuts(&self) -> usize {
        let received = self.claude.stage.received();
        let ends = received.iter().map(|one| one.answered.end);
        ends.filter(|end| *end == ResponseEnd::Broken).count()
    }

    pub(super) fn gpt_fails(&self) {
        let unavailable = "503".parse().unwrap();
        self.gpt.stage.outage(Some(unavailable));
    }

    pub(super) async fn gpt_recovers(&self) {
        self.gpt.stage.outage(None);
        self.turns_until_over(GPT).await;
    }

    /// New sessions of Claude Code and new quotes show that the provider works.
    async fn turns_until_over(&self, provider: &str) {
        for number in 0..MOST_TURNS {
            let name = format!("{provider}-{number}");
            self.turn(&name).await;
            self.quote(&name).await;
            let snapshot = self.desk.snapshot().await;
            let mut open = snapshot.open_incidents.iter();
            if !open.any(|one| one.provider == provider) {
                return;
            }
        }
        panic!("its incident stays open: {:?}", self.desk.snapshot().await);
    }

    /// n8n requests the text of this order's invoice.
    pub(super) async fn order(&self, item: &str) -> Response {
        self.workflow("Leads", item).await
    }

    pub(super) async fn quote(&self, item: &str) -> Response {
        self.workflow("Quotes", item).await
    }

    async fn workflow(&self, pipeline: &str, item: &str) -> Response {
        let body = json!({
            "model": "claude-sonnet-4-5", "max_tokens": 999, "stream": true,
            "messages": [{ "role": "user", "content": format!("A secret text for {item}") }],
        });
        let url = format!("{}/p/{pipeline}/v1/messages", self.desk.base());
        let request = self.desk.http.post(url).json(&body);
        let request = request
            .header("user-agent", "n8n")
            .header("x-understudy-item", item)
            .header("idempotency-key", format!("{pipeline}-{item}"));
        Response::of(request).await
    }

    pub(super) async fn invoice(&self, item: &str, after: &str) -> Response {
        let url = format!("{}/p/Leads/effects/invoice", self.desk.base());
        let request = self.desk.http.post(url).json(&json!({ "order": item }));
        let request = request
            .header("x-understudy-item", item)
            .header("x-understudy-after", after);
        Response::of(request).await
    }

    pub(super) fn invoices(&self) -> usize {
        self.billing.requests().len()
    }

    /// Claude Code sends a turn with its own login.
    pub(super) async fn turn(&self, session: &str) -> Response {
        let recorded: Value = serde_json::from_str(TURN).unwrap();
        let url = format!("{}/v1/messages?beta=true", self.desk.base());
        let request = self.desk.http.post(url).json(&recorded["body"]);
        let request = request
            .header("user-agent", "claude-cli/2.1.197 (external, cli)")
            .header("authorization", "Bearer sk-ant-oat-1")
            .header("x-claude-code-session-id", session);
        Response::of(request).await
    }

    pub(super) async fn fetched(&self, review: &str) -> Response {
        let url = format!("{}/v1/reviews/{review}", self.desk.base());
        let is_ready = |item: &Value| {
            let drain = item["summary"]["drain"].as_str();
            drain.is_some_and(|drain| drain.contains("its caller fetches the response"))
        };
        let item = format!("/review/{review}");
        self.desk.until_page(&item, is_ready).await;
        Response::of(self.desk.http.get(url)).await
    }
}

fn settings(pages: [&str; 2], [claude, gpt]: [&str; 2], billing: &Receiver) -> String {
    let others = other_pages(&[CLAUDE, GPT]);
    // Its address names no format: it is the catalogue's.
    let gpts = pages[1].replace("/api/v2/summary.json", "/page");
    let pipeline = |name: &str, customer: &str, value: u32| {
        format!(
            "[[pipeline]]\nname = \"{name}\"\ncustomer = \"{customer}\"\nweekly_items = 50\nvalue = {value}\n\
             schedule = \"Mon-Sun 00:00-24:00 Europe/Berlin\"\nmay_go_to = [\"openai\"]\n\
             delivery = \"fetch\"\ndrain = true\ndrain_every_s = 1\n"
        )
    };
    let endpoint =
        |id: &str, base: &str| format!("[[endpoint]]\nid = \"{id}\"\nbase = \"{base}\"\n");
    [
        "[watch]\nonline_hosts = []\nprobes = false\npage_every_s = 1\n".to_owned(),
        format!(
            "[watch.pages_from]\nanthropic = \"{}\"\nopenai = \"{}\"\n{others}",
            pages[0], gpts
        ),
        "[timers]\ncooldown = 1\n".to_owned(),
        "[fallback]\nsubscription_to_paid_key = \"yes\"\nsibling = \"off\"\n".to_owned(),
        "[report]\nname = \"Ada Automations\"\n".to_owned(),
        pipeline("Leads", CUSTOMER, 400),
        pipeline("Quotes", OTHER_CUSTOMER, 90),
        endpoint("anthropic", claude),
        endpoint("openai", gpt),
        effect(
            "invoice",
            billing,
            "pipeline = \"Leads\"\nafter = \"completion\"",
        ),
    ]
    .concat()
}

pub(super) fn surface<'s>(snapshot: &'s Snapshot, id: &str) -> &'s Surface {
    let claude = snapshot.providers.iter().find(|one| one.id == "anthropic");
    let surfaces = &claude.unwrap().surfaces;
    surfaces.iter().find(|one| one.id == id).unwrap()
}

/// A response, as its client sees it.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: String,
    /// The connection ended within the body.
    was_cut: bool,
}

impl Response {
    async fn of(request: RequestBuilder) -> Response {
        let mut response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let (mut body, mut was_cut) = (Vec::new(), false);
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => break,
                Err(_) => {
                    was_cut = true;
                    break;
                }
            }
        }
        Response {
            status,
            headers,
            body: text(&body),
            was_cut,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }

    pub(super) fn exchange(&self) -> &str {
        self.header("x-understudy-exchange").unwrap()
    }

    pub(super) fn answered_by(&self) -> &str {
        self.header("x-understudy-provider").unwrap_or_default()
    }

    /// One message with its stop reason and its end.
    pub(super) fn is_complete(&self) -> bool {
        let count = |part: &str| self.body.matches(part).count();
        self.status == StatusCode::OK
            && !self.was_cut
            && count("event: message_start") == 1
            && count("\"stop_reason\":\"end_turn\"") == 1
            && self
                .body
                .trim_end()
                .ends_with("{\"type\":\"message_stop\"}")
    }

    pub(super) fn is_cut(&self) -> bool {
        self.was_cut && !self.body.contains("message_stop")
    }

    pub(super) fn is_replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
}

/// The notifications that the desktop showed.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<Notification>);

impl Shown {
    pub(super) async fn take(&mut self, desk: &Desk, snapshot: &Snapshot) {
        for one in &snapshot.notifications {
            let path = format!("/notices/{}", one.id);
            let outcome = json!({ "outcome": "shown" });
            desk.control(Method::POST, &path, Some(outcome)).await;
            self.0.push(one.clone());
        }
    }

    /// How many there were of this kind for an incident.
    pub(super) fn of(&self, incident: i64, kind: NotificationKind) -> usize {
        let of = |one: &&Notification| one.incident == Some(incident) && one.kind == kind;
        self.0.iter().filter(of).count()
    }
}
