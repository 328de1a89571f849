//! What the shell, the CLI and the UI read over the control API: types, and how a face shows text of
//! clients and providers. TypeScript is generated from them
//! (`cargo test -p api` writes `ui/src/generated/`), and a test fails when the two differ.
//!
//! All content for the UIs is text or numbers ready to show; UIs format and never compute.

mod command;
mod connect;
mod control;
mod dialect;
mod drill;
mod effect;
mod escape;
mod exchange;
mod fallback;
mod impact;
mod incident;
mod installed;
mod level;
mod limit;
mod money;
mod notification;
mod page;
mod pipeline;
mod question;
mod report;
mod review;
mod series;
mod snapshot;
mod span;
mod token;
mod transfer;
mod tray;
mod use_now;
mod version;

pub use command::{Command, MayGoTo, View};
pub use connect::{
    ClientFile, ClientFileScope, ConnectChange, ConnectClient, ConnectDone, ConnectEntry,
    ConnectMethod, ConnectPage, ConnectState, ConnectTest, CopyLines, FileDiff, KeyChange, Loss,
    UnsupportedClient,
};
pub use control::{
    Accepted, Check, CheckState, ControlError, Delivery, Doctor, Explained, KeyEntry, KeyTried,
    RuntimeFile, SettingsText,
};
pub use dialect::Dialect;
pub use drill::{Drill, DrillEntry, DrillOffer, DrillReport, DrillStep, SetUpLine};
pub use effect::{
    EffectItem, EffectPage, EffectResult, EffectSettle, EffectSettled, EffectState, EffectSummary,
};
pub use escape::{escape, escape_json, escape_lines, must_escape};
pub use exchange::{Attempt, AttemptOutcome, Exchange, ExchangeEnd, ExchangePage};
pub use fallback::{Fallback, FallbackTest, Fallbacks, TestCost, TestFallback, TestFault};
pub use impact::{
    Amount, AtRiskRange, Impact, ImpactBasis, ImpactItem, ImpactItemState, ImpactLine, ItemMark,
    MarkItem, PipelineImpact,
};
pub use incident::{
    AtRisk, DeliveredCall, Incident, IncidentPage, IncidentSummary, Interruption, LastOutage,
    TimelineEntry, TimelineSource, UnexpectedEnd,
};
pub use installed::Installed;
pub use level::Level;
pub use limit::UsedUpLimit;
pub use money::usd;
pub use notification::{
    Notification, NotificationAction, NotificationKind, NotificationOutcome, Urgency,
};
pub use page::PageView;
pub use pipeline::{
    PipelineEntry, PipelineFieldError, PipelineForm, PipelineMark, PipelinePage, PipelinePlace,
    PipelineRefused, PipelineReliability, PipelineRuns, PipelineStep, PipelineView,
    UnknownPipeline,
};
pub use question::{Question, QuestionAnswer, QuestionPart};
pub use report::{ReportChoices, ReportMonth};
pub use review::{
    Closing, DrainOffer, DrainState, DrainSwitch, ReviewAttempt, ReviewClose, ReviewCloseSeveral,
    ReviewItem, ReviewPage, ReviewReopenSeveral, ReviewRetry, ReviewRetrySeveral, ReviewRun,
    ReviewState, ReviewSummary, WebhookSecret,
};
pub use series::{
    CostPoint, CostSeries, IncidentLane, IncidentLanes, IncidentPoint, IncidentSeries, LaneCount,
    LaneOf, LaneOutcome, LaneRequest, LatencyMeasure, LatencyPoint, LatencySeries, ProviderCost,
    ProviderLatency, ProviderUptime, RibbonCalls, RibbonPage, RibbonSeries, UptimeIncident,
    UptimePoint, UptimeSeries,
};
pub use snapshot::{
    Basis, Blame, Candidate, Endpoint, EngineState, FallbackState, Headline, History, KeyState,
    ModelHealth, PaidFallbacks, ProblemView, Provider, Route, Session, SiblingModels, Snapshot,
    Surface, Today,
};
pub use span::{Span, Spans};
pub use token::{NewToken, TokenList, TokenName, TokenView};
pub use transfer::{Import, Imported};
pub use tray::{MenuLine, TrayIcon, TrayView};
pub use use_now::{ClientUse, RefusedChoice, UseChoice};
pub use version::Version;

/// Interval of comments on an idle event stream, so that each side detects a lost connection.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(20);

/// Header that carries the control token, read from the runtime file.
pub const CONTROL_HEADER: &str = "x-understudy-control";
