//! All events that can wake the engine.

use std::sync::Arc;
use std::time::Duration;

use api::{
    Accepted, Command, ControlError, Doctor, Drill, DrillEntry, DrillOffer, MarkItem, NewToken,
    NotificationOutcome, PipelineForm, ReviewClose, SettingsText,
};
use chrono::{DateTime, Utc};
use gateway::{Exchange, MadeFailure, NamedToken};
use ledger::Figures;
use tokio::sync::oneshot;

use crate::delivery::{Attempt, Sent};
use crate::desk;
use crate::drill::play::Session;
use crate::effects::LedgerWork;
use crate::fallback_test::play::Played;
use crate::fallback_test::target::Target;
use crate::named_tokens::Issued;
use crate::network::Addresses;
use crate::parked_run::Ran;
use crate::reads::LoopRead;
use crate::settings::pipeline_change::{Expected, NotChanged};

/// One entry of the loop's queue. The only other wake-up is a timer.
#[derive(Debug)]
pub(crate) enum LoopEvent {
    /// From `watch`: a reading, a probe, a page read.
    Watched(watch::Report),
    /// From `gateway`: an exchange began or ended.
    Passed(gateway::Report),
    /// From `gateway`: what was promised to a client.
    Promised(gateway::Promise),
    /// From `effects`: write to or read the ledger.
    Effects(LedgerWork),
    /// From `gateway`: store or look up a conversation.
    Conversation(gateway::ConversationAsk),
    /// The settings file changed; its text, or the read error.
    SettingsFile(std::io::Result<String>),
    /// The files by which other programs find the engine were written, or why not.
    Published(Option<String>),
    /// Addresses of networks, with the reason if one is not open.
    Network(Addresses),
    /// A key was added, removed or loaded.
    KeysChanged,
    /// The keychain is not usable; the reason as text for the user.
    KeychainFailed(String),
    Request(ControlRequest),
    /// The machine was suspended for this duration.
    Woke(Duration),
    /// This machine reaches the internet from another address.
    NetworkChanged,
    /// A tray or a window connected to the event stream or disconnected.
    Faces,
    /// Read the effects of these incidents in the loop: there is no file beside it.
    ReadImpact(Vec<i64>, DateTime<Utc>),
    /// Read beside the loop: effects of incidents.
    ImpactRead(Vec<desk::Event>),
    /// Read beside the loop: figures of closed incidents.
    Counted(Vec<Figures>),
    /// A parked request was run by the drain.
    Ran {
        id: String,
        ran: Ran,
    },
    /// A response was sent to its receiver.
    Sent {
        attempt: Attempt,
        sent: Sent,
    },
    /// The rehearsed outage reached its end.
    RehearsalOver,
    Quit,
    #[cfg(debug_assertions)]
    TestPanic,
    /// The stopping engine has no connection any more.
    PortClosed,
}

/// A query or a command from the control API, with its reply channel.
#[derive(Debug)]
pub(crate) enum ControlRequest {
    Do(Command, Reply<Result<Accepted, ControlError>>),
    /// A page of a ledger that has no readable file.
    Read(LoopRead),
    /// A person marked an interrupted session as checked.
    Checked {
        interruption: i64,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    /// The owner states what became of an item of this incident.
    MarkItem {
        incident: i64,
        wanted: MarkItem,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    CloseReview {
        id: String,
        close: ReviewClose,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    ReopenReview {
        id: String,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    /// Whether the response of this item goes to a receiver.
    HasReceiver {
        pipeline: Option<String>,
        resume: Option<ledger::Resume>,
        reply: Reply<bool>,
    },
    /// Result of a new run of a parked request. `delivers`: its response goes to a receiver.
    ReviewRan {
        id: String,
        ran: Ran,
        delivers: bool,
        reply: Reply<Result<(), ControlError>>,
    },
    /// What draining this pipeline would do and cost.
    DrainOffer {
        pipeline: String,
        reply: Reply<Result<api::DrainOffer, ControlError>>,
    },
    /// The owner's switch.
    SwitchDrain {
        pipeline: String,
        on: bool,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    /// Run all parked requests again, or count them.
    BeginRetry {
        /// Items that can be run, in their order.
        ids: Vec<String>,
        count_only: bool,
        reply: Reply<Result<RetryBegun, ControlError>>,
    },
    /// One of them was run. The reply states whether to run the next.
    Retried {
        /// None: it has left the queue.
        answered: Option<bool>,
        reply: Reply<bool>,
    },
    /// The last of them was run, or the run was stopped.
    RetryEnded(Reply<()>),
    StopRetry(Reply<Result<Accepted, ControlError>>),
    NotificationDelivered {
        id: u64,
        outcome: NotificationOutcome,
        reply: Reply<()>,
    },
    /// A key was added or removed; the reply follows when it is in use.
    KeysChanged(Reply<()>),
    Explain {
        dialect: catalog::Dialect,
        model: String,
        caller: gateway::Caller,
        /// The kind of login is that of the traffic.
        usual_login: bool,
        reply: Reply<api::Explained>,
    },
    ExplainRequest {
        dialect: catalog::Dialect,
        body: bytes::Bytes,
        caller: gateway::Caller,
        usual_login: bool,
        reply: Reply<Result<api::Explained, ControlError>>,
    },
    /// The fallbacks of this route, endpoint or model; None: all.
    Fallbacks {
        of: Option<String>,
        reply: Reply<api::Fallbacks>,
    },
    /// Start the owner's test of this fallback.
    BeginTest {
        wanted: api::TestFallback,
        reply: Reply<Result<Box<Target>, ControlError>>,
    },
    TestEnded {
        target: Box<Target>,
        played: Played,
        reply: Reply<api::Fallback>,
    },
    /// What a drill would do and cost.
    DrillOffer {
        model: Option<String>,
        live: bool,
        /// Names of the clients whose settings point here.
        connected: Vec<String>,
        reply: Reply<Result<DrillOffer, ControlError>>,
    },
    /// The reply has the session to play. None: only live requests meet the failure.
    BeginDrill {
        entry: DrillEntry,
        connected: Vec<String>,
        reply: Reply<Result<(Drill, Option<Session>), ControlError>>,
    },
    /// A request of the drill's session has ended. The reply has the failure of its repetition.
    DrillTested {
        id: u64,
        exchange: Option<Box<Exchange>>,
        reply: Reply<Option<MadeFailure>>,
    },
    EndDrill(Reply<Option<Drill>>),
    /// The drill that runs, or the last one.
    Drill(Reply<Option<Drill>>),
    Settings(Reply<SettingsText>),
    SaveSettings {
        text: String,
        reply: Reply<Result<SettingsText, ControlError>>,
    },
    /// The pipelines in the settings file.
    Pipelines(Reply<Result<WrittenPipelines, ControlError>>),
    PutPipeline(PutPipeline, Reply<Result<Accepted, NotChanged>>),
    RemovePipeline {
        name: String,
        expected: Expected,
        reply: Reply<Result<Accepted, NotChanged>>,
    },
    /// The named tokens.
    Tokens(Reply<Vec<Issued>>),
    AddToken {
        name: String,
        /// Its requests belong to this pipeline.
        pipeline: Option<String>,
        reply: Reply<Result<NewToken, ControlError>>,
    },
    RevokeToken {
        name: String,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    Doctor(Reply<Doctor>),
    Metrics(Reply<String>),
}

/// Result of [`ControlRequest::Pipelines`].
#[derive(Debug)]
pub(crate) struct WrittenPipelines {
    /// Each with the version of its lines, by name.
    pub forms: Vec<(PipelineForm, Option<String>)>,
    pub tokens: Arc<[NamedToken]>,
    /// For clients, with the token.
    pub base_url: String,
}

/// A form in place of a pipeline's lines.
#[derive(Debug)]
pub(crate) struct PutPipeline {
    /// Its name before.
    pub name: String,
    pub form: PipelineForm,
    pub expected: Expected,
}

/// Result of [`ControlRequest::BeginRetry`].
#[derive(Debug)]
pub(crate) struct RetryBegun {
    /// Review items in the order of their runs; empty: no run.
    pub ids: Vec<String>,
    pub message: String,
}

pub(crate) type Reply<T> = oneshot::Sender<T>;
