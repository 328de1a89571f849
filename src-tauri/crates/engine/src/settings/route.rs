//! A route in the settings.

use catalog::{EndpointId, ModelId, Provider, REHEARSAL, shown_name};
use gateway::{Delivery, Demand, Restart, Schema};
use toml::Spanned;

use super::file::{self, Candidate, DemandWord};
use super::reading::Reading;
use super::values::Route;

impl Reading<'_> {
    pub(super) fn route(&mut self, written: file::Route, own: &[Provider]) -> Route {
        let name = written.name.get_ref().clone();
        if written.candidates.get_ref().is_empty() {
            self.err(
                &written.candidates,
                format!("route \"{name}\" has no candidates: name at least one endpoint"),
            );
        }
        let mut candidates = Vec::new();
        for candidate in written.candidates.get_ref() {
            let (endpoint, model) = match candidate.get_ref() {
                Candidate::Endpoint(id) => (id, None),
                Candidate::WithModel(both) => (&both.endpoint, Some(ModelId::new(&both.model))),
            };
            let id = EndpointId::new(endpoint);
            match self.is_endpoint(&id, own) {
                false => {
                    let known = self.endpoint_ids(own);
                    self.err(
                        candidate,
                        format!(
                            "there is no endpoint \"{}\"; known are {known}",
                            shown_name(endpoint)
                        ),
                    );
                }
                true if endpoint == REHEARSAL => self.err(
                    candidate,
                    "the rehearsal is never a fallback for a real provider; remove it".into(),
                ),
                true => {}
            }
            candidates.push((id, model));
        }
        let may_go_to = self.scope(written.may_go_to.as_ref(), own);
        if let (Some(pipeline), Some(Restart::Always)) = (&written.pipeline, written.restart) {
            self.err(
                pipeline,
                format!(
                    "route \"{name}\" has a pipeline and restart = \"always\": a program would get a partial response, a note and a complete response as one text. Remove the restart line; a pipeline gets a complete response or an error"
                ),
            );
        }
        let pipeline = written.pipeline.map(|text| self.named(&text));
        let demand = self.demand(written.demand, written.delivery);
        Route {
            name,
            pipeline,
            demand,
            dialect: written.dialect,
            models: written
                .models
                .map_or_else(|| "*".into(), Spanned::into_inner),
            candidates,
            delivery: written.delivery,
            restart: written.restart,
            client_waits: written
                .client_waits
                .as_ref()
                .map(|seconds| self.duration(Some(seconds), 0.0)),
            strict: written.strict,
            exact: written.exact,
            subscription_to_paid_key: written.subscription_to_paid_key.unwrap_or_default(),
            may_go_to,
            sibling: written.sibling,
        }
    }

    fn named(&mut self, written: &Spanned<String>) -> String {
        let name = written.get_ref().trim().to_owned();
        if name.is_empty() {
            self.err(
                written,
                "a route's pipeline has a name, such as \"Leads\"; leave the line out for agents"
                    .into(),
            );
        }
        name
    }

    /// A released response cannot be withdrawn, so only a held one can be checked first.
    fn demand(
        &mut self,
        written: Option<Spanned<file::Demand>>,
        delivery: Option<Delivery>,
    ) -> Option<Demand> {
        let written = written?;
        if let Some(Delivery::Guarded | Delivery::Live) = delivery {
            self.err(
                &written,
                "a demand is checked before any byte is released: set delivery = \"verified\", or remove the demand".into(),
            );
        }
        match written.get_ref() {
            file::Demand::Word(DemandWord::Text) => Some(Demand::Text),
            file::Demand::Word(DemandWord::Json) => Some(Demand::Json),
            file::Demand::Schema(schema) => match Schema::new(&schema.schema) {
                Ok(schema) => Some(Demand::Schema(schema)),
                Err(why) => {
                    self.err(&written, why);
                    None
                }
            },
        }
    }
}
