use catalog::Dialect;

use super::{Family, VendorChoice};

#[test]
fn names_and_aliases_are_parsed() {
    for family in Family::ALL {
        assert_eq!(family.as_str().parse(), Ok(family));
        assert!(!family.dialects().is_empty(), "{family}");
    }
    for (name, family) in [
        ("google", Family::Gemini),
        ("kimi", Family::Moonshot),
        ("glm", Family::Zai),
        ("grok", Family::Xai),
    ] {
        assert_eq!(name.parse(), Ok(family));
    }
    for acting in [
        VendorChoice::Plain,
        VendorChoice::ByModel,
        Family::Groq.into(),
    ] {
        assert_eq!(acting.to_string().parse(), Ok(acting));
    }
    let error = "nobody".parse::<VendorChoice>().unwrap_err().to_string();
    assert!(
        error.contains("`nobody`") && error.contains("gemini"),
        "{error}"
    );
}

#[test]
fn a_model_belongs_to_its_vendor() {
    for (model, family) in [
        ("claude-sonnet-4-5", Some(Family::Anthropic)),
        ("claude-sonnet-4-5@529", Some(Family::Anthropic)),
        ("gpt-6.1-sol", Some(Family::OpenAi)),
        ("o3-mini", Some(Family::OpenAi)),
        ("gemini-3.8-flash", Some(Family::Gemini)),
        ("deepseek-v4-pro", Some(Family::DeepSeek)),
        ("devstral-latest", Some(Family::Mistral)),
        ("openai/gpt-oss-120b", Some(Family::Groq)),
        ("grok-4.7", Some(Family::Xai)),
        ("kimi-k2.6", Some(Family::Moonshot)),
        ("glm-5", Some(Family::Zai)),
        ("openai/gpt-6-luna", Some(Family::OpenRouter)),
        ("some-model", None),
    ] {
        assert_eq!(Family::of_model(model), family, "{model}");
        assert_eq!(VendorChoice::ByModel.family(model), family);
        assert_eq!(VendorChoice::Plain.family(model), None);
    }
}

/// The vendor supports every dialect that the catalogue lists for its endpoints.
#[test]
fn a_vendor_supports_the_dialects_of_its_catalogue_endpoint() {
    let catalog = catalog::Catalog::bundled();
    for family in Family::ALL {
        let id = catalog::EndpointId::new(family.vendor().provider);
        let Some(endpoint) = catalog.endpoint(&id) else {
            continue;
        };
        for dialect in Dialect::ALL.into_iter().filter(|d| endpoint.speaks(*d)) {
            assert!(family.dialects().contains(&dialect), "{family} {dialect}");
        }
    }
}
