use super::*;

#[test]
fn the_paths_that_clients_use() {
    use Dialect::{Anthropic, OpenaiChat, OpenaiResponses};
    use Kind::{CountTokens, Generate};
    let ask = Target::Ask;
    let other = |path: &str| Target::Other(path.into());
    for (path, target) in [
        ("/v1/messages", ask(Anthropic, Generate)),
        ("/v1/messages/", ask(Anthropic, Generate)),
        ("/v1/v1/messages", ask(Anthropic, Generate)),
        ("/messages", ask(Anthropic, Generate)),
        ("/anthropic/v1/messages", ask(Anthropic, Generate)),
        ("/t/tok/v1/messages", ask(Anthropic, Generate)),
        ("/t/tok/x/y/v1/messages", ask(Anthropic, Generate)),
        ("/v1/messages/count_tokens", ask(Anthropic, CountTokens)),
        ("/v1/chat/completions", ask(OpenaiChat, Generate)),
        ("/chat/completions", ask(OpenaiChat, Generate)),
        ("/openai/v1/responses", ask(OpenaiResponses, Generate)),
        ("/responses", ask(OpenaiResponses, Generate)),
        // An extra slash at any place.
        ("//v1/messages", ask(Anthropic, Generate)),
        ("/v1//messages", ask(Anthropic, Generate)),
        ("/t/tok//v1//messages//", ask(Anthropic, Generate)),
        (
            "//t/tok/p/Leads//v1/responses",
            ask(OpenaiResponses, Generate),
        ),
        ("/p/Leads/v1/chat/completions", ask(OpenaiChat, Generate)),
        ("/t/tok/v1/models", Target::Models),
        ("/t/tok", Target::Base),
        ("/t/tok/", Target::Base),
        ("/t/tok/p/Leads", Target::Base),
        ("/", Target::Base),
        ("", Target::Base),
        ("/v1", Target::Base),
        ("/v1/", Target::Base),
        ("/api/hello", Target::Base),
        // A vendor's path.
        ("/v1/embeddings", other("/v1/embeddings")),
        (
            "/t/tok/openai/v1/files/f1/content",
            other("/v1/files/f1/content"),
        ),
        ("/v1/v1/embeddings", other("/v1/embeddings")),
        ("/v1/threads/7/messages", other("/v1/threads/7/messages")),
        ("/v1/messages/batches", other("/v1/messages/batches")),
        ("/v1/responses/resp_1", other("/v1/responses/resp_1")),
        ("/v1/models/gpt-5", other("/v1/models/gpt-5")),
        ("/v2/whatever", Target::Nothing),
        ("/submessages", Target::Nothing),
        ("/v1/files/../../admin", Target::Nothing),
        ("/v1/files/%2e%2e/admin", Target::Nothing),
        ("/v1/files/x%2Fy", Target::Nothing),
        ("/v1/files/..\\admin", Target::Nothing),
        ("/v1/./files", Target::Nothing),
    ] {
        assert_eq!(Place::of(path).target, target, "{path}");
    }
}

#[test]
fn a_path_contains_the_token_and_the_pipeline() {
    let named = |path: &'static str| {
        let place = Place::of(path);
        (place.token, place.pipeline(), place.path)
    };
    for (path, token, pipeline, rest) in [
        ("/t/tok/v1/messages", Some("tok"), None, "/v1/messages"),
        ("/t/tok", Some("tok"), None, ""),
        ("/v1/messages", None, None, "/v1/messages"),
        ("/p/Leads/v1/messages", None, Some("Leads"), "/v1/messages"),
        (
            "/t/tok/p/Lead%20mails/v1/messages",
            Some("tok"),
            Some("Lead mails"),
            "/v1/messages",
        ),
        (
            "/t/tok/p/%C3%9Cbersicht/x",
            Some("tok"),
            Some("Übersicht"),
            "/x",
        ),
        ("/t/tok/p//v1/messages", Some("tok"), None, "/v1/messages"),
        ("/p/%20/v1/messages", None, None, "/v1/messages"),
    ] {
        let pipeline = pipeline.map(str::to_owned);
        assert_eq!(named(path), (token, pipeline, rest), "{path}");
    }
    for (name, good) in [
        ("x".repeat(256), true),
        ("x".repeat(257), false),
        ("%1b[2J".into(), false),
        ("a%C2%9Bb".into(), false),
        ("a%E2%80%AEb".into(), false),
    ] {
        let path = format!("/p/{name}/v1/messages");
        let place = Place::of(&path);
        assert_eq!(place.check_pipeline().is_ok(), good, "{name}");
        assert_eq!(place.pipeline().is_some(), good, "{name}");
    }
}
