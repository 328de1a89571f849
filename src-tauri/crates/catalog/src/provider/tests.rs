use super::*;

#[test]
fn a_pasted_base_is_normalised_without_slashes_and_version() {
    let table = [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://api.openai.com/v1/", "https://api.openai.com"),
        ("https://api.openai.com//", "https://api.openai.com"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api"),
        (" http://127.0.0.1:11434 ", "http://127.0.0.1:11434"),
        ("https://gateway.example/v10", "https://gateway.example/v10"),
        ("https://gateway.example/xv1", "https://gateway.example/xv1"),
    ];
    for (pasted, expected) in table {
        assert_eq!(normalise_base(pasted), expected, "{pasted:?}");
        assert_eq!(normalise_base(expected), expected, "stable: {expected:?}");
    }
}

#[test]
fn an_owners_endpoint_is_complete_from_its_base_and_dialects() {
    let ollama = Endpoint::new(
        "ollama".into(),
        "ollama".into(),
        "http://127.0.0.1:11434/v1/",
        [Dialect::OpenaiChat],
    );
    assert_eq!(
        ollama.url(Dialect::OpenaiChat).as_deref(),
        Some("http://127.0.0.1:11434/v1/chat/completions")
    );
    assert_eq!(ollama.url(Dialect::Anthropic), None);
    assert!(ollama.serves_model("qwen3:8b"));
}
