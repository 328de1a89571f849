//! All events that can wake the engine.

use std::time::Duration;

use api::{
    Accepted, Command, ControlError, Doctor, Exchange, ExchangePage, Incident, IncidentPage,
    NoticeOutcome, ReviewClose, ReviewPage, SettingsText,
};
use ledger::{ExchangeRow, Page};
use tokio::sync::oneshot;

use crate::fallback_test::play::Played;
use crate::fallback_test::target::Target;

/// One entry of the loop's queue. Time alone is the only other thing that wakes it.
#[derive(Debug)]
pub(crate) enum Event {
    /// From `watch`: a reading, a probe, a page read.
    Watched(watch::Report),
    /// From `gateway`: an exchange began or ended.
    Passed(gateway::Report),
    /// From `gateway`: an answer is to be kept, or looked for.
    Replay(gateway::ReplayAsk),
    /// From `gateway`: a conversation is to be kept, or looked for.
    Conversation(gateway::ConversationAsk),
    /// The settings file changed; its text, or why it cannot be read.
    SettingsFile(std::io::Result<String>),
    /// A key was added, removed or loaded.
    KeysChanged,
    /// The keychain cannot be used; why, for people.
    KeychainFailed(String),
    Asked(Ask),
    /// The machine slept for so long.
    Woke(Duration),
    /// A tray or a window began to follow the engine, or went.
    Faces,
    /// The rehearsed outage ran out.
    RehearsalOver,
    Quit,
}

/// A question or a command from the control API, each with its way back.
#[derive(Debug)]
pub(crate) enum Ask {
    Do(Command, Reply<Result<Accepted, ControlError>>),
    Incidents {
        limit: u32,
        before: Option<i64>,
        reply: Reply<Result<IncidentPage, ControlError>>,
    },
    Incident {
        id: i64,
        reply: Reply<Result<Option<Incident>, ControlError>>,
    },
    Exchanges {
        filter: Box<ledger::ExchangeFilter>,
        limit: u32,
        before: Option<i64>,
        reply: Reply<Result<ExchangePage, ControlError>>,
    },
    /// What a search found, in words.
    ShowExchanges {
        page: Page<ExchangeRow>,
        reply: Reply<ExchangePage>,
    },
    Exchange {
        id: i64,
        reply: Reply<Result<Option<Exchange>, ControlError>>,
    },
    /// A person looked at an interrupted session.
    Checked {
        interruption: i64,
        reply: Reply<Result<Accepted, ControlError>>,
    },
    Reviews {
        /// Those too that were closed by hand, or settled long ago.
        all: bool,
        limit: u32,
        before: Option<i64>,
        reply: Reply<Result<ReviewPage, ControlError>>,
    },
    /// A parked request with all that is kept of it.
    Review {
        id: String,
        reply: Reply<Result<Option<Box<ledger::ReviewItem>>, ControlError>>,
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
    /// What came of running a parked request again.
    ReviewRan {
        id: String,
        status: u16,
        body: Vec<u8>,
        reply: Reply<Result<(), ControlError>>,
    },
    /// Waiting requests are to be run again, or counted.
    BeginRetry {
        incident: Option<i64>,
        pipeline: Option<String>,
        count_only: bool,
        reply: Reply<Result<RetryBegun, ControlError>>,
    },
    /// One of them was run. Answered with whether the next is to be.
    Retried {
        /// None: it waited no longer.
        answered: Option<bool>,
        reply: Reply<bool>,
    },
    /// The last of them was run, or none will be any more.
    RetryEnded(Reply<()>),
    StopRetry(Reply<Result<Accepted, ControlError>>),
    NoticeTold {
        id: u64,
        outcome: NoticeOutcome,
        reply: Reply<()>,
    },
    /// A key was added or removed; answered once everybody knows.
    KeysChanged(Reply<()>),
    Explain {
        dialect: catalog::Dialect,
        model: String,
        caller: gateway::Caller,
        reply: Reply<api::Explained>,
    },
    ExplainRequest {
        dialect: catalog::Dialect,
        body: bytes::Bytes,
        caller: gateway::Caller,
        reply: Reply<Result<api::Explained, ControlError>>,
    },
    /// The fallbacks of this route, endpoint or model; None: all.
    Fallbacks {
        of: Option<String>,
        reply: Reply<api::Fallbacks>,
    },
    /// The owner wants this one tested.
    BeginTest {
        wanted: api::TestFallback,
        reply: Reply<Result<Box<Target>, ControlError>>,
    },
    TestEnded {
        target: Box<Target>,
        played: Played,
        reply: Reply<api::Fallback>,
    },
    Settings(Reply<SettingsText>),
    SaveSettings {
        text: String,
        reply: Reply<Result<SettingsText, ControlError>>,
    },
    Doctor(Reply<Doctor>),
    Metrics(Reply<String>),
}

/// What [`Ask::BeginRetry`] leads to.
#[derive(Debug)]
pub(crate) struct RetryBegun {
    /// Review items in the order in which they are to be run; empty: none is.
    pub ids: Vec<String>,
    pub said: String,
}

pub(crate) type Reply<T> = oneshot::Sender<T>;
