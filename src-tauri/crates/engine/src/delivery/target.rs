//! Where a response is sent, and whether that receiver removes doubles. Pure.

use std::fmt;

use catalog::Secret;

/// A receiver with its address, which is never shown.
#[derive(Clone)]
pub(crate) enum Target {
    /// Signed as in Standard Webhooks; doubles have the same `webhook-id`.
    Webhook { url: String, secret: Secret },
    /// A Wait node of n8n; the suffix of the URL is used once.
    Wait(Secret),
    /// Another program that waits at a URL, and may do its work twice.
    Other(Secret),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Webhook { .. } => "Webhook",
            Target::Wait(_) => "Wait",
            Target::Other(_) => "Other",
        })
    }
}

const SIGNATURE: &str = "signature=";
/// The usual path of n8n's Wait nodes.
const PATH: &str = "/webhook-waiting/";
/// The Webhook Suffix of a Wait node whose URL has none of its own. It is fixed text, because n8n (2.41.1) does not fill in an
/// expression there.
const SUFFIX: &str = "understudy";

impl Target {
    /// Of a resume URL.
    pub(crate) fn of_resume_url(url: &str) -> Target {
        let (path, query) = match url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url, None),
        };
        let signature = query.and_then(|query| query.split_once(SIGNATURE));
        if signature.is_none() && !path.contains(PATH) {
            return Target::Other(Secret::new(url));
        }
        // n8n splits `?signature=…/suffix` at the slash.
        let has_suffix = signature.is_some_and(|(_, signature)| signature.contains('/'));
        let url = match (has_suffix, query) {
            (true, _) => url.to_owned(),
            (false, Some(query)) => format!("{}/{SUFFIX}?{query}", path.trim_end_matches('/')),
            (false, None) => format!("{}/{SUFFIX}", path.trim_end_matches('/')),
        };
        Target::Wait(Secret::new(url))
    }

    /// True: it does its work once, also if it gets the same response twice.
    pub(crate) fn removes_doubles(&self) -> bool {
        match self {
            Target::Webhook { .. } | Target::Wait(_) => true,
            Target::Other(_) => false,
        }
    }

    /// In the sentence "Delivered to …".
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Target::Webhook { .. } => "the webhook",
            Target::Wait(_) => "the workflow that waited for it",
            Target::Other(_) => "the URL of its request",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(of: &str) -> (String, bool) {
        match Target::of_resume_url(of) {
            Target::Wait(url) => (url.reveal().to_owned(), true),
            Target::Other(url) => (url.reveal().to_owned(), false),
            Target::Webhook { .. } => panic!("no webhook"),
        }
    }

    #[test]
    fn a_wait_node_is_called_with_its_suffix_and_any_other_url_as_it_is() {
        for (sent, called, is_n8n) in [
            (
                "http://localhost:5678/webhook-waiting/7?signature=ab",
                "http://localhost:5678/webhook-waiting/7/understudy?signature=ab",
                true,
            ),
            (
                "http://localhost:5678/webhook-waiting/7?signature=ab/item-3",
                "http://localhost:5678/webhook-waiting/7?signature=ab/item-3",
                true,
            ),
            (
                "https://n8n.example/waits/7?x=1&signature=ab",
                "https://n8n.example/waits/7/understudy?x=1&signature=ab",
                true,
            ),
            (
                "https://n8n.example/webhook-waiting/7",
                "https://n8n.example/webhook-waiting/7/understudy",
                true,
            ),
            (
                "https://flows.example/resume/1?k=2",
                "https://flows.example/resume/1?k=2",
                false,
            ),
        ] {
            assert_eq!(url(sent), (called.to_owned(), is_n8n), "{sent}");
        }
    }

    #[test]
    fn the_example_workflows_wait_under_the_suffix_that_is_called() {
        for workflow in [
            include_str!("../../../../../docs/n8n/invoices.json"),
            include_str!("../../../../../docs/n8n/invoices-openai.json"),
            include_str!("../../../../../docs/n8n/invoices-anthropic.json"),
        ] {
            let workflow: serde_json::Value = serde_json::from_str(workflow).unwrap();
            let node = |name: &str| {
                let mut nodes = workflow["nodes"].as_array().unwrap().iter();
                let found = nodes.find(|node| node["name"] == name);
                found.map(|node| &node["parameters"])
            };
            let wait = node("Wait for the response").unwrap();
            assert_eq!(wait["options"]["webhookSuffix"], SUFFIX);
            assert_eq!(wait["httpMethod"], "POST");
            let url = node("Send the invoice").unwrap()["url"].as_str().unwrap();
            assert!(url.ends_with("/effects/invoice"), "{url}");
            // An AI node has it in its credential.
            if let Some(ask) = node("Ask the model") {
                let headers = ask["headerParameters"]["parameters"].as_array().unwrap();
                let mut resume = headers.iter();
                let resume = resume.find(|one| one["name"] == "x-understudy-resume");
                assert_eq!(resume.unwrap()["value"], "={{ $execution.resumeUrl }}");
            }
        }
    }

    #[test]
    fn an_address_is_never_printed() {
        let target = Target::of_resume_url("https://n8n.example/w?signature=ab");
        assert_eq!(format!("{target:?}"), "Wait");
    }
}
