//! What a vendor's table consists of.

use std::borrow::Cow;
use std::sync::LazyLock;

use catalog::{Catalog, Dialect, ProviderId};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::cache::CacheRules;
use crate::delivery::Traits;
use crate::kept::Kept;
use crate::plan::Plan;
use crate::refusal::REQUEST_ID;
use crate::signature::digest;
use crate::trouble::Trouble;

/// All in which a vendor differs from the others that speak the same dialect.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// As people call it.
    pub(crate) name: &'static str,
    /// Its id in the catalogue, where limits of its models are looked up.
    pub(crate) provider: &'static str,
    pub(crate) dialects: &'static [Dialect],
    /// Models that are its own; `*` stands for any text.
    pub(crate) models: &'static [&'static str],
    /// Context window in tokens of a model that the catalogue does not know.
    pub(crate) window: u64,
    /// What happens to a prompt that is longer than the window.
    pub(crate) overlong: Overlong,
    /// The rules that it holds a request to.
    pub(crate) refuses: fn(&Call<'_>) -> Result<(), Refusal>,
    /// How it words a trouble; `None`: no source documents it.
    pub(crate) words: fn(Trouble, &Occasion<'_>) -> Option<Refusal>,
    /// The body of an error status.
    pub(crate) envelope: fn(Dialect, &Refusal) -> Value,
    /// What a Chat stream makes of such a body.
    pub(crate) in_stream: fn(Value) -> Value,
    pub(crate) traits: Traits,
    /// Does the model of this request think unasked?
    pub(crate) thinks: fn(&Call<'_>) -> bool,
    pub(crate) cache: CacheRules,
    /// Headers with limits, on every success.
    pub(crate) limits: fn(&Occasion<'_>) -> Headers,
    /// Responses are stored unless the request states otherwise.
    pub(crate) stores: bool,
}

/// What happens to a prompt that is longer than the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlong {
    Refused,
    /// Its beginning is dropped without an error.
    CutOff,
}

pub(crate) type Headers = Vec<(Cow<'static, str>, String)>;

/// A request as the rules of a vendor see it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) model: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) kept: &'a Kept,
}

impl Call<'_> {
    /// Whose request it is: a digest of its credential.
    pub(crate) fn owner(&self) -> String {
        let credential = |name: &str| self.headers.get(name).map(|value| value.as_bytes());
        let found = [header::AUTHORIZATION.as_str(), "x-api-key", "api-key"]
            .into_iter()
            .find_map(credential);
        digest(&[found.unwrap_or_default()])
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Does the body name this field with anything but null?
    pub(crate) fn has(&self, field: &str) -> bool {
        !self.body[field].is_null()
    }

    /// The first field of the body that is not among these.
    pub(crate) fn unknown_field<'s>(&'s self, known: &[&str]) -> Option<&'s str> {
        let fields = self.body.as_object().into_iter().flatten();
        let mut names = fields.map(|(name, _)| name.as_str());
        names.find(|name| !known.contains(name))
    }
}

/// The figures that a vendor's words contain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) model: &'a str,
    /// Tokens of the input.
    pub(crate) tokens: u64,
    /// Tokens of output that the request allows; 0: it names no limit.
    pub(crate) output: u64,
    /// Tokens of the model's context window.
    pub(crate) window: u64,
    /// Unix seconds.
    pub(crate) now: u64,
    pub(crate) plan: Option<&'a Plan>,
    /// Is the request one of a tool turn? What the failed call would have been.
    pub(crate) tool: Option<&'a str>,
}

impl Occasion<'_> {
    /// Tokens of a prompt that is too long: the real one, or one that would be.
    pub(crate) fn too_many(&self) -> u64 {
        if self.tokens > self.window {
            self.tokens
        } else {
            self.window + 8310
        }
    }

    /// The plan that was set, or one whose five hours are used up.
    pub(crate) fn plan(&self) -> Plan {
        let plan = self.plan.map(|plan| plan.now(self.now));
        let exhausted = plan.filter(|plan| plan.exhausted().is_some());
        exhausted.unwrap_or_else(|| Plan::used_up(self.now))
    }
}

/// An error status before an envelope words it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The error's type.
    pub(crate) kind: &'static str,
    pub(crate) code: Option<Box<Value>>,
    pub(crate) param: Option<String>,
    pub(crate) message: String,
    /// What an envelope carries besides: details, metadata, a failed generation.
    pub(crate) more: Option<Box<Value>>,
    pub(crate) headers: Headers,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            kind,
            code: None,
            param: None,
            message: message.into(),
            more: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn code(self, code: impl Into<Value>) -> Refusal {
        Refusal {
            code: Some(Box::new(code.into())),
            ..self
        }
    }

    pub(crate) fn param(self, param: impl Into<String>) -> Refusal {
        Refusal {
            param: Some(param.into()),
            ..self
        }
    }

    pub(crate) fn more(self, more: Value) -> Refusal {
        Refusal {
            more: Some(Box::new(more)),
            ..self
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Refusal {
        self.headers.push((name.into(), value.to_string()));
        self
    }
}

/// `{"type": "error", "error": {…}, "request_id": …}`, as Anthropic and other servers of Messages.
pub(crate) fn messages_envelope(refusal: &Refusal) -> Value {
    let mut error = json!({"type": refusal.kind, "message": refusal.message});
    if let Some(code) = &refusal.code {
        error["code"] = Value::clone(code);
    }
    if let Some(more) = &refusal.more {
        error["details"] = Value::clone(more);
    }
    json!({"type": "error", "error": error, "request_id": REQUEST_ID})
}

/// `{"error": {"message", "type", "param", "code"}}`, as OpenAI and many compatible servers.
///
/// What there is more stands beside type and message, in place of param and code.
pub(crate) fn openai_envelope(refusal: &Refusal) -> Value {
    let mut error = json!({"message": refusal.message, "type": refusal.kind});
    match refusal.more.as_deref() {
        Some(Value::Object(more)) => {
            for (name, value) in more {
                error[name.as_str()] = value.clone();
            }
        }
        _ => {
            error["param"] = json!(refusal.param);
            error["code"] = json!(refusal.code);
        }
    }
    json!({ "error": error })
}

/// Of a vendor that refuses nothing on its own account.
pub(crate) fn nothing(_: &Call<'_>) -> Result<(), Refusal> {
    Ok(())
}

/// Of a vendor that reports no limits on a success.
pub(crate) fn no_limits(_: &Occasion<'_>) -> Headers {
    Vec::new()
}

/// Of a vendor whose models think only on request.
pub(crate) fn never(_: &Call<'_>) -> bool {
    false
}

/// Of a vendor whose streams report an error as its statuses do.
pub(crate) fn as_it_is(envelope: Value) -> Value {
    envelope
}

/// The catalogue's entry of a model; `provider`: the vendor's id in the catalogue.
pub(crate) fn known_model(provider: &str, model: &str) -> Option<&'static catalog::Model> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::bundled);
    let model = model.split('@').next().unwrap_or_default();
    CATALOG.model(&ProviderId::new(provider), model)
}
