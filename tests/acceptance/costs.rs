//! Costs of an outage: every attempt is recorded for its provider, including truncated and refused ones.

use serde_json::{Value, json};
use stage::{Fault, ScriptStep};

use crate::desk::{Desk, Upstream, text};

const PATHS: [(&str, &str); 3] = [
    ("/v1/messages", "anthropic"),
    ("/v1/chat/completions", "openai-chat"),
    ("/v1/responses", "openai-responses"),
];

/// Two providers with a list price.
pub(crate) async fn priced() -> (Desk, Upstream, Upstream) {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    std::fs::create_dir_all(desk.file("providers")).unwrap();
    for (id, upstream) in [("lead", &lead), ("second", &second)] {
        let entry = format!(
            "name = \"{id}\"\nproduct = \"{id}\"\n\
             [[endpoint]]\nid = \"{id}\"\nbase = \"{}\"\ndialects = [\"anthropic\", \"openai-chat\", \"openai-responses\"]\n\
             auth = \"none\"\nserves = [\"large\"]\n\
             [[model]]\nid = \"large\"\ncontext = 200_000\n\
             price = {{ input = 3.00, output = 15.00, cache_read = 0.30, cache_write = 3.75, as_of = \"2026-06-01\" }}\n",
            upstream.address
        );
        std::fs::write(desk.file(&format!("providers/{id}.toml")), entry).unwrap();
    }
    let route = |dialect: &str| {
        format!(
            "[[route]]\nname = \"{dialect}\"\ndialect = \"{dialect}\"\nmodels = \"*\"\ncandidates = [\"lead\", \"second\"]\nrestart = \"always\"\n"
        )
    };
    desk.settings(&PATHS.map(|(_, dialect)| route(dialect)).concat());
    desk.start();
    (desk, lead, second)
}

fn body(path: &str) -> Value {
    let mut body = json!({ "model": "large", "stream": true });
    if path == "/v1/responses" {
        body["input"] = json!("Hello");
    } else {
        body["messages"] = json!([{ "role": "user", "content": "Hello" }]);
    }
    match path {
        "/v1/messages" => body["max_tokens"] = json!(500),
        "/v1/chat/completions" => body["stream_options"] = json!({ "include_usage": true }),
        _ => {}
    }
    body
}

fn number(row: &Value, name: &str) -> i64 {
    row[name]
        .as_i64()
        .unwrap_or_else(|| panic!("{name}: {row}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_stream_has_an_estimated_cost_and_its_continuation_a_measured_one() {
    for (path, dialect) in PATHS {
        let (desk, lead, _second) = priced().await;
        lead.stage.cue(ScriptStep {
            fault: Some(Fault::CutInText),
            ..ScriptStep::default()
        });
        let response = desk.ask(path, &body(path)).await;
        response.text().await.unwrap();
        let row = &desk.exchanges(1).await[0];
        assert_eq!(row["end"], "complete", "{row}");
        assert_eq!(row["restarts"], 1, "{dialect}");
        let story = row["story"].as_str().unwrap();
        assert!(
            story.contains("Continued by second: lead ended in the middle"),
            "{story}"
        );
        let (cut, complete) = (&row["attempts"][0], &row["attempts"][1]);
        assert_eq!(
            (&cut["endpoint"], &complete["endpoint"]),
            (&json!("lead"), &json!("second"))
        );
        assert_eq!(cut["tokens_estimated"], true, "{dialect}: {cut}");
        assert_eq!(complete["tokens_estimated"], false, "{dialect}: {complete}");
        for attempt in [cut, complete] {
            assert!(number(attempt, "output_tokens") > 0, "{dialect}: {attempt}");
            let tokens =
                3 * number(attempt, "input_tokens") + 15 * number(attempt, "output_tokens");
            assert_eq!(
                number(attempt, "cost_estimate"),
                tokens,
                "{dialect}: {attempt}"
            );
        }
        let about = number(cut, "cost_estimate");
        let all = about + number(complete, "cost_estimate");
        assert_eq!(number(row, "cost_of_estimated_tokens"), about);
        assert_eq!(number(row, "cost_estimate"), all);
        let today = desk
            .until("the sum", |s| s.today.exchanges == 1)
            .await
            .today;
        assert_eq!(
            (
                today.spent_estimate,
                today.spent_of_estimated_tokens,
                today.unpriced
            ),
            (all, about, 0)
        );
        let printed = text(&desk.run(&["status"]).stdout);
        assert!(printed.contains("the usage was not reported"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_attempt_and_a_replay_cost_nothing() {
    let (desk, lead, second) = priced().await;
    lead.stage.outage(Some("529".parse().unwrap()));
    let path = "/v1/messages";
    let ask = || async {
        let url = format!("{}{path}", desk.base());
        let request = desk.http.post(url).json(&body(path));
        let response = request.header("idempotency-key", "k").send().await.unwrap();
        response.text().await.unwrap()
    };
    let first = ask().await;
    let row = desk.exchanges(1).await.remove(0);
    for refused in [&row["attempts"][0], &row["attempts"][1]] {
        assert_eq!(refused["status"], 529, "{row}");
        assert_eq!(number(refused, "cost_estimate"), 0);
        assert_eq!(refused["input_tokens"], Value::Null);
    }
    assert_eq!(row["cost_estimate"], row["attempts"][2]["cost_estimate"]);
    let before = desk
        .until("the sum", |s| s.today.exchanges == 1)
        .await
        .today;

    assert_eq!(ask().await, first);
    let replay = &desk.exchanges(2).await[0];
    assert_eq!(replay["end"], "replayed", "{replay}");
    assert_eq!(replay["attempts"], json!([]));
    assert_eq!(replay["cost_estimate"], Value::Null);
    let after = desk
        .until("the replay", |s| s.today.exchanges == 2)
        .await
        .today;
    assert_eq!(after.spent_estimate, before.spent_estimate);
    assert_eq!((after.unpriced, second.posts()), (0, 1));
}
