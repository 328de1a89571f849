//! Which dialect a candidate is spoken to in, and whether this request can be said to it. Pure.

use std::cell::OnceCell;

use catalog::{Dialect, ModelId};
use translate::{self, Conversation, Fidelity, Untranslatable};
use wire::Kind;

use super::{Ineligible, Wish};
use crate::EndpointConfig;

/// A request, read when the first candidate needs that.
pub(super) struct Reading<'a> {
    wish: Wish<'a>,
    fidelity: Fidelity,
    said: OnceCell<Result<Conversation, Untranslatable>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(wish: Wish<'a>, fidelity: Fidelity) -> Self {
        let said = OnceCell::new();
        Self {
            wish,
            fidelity,
            said,
        }
    }

    /// The client's own dialect where the candidate has it: those bytes pass untouched. Otherwise the first that this
    /// request can be said in.
    ///
    /// # Errors
    /// It speaks none, or what it speaks has no words for this request.
    pub(super) fn spoken(
        &self,
        found: &EndpointConfig,
        model: &ModelId,
    ) -> Result<Dialect, Ineligible> {
        let own = self.wish.dialect;
        let mut refused = None;
        for dialect in found.endpoint.dialects_for(own) {
            if dialect == own {
                return Ok(own);
            }
            match self.can_be_said(found, model, dialect) {
                Ok(()) => return Ok(dialect),
                Err(why) => drop(refused.get_or_insert(why)),
            }
        }
        Err(refused.map_or(Ineligible::Dialect(own), Ineligible::Untranslatable))
    }

    /// As [`Reading::spoken`], for one that is asked where the primary fails.
    ///
    /// # Errors
    /// It cannot be asked, or is known to lack what the request needs.
    pub(super) fn stand_in(
        &self,
        found: &EndpointConfig,
        model: &ModelId,
    ) -> Result<Dialect, Ineligible> {
        let spoken = self.spoken(found, model)?;
        if spoken == self.wish.dialect {
            self.fits(found, model)?;
        }
        Ok(spoken)
    }

    /// A stand-in of the client's own dialect: is it known to lack what the request needs?
    ///
    /// # Errors
    /// It lacks something, or room.
    fn fits(&self, found: &EndpointConfig, model: &ModelId) -> Result<(), Ineligible> {
        let target = found.target(model);
        let Some(body) = self.wish.body else {
            return Ok(());
        };
        let roomy = target
            .context
            .is_none_or(|context| body.len() as u64 <= context * LEAST_BYTES_A_TOKEN);
        if self.wish.kind == Kind::CountTokens || roomy && target.lacks.is_empty() {
            return Ok(());
        }
        match self.said(body) {
            Ok(said) => Ok(target.can_serve(said)?),
            // What we cannot read it may still understand.
            Err(_) => Ok(()),
        }
    }

    fn can_be_said(
        &self,
        found: &EndpointConfig,
        model: &ModelId,
        spoken: Dialect,
    ) -> Result<(), Untranslatable> {
        let Some(body) = self.wish.body else {
            return Ok(());
        };
        let said = match self.said(body) {
            Ok(said) => said,
            Err(why) => return Err(why.clone()),
        };
        match self.wish.kind {
            Kind::Generate => {
                let target = found.target(model);
                translate::say(self.wish.dialect, spoken, said, &target).map(drop)
            }
            // It is only read.
            Kind::CountTokens => Ok(()),
        }
    }

    fn said(&self, body: &[u8]) -> &Result<Conversation, Untranslatable> {
        self.said.get_or_init(|| {
            let said = translate::read(self.wish.dialect, body)?;
            Ok(said.with_fidelity(self.fidelity))
        })
    }
}

/// A request whose bytes are fewer than this for each token of a window fits into it, whatever it says.
const LEAST_BYTES_A_TOKEN: u64 = 2;
