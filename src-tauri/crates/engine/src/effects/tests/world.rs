//! A receiver with faults, and engines that crash: a life ends with its runtime, and only the ledger stays.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::Dialed;
use http::Method;
use ledger::{EffectBegun, EffectRow, EffectSettled, Ledger, NewEffect, OwnersWord};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Builder;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use crate::effects::run::Progress;
use crate::effects::{Book, EffectsConfig, Relay, Services};
use crate::settings::EffectSettings;

/// What the receiver does with a connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Unreachable,
    ClosesUnread,
    CutAfterRequest,
    CutInResponse,
    Hangs,
    Answers(u16),
}

/// The engine ends at this work on the ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crash {
    pub(super) work: usize,
    /// The work is done before it ends.
    pub(super) after: bool,
}

pub(super) struct World {
    honours_key: bool,
    ledger: Arc<Mutex<Ledger>>,
    receiver: Arc<Mutex<Receiver>>,
    /// Duration of the lives so far.
    lived: Duration,
}

#[derive(Default)]
struct Receiver {
    faults: VecDeque<Fault>,
    dialed: usize,
    /// When it got the key.
    seen: Vec<Duration>,
}

const KEY: &str = "order-17";

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

impl World {
    /// After its faults, the receiver answers with 200.
    pub(super) fn new(honours_key: bool, faults: Vec<Fault>) -> World {
        World {
            honours_key,
            ledger: Arc::new(Mutex::new(Ledger::in_memory(start()).unwrap())),
            receiver: Arc::new(Mutex::new(Receiver {
                faults: faults.into(),
                ..Receiver::default()
            })),
            lived: Duration::ZERO,
        }
    }

    /// An engine starts, continues what was unfinished, and gets the same request again.
    pub(super) fn live(&mut self, crash: Option<Crash>) {
        self.live_until(crash, Duration::from_secs(1800));
    }

    pub(super) fn live_for(&mut self, within: Duration) {
        self.live_until(None, within);
    }

    fn live_until(&mut self, crash: Option<Crash>, within: Duration) {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let lived = runtime.block_on(async {
            let began = Instant::now();
            let lived = self.lived;
            let clock = move || start() + TimeDelta::from_std(lived + began.elapsed()).unwrap();
            let crashed = Arc::new(Notify::new());
            let relay = self.relay(crash, &crashed, clock);
            let work = async {
                relay.resume().await;
                let begun = relay
                    .book()
                    .with(|ledger, now| ledger.begin_effect(&request(), now));
                let Ok(EffectBegun::First(id) | EffectBegun::Known(id)) = begun.await else {
                    panic!("the key is used by one request");
                };
                let mut run = relay.join(id);
                let ended = |progress: &Progress| *progress == Progress::Ended;
                let _ = run.progress.wait_for(ended).await;
            };
            tokio::select! {
                () = crashed.notified() => {}
                _ = tokio::time::timeout(within, work) => {}
            }
            began.elapsed()
        });
        drop(runtime);
        self.lived += lived;
    }

    fn relay(
        &self,
        crash: Option<Crash>,
        crashed: &Arc<Notify>,
        clock: impl Fn() -> DateTime<Utc> + Clone + Send + Sync + 'static,
    ) -> Relay {
        let (work, mut working) = mpsc::channel(8);
        let (ledger, crashed, now) = (Arc::clone(&self.ledger), Arc::clone(crashed), clock.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while let Some(work) = working.recv().await {
                let work: crate::effects::LedgerWork = work;
                let here = crash.filter(|crash| crash.work == done);
                if here.is_none_or(|crash| crash.after) {
                    let mut ledger = ledger.lock().unwrap();
                    work.run(Some(&mut ledger), now()).unwrap();
                }
                if here.is_some() {
                    crashed.notify_one();
                    return std::future::pending().await;
                }
                done += 1;
            }
        });
        let (receiver, lived) = (Arc::clone(&self.receiver), self.lived);
        let began = Instant::now();
        let dial: crate::effects::send::Dialer = Arc::new(move |_| {
            let receiver = Arc::clone(&receiver);
            Box::pin(async move {
                let fault = {
                    let mut receiver = receiver.lock().unwrap();
                    receiver.dialed += 1;
                    receiver.faults.pop_front().unwrap_or(Fault::Answers(200))
                };
                if let Fault::Unreachable = fault {
                    return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
                }
                let (ours, theirs) = tokio::io::duplex(1 << 16);
                tokio::spawn(serve(receiver, theirs, fault, lived, began));
                Ok(Dialed::pipe(ours))
            })
        });
        let (config, configured) = watch::channel(EffectsConfig {
            receivers: vec![self.settings()].into(),
            draining: false,
        });
        // It stays as it is until the engine ends.
        std::mem::forget(config);
        let stops: crate::effects::Stops = Arc::new(|| Box::new(()));
        let clock = Arc::new(clock);
        Relay::new(Services::new(
            Book::new(work),
            dial,
            configured,
            stops,
            clock,
        ))
    }

    fn settings(&self) -> EffectSettings {
        EffectSettings {
            name: "invoice".to_owned(),
            url: Secret::new("https://billing.example/api"),
            method: Method::POST,
            headers: Vec::new(),
            honours_key: self.honours_key,
            keeps_keys: TimeDelta::hours(24),
            timeout: Duration::from_secs(30),
            pipeline: None,
            after_completion: false,
        }
    }

    pub(super) fn settle(&self, word: OwnersWord) {
        let mut ledger = self.ledger.lock().unwrap();
        let now = start() + TimeDelta::from_std(self.lived).unwrap();
        let id = ledger.effect_of(&[1; 32]).unwrap().unwrap();
        let settled = ledger.settle_effect(id, &word, now).unwrap();
        assert_eq!(settled, EffectSettled::Yes);
    }

    pub(super) fn effect(&self) -> EffectRow {
        let ledger = self.ledger.lock().unwrap();
        let mut rows = ledger.effects(true, 10, None).unwrap().rows;
        assert_eq!(rows.len(), 1, "an accepted effect is never lost");
        rows.remove(0).1
    }

    pub(super) fn dialed(&self) -> usize {
        self.receiver.lock().unwrap().dialed
    }

    /// How often the receiver got the key.
    pub(super) fn seen(&self) -> usize {
        self.receiver.lock().unwrap().seen.len()
    }

    pub(super) fn last_seen(&self) -> Option<Duration> {
        self.receiver.lock().unwrap().seen.last().copied()
    }
}

fn request() -> NewEffect {
    NewEffect {
        scope: [1; 32],
        request: [2; 32],
        name: "invoice".to_owned(),
        key: KEY.to_owned(),
        pipeline: None,
        item: None,
        after: None,
        content_type: Some("application/json".to_owned()),
        content_encoding: None,
        body: b"{\"amount\":17}".to_vec(),
    }
}

async fn serve(
    receiver: Arc<Mutex<Receiver>>,
    mut io: DuplexStream,
    fault: Fault,
    lived: Duration,
    began: Instant,
) {
    if let Fault::ClosesUnread = fault {
        return;
    }
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.ends_with(b"{\"amount\":17}") {
        match io.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&part[..length]),
        }
    }
    let text = String::from_utf8(request).unwrap();
    assert!(
        text.contains(&format!("idempotency-key: {KEY}\r\n")),
        "{text}"
    );
    receiver.lock().unwrap().seen.push(lived + began.elapsed());
    let response = match fault {
        Fault::Unreachable | Fault::ClosesUnread | Fault::CutAfterRequest => return,
        Fault::Hangs => return std::future::pending().await,
        Fault::CutInResponse => "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nma".to_owned(),
        Fault::Answers(status) => {
            format!("HTTP/1.1 {status} Any\r\ncontent-length: 4\r\n\r\nmade")
        }
    };
    // An engine that crashes does not read it.
    let _ = io.write_all(response.as_bytes()).await;
}
