use super::*;

fn at(endpoint: &str) -> Vec<Equivalent> {
    let catalog = Catalog::bundled();
    let found = catalog.endpoint(&endpoint.into()).unwrap().clone();
    catalog.equivalents(&found)
}

fn stand_in(endpoint: &str, model: &str) -> Option<(String, Likeness)> {
    let equivalents = at(endpoint);
    let best = Equivalent::best(&equivalents, model)?;
    Some((best.model.to_string(), best.likeness))
}

#[test]
fn the_equivalents_of_each_model() {
    use Likeness::{SameModel, Tier as Of};
    use Tier::{Frontier, Large, Medium, Small};
    for (endpoint, requested, model, likeness) in [
        ("openai", "claude-fable-5-1", "gpt-6-astra", Of(Frontier)),
        ("openai", "claude-opus-5-5", "gpt-6.1-sol", Of(Large)),
        ("openai", "claude-opus-9", "gpt-6.1-sol", Of(Large)),
        (
            "openai",
            "claude-sonnet-4-5-20250929",
            "gpt-6.1-terra",
            Of(Medium),
        ),
        ("openai", "claude-haiku-4-5", "gpt-6-luna", Of(Small)),
        ("anthropic", "gpt-6-astra", "claude-fable-5-1", Of(Frontier)),
        ("anthropic", "gpt-6.1-sol", "claude-opus-5-5", Of(Large)),
        ("anthropic", "gpt-5.3-codex", "claude-opus-5-5", Of(Large)),
        (
            "anthropic",
            "gpt-6.1-terra",
            "claude-sonnet-5-5",
            Of(Medium),
        ),
        ("anthropic", "gpt-4o", "claude-sonnet-5-5", Of(Medium)),
        (
            "anthropic",
            "gpt-5.4-mini-2026-03-17",
            "claude-haiku-5-5",
            Of(Small),
        ),
        ("anthropic", "gpt-4o-mini", "claude-haiku-5-5", Of(Small)),
        (
            "anthropic",
            "gemini-3.8-flash",
            "claude-sonnet-5-5",
            Of(Medium),
        ),
        ("google", "claude-fable-5", "gemini-4-argon", Of(Frontier)),
        ("deepseek", "claude-haiku-5-5", "deepseek-flash", Of(Small)),
        // The same model under another id: at a reseller, at its vendor, and at two resellers.
        (
            "openrouter",
            "claude-opus-5",
            "anthropic/claude-opus-5",
            SameModel,
        ),
        (
            "openrouter",
            "claude-opus-4-5-20251101",
            "anthropic/claude-opus-4.5",
            SameModel,
        ),
        (
            "anthropic",
            "anthropic/claude-opus-5",
            "claude-opus-5",
            SameModel,
        ),
        (
            "bedrock",
            "anthropic/claude-haiku-4.5",
            "anthropic.claude-haiku-4-5",
            SameModel,
        ),
        (
            "openrouter",
            "claude-sonnet-5-5",
            "anthropic/claude-sonnet-4.6",
            Of(Medium),
        ),
    ] {
        assert_eq!(
            stand_in(endpoint, requested),
            Some((model.to_owned(), likeness)),
            "{endpoint} for {requested}"
        );
    }
}

#[test]
fn an_unknown_model_has_no_equivalent() {
    assert_eq!(stand_in("openai", "llama3"), None);
    assert_eq!(stand_in("openai", "rehearsal/claude"), None);
    assert_eq!(at("ollama"), []);
    assert_eq!(at("rehearsal"), []);
}

#[test]
fn every_equivalent_of_the_catalogue_is_a_known_model_of_its_endpoint() {
    let catalog = Catalog::bundled();
    let mut checked = 0;
    for endpoint in catalog.endpoints() {
        let models = &catalog.provider(&endpoint.provider).unwrap().models;
        for equivalent in catalog.equivalents(endpoint) {
            let model = equivalent.model.as_str();
            let known = models.iter().any(|known| known.id == equivalent.model);
            assert!(
                known && endpoint.serves_model(model) || equivalent.likeness == Likeness::SameModel,
                "{}: {equivalent:?}",
                endpoint.id
            );
            assert!(endpoint.serves_model(model), "{}: {model}", endpoint.id);
            assert_ne!(equivalent.of, model);
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn the_owners_setting_precedes_the_same_model_which_precedes_a_tier() {
    let of = |of: &str, model: &str, likeness| Equivalent {
        of: of.to_owned(),
        model: model.into(),
        likeness,
    };
    let tier = Likeness::Tier(Tier::Large);
    let mut among = vec![
        of("claude-*", "any", tier),
        of("claude-opus-*", "big", tier),
        of("claude-opus-5", "twin", Likeness::SameModel),
    ];
    let best = |among: &[Equivalent], model| {
        Equivalent::best(among, model).map(|one| one.model.to_string())
    };
    assert_eq!(best(&among, "claude-x").as_deref(), Some("any"));
    assert_eq!(best(&among, "claude-opus-4").as_deref(), Some("big"));
    assert_eq!(best(&among, "claude-opus-5").as_deref(), Some("twin"));
    among.push(of("*", "mine", Likeness::Owners));
    assert_eq!(best(&among, "claude-opus-5").as_deref(), Some("mine"));
    assert_eq!(best(&[], "claude-opus-5"), None);
}

#[test]
fn patterns_that_share_a_model() {
    let of = |of: &str| Equivalent {
        of: of.to_owned(),
        model: "m".into(),
        likeness: Likeness::SameModel,
    };
    for (equivalent, models, expected) in [
        ("claude-opus-*", "claude-*", true),
        ("claude-*", "claude-opus-*", true),
        ("claude-opus-5", "claude-*", true),
        ("gpt-*", "claude-*", false),
        ("*-mini", "gpt-*", false),
        ("anthropic/claude-opus-5", "*/*", true),
        ("claude-opus-5", "*", true),
    ] {
        assert_eq!(
            of(equivalent).stands_for_some(models),
            expected,
            "{equivalent} and {models}"
        );
    }
}
