use crate::column::word_enum;

word_enum! {
    /// How an attempt ended.
    AttemptOutcome {
        Complete = "complete",
        /// The client continues the turn with its next request.
        Continues = "continues",
        UnknownStopReason = "unknown stop reason",
        TokenLimit = "token limit",
        /// The model declined because of the content.
        Declined = "declined",
        /// The response was truncated or malformed.
        Broken = "broken",
        /// An error of the provider, or a lost connection.
        Failed = "failed",
        RateLimit = "rate limit",
        /// A limit with a known reset, or a used-up plan.
        Limit = "limit",
        /// No response before the timeout.
        TimedOut = "silent",
        OutOfQuota = "out of quota",
        KeyRefused = "key refused",
        ModelNotServed = "model not served",
        /// The provider rejected the request itself.
        RequestAtFault = "request at fault",
        ContextTooLong = "context too long",
        /// The provider rejected the request because of its content.
        ContentPolicy = "content policy",
        Offline = "not reached: offline",
        CertificateNotTrusted = "not reached: certificate not trusted",
        /// The certificate is not valid by this machine's clock.
        CertificateDates = "not reached: certificate dates",
        /// This process had no descriptor, port or memory for a connection.
        OutOfResources = "not reached: out of resources",
        /// The connection answered no ping.
        DeadConnection = "dead connection",
        /// A drill made the failure; no request was sent.
        Drill = "made by a drill",
        ClientLeft = "client left",
        /// Text that no version of the engine wrote. It does not make the row unreadable.
        Other = "other",
    }
}

impl AttemptOutcome {
    pub(super) fn read(text: &str) -> Self {
        let mut known = Self::ALL.iter().copied();
        known
            .find(|outcome| outcome.as_str() == text)
            .unwrap_or(Self::Other)
    }
}
