//! Names of values that the ledger stores across restarts.

/// Providers seen in traffic.
pub(crate) const SEEN: &str = "seen_in_traffic";
/// Endpoints that accepted a client's own login.
pub(crate) const LOGINS: &str = "seen_logins";
/// Those of them that accepted a subscription.
pub(crate) const SUBSCRIPTIONS: &str = "seen_subscriptions";
/// May a paid key serve a client with a subscription?
pub(crate) const PAID: &str = "paid_stand_ins";
/// Time until which paid fallbacks are stopped.
pub(crate) const PAID_STOPPED: &str = "paid_fallbacks_stopped_until";
/// The owner's answer about one outage: a provider, and yes or no.
pub(crate) const PAID_UNTIL_BACK: &str = "paid_until_back";
/// The owner's choices of a provider, a line for each client.
pub(crate) const USE_NOW: &str = "use_now";
pub(crate) const SIBLINGS: &str = "siblings";
pub(crate) const SIBLING_QUESTION: &str = "sibling_question";
/// End of a "Not now" answer.
pub(crate) const SIBLING_LATER: &str = "siblings_not_before";
pub(crate) const SCOPE_QUESTIONS: &str = "scope_questions";
/// When the owner was notified of the first deletion.
pub(crate) const RETENTION_ANNOUNCED: &str = "retention_announced";
/// The last check for old rows, and since when the clock has not leaped.
pub(crate) const RETENTION_CLOCK: &str = "retention_clock";
/// Prefix; the name of a pipeline follows. Records that the owner answered the question about its scope.
pub(crate) const SCOPE_ANSWERED: &str = "scope_answered/";
/// Whether the questions of the first run are open.
pub(crate) const FIRST_RUN: &str = "first_run";
/// Its value after an answer, or in an installation from before the questions.
pub(crate) const FIRST_RUN_ENDED: &str = "ended";
/// Crashes of the engine, a line for each.
pub(crate) const CRASHES: &str = "crashes";
