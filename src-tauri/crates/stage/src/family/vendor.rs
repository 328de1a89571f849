//! The structure of a vendor's table.

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

/// The differences of a vendor from others with the same dialect.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// The vendor's common name.
    pub(crate) name: &'static str,
    /// Its id in the catalogue, to look up the limits of its models.
    pub(crate) provider: &'static str,
    pub(crate) dialects: &'static [Dialect],
    /// The vendor's models; `*` matches any text.
    pub(crate) models: &'static [&'static str],
    /// Context window in tokens of a model that the catalogue does not know.
    pub(crate) window: u64,
    /// The handling of a prompt that is longer than the window.
    pub(crate) overlong: Overlong,
    /// The vendor's checks of a request.
    pub(crate) refuses: fn(&Call<'_>) -> Result<(), Refusal>,
    /// The vendor's error for a trouble; `None`: no source documents it.
    pub(crate) words: fn(Trouble, &Occasion<'_>) -> Option<Refusal>,
    /// The body of an error response.
    pub(crate) envelope: fn(Dialect, &Refusal) -> Value,
    /// Converts such a body into an event of a Chat stream.
    pub(crate) in_stream: fn(Value) -> Value,
    pub(crate) traits: Traits,
    /// True if the model of this request thinks by default.
    pub(crate) thinks: fn(&Call<'_>) -> bool,
    pub(crate) cache: CacheRules,
    /// Headers with limits, on every successful response.
    pub(crate) limits: fn(&Occasion<'_>) -> Headers,
    /// Responses are stored unless the request disables it.
    pub(crate) stores: bool,
}

/// The handling of a prompt that is longer than the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlong {
    Refused,
    /// Its beginning is dropped without an error.
    CutOff,
}

pub(crate) type Headers = Vec<(Cow<'static, str>, String)>;

/// A request in the form that a vendor's rules check.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) model: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) kept: &'a Kept,
}

impl Call<'_> {
    /// The owner of the request: a digest of its credential.
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

    /// True if the body has this field and its value is not null.
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

/// The values for a vendor's error text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) model: &'a str,
    /// Tokens of the input.
    pub(crate) tokens: u64,
    /// Tokens of output that the request allows; 0: no limit.
    pub(crate) output: u64,
    /// Tokens of the model's context window.
    pub(crate) window: u64,
    /// Unix seconds.
    pub(crate) now: u64,
    pub(crate) plan: Option<&'a Plan>,
    /// The tool that the failed call would have used, if the request is part of a tool turn.
    pub(crate) tool: Option<&'a str>,
}

impl Occasion<'_> {
    /// The tokens of a prompt that is too long: the real number, or an example.
    pub(crate) fn too_many(&self) -> u64 {
        if self.tokens > self.window {
            self.tokens
        } else {
            self.window + 8310
        }
    }

    /// The configured plan, or one with a used-up five-hour window.
    pub(crate) fn plan(&self) -> Plan {
        let plan = self.plan.map(|plan| plan.now(self.now));
        let exhausted = plan.filter(|plan| plan.exhausted().is_some());
        exhausted.unwrap_or_else(|| Plan::used_up(self.now))
    }
}

/// An error before it is put into an envelope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The error's type.
    pub(crate) kind: &'static str,
    pub(crate) code: Option<Box<Value>>,
    pub(crate) param: Option<String>,
    pub(crate) message: String,
    /// Additional fields of the envelope: details, metadata, a failed generation.
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

/// `{"type": "error", "error": {…}, "request_id": …}`, as from Anthropic and other servers of Messages.
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

/// `{"error": {"message", "type", "param", "code"}}`, as from OpenAI and many compatible servers.
///
/// Additional fields replace param and code.
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

/// For a vendor without further checks.
pub(crate) fn nothing(_: &Call<'_>) -> Result<(), Refusal> {
    Ok(())
}

/// For a vendor that reports no limits on successful responses.
pub(crate) fn no_limits(_: &Occasion<'_>) -> Headers {
    Vec::new()
}

/// For a vendor whose models think only on request.
pub(crate) fn never(_: &Call<'_>) -> bool {
    false
}

/// For a vendor whose streams have the same error bodies as its error responses.
pub(crate) fn as_it_is(envelope: Value) -> Value {
    envelope
}

/// The catalogue's entry of a model; `provider`: the vendor's id in the catalogue.
pub(crate) fn known_model(provider: &str, model: &str) -> Option<&'static catalog::Model> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::bundled);
    let model = model.split('@').next().unwrap_or_default();
    CATALOG.model(&ProviderId::new(provider), model)
}
