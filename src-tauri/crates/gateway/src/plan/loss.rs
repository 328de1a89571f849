//! The candidate that would answer if a part of a plan failed. Pure.

use super::{Candidate, Plan, Role};

/// The part of a plan that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The primary's model alone.
    Model,
    /// All models of the primary's provider.
    Provider,
}

impl Plan {
    /// The first candidate that is not affected, in the order of use. `None`: the client would get an error.
    pub fn answers_after(&self, loss: Loss) -> Option<&Candidate> {
        let primary = self.primary()?;
        let others = self.candidates.iter().filter(|c| !c.is_primary());
        let mut unaffected = others.filter(|other| match loss {
            Loss::Model => true,
            Loss::Provider => other.role != Role::Sibling && other.provider != primary.provider,
        });
        unaffected.find(|other| other.standing.admits())
    }
}

#[cfg(test)]
mod tests {
    use catalog::{Dialect, ModelId, Secret};

    use super::*;
    use crate::tests::{config, endpoint, route};
    use crate::{Caller, Login, Standing};

    /// Two endpoints of one provider, and one of another provider.
    fn plan(of: &[(&str, Option<&str>)]) -> Plan {
        let mut config = config();
        for (id, provider) in [("a1", "a"), ("a2", "a"), ("b1", "b")] {
            let mut found = endpoint(id, &format!("https://{id}.test"));
            found.endpoint.provider = provider.into();
            found.key = Some(Secret::new("k"));
            config.endpoints.insert(id.into(), found);
        }
        config.routes = vec![route("work", "*", of)];
        let caller = Caller::agent(Login::None);
        let input = super::super::PlanInput::any(Dialect::Anthropic, "m", &caller);
        super::super::plan(&config, input, &|_, _: &ModelId| Standing::Closed)
    }

    #[test]
    fn a_model_is_replaced_by_the_next_candidate_and_a_provider_by_one_of_another_provider() {
        let named = |found: Option<&Candidate>| found.map(|c| c.endpoint.to_string());
        for (of, model, provider) in [
            (vec!["a1", "a2", "b1"], Some("a2"), Some("b1")),
            (vec!["a1", "a2"], Some("a2"), None),
            (vec!["a1", "b1", "a2"], Some("b1"), Some("b1")),
            (vec!["a1"], None, None),
        ] {
            let rules: Vec<_> = of.iter().map(|id| (*id, Some("m"))).collect();
            let plan = plan(&rules);
            let found = [Loss::Model, Loss::Provider].map(|loss| named(plan.answers_after(loss)));
            assert_eq!(
                found,
                [model, provider].map(|id| id.map(str::to_owned)),
                "{of:?}"
            );
        }
    }
}
