//! What a Wait node of n8n answers to a resume call, and what that means. Pure. Measured with n8n 2.41.1.

use super::meaning::Step;

/// `maybe_arrived`: an earlier call may have resumed it.
pub(super) fn resumed(status: u16, body: &str, maybe_arrived: bool) -> Step {
    let has = |text: &str| body.contains(text);
    match status {
        _ if is_starting(status, body) => STARTING,
        200..=299 => Step::Done,
        401 => Step::Stop(
            "n8n refused the resume URL's signature (401). Send `$execution.resumeUrl` as it is in x-understudy-resume.",
        ),
        // With a suffix of its own, this Wait has ended: after an earlier call, through that call.
        404 if has("waiting webhook") && maybe_arrived => Step::Done,
        404 if has("waiting webhook") => Step::Stop(
            "No Wait node waits under this suffix (404). Write `understudy` into the Wait node's Webhook Suffix, or the fixed text that follows the URL in x-understudy-resume.",
        ),
        // It listens, and does not have its addresses yet.
        404 if has("Cannot POST") => STARTING,
        404 => Step::Stop("The workflow's execution was deleted (404)."),
        409 if has("finished with error") => {
            Step::Stop("The workflow has ended with an error (409); n8n's Executions show it.")
        }
        409 if has("finished") && maybe_arrived => Step::Done,
        409 if has("finished") => {
            Step::Stop("The workflow had ended before the response came (409).")
        }
        // It has not reached the Wait node yet.
        409 => Step::Again("The workflow has not reached its Wait node (409)."),
        // Another call at the same time may have won.
        500 if is_code_zero(body) => Step::Unclear("n8n could not start the workflow (500)."),
        429 | 502..=504 => Step::Again("n8n does not accept calls at this time."),
        500..=599 => Step::Unclear("n8n answered with an error of its own (5xx)."),
        300..=399 => Step::Stop("The resume URL redirects, which is not followed."),
        _ => Step::Stop("n8n refused the response."),
    }
}

pub(super) const STARTING: Step = Step::Again("n8n is starting.");

/// Before its database is ready, n8n answers every call with 200 and this text, and starts no workflow.
pub(super) fn is_starting(status: u16, body: &str) -> bool {
    status == 200 && body.starts_with("n8n is starting up")
}

/// `{"code":0,"message":"There was a problem executing the workflow"}`
fn is_code_zero(body: &str) -> bool {
    let document: Option<serde_json::Value> = serde_json::from_str(body).ok();
    document.is_some_and(|document| document["code"] == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status, body, and the result before and after a call that may have arrived.
    #[test]
    fn each_row_of_the_protocol() {
        let no_wait = "{\"code\":404,\"message\":\"The workflow for execution \\\"7\\\" does not contain a waiting webhook with a matching path/method.\"}";
        let gone = "{\"code\":404,\"message\":\"The execution \\\"7\\\" does not exist.\"}";
        let running = "{\"code\":409,\"message\":\"The execution \\\"7\\\" is running already.\"}";
        let finished =
            "{\"code\":409,\"message\":\"The execution \\\"7\\\" has finished already.\"}";
        let failed =
            "{\"code\":409,\"message\":\"The execution \\\"7\\\" has finished with error.\"}";
        let zero = "{\"code\":0,\"message\":\"There was a problem executing the workflow\"}";
        let no_address = "<pre>Cannot POST /webhook-waiting/7/understudy</pre>";
        for (status, body, first, later) in [
            (200, "n8n is starting up. Please wait", "again", "again"),
            (404, no_address, "again", "again"),
            (401, "{\"error\":\"Invalid token\"}", "stop", "stop"),
            (404, no_wait, "stop", "done"),
            (409, running, "again", "again"),
            (
                200,
                "{\"message\":\"Workflow was started\"}",
                "done",
                "done",
            ),
            (500, zero, "unclear", "unclear"),
            (409, finished, "stop", "done"),
            (409, failed, "stop", "stop"),
            (404, gone, "stop", "stop"),
            (302, "", "stop", "stop"),
            (503, "", "again", "again"),
            (500, "", "unclear", "unclear"),
        ] {
            let word = |maybe_arrived| match resumed(status, body, maybe_arrived) {
                Step::Done => "done",
                Step::Again(_) => "again",
                Step::Unclear(_) => "unclear",
                Step::Stop(_) => "stop",
            };
            assert_eq!((word(false), word(true)), (first, later), "{status} {body}");
        }
    }
}
