use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::{Catalog, EndpointId, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use health::{CallOutcome, CallSource, Controls, FailureKind, Observation, OurFault, Unreadable};
use tokio::sync::mpsc;

use crate::online::Connectivity;
use crate::page::Reading;
use crate::probe::{ProbeResult, Unreached};
use crate::report::Report;
use crate::round::Round;
use crate::targets::ProbeTarget;

/// The receiver of the reports has closed the channel.
pub(crate) struct Closed;

/// Turns the results of checks into reports, and sends them in order.
pub(crate) struct Reporter {
    catalog: Arc<Catalog>,
    reports: mpsc::Sender<Report>,
    /// Endpoints without a key that did not respond to the last check.
    unreached: BTreeSet<(EndpointId, ModelId)>,
}

impl Reporter {
    pub(crate) fn new(catalog: Arc<Catalog>, reports: mpsc::Sender<Report>) -> Self {
        Self {
            catalog,
            reports,
            unreached: BTreeSet::new(),
        }
    }

    /// Ends when the receiver of the reports is closed.
    pub(crate) async fn closed(&self) {
        self.reports.closed().await;
    }

    pub(crate) async fn network(
        &self,
        at: DateTime<Utc>,
        controls: Controls,
    ) -> Result<(), Closed> {
        self.send(Report::Observed(Observation::Network { at, controls }))
            .await
    }

    pub(crate) async fn round(&self, round: Round) -> Result<(), Closed> {
        self.send(Report::Round(round)).await
    }

    pub(crate) async fn checked(
        &self,
        at: DateTime<Utc>,
        connectivity: Connectivity,
    ) -> Result<(), Closed> {
        self.send(Report::Checked { at, connectivity }).await
    }

    pub(crate) async fn page(
        &self,
        at: DateTime<Utc>,
        provider: ProviderId,
        reading: Reading,
        offline: bool,
    ) -> Result<(), Closed> {
        let outcome = match reading.result {
            Err(_) if offline => Err(Unreadable::Offline),
            Err(miss) => Err(miss.why),
            Ok(page) => Ok(page),
        };
        let error = outcome.as_ref().err().map(reason_text);
        let changed = outcome.as_ref().ok().and_then(|page| page.changed);
        let missing = outcome.as_ref().map(|page| page.missing.clone());
        let missing = missing.unwrap_or_default();
        self.send(Report::Observed(Observation::Page {
            at,
            provider: provider.clone(),
            reading: outcome,
        }))
        .await?;
        self.send(Report::PageRead {
            at,
            provider,
            url: reading.url,
            error,
            changed,
            verified: reading.verified,
            missing,
        })
        .await
    }

    pub(crate) async fn probe(
        &self,
        at: DateTime<Utc>,
        target: &ProbeTarget,
        result: ProbeResult,
    ) -> Result<(), Closed> {
        self.call(at, target, result.outcome.clone()).await?;
        let price = self
            .catalog
            .price(&target.endpoint.provider, target.model.as_str(), at)
            .filter(|_| result.usage_reported);
        self.send(Report::Probed {
            at,
            provider: target.endpoint.provider.clone(),
            endpoint: target.endpoint.id.clone(),
            model: target.model.clone(),
            ttft_ms: result.ttft_ms(),
            total_ms: result.total_ms,
            tokens: result.tokens,
            usage_reported: result.usage_reported,
            cost: price.map(|price| price.cost(result.tokens, at)),
            outcome: result.outcome,
        })
        .await
    }

    /// A response proves nothing about inference, so it is reported only if it refutes an earlier failure to connect.
    pub(crate) async fn reached(
        &mut self,
        at: DateTime<Utc>,
        target: &ProbeTarget,
        reached: Result<(), Unreached>,
    ) -> Result<(), Closed> {
        let model = (target.endpoint.id.clone(), target.model.clone());
        let outcome = match reached {
            Ok(()) if self.unreached.remove(&model) => CallOutcome::Ours(OurFault::Credential),
            Ok(()) => return Ok(()),
            Err(Unreached { is_local: true, .. }) => CallOutcome::Neutral,
            Err(Unreached { why: detail, .. }) => {
                self.unreached.insert(model);
                CallOutcome::Failed {
                    kind: FailureKind::Connect,
                    detail,
                }
            }
        };
        self.call(at, target, outcome).await
    }

    async fn call(
        &self,
        at: DateTime<Utc>,
        target: &ProbeTarget,
        outcome: CallOutcome,
    ) -> Result<(), Closed> {
        self.send(Report::Observed(Observation::Call {
            at,
            provider: target.endpoint.provider.clone(),
            endpoint: target.endpoint.id.clone(),
            model: target.model.clone(),
            source: CallSource::Probe,
            outcome,
        }))
        .await
    }

    async fn send(&self, report: Report) -> Result<(), Closed> {
        self.reports.send(report).await.map_err(|_| Closed)
    }
}

fn reason_text(why: &Unreadable) -> String {
    match why {
        Unreadable::Offline => "this machine is offline".to_owned(),
        Unreadable::Unreachable(why) => format!("the page cannot be reached: {why}"),
        Unreadable::Blocked(why) => format!("the page refused the request: {why}"),
        Unreadable::NotThePage(why) => format!("the response is not the page: {why}"),
    }
}
