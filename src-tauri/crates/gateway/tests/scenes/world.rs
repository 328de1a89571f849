//! The gateway between a client and two scripted upstreams, over in-memory pipes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use catalog::{Dialect, Endpoint, EndpointId, Model, ProviderId, Secret, SurfaceId};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{
    Body, CandidateRule, Config, ConversationAsk, Dialed, End, EndpointConfig, Exchange, Gateway,
    Limits, Pattern, Promise, ReplayAsk, Report, Restart, Route, Timers, Unkept,
};
use health::{Basis, Blame, Evidence, Finding, Level, ProviderVerdict, Verdict, Verdicts};
use http::request::Builder;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use ledger::Ledger;
use serde_json::{Value, json};
use stage::{Fault, Stage};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub(crate) struct Scene {
    pub(crate) gateway: Gateway,
    pub(crate) lead: Stage,
    pub(crate) second: Stage,
    pub(crate) reports: mpsc::Receiver<Report>,
    pub(crate) records: Records,
    config: watch::Sender<Arc<Config>>,
    verdicts: watch::Sender<Arc<Verdicts>>,
    user_agent: Option<&'static str>,
}

/// It retries a broken stream unless it received a completed block, and shows its user everything.
pub(crate) const AGENT: &str = "claude-cli/2.1.197 (external, cli)";

fn endpoint(id: &str) -> (EndpointId, EndpointConfig) {
    let endpoint = Endpoint {
        surface: Some(SurfaceId::new("api")),
        families: catalog::Families::new("stage"),
        ..Endpoint::new(
            id.into(),
            id.into(),
            &format!("http://{id}.test"),
            Dialect::ALL,
        )
    };
    let config = EndpointConfig {
        endpoint,
        product: id.into(),
        name: id.into(),
        key: None,
        rehearsal: false,
        models: Vec::new(),
        equivalents: Vec::new(),
        tiers: BTreeMap::new(),
    };
    (EndpointId::new(id), config)
}

fn config() -> Config {
    let candidates = || {
        ["lead", "second"]
            .map(|id| CandidateRule::new(EndpointId::new(id)))
            .to_vec()
    };
    Config {
        token: Secret::new("token").into(),
        allowed_hosts: Vec::new(),
        allowed_origins: Vec::new(),
        routes: Dialect::ALL
            .map(|dialect| Route {
                name: "work".into(),
                dialect,
                models: Pattern::new("*"),
                candidates: candidates(),
                strict: None,
                exact: false,
                delivery: None,
                restart: None,
                pipeline: None,
                demand: None,
                subscription_to_paid_key: gateway::Consent::Ask,
                may_go_to: None,
                sibling: None,
                client_waits: None,
            })
            .to_vec(),
        endpoints: BTreeMap::from(["lead", "second"].map(endpoint)),
        timers: Timers::default(),
        limits: Limits::default(),
        paused: false,
        rules: Default::default(),
        spending: Default::default(),
        may_go_to: None,
        pipelines: BTreeMap::new(),
        client_waits: BTreeMap::new(),
        sibling: Default::default(),
        keep_tool_arguments: false,
        keep_conversations: true,
        announce: false,
        use_now: BTreeMap::new(),
        drill: None,
        draining: false,
        own_addresses: Vec::new(),
    }
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let (lead, second) = (Stage::any_model(), Stage::any_model());
        let stages = (lead.clone(), second.clone());
        let connect = gateway::connect(move |uri: http::Uri| {
            let stage = if uri.host() == Some("lead.test") {
                stages.0.clone()
            } else {
                stages.1.clone()
            };
            async move {
                let (ours, theirs) = tokio::io::duplex(1 << 16);
                tokio::spawn(async move { stage.serve_connection(theirs).await });
                Ok(Dialed::pipe(ours))
            }
        });
        Scene::dialling(lead, second, connect)
    }

    /// Every upstream responds with these exact bytes, headers included.
    pub(crate) fn answering(bytes: &'static [u8]) -> Scene {
        let connect = gateway::connect(move |_| async move {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move {
                let (mut request, mut answer) = tokio::io::split(theirs);
                // Nothing is sent before a request arrives.
                let requested = request.read_u8().await;
                tokio::spawn(
                    async move { tokio::io::copy(&mut request, &mut tokio::io::sink()).await },
                );
                requested?;
                answer.write_all(bytes).await?;
                answer.shutdown().await
            });
            Ok(Dialed::pipe(ours))
        });
        Scene::dialling(Stage::any_model(), Stage::any_model(), connect)
    }

    pub(crate) fn dialling(lead: Stage, second: Stage, connect: gateway::Connect) -> Scene {
        let (config_sender, config_seen) = watch::channel(Arc::new(config()));
        let (verdicts_sender, verdicts_seen) = watch::channel(Arc::default());
        let (reports, reported) = mpsc::channel(256);
        let (began, start) = (
            Instant::now(),
            DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000),
        );
        let clock = Arc::new(move || start + TimeDelta::from_std(began.elapsed()).unwrap());
        let (promises, promised) = mpsc::channel(8);
        let records = Records::default();
        tokio::spawn(records.clone().keep(promised, reports.clone()));
        let (conversations, looked_for) = mpsc::channel(64);
        tokio::spawn(records.clone().keep_conversations(looked_for));
        let gateway = Gateway::new(
            config_seen,
            verdicts_seen,
            connect,
            reports,
            promises,
            conversations,
            clock,
        );
        Scene {
            gateway,
            lead,
            second,
            reports: reported,
            records,
            config: config_sender,
            verdicts: verdicts_sender,
            user_agent: None,
        }
    }

    /// From now on requests come from this client; by default, from an unknown application.
    pub(crate) fn of_client(mut self, user_agent: &'static str) -> Scene {
        self.user_agent = Some(user_agent);
        self
    }

    pub(crate) fn of_agent(self) -> Scene {
        self.of_client(AGENT)
    }

    /// The primary has this fault until it is cleared.
    pub(crate) fn with(fault: Fault) -> Scene {
        let scene = Scene::new();
        scene.lead.outage(Some(fault));
        scene
    }

    /// Changes the gateway's configuration.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Config)) {
        self.config
            .send_modify(|config| change(Arc::make_mut(config)));
    }

    /// The lead's status page declares this, and nothing else is known about it.
    pub(crate) fn declare(&self, level: Level) {
        let since = Some(DateTime::UNIX_EPOCH);
        let finding = Finding {
            verdict: Verdict::Known(level),
            since,
            basis: Basis::PageOnly,
            evidence: Evidence::default(),
        };
        let lead = ProviderVerdict {
            verdict: finding.verdict,
            since,
            basis: finding.basis,
            blame: Blame::Them,
            evidence: finding.evidence.clone(),
            unstable: false,
            surfaces: BTreeMap::from([(SurfaceId::new("api"), finding)]),
            models: BTreeMap::new(),
        };
        self.verdicts.send_replace(Arc::new(Verdicts {
            providers: BTreeMap::from([(ProviderId::new("lead"), lead)]),
            offline: false,
        }));
    }

    /// The watch has detected that this machine is offline.
    pub(crate) fn offline(&self) {
        self.verdicts.send_replace(Arc::new(Verdicts {
            providers: BTreeMap::new(),
            offline: true,
        }));
    }

    /// Nothing is released before the completion check.
    pub(crate) fn verified(&self) {
        self.change(|config| {
            for route in &mut config.routes {
                route.delivery = Some(gateway::Delivery::Verified);
            }
        });
    }

    /// Whether a truncated response is continued.
    pub(crate) fn restarts(&self, restart: Restart) {
        self.change(|config| {
            for route in &mut config.routes {
                route.restart = Some(restart);
            }
        });
    }

    /// The context windows of the model at both endpoints, in tokens; `None`: unknown.
    pub(crate) fn windows(&self, lead: Option<u64>, second: Option<u64>) {
        self.change(|config| {
            for (id, context) in [("lead", lead), ("second", second)] {
                let endpoint = config.endpoints.get_mut(&EndpointId::new(id)).unwrap();
                endpoint.models = vec![Model {
                    context,
                    ..Model::new("m".into())
                }];
            }
        });
    }

    /// Sends a plain streamed question.
    pub(crate) async fn ask(&self, dialect: Dialect) -> Response<Body> {
        self.send(dialect, question(dialect), |request| request)
            .await
    }

    /// `head`: additional headers of the request.
    pub(crate) async fn send(
        &self,
        dialect: Dialect,
        body: Value,
        head: impl FnOnce(Builder) -> Builder,
    ) -> Response<Body> {
        let request = Request::post(dialect.default_path())
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("x-understudy-token", "token");
        let request = match self.user_agent {
            Some(user_agent) => request.header("user-agent", user_agent),
            None => request,
        };
        let request = head(request).body(Full::new(Bytes::from(body.to_string())));
        self.gateway.handle(request.unwrap()).await
    }

    /// Requests a count of tokens.
    pub(crate) async fn count_tokens(&self, body: &Value) -> Response<Body> {
        let request = Request::post("/v1/messages/count_tokens")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("x-understudy-token", "token")
            .body(Full::new(Bytes::from(body.to_string())));
        self.gateway.handle(request.unwrap()).await
    }

    pub(crate) async fn ended(&mut self) -> Exchange {
        loop {
            match self.reports.recv().await.unwrap() {
                Report::Ended(exchange) => return *exchange,
                Report::Began(_) | Report::Unfetched(_) => {}
            }
        }
    }

    /// The endpoints that got a request, in order.
    pub(crate) async fn requested(&mut self) -> (Vec<String>, End) {
        let exchange = self.ended().await;
        (
            exchange
                .attempts
                .iter()
                .map(|a| a.endpoint.to_string())
                .collect(),
            exchange.end,
        )
    }
}

/// The store for responses under a key.
#[derive(Clone, Default)]
pub(crate) struct Records {
    kept: Arc<Mutex<Kept>>,
    turn: Arc<tokio::sync::Mutex<()>>,
    reports: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
enum Kept {
    #[default]
    Unopened,
    Open {
        ledger: Box<Ledger>,
        _folder: TempDir,
    },
    Lost,
}

impl Records {
    /// Reports are forwarded when they are stored.
    async fn keep(self, mut promised: mpsc::Receiver<Promise>, reports: mpsc::Sender<Report>) {
        while let Some(promise) = promised.recv().await {
            let _in_turn = self.turn.lock().await;
            match promise {
                Promise::Replay(ask) => self.answer(ask),
                Promise::Review(ask) => self.with(|ledger| ask.answer(ledger).unwrap()),
                Promise::Report(promised) => {
                    let _recorded = self.reports.lock().await;
                    let (report, receipt) = promised.open();
                    let lost = matches!(*self.kept.lock().unwrap(), Kept::Lost);
                    let _ = reports.try_send(report);
                    receipt.give(if lost {
                        Err(Unkept::because("The disk is full."))
                    } else {
                        Ok(())
                    });
                }
            }
        }
    }

    async fn keep_conversations(self, mut requested: mpsc::Receiver<ConversationAsk>) {
        while let Some(ask) = requested.recv().await {
            let _in_turn = self.turn.lock().await;
            self.with(|ledger| ask.answer(ledger).unwrap());
        }
    }

    fn answer(&self, ask: ReplayAsk) {
        self.with(|ledger| ask.answer(ledger).unwrap());
    }

    pub(crate) fn with(&self, work: impl FnOnce(&mut Ledger)) {
        let now = DateTime::UNIX_EPOCH;
        let mut kept = self.kept.lock().unwrap();
        if let Kept::Unopened = *kept {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Ledger::open(&folder.path().join("ledger"), now).unwrap();
            *kept = Kept::Open {
                ledger: Box::new(ledger),
                _folder: folder,
            };
        }
        match &mut *kept {
            Kept::Open { ledger, .. } => work(ledger),
            Kept::Unopened | Kept::Lost => work(&mut Ledger::in_memory(now).unwrap()),
        }
    }

    /// From now on nothing can be written.
    pub(crate) fn lose(&self) {
        *self.kept.lock().unwrap() = Kept::Lost;
    }

    /// Writes work again; the earlier content is lost.
    pub(crate) fn heal(&self) {
        *self.kept.lock().unwrap() = Kept::Unopened;
    }

    /// No promised report is recorded while this is held.
    pub(crate) async fn hold_reports(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.reports).lock_owned().await
    }

    /// Nothing is written while this is held.
    pub(crate) async fn busy(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }
}

pub(crate) async fn text(response: Response<Body>) -> Result<String, gateway::Aborted> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

pub(crate) fn complete(dialect: Dialect, received: &str) -> bool {
    match dialect {
        Dialect::Anthropic => received.matches("event: message_stop").count() == 1,
        Dialect::OpenaiChat => received.contains("\"finish_reason\":\"stop\""),
        Dialect::OpenaiResponses => received.contains("event: response.completed"),
    }
}

/// A plain streamed question.
pub(crate) fn question(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Anthropic => json!({
            "model": "m", "max_tokens": 99, "stream": true,
            "messages": [{ "role": "user", "content": "Hi" }],
        }),
        Dialect::OpenaiChat => json!({
            "model": "m", "stream": true,
            "messages": [{ "role": "user", "content": "Hi" }],
        }),
        Dialect::OpenaiResponses => json!({ "model": "m", "stream": true, "input": "Hi" }),
    }
}

/// The same with an offered tool `Bash`.
pub(crate) fn question_with_tool(dialect: Dialect) -> Value {
    let schema = json!({ "type": "object", "properties": { "command": { "type": "string" } } });
    let tool = match dialect {
        Dialect::Anthropic => json!({ "name": "Bash", "input_schema": schema }),
        Dialect::OpenaiChat => {
            json!({ "type": "function", "function": { "name": "Bash", "parameters": schema } })
        }
        Dialect::OpenaiResponses => {
            json!({ "type": "function", "name": "Bash", "parameters": schema })
        }
    };
    let mut question = question(dialect);
    question["tools"] = json!([tool]);
    question
}
