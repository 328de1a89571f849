//! Applies settings, keys and the catalogue to the gateway, the watch and the plans of each route.

use std::sync::Arc;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use gateway::{Caller, Plan, Scope};

use super::{Configuration, Desk, Effect};
use crate::effects::EffectsConfig;
use crate::settings::{Settings, SettingsError, edit};
use crate::{network, routing};

impl Desk {
    /// The present plan for a request of this caller for this model.
    pub(crate) fn explain(&self, dialect: Dialect, model: &str, caller: &Caller) -> Plan {
        Plan::explain(&self.config, &self.state.breakers, dialect, model, caller)
    }

    /// Sends the new configuration to the gateway, the watch and the views.
    pub(super) fn reconfigure(&mut self, now: DateTime<Utc>) {
        self.running.spending = self.spending();
        self.running.sibling = self.sibling();
        self.running.use_now = self.gateway_choices();
        self.running.drill = self.live_drill();
        let state = &self.state;
        let own = state.listening.bound();
        let ports = network::ports(&state.settings, own, !state.tokens.is_empty());
        let ports: Arc<[_]> = ports
            .into_iter()
            .filter_map(|(_, port)| port.ok())
            .collect();
        self.running.own_addresses = std::iter::once(own)
            .chain(ports.iter().map(|port| port.address))
            .collect();
        self.running.paused = state.paused;
        self.running.draining = state.draining;
        let config =
            routing::gateway_config(&state.settings, &state.catalog, &state.keys, &self.running);
        self.config = Arc::new(config);
        let configuration = Configuration {
            gateway: Arc::clone(&self.config),
            endpoints: state.catalog.endpoints().cloned().collect(),
            effects: EffectsConfig {
                receivers: state.settings.effects.clone().into(),
                draining: state.draining,
            },
            allowed_hosts: state.settings.allowed_hosts.clone(),
            network: ports,
        };
        self.effect(Effect::Configure(Box::new(configuration)));
        self.watch_targets();
        self.state.plans = self.plans();
        self.plan_clients();
        self.state.reaches = self.reaches();
        self.state.targets = self.targets();
        let transitions = self.book.watch(self.state.watched(), now);
        self.apply(now, transitions);
    }

    fn plans(&self) -> Vec<Plan> {
        let routes = self.config.routes.iter();
        let routes = routes.filter(|route| route.name != catalog::REHEARSAL);
        let mut plans: Vec<Plan> = Vec::new();
        for route in routes {
            let (dialect, model) = (route.dialect, routing::sample_of(&route.models));
            let plan = self.explain(dialect, &model, &self.usual_caller(dialect));
            // Several patterns can resolve to one route; its plan is kept once.
            let same = |known: &Plan| (&known.route, known.dialect) == (&plan.route, dialect);
            if !plans.iter().any(same) {
                plans.push(plan);
            }
        }
        plans
    }

    /// `text`: content of the file.
    pub(super) fn settings_read(
        &mut self,
        now: DateTime<Utc>,
        parsed: Result<Box<Settings>, Vec<SettingsError>>,
        text: &str,
    ) {
        let settings = match parsed {
            Ok(settings) => self.with_kept_scope(*settings, text),
            Err(errors) => {
                if let Some(first) = errors.first() {
                    tracing::warn!(%first, "the settings file has an error; the last valid settings stay active");
                }
                self.state.settings_errors = errors;
                return;
            }
        };
        self.state.settings_errors.clear();
        if *self.state.settings != settings {
            match self.state.listening.pending(&settings) {
                None => tracing::info!("new settings are active"),
                Some((what, fix)) => {
                    tracing::warn!("new settings are active, except [listen]. {what} {fix}");
                }
            }
            self.state.settings = Arc::new(settings);
            self.state.catalog = Arc::new(self.state.settings.catalog(&self.base_catalog));
            self.expire_conversations(now);
            self.check_history(now);
            self.reconfigure(now);
        }
    }

    /// If the settings file is not writable, the scope from before `may_go_to` stays until the owner sets one.
    fn with_kept_scope(&mut self, settings: Settings, text: &str) -> Settings {
        if self.state.scope_unwritten.is_none() {
            return settings;
        }
        if edit::is_written(text, edit::Place::General) {
            self.state.scope_unwritten = None;
            return settings;
        }
        Settings {
            may_go_to: Some(Scope::Any),
            ..settings
        }
    }
}
