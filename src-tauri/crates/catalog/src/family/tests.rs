use super::{Allow, Families};
use crate::Catalog;

#[test]
fn a_reseller_has_a_family_for_each_vendors_models() {
    let families = Families::new("reseller").with_models(vec![
        ("anthropic/*".to_owned(), "anthropic".to_owned()),
        ("openai/*".to_owned(), "openai".to_owned()),
    ]);
    for (model, family) in [
        ("anthropic/claude-opus-5", "anthropic"),
        ("openai/gpt-6-luna", "openai"),
        ("deepseek/deepseek-v4", "reseller"),
    ] {
        assert_eq!(families.of(model), family, "{model}");
    }
}

/// The families in the bundled files.
#[test]
fn the_families_of_bundled_endpoints() {
    let catalog = Catalog::bundled();
    for (endpoint, model, family) in [
        ("anthropic", "claude-opus-5-5", "anthropic"),
        ("bedrock", "anthropic.claude-opus-5-5", "anthropic"),
        ("openrouter", "anthropic/claude-opus-5", "anthropic"),
        ("openrouter", "openai/gpt-6-luna", "openai"),
        ("openrouter", "google/gemini-3-pro", "openrouter"),
        ("openai", "gpt-6.1-sol", "openai"),
        ("deepseek", "deepseek-v4-pro", "deepseek"),
        ("google", "gemini-3.8-flash", "google"),
        ("together", "openai/gpt-oss-120b", "together"),
    ] {
        let found = catalog.endpoint(&endpoint.into()).unwrap();
        assert_eq!(found.families.of(model), family, "{endpoint} {model}");
    }
}

#[test]
fn no_list_allows_a_field_that_identifies_the_client() {
    let allow = Allow {
        fields: vec!["metadata".to_owned(), "top_k".to_owned()],
        ..Allow::default()
    };
    assert!(!allow.allows_field("metadata") && allow.allows_field("top_k"));
    assert!(!Allow::default().allows_header("x-anything"));
}
