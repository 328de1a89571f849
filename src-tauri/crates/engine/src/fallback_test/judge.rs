//! Verdict on a step's response in a fallback test: passed, or the cause of the failure and its fix. Pure.

use gateway::{End, Exchange, Outcome};
use health::FailureKind;
use ledger::TestFault;
use serde_json::Value;
use wire::{Completion, FailureClass};

use super::reply::Reply;
use super::turn::{MOST_OUTPUT, TOOL};

/// A request of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The prompt requests a call of the tool.
    Call,
    /// The request contains the tool's result.
    Result,
}

impl Step {
    pub(crate) const ALL: [Step; 2] = [Step::Call, Step::Result];

    /// Number of the step, from 1.
    pub(crate) fn number(self) -> u32 {
        match self {
            Step::Call => 1,
            Step::Result => 2,
        }
    }
}

/// Where the owner fixes a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) endpoint: String,
    /// Base URL of its requests.
    pub(crate) base: String,
    /// The endpoint is defined in the owner's settings.
    pub(crate) own: bool,
    /// The vendor's web page for keys and billing.
    pub(crate) keys_page: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) step: u32,
    pub(crate) fault: TestFault,
    /// What failed, as a clause: "the provider refused the request: …".
    pub(crate) why: String,
    /// How to fix it.
    pub(crate) fix: String,
}

impl Failure {
    fn new(step: Step, fault: TestFault, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            step: step.number(),
            fault,
            why: why.into(),
            fix: fix.into(),
        }
    }

    /// The gateway ended the step without a report.
    pub(crate) fn unplayed(step: Step) -> Self {
        let why = "Understudy could not send the request";
        Self::new(step, TestFault::Understudy, why, REPORT)
    }
}

const REPORT: &str = "report this as a bug in Understudy, with the engine's log";
const AGAIN: &str = "test again in a few minutes; `understudyd status` shows the provider's state";
const OTHER_MODEL: &str =
    "name another model for this endpoint in the route, or under [equivalents] in the settings";

/// # Errors
/// The step did not pass.
pub(crate) fn judge(
    step: Step,
    exchange: &Exchange,
    reply: &Reply,
    place: &Place,
) -> Result<(), Failure> {
    attempted(step, exchange, place)?;
    completed(step, exchange, reply)?;
    match step {
        Step::Call => called(reply),
        Step::Result => answered(reply),
    }
}

/// Checks that the endpoint sent a response.
fn attempted(step: Step, exchange: &Exchange, place: &Place) -> Result<(), Failure> {
    let fail = |fault, why: String, fix: &str| Err(Failure::new(step, fault, why, fix));
    match exchange.attempts.last().map(|attempt| &attempt.outcome) {
        Some(Outcome::Answered(_)) => Ok(()),
        Some(Outcome::Failed {
            class,
            fault,
            message,
            ..
        }) => {
            let (fault, what, fix) = of_class(*class, fault.kind(), place);
            Err(Failure::new(step, fault, clause(what, message), fix))
        }
        Some(Outcome::Local { cause, message }) => {
            let fix = format!("{}, then test again", cause.fix());
            fail(TestFault::Settings, clause(cause.what(), message), &fix)
        }
        Some(Outcome::ClientLeft) => fail(
            TestFault::Understudy,
            "the test was ended before the response was complete".into(),
            "test again",
        ),
        None => match &exchange.end {
            End::TurnedAway(why) => fail(
                TestFault::Settings,
                why.to_string(),
                "change what it names, then test again",
            ),
            End::Complete
            | End::Replayed
            | End::Truncated
            | End::Refused
            | End::Cut
            | End::Exhausted
            | End::CallersFault
            | End::ClientLeft
            | End::OurFault => fail(
                TestFault::Understudy,
                "Understudy could not send the request".into(),
                REPORT,
            ),
        },
    }
}

/// "the provider refused the key: invalid x-api-key"
fn clause(what: &str, message: &str) -> String {
    match message.trim().trim_end_matches('.') {
        "" => what.to_owned(),
        message => format!("{what}: {message}"),
    }
}

fn of_class(
    class: FailureClass,
    kind: Option<FailureKind>,
    place: &Place,
) -> (TestFault, &'static str, String) {
    let Place {
        endpoint,
        base,
        own,
        keys_page,
    } = place;
    match class {
        FailureClass::Transient if kind == Some(FailureKind::Connect) && *own => (
            TestFault::Provider,
            "no connection",
            format!(
                "check that the server at {base} runs, and that `base` of [[endpoint]] {endpoint} is its address"
            ),
        ),
        FailureClass::Transient | FailureClass::Timeout => {
            (TestFault::Provider, "the provider failed", AGAIN.into())
        }
        FailureClass::RateLimit => (
            TestFault::Account,
            "too many requests on this account",
            "test again in a minute".into(),
        ),
        FailureClass::Limit => (
            TestFault::Account,
            "the account's limit is used up",
            "test again when the limit has been reset".into(),
        ),
        FailureClass::Quota => (
            TestFault::Account,
            "the account has no credit",
            match keys_page {
                Some(page) => format!("add credit ({page}), then test again"),
                None => "add credit at the provider, then test again".into(),
            },
        ),
        FailureClass::Credential if *own => (
            TestFault::Account,
            "the provider refused the credential",
            format!(
                "give it a valid key: `understudyd key add {endpoint}`, and check `auth` of its [[endpoint]]"
            ),
        ),
        FailureClass::Credential => (
            TestFault::Account,
            "the provider refused the key",
            format!("give it a new key: `understudyd key add {endpoint}`"),
        ),
        FailureClass::ModelGone => (
            TestFault::Settings,
            "the provider does not serve this model",
            OTHER_MODEL.into(),
        ),
        FailureClass::Caller if *own => (
            TestFault::Settings,
            "the provider refused the request",
            format!(
                "compare `dialects`, `chat_limit`, `call_ids` and the other lines of [[endpoint]] {endpoint} with the documentation of its server"
            ),
        ),
        FailureClass::Caller => (
            TestFault::Understudy,
            "the provider refused the request",
            REPORT.into(),
        ),
        FailureClass::ContextTooLong => (
            TestFault::Settings,
            "its context window is too small for a short tool turn",
            "give the server a larger context window, or name another model for this endpoint"
                .into(),
        ),
        FailureClass::ContentPolicy => (
            TestFault::Model,
            "the provider declined the request",
            OTHER_MODEL.into(),
        ),
    }
}

/// Checks that the client's response is complete.
fn completed(step: Step, exchange: &Exchange, reply: &Reply) -> Result<(), Failure> {
    let fail = |fault, why: String, fix: &str| Err(Failure::new(step, fault, why, fix));
    match &reply.completion {
        // The client's connection was aborted, so the response is incomplete even if all events arrived.
        Completion::Complete if exchange.end == End::Cut => fail(
            TestFault::Provider,
            "the response ended early".into(),
            AGAIN,
        ),
        Completion::Complete => Ok(()),
        Completion::Broken(why) => fail(
            TestFault::Provider,
            clause("the response is incomplete", &why.to_string()),
            AGAIN,
        ),
        Completion::Truncated => fail(
            TestFault::Model,
            format!(
                "the model used up the {MOST_OUTPUT} tokens of the test before its response was complete"
            ),
            OTHER_MODEL,
        ),
        Completion::Refused => fail(TestFault::Model, "the model declined".into(), OTHER_MODEL),
        Completion::Continues => fail(
            TestFault::Provider,
            "the response ended in the middle of a turn".into(),
            AGAIN,
        ),
        Completion::Unknown => fail(
            TestFault::Provider,
            "the response ended with an unknown stop reason, so that it may be incomplete".into(),
            "a pipeline would reject it; `understudyd traffic --json` shows the stop reason of real requests",
        ),
    }
}

fn called(reply: &Reply) -> Result<(), Failure> {
    let fail = |why: String| Err(Failure::new(Step::Call, TestFault::Model, why, OTHER_MODEL));
    if reply.calls.is_empty() {
        return fail("the model wrote a text instead of the requested tool call".into());
    }
    for call in &reply.calls {
        if call.name != TOOL {
            return fail(format!(
                "the model called a tool that was not offered, `{}`",
                clip(&call.name)
            ));
        }
        let arguments: Option<Value> = serde_json::from_str(&call.arguments).ok();
        if !arguments.is_some_and(|arguments| arguments["zone"].is_string()) {
            return fail(
                "the arguments of the model's tool call do not fit the tool's schema".into(),
            );
        }
        if call.id.is_empty() {
            return fail("the tool call has no id, so that no result can be sent to it".into());
        }
    }
    Ok(())
}

fn answered(reply: &Reply) -> Result<(), Failure> {
    let fail = |why: &str| {
        Err(Failure::new(
            Step::Result,
            TestFault::Model,
            why,
            OTHER_MODEL,
        ))
    };
    match (reply.calls.is_empty(), reply.text) {
        (false, _) => fail("the model called the tool again, though it had its result"),
        (true, 0) => fail("the model wrote nothing after the tool's result"),
        (true, _) => Ok(()),
    }
}

/// Shortens a tool name from the model to one line.
fn clip(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests;
