//! The provider that the owner chose for a client's requests. Pure.

use super::{Plan, Role};
use crate::UseNow;

impl Plan {
    /// Moves the chosen provider's first candidate to the front. Scope and cap have removed what may not be used, and a candidate whose circuit breaker is open keeps its place.
    pub(super) fn put_first(&mut self, choice: &UseNow) {
        let at = self.candidates.iter().position(|candidate| {
            candidate.provider == choice.provider
                && candidate.role != Role::Sibling
                && candidate.standing.admits()
        });
        let Some(at) = at else { return };
        let mut candidate = self.candidates.remove(at);
        candidate.reason = format!("{}; {}", candidate.reason, choice.reason);
        self.candidates.insert(0, candidate);
        self.chosen = true;
    }

    /// A session that moved stays with its fallback if there is no choice, and within a tool loop that would otherwise return
    /// to the primary.
    pub(crate) fn may_stay(&self, in_tool_loop: bool) -> bool {
        let to_primary = self.candidates.first().is_some_and(|c| c.is_primary());
        !self.chosen || in_tool_loop && to_primary
    }
}

#[cfg(test)]
mod tests {
    use catalog::{Dialect, EndpointId, ModelId};

    use super::super::{Caller, Ineligible, Login, Plan, PlanInput, plan};
    use crate::tests::config;
    use crate::{Config, Consent, Scope, Standing, UseNow, UsedUp};

    const REASON: &str = "first by your choice until 00:00";

    fn chosen(client: &str, provider: &str) -> Config {
        let mut config = config();
        let endpoint = catalog::EndpointId::new(provider);
        let provider = config.endpoints[&endpoint].endpoint.provider.clone();
        let reason = REASON.to_owned();
        let choice = UseNow { provider, reason };
        config.use_now.insert(client.to_owned(), choice);
        config
    }

    fn caller() -> Caller {
        Caller {
            client: "Claude Code".to_owned(),
            ..Caller::agent(Login::None)
        }
    }

    fn planned(config: &Config, standing: &dyn Fn(&EndpointId, &ModelId) -> Standing) -> Plan {
        let caller = caller();
        plan(
            config,
            PlanInput::any(Dialect::Anthropic, "claude-1", &caller),
            standing,
        )
    }

    fn order(plan: &Plan) -> Vec<&str> {
        plan.candidates
            .iter()
            .map(|c| c.endpoint.as_str())
            .collect()
    }

    #[test]
    fn the_chosen_provider_is_first_and_the_primary_follows() {
        let plan = planned(&chosen("Claude Code", "second"), &|_, _| Standing::Closed);
        assert_eq!(order(&plan), ["second", "first"]);
        assert!(plan.candidates[0].reason.ends_with(REASON), "{plan}");
        assert!(plan.candidates[1].is_primary());
        assert!(plan.chosen && !plan.may_stay(true));
    }

    #[test]
    fn the_order_of_other_clients_does_not_change() {
        let plan = planned(&chosen("Codex", "second"), &|_, _| Standing::Closed);
        assert_eq!(order(&plan), ["first", "second"]);
        assert!(!plan.chosen && plan.may_stay(false));
    }

    #[test]
    fn a_session_returns_to_a_chosen_primary_only_outside_a_tool_loop() {
        let plan = planned(&chosen("Claude Code", "first"), &|_, _| Standing::Closed);
        assert!(plan.may_stay(true) && !plan.may_stay(false));
    }

    #[test]
    fn a_chosen_provider_whose_circuit_breaker_is_open_keeps_its_place() {
        let until = chrono::DateTime::UNIX_EPOCH;
        let config = chosen("Claude Code", "second");
        let plan = planned(&config, &|endpoint, _| match endpoint.as_str() {
            "second" => Standing::Open { until },
            _ => Standing::Closed,
        });
        assert_eq!(order(&plan), ["first", "second"]);
        assert!(!plan.chosen);
    }

    #[test]
    fn a_choice_does_not_widen_the_scope_or_the_cap() {
        let mut config = chosen("Claude Code", "second");
        config.routes[0].may_go_to = Some(Scope::SameVendor);
        let narrow = planned(&config, &|_, _| Standing::Closed);
        assert_eq!(order(&narrow), ["first"]);
        assert!(matches!(
            narrow.dropped[0].why,
            Ineligible::OutOfScope { .. }
        ));

        let mut config = chosen("Claude Code", "second");
        config.spending.used_up = Some(UsedUp {
            cap: catalog::MicroDollars(5),
            spent: catalog::MicroDollars(6),
        });
        let capped = planned(&config, &|_, _| Standing::Closed);
        assert_eq!(order(&capped), ["first"]);
    }

    /// The client's own subscription pays for the primary; the fallback would bill the owner's key.
    fn subscription(client: &str, provider: &str) -> (Config, Caller) {
        let mut config = chosen(client, provider);
        let first = config.endpoints.get_mut(&EndpointId::new("first")).unwrap();
        first.endpoint.accepts_client_login = true;
        let caller = Caller {
            client: "Claude Code".to_owned(),
            ..Caller::agent(Login::Subscription)
        };
        (config, caller)
    }

    #[test]
    fn a_choice_is_the_consent_to_bill_the_key_of_the_chosen_provider() {
        for consent in [Consent::Ask, Consent::No] {
            let planned = |client, provider| {
                let (mut config, caller) = subscription(client, provider);
                config.spending.subscription_to_paid_key = consent;
                let wish = PlanInput::any(Dialect::Anthropic, "claude-1", &caller);
                plan(&config, wish, &|_, _| Standing::Closed)
            };
            assert_eq!(
                order(&planned("Claude Code", "second")),
                ["second", "first"]
            );
            assert_eq!(order(&planned("Claude Code", "first")), ["first"]);
            assert_eq!(order(&planned("Codex", "second")), ["first"]);
        }
    }

    #[test]
    fn a_choice_without_consent_stays_within_the_scope_and_the_cap() {
        let (mut config, caller) = subscription("Claude Code", "second");
        let wish = PlanInput::any(Dialect::Anthropic, "claude-1", &caller);
        config.spending.used_up = Some(UsedUp {
            cap: catalog::MicroDollars(5),
            spent: catalog::MicroDollars(6),
        });
        let capped = plan(&config, wish, &|_, _| Standing::Closed);
        assert!(matches!(capped.dropped[0].why, Ineligible::UsedUp { .. }));
        config.routes[0].may_go_to = Some(Scope::SameVendor);
        let narrow = plan(&config, wish, &|_, _| Standing::Closed);
        assert!(matches!(
            narrow.dropped[0].why,
            Ineligible::OutOfScope { .. }
        ));
    }

    #[test]
    fn a_possible_choice_is_planned_without_being_made() {
        let (mut config, caller) = subscription("Claude Code", "second");
        config.use_now.clear();
        let (dialect, second) = (Dialect::Anthropic, catalog::ProviderId::new("second"));
        let now = Plan::explain(&config, &[], dialect, "claude-1", &caller);
        assert_eq!(now.dropped[0].why, Ineligible::NeedsYes);
        let chosen = Plan::explain_choice(&config, &[], dialect, "claude-1", &caller, &second);
        assert_eq!(order(&chosen), ["first", "second"]);
    }

    #[test]
    fn a_pause_has_priority_over_a_choice() {
        let mut config = chosen("Claude Code", "second");
        config.paused = true;
        let plan = planned(&config, &|_, _| Standing::Closed);
        assert_eq!(order(&plan), ["first"]);
    }
}
