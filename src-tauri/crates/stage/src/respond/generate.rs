//! The response to a generation request.

use std::time::Duration;

use catalog::Dialect;
use http::Response;
use tokio::time::sleep;

use super::ask::{Ask, Headers, Instead, owned};
use super::incoming::{Dropped, Incoming};
use super::reply::response;
use crate::answer::{Answer, Composition};
use crate::cache::{Cached, ends};
use crate::connection::Carrier;
use crate::delivery::Delivery;
use crate::dialect::transcript;
use crate::family::{Call, Overlong};
use crate::fault::Fault;
use crate::perform::{Body, Performance, Scene};
use crate::received::{Entry, ResponseEnd};
use crate::request::list;
use crate::script_step::ScriptStep;
use crate::state::State;

pub(super) async fn generate(
    state: &State,
    dialect: Dialect,
    incoming: &Incoming,
    carrier: Carrier,
    mut entry: Entry,
) -> Result<Response<Body>, Dropped> {
    let ask = match Ask::read(state, dialect, incoming, &entry) {
        Ok(ask) => ask,
        Err(refusal) => return Ok(response(refusal, &[], carrier, entry)),
    };
    let refused = |instead: Instead| ask.refused(instead);
    if let Err(instead) = ask.check() {
        let (performance, headers) = refused(instead);
        return Ok(response(performance, &headers, carrier, entry));
    }
    let (fault, variations, cue) = ask.script();
    let delivery = match Delivery::new(ask.traits(), dialect, &variations) {
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
        Some(Fault::NoHeaders(None)) => std::future::pending().await,
        Some(Fault::NoHeaders(Some(time))) => sleep(*time).await,
        Some(Fault::HangUp {
            after: None,
            lasting,
        }) => {
            sleep(*lasting).await;
            entry.end(ResponseEnd::Broken);
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
    entry.end(ResponseEnd::Broken);
    carrier.reset_on_drop();
    Dropped
}

impl Ask<'_> {
    fn answer(
        &self,
        cue: ScriptStep,
        fault: Option<&Fault>,
        delivery: Delivery,
    ) -> (Performance, Headers) {
        let sequence = self.state.next_sequence();
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
        let full = fault.is_none_or(Fault::keeps_response_complete);
        if stores && full && self.dialect == Dialect::OpenaiResponses && self.body["store"] != false
        {
            let results: Vec<&str> = list(&self.body["input"])
                .iter()
                .filter(|item| !item["output"].is_null())
                .filter_map(|item| item["call_id"].as_str())
                .collect();
            let mut memory = self.state.memory();
            memory.kept.keep(&owner, &transcript.full, &results);
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

    /// The cached part of the request, whether its model thinks, and its owner.
    fn remembered(&self) -> (Option<Cached>, bool, String) {
        let mut memory = self.state.memory();
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
        let now = Duration::from_millis(self.state.elapsed_ms());
        let cached = memory.cache.look(now, vendor.cache, &ends);
        (Some(cached), thinks, owner)
    }
}
