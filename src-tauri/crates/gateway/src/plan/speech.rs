//! The dialect for a candidate, and whether this request is translatable to it. Pure.

use std::cell::OnceCell;

use catalog::{Dialect, ModelId};
use translate::{self, Conversation, Fidelity, LeftOut, Untranslatable};
use wire::Kind;

use super::{Carriage, Ineligible, PlanInput};
use crate::EndpointConfig;

/// The form of the request for one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) dialect: Dialect,
    pub(crate) carriage: Carriage,
    /// The dropped parts of this request; empty if the plan is for any request.
    pub(crate) dropped: Vec<LeftOut>,
}

/// The relation of a candidate to the client, before its dialects are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// The route's primary, or the endpoint of the client's own login.
    pub(crate) own: bool,
    /// It serves a model of the primary's family.
    pub(crate) family: bool,
    /// Used if the primary fails: its known gaps count.
    pub(crate) fallback: bool,
}

/// A request that is parsed when the first candidate needs it.
pub(super) struct Reading<'a> {
    input: PlanInput<'a>,
    fidelity: Fidelity,
    conversation: OnceCell<Result<Conversation, Untranslatable>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(input: PlanInput<'a>, fidelity: Fidelity) -> Self {
        let conversation = OnceCell::new();
        Self {
            input,
            fidelity,
            conversation,
        }
    }

    /// The client's own bytes if it may get them, else the first dialect to which this request can be translated: the client's
    /// own, if the candidate has it.
    ///
    /// # Errors The request is not translatable into its dialects, or needs an ability that it is known to lack.
    pub(super) fn way(
        &self,
        found: &EndpointConfig,
        model: &ModelId,
        relation: Relation,
    ) -> Result<Way, Ineligible> {
        let client = self.input.dialect;
        let untouched = |carriage, dropped| Way {
            dialect: client,
            carriage,
            dropped,
        };
        if found.endpoint.speaks(client) {
            if relation.own {
                if relation.fallback {
                    self.fits(found, model)?;
                }
                return Ok(untouched(Carriage::Own, Vec::new()));
            }
            if relation.family && self.family_understands(found)? {
                self.fits(found, model)?;
                let dropped = self.input.body.map(|body| {
                    translate::within_family(client, body, &found.endpoint.allow).dropped
                });
                return Ok(untouched(Carriage::Family, dropped.unwrap_or_default()));
            }
        }
        let mut refused = None;
        for dialect in found.endpoint.dialects_for(client) {
            match self.translated(found, model, dialect) {
                Ok(dropped) => {
                    return Ok(Way {
                        dialect,
                        carriage: Carriage::Translated,
                        dropped,
                    });
                }
                Err(why) => drop(refused.get_or_insert(why)),
            }
        }
        Err(refused.map_or(Ineligible::Dialect(client), Ineligible::Untranslatable))
    }

    /// The same model at another endpoint accepts the client's bytes, unless they need a beta that its file does not allow.
    /// Content that the client's own vendor stores is not available there.
    fn family_understands(&self, found: &EndpointConfig) -> Result<bool, Ineligible> {
        let Some(body) = self.input.body else {
            return Ok(true);
        };
        match self.conversation(body) {
            Ok(conversation) => {
                Ok(!conversation.needs_betas() || !found.endpoint.allow.betas.is_empty())
            }
            Err(kept @ Untranslatable::Kept { .. }) => Err(kept.clone().into()),
            // The candidate may support a request that Understudy cannot parse.
            Err(_) => Ok(true),
        }
    }

    /// Checks a fallback that gets the client's own bytes for abilities that the request needs.
    ///
    /// # Errors It is known to lack an ability, or its window is too small.
    fn fits(&self, found: &EndpointConfig, model: &ModelId) -> Result<(), Ineligible> {
        let target = found.target(model);
        let Some(body) = self.input.body else {
            return Ok(());
        };
        let roomy = target
            .context
            .is_none_or(|context| body.len() as u64 <= context * LEAST_BYTES_A_TOKEN);
        if self.input.kind == Kind::CountTokens || roomy && target.lacks.is_empty() {
            return Ok(());
        }
        match self.conversation(body) {
            Ok(conversation) => Ok(target.can_serve(conversation)?),
            // The candidate may support a request that Understudy cannot parse.
            Err(_) => Ok(()),
        }
    }

    /// The fields that are dropped by the translation.
    fn translated(
        &self,
        found: &EndpointConfig,
        model: &ModelId,
        spoken: Dialect,
    ) -> Result<Vec<LeftOut>, Untranslatable> {
        let Some(body) = self.input.body else {
            return Ok(Vec::new());
        };
        let conversation = match self.conversation(body) {
            Ok(conversation) => conversation,
            Err(why) => return Err(why.clone()),
        };
        match self.input.kind {
            Kind::Generate => {
                let target = found.target(model);
                Ok(translate::write(self.input.dialect, spoken, conversation, &target)?.left_out)
            }
            // The count only reads the request.
            Kind::CountTokens => Ok(Vec::new()),
        }
    }

    fn conversation(&self, body: &[u8]) -> &Result<Conversation, Untranslatable> {
        self.conversation.get_or_init(|| {
            let conversation = translate::read(self.input.dialect, body)?;
            Ok(conversation.with_fidelity(self.fidelity))
        })
    }
}

/// A request with fewer bytes than this per token of a window fits into it, whatever its content.
const LEAST_BYTES_A_TOKEN: u64 = 2;
