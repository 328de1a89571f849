use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Client, LONGEST};

/// A captured request: a comment, the request line, headers, and a short body.
macro_rules! captured {
    ($name:literal) => {
        include_str!(concat!("../../tests/requests/", $name, ".txt"))
    };
}

fn headers<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    let field = |(name, value): (&str, &str)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    fields.into_iter().map(field).collect()
}

#[test]
fn captured_clients() {
    let opencode = "ses_df56b08e7ffeOhUYUMZrT6195O";
    let table = [
        (
            captured!("claude"),
            "Claude Code",
            "2.1.197",
            "78d71dd0-ab8d-48a0-be06-d1526b0ce66e",
        ),
        (
            captured!("claude-count-tokens"),
            "Claude Code",
            "2.1.197",
            "3d6df84d-208d-4269-a880-fc988a4c83f7",
        ),
        (
            captured!("codex"),
            "Codex",
            "0.169.0",
            "01a20a94-e27a-7bc0-b1b7-a1e014bf63c0",
        ),
        (
            captured!("opencode-anthropic"),
            "opencode",
            "1.18.33",
            opencode,
        ),
        (
            captured!("opencode-responses"),
            "opencode",
            "1.18.33",
            "ses_df56a843efferIZos97NAjiq3v",
        ),
        (captured!("continue-chat"), "Continue", "5.23.2", ""),
        // Its Anthropic requests do not name the client.
        (captured!("continue-anthropic"), "node-fetch", "", ""),
        (captured!("aider-anthropic"), "LiteLLM", "1.81.10", ""),
        (captured!("llm-chat"), "OpenAI/Python", "3.54.0", ""),
        (captured!("gemini"), "Gemini CLI", "0.61.0", ""),
        (captured!("py-anthropic"), "Anthropic/Python", "1.17.0", ""),
        (captured!("py-openai"), "OpenAI/Python", "3.54.0", ""),
        (captured!("node-anthropic"), "Anthropic/JS", "1.12.0", ""),
        (captured!("node-openai"), "OpenAI/JS", "6.49.0", ""),
    ];
    for (capture, name, version, session) in table {
        let head = capture.split("\n\n").next().unwrap_or_default();
        let fields = head
            .lines()
            .skip(2)
            .filter_map(|line| line.split_once(": "));
        let client = Client::identify(&headers(fields));
        let fields = |text: Option<String>| text.unwrap_or_default();
        assert_eq!(
            (
                client.name.as_str(),
                &*fields(client.version),
                &*fields(client.session)
            ),
            (name, version, session)
        );
    }
}

#[test]
fn odd_user_agents() {
    let name = |agent: &str| {
        let client = Client::identify(&headers([("user-agent", agent)]));
        (client.name, client.version)
    };
    assert_eq!(
        name("curl/8.5.0"),
        ("curl".to_owned(), Some("8.5.0".to_owned()))
    );
    assert_eq!(name("n8n"), ("n8n".to_owned(), None));
    assert_eq!(name("My App (x11)"), ("My".to_owned(), None));
    assert_eq!(name(""), (String::new(), None));
    assert_eq!(Client::identify(&HeaderMap::new()), Client::default());
}

#[test]
fn long_header_values_are_truncated() {
    let long = "x".repeat(5_000);
    let client = Client::identify(&headers([("user-agent", &*long), ("session-id", &*long)]));
    assert_eq!(client.name.len(), LONGEST);
    assert_eq!(client.session.unwrap().len(), LONGEST);
}
