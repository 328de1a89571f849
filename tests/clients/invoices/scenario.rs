//! What happens to the orders, and what they became.

use std::collections::BTreeSet;

use tokio::task::block_in_place;

use super::kind::Kind;
use super::n8n::Execution;
use super::receiver::Behaviour;
use super::rig::Rig;

/// What happens to the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Cut,
    BothCut,
    Down,
    EngineKilled,
    N8nKilled,
    EngineKilledInRequest,
    EngineKilledInInvoice,
    N8nKilledInRequest,
}

impl Scenario {
    pub(super) const ALL: [Scenario; 8] = [
        Scenario::Cut,
        Scenario::BothCut,
        Scenario::Down,
        Scenario::EngineKilled,
        Scenario::N8nKilled,
        Scenario::EngineKilledInRequest,
        Scenario::EngineKilledInInvoice,
        Scenario::N8nKilledInRequest,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Scenario::Cut => "the primary cut in mid-response",
            Scenario::BothCut => "both providers cut in mid-response; they work at n8n's own retry",
            Scenario::Down => "both providers down, then up",
            Scenario::EngineKilled => "the same, and the engine killed while the workflow waits",
            Scenario::N8nKilled => "the same, and n8n killed while the workflow waits",
            Scenario::EngineKilledInRequest => "the engine killed during the model's request",
            Scenario::EngineKilledInInvoice => "the engine killed while the invoice is sent",
            Scenario::N8nKilledInRequest => {
                "n8n killed during the model's request; the shop sends the order again"
            }
        }
    }

    /// How its executions end.
    pub(super) fn statuses(self) -> &'static [&'static str] {
        match self {
            // The outcome is unknown: the owner decides, and n8n shows the error.
            Scenario::EngineKilledInInvoice => &["error"],
            Scenario::N8nKilledInRequest => &["crashed", "success"],
            Scenario::Cut
            | Scenario::BothCut
            | Scenario::Down
            | Scenario::EngineKilled
            | Scenario::N8nKilled
            | Scenario::EngineKilledInRequest => &["success"],
        }
    }

    pub(super) async fn play(self, rig: &mut Rig, orders: &Orders) {
        match self {
            Scenario::Cut => {
                rig.lead.stage.outage(Some("cut-in-text".parse().unwrap()));
                orders.send(rig).await;
            }
            Scenario::BothCut => {
                rig.both(Some("cut-in-text"));
                orders.send(rig).await;
                orders.until_parked(rig).await;
                rig.recover().await;
            }
            Scenario::Down | Scenario::EngineKilled | Scenario::N8nKilled => {
                rig.both(Some("503"));
                orders.send(rig).await;
                orders.until_all(rig, &["waiting"]).await;
                if self == Scenario::EngineKilled {
                    rig.kill_engine();
                    block_in_place(|| rig.start_engine());
                }
                if self == Scenario::N8nKilled {
                    rig.n8n.kill();
                    rig.n8n.start();
                    // The responses come while it is still starting.
                    rig.until("n8n listens", async |rig| rig.n8n.listens().await)
                        .await;
                }
                rig.recover().await;
            }
            Scenario::EngineKilledInRequest | Scenario::N8nKilledInRequest => {
                rig.lead.stage.outage(Some("silent".parse().unwrap()));
                let requested = rig.lead.posts() + Kind::ALL.len();
                orders.send(rig).await;
                rig.until("the primary has each order's request", async |rig| {
                    rig.lead.posts() >= requested
                })
                .await;
                if self == Scenario::EngineKilledInRequest {
                    rig.kill_engine();
                    rig.both(None);
                    block_in_place(|| rig.start_engine());
                } else {
                    rig.n8n.kill();
                    rig.both(None);
                    rig.n8n.start();
                    orders.send(rig).await;
                }
            }
            Scenario::EngineKilledInInvoice => {
                let expected = rig.receiver.requests().len() + Kind::ALL.len();
                rig.receiver.next([Behaviour::Holds; Kind::ALL.len()]);
                orders.send(rig).await;
                rig.until("the receiver has each order's invoice", async |rig| {
                    rig.receiver.requests().len() >= expected
                })
                .await;
                rig.kill_engine();
                rig.receiver.release();
                block_in_place(|| rig.start_engine());
            }
        }
        orders.until_all(rig, ENDED).await;
    }
}

/// Final states of an execution.
const ENDED: &[&str] = &["success", "error", "crashed", "canceled"];

/// One order for each workflow.
pub(super) struct Orders {
    scenario: Scenario,
    /// Executions and parked requests before them.
    executions: i64,
    parked: BTreeSet<String>,
}

impl Orders {
    pub(super) async fn new(scenario: Scenario, rig: &Rig) -> Orders {
        let parked = rig.parked().await;
        let numbers = Kind::ALL.map(|kind| rig.n8n.executions(kind, 0));
        let numbers = numbers.iter().flatten().map(|(number, _)| *number);
        Orders {
            scenario,
            executions: numbers.max().unwrap_or(0),
            parked: parked.into_iter().map(|(id, _, _)| id).collect(),
        }
    }

    pub(super) fn id(&self, kind: &Kind) -> String {
        format!("{:?}-{}", self.scenario, kind.id)
    }

    /// The shop repeats each order until n8n has accepted it.
    async fn send(&self, rig: &mut Rig) {
        for kind in Kind::ALL {
            let id = self.id(kind);
            rig.until(&format!("n8n accepts the order {id}"), async |rig| {
                rig.n8n.accepts(kind, &id).await
            })
            .await;
        }
    }

    pub(super) fn executions(&self, rig: &Rig, kind: &Kind) -> Vec<Execution> {
        rig.n8n.executions(kind, self.executions)
    }

    /// Waits until the last execution of each order has one of these states, while others use the providers too.
    async fn until_all(&self, rig: &mut Rig, states: &[&str]) {
        let what = format!("each order's execution is {}", states.join(" or "));
        rig.until(&what, async |rig| {
            let is_so = Kind::ALL.iter().all(|kind| {
                let last = self.executions(rig, kind).pop();
                last.is_some_and(|(_, status)| states.contains(&status.as_str()))
            });
            if !is_so {
                rig.others().await;
            }
            is_so
        })
        .await;
    }

    /// Their parked requests by pipeline: the states.
    pub(super) async fn parked(&self, rig: &Rig, kind: &Kind) -> Vec<String> {
        let parked = rig.parked().await.into_iter();
        parked
            .filter(|(id, pipeline, _)| !self.parked.contains(id) && pipeline == kind.pipeline)
            .map(|(_, _, state)| state)
            .collect()
    }

    async fn until_parked(&self, rig: &mut Rig) {
        rig.until("each order's request is parked", async |rig| {
            for kind in Kind::ALL {
                if self.parked(rig, kind).await.is_empty() {
                    return false;
                }
            }
            true
        })
        .await;
    }
}
