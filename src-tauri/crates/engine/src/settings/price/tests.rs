use catalog::{Catalog, PriceSource};
use chrono::{DateTime, Utc};

use crate::settings::Settings;

fn noon() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn errors(text: &str) -> Vec<String> {
    let errors = Settings::parse(text, &Catalog::bundled()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn the_owners_prices_are_those_of_the_catalogue_in_use() {
    let base = Catalog::bundled();
    let text = r#"
[[endpoint]]
id = "mine"
base = "http://127.0.0.1:9"
dialects = ["openai-chat"]

[[price]]
provider = "mine"
model = "llama"
input = 0.5
output = 1.0

[[price]]
provider = "anthropic"
model = "claude-opus-5-6"
input = 3.0
output = 15.0
cache_read = 0.2
hours = { utc = ["11:00-13:00"], input = 1.0, output = 5.0 }

[[price]]
provider = "openai"
discount = 0.25
"#;
    let settings = Settings::parse(text, &base).unwrap();
    let catalog = settings.catalog(&base);
    let price = |provider: &str, model: &str| {
        let price = catalog.price(&provider.into(), model, noon()).unwrap();
        let tokens = catalog::Tokens {
            input: 1_000_000,
            ..Default::default()
        };
        (price.cost(tokens, noon()).dollars(), price.source)
    };
    assert_eq!(price("mine", "llama"), (0.5, PriceSource::Owners));
    let at_noon = price("anthropic", "claude-opus-5-6");
    assert_eq!(at_noon, (1.0, PriceSource::Owners), "a new model, at noon");
    assert_eq!(
        price("openai", "gpt-6.1-terra"),
        (0.75, PriceSource::Discounted)
    );
    assert_eq!(
        price("anthropic", "claude-opus-5-5"),
        (4.0, PriceSource::List)
    );
    let reset = Settings::default().catalog(&base);
    assert_eq!(reset, base);
}

#[test]
fn a_wrong_price_is_reported_with_its_line_and_fix() {
    for (text, expected) in [
        (
            "[[price]]\nprovider = \"openia\"\ndiscount = 0.1",
            "line 2: there is no provider \"openia\"; known are",
        ),
        (
            "[[price]]\nprovider = \"openai\"",
            "line 2: this price has neither",
        ),
        (
            "[[price]]\nprovider = \"openai\"\ndiscount = 15",
            "line 3: a discount is a share greater than 0 and less than 1",
        ),
        (
            "[[price]]\nprovider = \"openai\"\ndiscount = 0.1\ninput = 2",
            "line 3: a discount applies to the list prices",
        ),
        (
            "[[price]]\nprovider = \"openai\"\nmodel = \"gpt-6.1-sol\"\ndiscount = 0.1",
            "line 4: a discount is for all models",
        ),
        (
            "[[price]]\nprovider = \"openai\"\nmodel = \"gpt-6.1-sol\"\ninput = 1",
            "line 3: a price needs `input` and `output`",
        ),
        (
            "[[price]]\nprovider = \"openai\"\nmodel = \"gpt-6.1-sol\"\ninput = 0\noutput = 1",
            "line 3: prices are US dollars per million tokens",
        ),
        (
            "[[price]]\nprovider = \"anthropic\"\nmodel = \"claude-sonet-5-5\"\ninput = 1\noutput = 1",
            "line 3: anthropic has no model \"claude-sonet-5-5\". Did you mean \"claude-sonnet-5-5\"?",
        ),
        (
            "[[price]]\nprovider = \"anthropic\"\nmodel = \"gemini\"\ninput = 1\noutput = 1",
            "line 3: no endpoint of anthropic serves a model \"gemini\"",
        ),
        (
            "[[price]]\nprovider = \"anthropic\"\nmodel = \"claude-*\"\ninput = 1\noutput = 1",
            "line 3: name one model by its full id",
        ),
        (
            "[[price]]\nprovider = \"openai\"\ndiscount = 0.1\n[[price]]\nprovider = \"openai\"\ndiscount = 0.2",
            "line 5: there are two prices for the same",
        ),
        (
            "[[price]]\nprovider = \"openai\"\nmodel = \"gpt-6.1-sol\"\ninput = 2\noutput = 2\nlong_prompt = { above = 9, input = 1, output = 2 }",
            "line 3: a price of `long_prompt` is lower",
        ),
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(expected), "{text}: {found:?}");
    }
}
