/// The class of a failed attempt. It decides what the gateway does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// 408, 409, 5xx, 529, connection refused or reset, an incomplete response: one retry, then fail over.
    Transient,
    /// 429 with quota left: wait if the wait is short, else fail over.
    RateLimit,
    /// A plan, or a quota of more than a minute, is used up until a stated time. The circuit breaker stays open exactly
    /// until then.
    Limit,
    /// No headers or no first content before the timeout: fail over at once.
    Timeout,
    /// No money or quota left, whatever the status, and no reset time.
    Quota,
    /// The key is wrong, missing or not allowed.
    Credential,
    /// This provider does not serve the model, or no longer.
    ModelGone,
    /// The request is invalid: the response is returned unchanged, without another attempt.
    Caller,
    /// Fail over to candidates with a larger context window only.
    ContextTooLong,
    /// The provider refused the content: the response is returned unchanged.
    ContentPolicy,
}

impl FailureClass {
    pub const ALL: [FailureClass; 10] = [
        FailureClass::Transient,
        FailureClass::RateLimit,
        FailureClass::Limit,
        FailureClass::Timeout,
        FailureClass::Quota,
        FailureClass::Credential,
        FailureClass::ModelGone,
        FailureClass::Caller,
        FailureClass::ContextTooLong,
        FailureClass::ContentPolicy,
    ];

    /// The same request can succeed later without a change to the request or the account.
    pub fn is_retryable(self) -> bool {
        match self {
            FailureClass::Transient | FailureClass::RateLimit | FailureClass::Timeout => true,
            FailureClass::Limit
            | FailureClass::Quota
            | FailureClass::Credential
            | FailureClass::ModelGone
            | FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy => false,
        }
    }

    /// The class's name in settings, response headers and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureClass::Transient => "transient",
            FailureClass::RateLimit => "rate_limit",
            FailureClass::Limit => "limit",
            FailureClass::Timeout => "silent",
            FailureClass::Quota => "quota",
            FailureClass::Credential => "credential",
            FailureClass::ModelGone => "model_gone",
            FailureClass::Caller => "caller",
            FailureClass::ContextTooLong => "context_too_long",
            FailureClass::ContentPolicy => "content_policy",
        }
    }
}
