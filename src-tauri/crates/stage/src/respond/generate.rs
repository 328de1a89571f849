//! A generation request: whose rules hold, what is refused, and what the answer becomes.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, Response};
use serde_json::Value;
use tokio::time::sleep;

use super::{Dropped, Incoming, document, refuse, response, unknown_model};
use crate::answer::{Answer, Composition, tokens};
use crate::cache::ends;
use crate::connection::Carrier;
use crate::cue::Cue;
use crate::delivery::{Delivery, Traits};
use crate::dialect::transcript;
use crate::family::{Call, Family, Occasion, Overlong, Refusal, Vendor, known_model, plain_check};
use crate::fault::{ErrorBody, Fault};
use crate::manner::Manner;
use crate::perform::{Body, JSON, Performance, Scene};
use crate::plan::Plan;
use crate::received::{End, Entry};
use crate::refusal;
use crate::repertoire::Piece;
use crate::request::{Request, list};
use crate::stage::Stage;
use crate::trouble::Trouble;

type Headers = Vec<(String, String)>;

/// What is answered instead of a generation.
enum Instead {
    /// In words of the stage's own.
    Own(u16, String),
    Vendors(Refusal),
}

/// A request that was read, and all that decides on its answer.
struct Ask<'a> {
    stage: &'a Stage,
    dialect: Dialect,
    headers: &'a HeaderMap,
    bytes: &'a Bytes,
    body: Value,
    request: Request,
    piece: Piece,
    vendor: Option<&'static Vendor>,
    plan: Option<Plan>,
    /// Tokens of the model's context window.
    window: u64,
}

pub(super) async fn generate(
    stage: &Stage,
    dialect: Dialect,
    incoming: &Incoming,
    carrier: Carrier,
    mut entry: Entry,
) -> Result<Response<Body>, Dropped> {
    let ask = match Ask::read(stage, dialect, incoming, &entry) {
        Ok(ask) => ask,
        Err(refusal) => return Ok(response(refusal, &[], carrier, entry)),
    };
    let refused = |instead: Instead| ask.refused(instead);
    if let Err(instead) = ask.check() {
        let (performance, headers) = refused(instead);
        return Ok(response(performance, &headers, carrier, entry));
    }
    let (fault, manners, cue) = ask.script();
    let delivery = match Delivery::new(ask.traits(), dialect, &manners) {
        Ok(delivery) => delivery,
        Err(contradiction) => {
            let (performance, headers) = refused(Instead::Own(501, contradiction.to_string()));
            return Ok(response(performance, &headers, carrier, entry));
        }
    };
    if let Some(fault) = &fault {
        entry.fault(fault);
    }
    match &fault {
        Some(Fault::Status {
            status,
            headers,
            body,
        }) => {
            let (performance, own) = ask.status(*status, *body);
            let headers = [own.as_slice(), headers.as_slice()].concat();
            return Ok(response(performance, &headers, carrier, entry));
        }
        Some(Fault::Trouble(trouble)) => {
            let (performance, headers) = refused(ask.trouble(*trouble));
            return Ok(response(performance, &headers, carrier, entry));
        }
        Some(Fault::Refuse | Fault::Reset) => return Err(drop_it(&carrier, &mut entry)),
        Some(Fault::SilentBeforeHeaders(None)) => std::future::pending().await,
        Some(Fault::SilentBeforeHeaders(Some(time))) => sleep(*time).await,
        Some(Fault::HangUp {
            after: None,
            lasting,
        }) => {
            sleep(*lasting).await;
            entry.end(End::Broken);
            return Err(Dropped);
        }
        Some(Fault::StallAfterStop) if !ask.request.stream => std::future::pending().await,
        _ => {}
    }
    if let (None, Some(used_up)) = (&fault, ask.used_up_plan()) {
        let (performance, headers) = refused(Instead::Vendors(used_up));
        return Ok(response(performance, &headers, carrier, entry));
    }
    let (performance, headers) = ask.answer(cue, fault.as_ref(), delivery);
    Ok(response(performance, &headers, carrier, entry))
}

fn drop_it(carrier: &Carrier, entry: &mut Entry) -> Dropped {
    entry.end(End::Broken);
    carrier.reset_on_drop();
    Dropped
}

impl<'a> Ask<'a> {
    /// The request and what its model's name asks for, or the refusal.
    fn read(
        stage: &'a Stage,
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
        let piece = stage
            .piece(model)
            .map_err(|why| refuse(dialect, 404, &unknown_model(model, Some(&why))))?;
        let request = Request::read(dialect, model.to_owned(), &body, bytes);
        let (family, plan, window) = {
            let script = stage.script();
            let acting = script.acting_of_cue(&request).or(piece.acting);
            let family = acting.unwrap_or(script.acting).family(model);
            (family, script.plan.clone(), script.window)
        };
        entry.family(family);
        let vendor = family.map(Family::vendor);
        let known = vendor.and_then(|vendor| known_model(vendor, model)?.context);
        let usual = vendor.map_or(u64::MAX, |vendor| vendor.window);
        Ok(Ask {
            stage,
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

    fn traits(&self) -> Traits {
        self.vendor.map_or(Traits::PLAIN, |vendor| vendor.traits)
    }

    /// Who words a trouble: without a vendor that is acted, the one whose dialect it is.
    fn speaker(&self) -> &'static Vendor {
        let own = match self.dialect {
            Dialect::Anthropic => Family::Anthropic,
            Dialect::OpenaiChat | Dialect::OpenaiResponses => Family::OpenAi,
        };
        self.vendor.unwrap_or_else(|| own.vendor())
    }

    fn occasion(&self) -> Occasion<'_> {
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
            now: self.stage.now(),
            plan: self.plan.as_ref(),
            tool: self.request.tools.first().map(|tool| tool.name.as_str()),
        }
    }

    /// The rules that the request is held to.
    fn check(&self) -> Result<(), Instead> {
        let Some(vendor) = self.vendor else {
            return plain_check(self.dialect, &self.body)
                .map_err(|violation| Instead::Own(400, violation));
        };
        if !vendor.dialects.contains(&self.dialect) {
            let message = format!("{} has no such endpoint.", vendor.name);
            let refusal = Refusal::new(404, "not_found_error", message);
            return Err(Instead::Vendors(refusal));
        }
        let memory = self.stage.memory();
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

    /// The fault, the manners, and the cue that this request uses up.
    fn script(&self) -> (Option<Fault>, Vec<Manner>, Cue) {
        let (outage, cue) = {
            let mut script = self.stage.script();
            match script.outage.clone() {
                Some(fault) => (Some(fault), Cue::default()),
                None => (None, script.take(&self.request).unwrap_or_default()),
            }
        };
        let mut manners = [cue.manners.as_slice(), self.piece.manners.as_slice()].concat();
        let fault = outage.or(cue.fault.clone()).or(self.piece.fault.clone());
        match fault {
            Some(Fault::Manner(manner)) => {
                manners.push(manner);
                // A manner of the cue leaves the fault of the model's name as it is.
                (self.piece.fault.clone(), manners, cue)
            }
            fault => (fault, manners, cue),
        }
    }

    fn trouble(&self, trouble: Trouble) -> Instead {
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

    fn refused(&self, instead: Instead) -> (Performance, Headers) {
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

    /// A fault that names a status: an acted vendor words it, but for the bodies that come from no vendor.
    fn status(&self, status: u16, body: ErrorBody) -> (Performance, Headers) {
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

    /// The plan's window is used up, and the vendor that is acted sells plans.
    fn used_up_plan(&self) -> Option<Refusal> {
        let plan = self.plan.as_ref()?.now(self.stage.now());
        plan.exhausted()?;
        (self.vendor?.words)(Trouble::PlanLimit, &self.occasion())
    }

    fn answer(
        &self,
        cue: Cue,
        fault: Option<&Fault>,
        delivery: Delivery,
    ) -> (Performance, Headers) {
        let sequence = self.stage.next_sequence();
        let (cached, thinks, owner) = self.remembered();
        let cut_off = self.vendor.is_some_and(|v| v.overlong == Overlong::CutOff);
        let composition = Composition {
            cued: cue.answer,
            style: self.piece.style,
            fault,
            delivery,
            thinks,
            cached,
            most_input: cut_off.then_some(self.window),
            body: self.bytes,
            sequence,
        };
        let answer = Answer::compose(&self.request, composition);
        let transcript = transcript(&self.request, &answer);
        let stores = self.vendor.is_some_and(|vendor| vendor.stores);
        let whole = fault.is_none_or(Fault::leaves_whole);
        if stores
            && whole
            && self.dialect == Dialect::OpenaiResponses
            && self.body["store"] != false
        {
            let results: Vec<&str> = list(&self.body["input"])
                .iter()
                .filter(|item| !item["output"].is_null())
                .filter_map(|item| item["call_id"].as_str())
                .collect();
            let mut memory = self.stage.memory();
            memory.kept.keep(&owner, &transcript.whole, &results);
        }
        let scene = Scene {
            dialect: self.dialect,
            vendor: self.vendor,
            speaker: self.speaker(),
            occasion: self.occasion(),
            delivery: &answer.delivery,
        };
        let performance = Performance::of(&scene, self.request.stream, &transcript, fault);
        let limits = self.vendor.map(|vendor| (vendor.limits)(&scene.occasion));
        let mut headers = owned(limits.unwrap_or_default());
        headers.push(self.request_id(answer.id("req_", None)));
        (performance, headers)
    }

    /// What the vendor's cache held of the request, whether its model thinks, and whose request it is.
    fn remembered(&self) -> (Option<crate::cache::Cached>, bool, String) {
        let mut memory = self.stage.memory();
        let call = Call {
            dialect: self.dialect,
            model: &self.request.model,
            body: &self.body,
            headers: self.headers,
            kept: &memory.kept,
        };
        let owner = call.owner();
        let Some(vendor) = self.vendor else {
            return (None, false, owner);
        };
        let thinks = (vendor.thinks)(&call);
        let effort = ["output_config", "reasoning"].map(|field| &self.body[field]["effort"]);
        let effort = [effort[0], effort[1], &self.body["reasoning_effort"]];
        let effort = serde_json::json!(effort).to_string();
        let scope = [vendor.name, &owner, &self.request.model, &effort].map(str::as_bytes);
        let ends = ends(self.dialect, &self.body, &scope);
        let now = Duration::from_millis(self.stage.elapsed_ms());
        let cached = memory.cache.look(now, vendor.cache, &ends);
        (Some(cached), thinks, owner)
    }

    /// The header by which support finds a request.
    fn request_id(&self, id: String) -> (String, String) {
        let name = match self.dialect {
            Dialect::Anthropic => "request-id",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => "x-request-id",
        };
        (name.to_owned(), id)
    }
}

fn owned(headers: crate::family::Headers) -> Headers {
    let owned = headers.into_iter();
    owned
        .map(|(name, value)| (name.into_owned(), value))
        .collect()
}

/// What a status and a body of the stage's own rehearse.
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
