//! A generation request with everything that decides its response: the rules that apply, and the refusal.

use bytes::Bytes;
use catalog::Dialect;
use http::HeaderMap;
use serde_json::Value;

use super::incoming::Incoming;
use super::models::unknown_model;
use super::reply::{document, refuse};
use crate::delivery::Traits;
use crate::family::{Call, Family, Occasion, Overlong, Refusal, Vendor, known_model, plain_check};
use crate::fault::{ErrorBody, Fault};
use crate::perform::{JSON, Performance};
use crate::plan::Plan;
use crate::received::Entry;
use crate::refusal;
use crate::repertoire::Piece;
use crate::request::Request;
use crate::script_step::ScriptStep;
use crate::state::State;
use crate::trouble::Trouble;
use crate::usage::tokens;
use crate::variation::Variation;

pub(super) type Headers = Vec<(String, String)>;

/// A response in place of a generation.
pub(super) enum Instead {
    /// With a text of the stage.
    Own(u16, String),
    Vendors(Refusal),
}

/// A parsed request with everything that decides its response.
pub(super) struct Ask<'a> {
    pub(super) state: &'a State,
    pub(super) dialect: Dialect,
    pub(super) headers: &'a HeaderMap,
    pub(super) bytes: &'a Bytes,
    pub(super) body: Value,
    pub(super) request: Request,
    pub(super) piece: Piece,
    pub(super) vendor: Option<&'static Vendor>,
    pub(super) plan: Option<Plan>,
    /// Tokens of the model's context window.
    pub(super) window: u64,
}

impl<'a> Ask<'a> {
    /// Returns the request with the script in its model's name, or the refusal.
    pub(super) fn read(
        state: &'a State,
        dialect: Dialect,
        incoming: &'a Incoming,
        entry: &Entry,
    ) -> Result<Ask<'a>, Performance> {
        let bytes = &incoming.body;
        let body: Value = serde_json::from_slice(bytes)
            .map_err(|e| refuse(dialect, 400, &format!("The body is not valid JSON: {e}")))?;
        let Some(model) = body["model"].as_str().filter(|model| !model.is_empty()) else {
            return Err(refuse(dialect, 400, "model: Field required"));
        };
        entry.model(model, dialect);
        let piece = state
            .piece(model)
            .map_err(|why| refuse(dialect, 404, &unknown_model(model, Some(&why))))?;
        let request = Request::read(dialect, model.to_owned(), &body, bytes);
        let (family, plan, window) = {
            let script = state.script();
            let acting = script.acting_of_cue(&request).or(piece.acting);
            let family = acting.unwrap_or(script.acting).family(model);
            (family, script.plan.clone(), script.window)
        };
        entry.family(family);
        let vendor = family.map(Family::vendor);
        let known = vendor.and_then(|vendor| known_model(vendor.provider, model)?.context);
        let usual = vendor.map_or(u64::MAX, |vendor| vendor.window);
        Ok(Ask {
            state,
            dialect,
            headers: &incoming.headers,
            bytes,
            request,
            piece,
            vendor,
            plan,
            window: window.or(known).unwrap_or(usual),
            body,
        })
    }

    pub(super) fn traits(&self) -> Traits {
        self.vendor.map_or(Traits::PLAIN, |vendor| vendor.traits)
    }

    /// The vendor whose error texts are used: the simulated one, else the dialect's own vendor.
    pub(super) fn speaker(&self) -> &'static Vendor {
        let own = match self.dialect {
            Dialect::Anthropic => Family::Anthropic,
            Dialect::OpenaiChat | Dialect::OpenaiResponses => Family::OpenAi,
        };
        self.vendor.unwrap_or_else(|| own.vendor())
    }

    pub(super) fn occasion(&self) -> Occasion<'_> {
        let output = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let output = output.iter().find_map(|field| self.body[*field].as_u64());
        let speaker = self.speaker();
        Occasion {
            model: &self.request.model,
            tokens: tokens(self.bytes.len()),
            output: output.unwrap_or(0),
            window: if self.vendor.is_some() {
                self.window
            } else {
                speaker.window
            },
            now: self.state.now(),
            plan: self.plan.as_ref(),
            tool: self.request.tools.first().map(|tool| tool.name.as_str()),
        }
    }

    /// Checks the request against the vendor's rules.
    pub(super) fn check(&self) -> Result<(), Instead> {
        let Some(vendor) = self.vendor else {
            return plain_check(self.dialect, &self.body)
                .map_err(|violation| Instead::Own(400, violation));
        };
        if !vendor.dialects.contains(&self.dialect) {
            let message = format!("{} has no such endpoint.", vendor.name);
            let refusal = Refusal::new(404, "not_found_error", message);
            return Err(Instead::Vendors(refusal));
        }
        let memory = self.state.memory();
        (vendor.refuses)(&Call {
            dialect: self.dialect,
            model: &self.request.model,
            body: &self.body,
            headers: self.headers,
            kept: &memory.kept,
        })
        .map_err(Instead::Vendors)?;
        drop(memory);
        let overlong = tokens(self.bytes.len()) > self.window;
        if overlong && vendor.overlong == Overlong::Refused {
            return Err(self.trouble(Trouble::Overflow));
        }
        Ok(())
    }

    /// The fault, the variations, and the script step that this request consumes.
    pub(super) fn script(&self) -> (Option<Fault>, Vec<Variation>, ScriptStep) {
        let (outage, cue) = {
            let mut script = self.state.script();
            match script.outage.clone() {
                Some(fault) => (Some(fault), ScriptStep::default()),
                None => (None, script.take(&self.request).unwrap_or_default()),
            }
        };
        let mut variations = [cue.variations.as_slice(), self.piece.variations.as_slice()].concat();
        let fault = outage.or(cue.fault.clone()).or(self.piece.fault.clone());
        match fault {
            Some(Fault::Variation(variation)) => {
                variations.push(variation);
                // A variation of the cue does not replace the fault in the model's name.
                (self.piece.fault.clone(), variations, cue)
            }
            fault => (fault, variations, cue),
        }
    }

    pub(super) fn trouble(&self, trouble: Trouble) -> Instead {
        let speaker = self.speaker();
        match (speaker.words)(trouble, &self.occasion()) {
            Some(refusal) => Instead::Vendors(refusal),
            None => Instead::Own(
                501,
                format!(
                    "The stage cannot play `{trouble}` as {}: no source says how that vendor words it.",
                    speaker.name
                ),
            ),
        }
    }

    pub(super) fn refused(&self, instead: Instead) -> (Performance, Headers) {
        match instead {
            Instead::Own(status, message) => (refuse(self.dialect, status, &message), Vec::new()),
            Instead::Vendors(refusal) => {
                let body = (self.speaker().envelope)(self.dialect, &refusal);
                let mut headers = owned(refusal.headers);
                headers.push(self.request_id(refusal::REQUEST_ID.to_owned()));
                (document(refusal.status, body), headers)
            }
        }
    }

    /// A fault with a status: the simulated vendor provides the error, except for bodies that no vendor sends.
    pub(super) fn status(&self, status: u16, body: ErrorBody) -> (Performance, Headers) {
        if let (Some(vendor), Some(trouble)) = (self.vendor, trouble_of(status, body))
            && let Some(refusal) = (vendor.words)(trouble, &self.occasion())
        {
            return self.refused(Instead::Vendors(Refusal { status, ..refusal }));
        }
        let performance = Performance::document(
            status,
            if body == ErrorBody::Html {
                "text/html; charset=utf-8"
            } else {
                JSON
            },
            refusal::envelope(self.dialect, status, body, None),
        );
        let id = self.request_id(refusal::REQUEST_ID.to_owned());
        (performance, vec![id])
    }

    /// The refusal for a used-up window, if the simulated vendor has plans.
    pub(super) fn used_up_plan(&self) -> Option<Refusal> {
        let plan = self.plan.as_ref()?.now(self.state.now());
        plan.exhausted()?;
        (self.vendor?.words)(Trouble::PlanLimit, &self.occasion())
    }

    /// The header with the id for the vendor's support.
    pub(super) fn request_id(&self, id: String) -> (String, String) {
        let name = match self.dialect {
            Dialect::Anthropic => "request-id",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "x-request-id",
        };
        (name.to_owned(), id)
    }
}

pub(super) fn owned(headers: crate::family::Headers) -> Headers {
    let owned = headers.into_iter();
    owned
        .map(|(name, value)| (name.into_owned(), value))
        .collect()
}

/// The trouble that a status and a body of the stage simulate.
fn trouble_of(status: u16, body: ErrorBody) -> Option<Trouble> {
    match (body, status) {
        (ErrorBody::Quota, _) => Some(Trouble::Quota),
        (ErrorBody::ContextTooLong, _) => Some(Trouble::Overflow),
        (ErrorBody::ContentPolicy, _) => Some(Trouble::Declined),
        (ErrorBody::Html | ErrorBody::Empty, _) => None,
        (ErrorBody::Usual, 401 | 403) => Some(Trouble::KeyRefused),
        (ErrorBody::Usual, 402) => Some(Trouble::Quota),
        (ErrorBody::Usual, 404) => Some(Trouble::NoModel),
        (ErrorBody::Usual, 429) => Some(Trouble::RateLimit),
        (ErrorBody::Usual, 503 | 529) => Some(Trouble::Overload),
        (ErrorBody::Usual, 500..) => Some(Trouble::Internal),
        (ErrorBody::Usual, _) => None,
    }
}
