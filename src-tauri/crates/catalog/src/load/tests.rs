use std::collections::BTreeSet;

use chrono::{DateTime, TimeZone, Utc};

use super::*;
use crate::{
    Ability, Auth, DEAREST, MicroDollars, REHEARSAL, REHEARSAL_PREFIX, Tier, Tokens, pattern,
};

/// At this hour of a Monday.
fn at(hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 30, hour, 0, 0).unwrap()
}

fn own(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn every_file_in_the_folder_is_bundled() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/providers");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = BUNDLED.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(found, listed);
}

#[test]
fn the_bundled_files_have_no_problem() {
    assert_eq!(Catalog::with_files(&[]).err(), None);
    let catalog = Catalog::bundled();
    let ids: Vec<_> = catalog.providers().iter().map(|p| p.id.as_str()).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(ids.len(), BUNDLED.len());
}

/// Properties that are optional in an owner's file, and required in a bundled one.
#[test]
fn properties_of_the_bundled_catalogue() {
    for provider in Catalog::bundled().providers() {
        let id = &provider.id;
        if let Some(status) = &provider.status {
            let by_components = provider.surfaces.iter().all(|s| !s.components.is_empty());
            for source in &status.sources {
                let by_itself = !source.dialect.has_page_id();
                assert!(
                    status.identity.is_some() || by_components || by_itself,
                    "{id}: a page without identity would trust any 200"
                );
            }
            assert!(
                provider.surfaces.iter().any(|s| s.watched),
                "{id}: a page of which nothing is watched"
            );
            let covers_all_surfaces = provider.surfaces.iter().any(|s| s.components.is_empty());
            assert!(
                !covers_all_surfaces || provider.surfaces.len() == 1,
                "{id}: the whole page is the only surface or none"
            );
        }
        for endpoint in &provider.endpoints {
            assert!(endpoint.surface.is_some(), "{id}: {}", endpoint.id);
            let keyless = endpoint.auth == Auth::None;
            let own = id.as_str() == REHEARSAL || endpoint.is_local();
            assert!(own || !keyless, "{id}: {}", endpoint.id);
            assert_eq!(provider.keys_page.is_none(), own, "{id}");
            let every_model = endpoint.serves.iter().any(|pattern| pattern == "*");
            assert!(
                !every_model,
                "{id}: it would answer for every model in the world"
            );
            if let Some(model) = &endpoint.probe_model {
                assert!(
                    endpoint.serves_model(model.as_str()),
                    "{id}: probes {model}, which it does not serve"
                );
                let price = Catalog::bundled().price(id, model.as_str(), at(1)).cloned();
                assert!(
                    price.is_some(),
                    "{id}: a probe whose cost nobody knows: {model}"
                );
            }
        }
        for price in provider.models.iter().flat_map(|model| &model.prices) {
            for rates in price.all_rates() {
                assert!(rates.cache_read <= rates.input, "{id}");
                assert!(rates.cache_write >= rates.input, "{id}");
                assert!(rates.output >= rates.input, "{id}");
                let dearest = [rates.input, rates.output].map(|rate| rate.0 / 1_000_000);
                assert!(dearest[0] <= DEAREST.0 && dearest[1] <= DEAREST.1, "{id}");
                assert!(rates.cache_write_hour.0 / 1_000_000 <= DEAREST.0, "{id}");
            }
            let long = price.long_prompt.map(|long| long.rates);
            assert!(
                long.is_none_or(|long| long.input > price.rates.input),
                "{id}"
            );
        }
        for (tier, rank) in &provider.tiers {
            for pattern in &rank.models {
                let served = |e: &Endpoint| {
                    let some = pattern.replace('*', "");
                    e.serves.iter().any(|p| pattern::matches(p, &some))
                };
                assert!(
                    provider.endpoints.iter().any(served),
                    "{id}: {tier:?} has {pattern}, which none of its endpoints serves"
                );
            }
            if let Some(model) = &rank.fallback_model {
                assert!(
                    provider
                        .endpoints
                        .iter()
                        .any(|e| e.serves_model(model.as_str())),
                    "{id}: {model} stands in and is not served"
                );
                assert_eq!(
                    tier_of(provider, model.as_str()),
                    Some(*tier),
                    "{id}: {model} stands in for another tier than its own"
                );
            }
        }
    }
}

fn tier_of(provider: &Provider, model: &str) -> Option<Tier> {
    let message = |pattern: &str| pattern.bytes().filter(|b| *b != b'*').count();
    let fitting = provider.tiers.iter().flat_map(|(tier, rank)| {
        let fits = move |p: &&String| pattern::matches(p, model);
        rank.models
            .iter()
            .filter(fits)
            .map(move |p| (message(p), *tier))
    });
    fitting
        .max_by_key(|(message, _)| *message)
        .map(|(_, tier)| tier)
}

/// Properties that routing and translation need if a request is sent to a model of the bundled catalogue.
#[test]
fn properties_of_the_models_abilities() {
    let catalog = Catalog::bundled();
    for provider in catalog.providers() {
        for model in &provider.models {
            let id = format!("{}: {}", provider.id, model.id);
            let room = model.context.zip(model.max_output);
            assert!(room.is_none_or(|(context, most)| most < context), "{id}");
            let mut efforts = model.efforts.clone();
            efforts.sort();
            efforts.dedup();
            assert_eq!(efforts, model.efforts, "{id}");
            let mut lacks = model.lacks.clone();
            lacks.sort();
            lacks.dedup();
            assert_eq!(lacks, model.lacks, "{id}");
        }
        let fallback_models = provider
            .tiers
            .values()
            .filter_map(|r| r.fallback_model.as_ref());
        for fallback_model in fallback_models {
            let model = catalog
                .model(&provider.id, fallback_model.as_str())
                .unwrap();
            let id = format!("{}: {fallback_model}", provider.id);
            assert!(model.context.is_some(), "{id}: too long for it?");
            assert!(!model.prices.is_empty(), "{id}: what does it cost?");
            // Messages requires an output limit, and a request of another dialect may have none.
            let messages = |e: &&Endpoint| {
                e.serves_model(fallback_model.as_str())
                    && e.dialects_for(Dialect::OpenaiResponses)[0] == Dialect::Anthropic
            };
            let demanded = provider.endpoints.iter().any(|e| messages(&e));
            assert!(!demanded || model.max_output.is_some(), "{id}: no limit");
            assert!(!model.lacks.contains(&Ability::Tools), "{id}: no tools");
        }
    }
}

/// A format of which no recording exists is never shown as a verified one.
#[test]
fn formats_without_a_recording_are_unverified() {
    use crate::StatusDialect::{IncidentioNative, Rootly};
    let catalog = Catalog::bundled();
    let sources = |verified: bool| -> BTreeSet<String> {
        let pages = catalog
            .providers()
            .iter()
            .filter_map(|p| Some((p, p.status.as_ref()?)));
        let of_page = pages.flat_map(|(p, page)| page.sources.iter().map(move |s| (p, s)));
        of_page
            .filter(|(_, source)| source.verified == verified)
            .map(|(p, source)| format!("{} {:?}", p.id, source.dialect))
            .collect()
    };
    let unverified = sources(false);
    let expected = [
        "gemini-app GoogleIncidents",
        "mistral Rootly",
        "openai Atom",
        "openai IncidentioNative",
        "perplexity Atom",
    ];
    assert_eq!(unverified, expected.map(str::to_owned).into());
    for dialect in [IncidentioNative, Rootly] {
        let verified = sources(true);
        assert!(
            verified
                .iter()
                .all(|one| !one.ends_with(&format!("{dialect:?}")))
        );
    }
}

/// Each provider with a status page, and the surfaces that count by default.
#[test]
fn the_pages_of_the_bundled_catalogue() {
    let catalog = Catalog::bundled();
    let pages = catalog.providers().iter().filter_map(|p| {
        p.status.as_ref()?;
        let watched = p.surfaces.iter().filter(|s| s.watched);
        let watched: Vec<_> = watched.map(|s| s.id.as_str()).collect();
        Some(format!("{}: {}", p.id, watched.join(" ")))
    });
    let expected = [
        "anthropic: api claude-code",
        "azure: azure-openai",
        "bedrock: us-east-1",
        "cohere: api command",
        "cursor: cursor",
        "deepseek: api",
        "elevenlabs: text-to-speech",
        "gemini-app: gemini-app",
        "github: copilot copilot-models",
        "groq: api",
        "huggingface: hub inference-endpoints",
        "kimi: api",
        "mistral: api",
        "openai: responses chat-completions codex",
        "openrouter: api",
        "perplexity: perplexity",
        "replicate: replicate",
        "together: api",
        "vertex: gemini prediction",
        "xai: api",
    ];
    assert_eq!(pages.collect::<Vec<_>>(), expected);
}

/// An entry explains in a comment what the catalogue cannot express.
#[test]
fn a_provider_without_endpoints_states_the_reason() {
    let catalog = Catalog::bundled();
    let without = |p: &&Provider| p.endpoints.is_empty() && p.status.is_none();
    for provider in catalog.providers().iter().filter(without) {
        let name = format!("{}.toml", provider.id);
        let (_, text) = BUNDLED.iter().find(|(file, _)| *file == name).unwrap();
        assert!(text.starts_with("# Not supported"), "{name}");
    }
}

#[test]
fn the_rehearsal_answers_its_own_models_only() {
    let catalog = Catalog::bundled();
    let rehearsal = catalog.provider(&REHEARSAL.into()).unwrap();
    assert_eq!(rehearsal.status, None);
    for dialect in Dialect::ALL {
        let serving = |model: &str| -> Vec<String> {
            catalog
                .serving(dialect, model)
                .filter(|e| e.provider == rehearsal.id)
                .map(|e| e.id.to_string())
                .collect()
        };
        assert_eq!(
            serving(&format!("{REHEARSAL_PREFIX}claude")),
            ["rehearsal"],
            "{dialect}"
        );
        assert!(serving("claude-sonnet-4-5").is_empty(), "{dialect}");
        // Patterns that match everything, such as a vendor's `*/*`.
        assert_eq!(
            catalog
                .serving(dialect, &format!("{REHEARSAL_PREFIX}claude"))
                .count(),
            1,
            "{dialect}"
        );
    }
    let greedy = own(
        "greedy.toml",
        "name = \"Greedy\"\n[[endpoint]]\nid = \"greedy\"\nbase = \"http://localhost:1\"\ndialects = [\"anthropic\"]\nauth = \"none\"\nserves = [\"*\", \"rehearsal/*\"]\n",
    );
    let catalog = Catalog::with_files(&[greedy]).unwrap();
    let ids = |model: &str| -> Vec<String> {
        catalog
            .serving(Dialect::Anthropic, model)
            .map(|e| e.id.to_string())
            .collect()
    };
    assert_eq!(ids("rehearsal/claude"), ["rehearsal"]);
    assert_eq!(ids("claude-sonnet-4-5"), ["anthropic", "greedy"]);
}

#[test]
fn the_endpoints_that_serve_each_model() {
    let catalog = Catalog::bundled();
    let table = [
        (
            Dialect::Anthropic,
            "claude-sonnet-4-5-20250929",
            "anthropic",
            "https://api.anthropic.com/v1/messages",
        ),
        (
            Dialect::OpenaiChat,
            "gpt-4o",
            "openai",
            "https://api.openai.com/v1/chat/completions",
        ),
        (
            Dialect::OpenaiResponses,
            "o3",
            "openai",
            "https://api.openai.com/v1/responses",
        ),
        (
            Dialect::OpenaiChat,
            "anthropic/claude-sonnet-4.5",
            "openrouter",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            Dialect::Anthropic,
            "anthropic/claude-sonnet-4.5",
            "openrouter",
            "https://openrouter.ai/api/v1/messages",
        ),
    ];
    for (dialect, model, endpoint, url) in table {
        let found: Vec<_> = catalog.serving(dialect, model).collect();
        assert_eq!(found.len(), 1, "{dialect} {model}");
        assert_eq!(found[0].id.as_str(), endpoint);
        assert_eq!(found[0].url(dialect).as_deref(), Some(url));
        let provider = catalog.provider_of(&endpoint.into()).unwrap();
        assert_eq!(provider.id, found[0].provider);
    }
    assert_eq!(
        catalog
            .serving(Dialect::Anthropic, "gemini-2.5-pro")
            .count(),
        0
    );
}

#[test]
fn dated_ids_have_the_undated_price() {
    let catalog = Catalog::bundled();
    let price = |provider: &str, model: &str| catalog.price(&provider.into(), model, at(1));
    let sonnet = price("anthropic", "claude-sonnet-4-5").unwrap();
    for same in [
        "claude-sonnet-4-5-20250929",
        "claude-sonnet-4-5@20250929",
        "claude-sonnet-4-5-latest",
    ] {
        assert_eq!(price("anthropic", same), Some(sonnet), "{same}");
    }
    assert_eq!(
        price("openai", "gpt-4.1-mini-2025-04-14"),
        price("openai", "gpt-4.1-mini")
    );
    for unknown in [
        "claude-sonnet-4-5-2025",
        "claude-sonnet",
        "-20250929",
        "é-20250929",
        "",
    ] {
        assert_eq!(price("anthropic", unknown), None, "{unknown}");
    }
    assert_eq!(price("openai", "claude-sonnet-4-5"), None);
    // 15 input and 21 output tokens at $3 and $15 per million.
    let tokens = Tokens {
        input: 15,
        output: 21,
        ..Tokens::default()
    };
    assert_eq!(sonnet.cost(tokens, at(1)), MicroDollars(360));
    let all = Tokens {
        input: u64::MAX,
        output: u64::MAX,
        cache_read: u64::MAX,
        cache_write: u64::MAX,
        cache_write_hour: u64::MAX,
    };
    assert_eq!(sonnet.cost(all, at(1)), MicroDollars(i64::MAX));
    assert_eq!(all.prompt(), u64::MAX);
}

#[test]
fn an_owners_file_adds_and_replaces() {
    let mine = own(
        "anthropic.toml",
        "name = \"Mine\"\n[[endpoint]]\nid = \"mine\"\nbase = \"https://mirror.example/v1/\"\ndialects = [\"anthropic\"]\n\
         auth = \"bearer\"\nkey_env = \"MINE\"\nserves = [\"claude-*\"]\n",
    );
    let more = own(
        "config/providers/acme.toml",
        "name = \"Acme\"\nproduct = \"Anvil\"\n",
    );
    let catalog = Catalog::with_files(&[mine, more]).unwrap();
    assert_eq!(catalog.providers().len(), BUNDLED.len() + 1);
    assert_eq!(catalog.endpoint(&"anthropic".into()), None);
    let mirror = catalog.endpoint(&"mine".into()).unwrap();
    assert_eq!(mirror.base, "https://mirror.example");
    let provider = catalog.provider(&"anthropic".into()).unwrap();
    assert_eq!(
        provider.product, "Mine",
        "a product without a name of its own"
    );
    assert_eq!(catalog.provider(&"acme".into()).unwrap().product, "Anvil");
}

#[test]
fn an_endpoint_id_belongs_to_one_provider() {
    let second = own(
        "acme.toml",
        "name = \"Acme\"\n\n[[endpoint]]\nid = \"openai\"\nbase = \"http://localhost:1\"\ndialects = [\"openai-chat\"]\nauth = \"none\"\nserves = [\"*\"]\n",
    );
    let problems = Catalog::with_files(&[second]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        problems[0].to_string(),
        "acme.toml:4: endpoint id `openai` is already used by a built-in provider; choose another id, or name this file \
         `openai.toml` to replace that provider"
    );
}

#[test]
fn an_endpoint_id_in_two_of_the_owners_files_names_both() {
    let endpoint = "name = \"Mine\"\n[[endpoint]]\nid = \"mine\"\nbase = \"http://localhost:1\"\ndialects = [\"openai-chat\"]\nauth = \"none\"\nserves = [\"*\"]\n";
    let problems =
        Catalog::with_files(&[own("a.toml", endpoint), own("z.toml", endpoint)]).unwrap_err();
    let reported: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        reported,
        [
            "z.toml:3: endpoint id `mine` is already used by a.toml; choose another id in one of the two"
        ]
    );
}

#[test]
fn the_rehearsal_cannot_be_redefined() {
    let real = "name = \"Real\"\n[[endpoint]]\nid = \"rehearsal\"\nbase = \"https://real.example\"\ndialects = [\"anthropic\"]\nauth = \"bearer\"\nkey_env = \"REAL\"\nserves = [\"*\"]\n";
    let table = [
        (
            "providers/rehearsal.toml",
            "providers/rehearsal.toml:1: `rehearsal` is the built-in provider for demos and drills and cannot be replaced; \
             give this file another name",
        ),
        (
            "real.toml",
            "real.toml:3: endpoint id `rehearsal` is already used by a built-in provider; choose another id",
        ),
    ];
    for (file, expected) in table {
        let problems = Catalog::with_files(&[own(file, real)]).unwrap_err();
        let reported: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(reported, [expected]);
    }
}

/// If every caller can list the models, a wrong key would pass the check.
#[test]
fn keys_are_checked_at_an_address_that_requires_a_key() {
    let catalog = Catalog::bundled();
    let path = |endpoint: &str| &catalog.endpoint(&endpoint.into()).unwrap().key_check.path;
    assert_eq!(path("anthropic"), "/v1/models");
    assert_eq!(path("openai"), "/v1/models");
    assert_eq!(path("openrouter"), "/v1/key");
}

#[test]
fn problems_of_all_files_are_reported_together() {
    let files = [
        own("one.toml", "name = 7\n"),
        own("two.toml", "name = \"Two\"\ncolour = \"red\"\n"),
    ];
    let problems = Catalog::with_files(&files).unwrap_err();
    let reported: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(reported.len(), 2, "{reported:?}");
    assert!(reported[0].starts_with("one.toml:1: "), "{reported:?}");
    assert!(
        reported[1].starts_with("two.toml:2: unknown key `colour`"),
        "{reported:?}"
    );
}

/// Cached tokens count as part of the prompt. Above the limit all tokens have the higher price, including the output.
#[test]
fn a_long_prompt_costs_more_per_token() {
    let catalog = Catalog::bundled();
    let haiku = catalog
        .price(&"anthropic".into(), "claude-haiku-5-5", at(1))
        .unwrap();
    let long = haiku.long_prompt.unwrap();
    let tokens = |cache_read| Tokens {
        input: 1_000,
        output: 1_000_000,
        cache_read,
        ..Tokens::default()
    };
    let short = haiku.cost(tokens(long.above - 1_000), at(1));
    assert_eq!(short, MicroDollars(100 + 500_000 + 990));
    let longer = haiku.cost(tokens(long.above - 999), at(1));
    assert_eq!(longer, MicroDollars(500 + 2_500_000 + 4_950));
}

#[test]
fn deepseek_costs_twice_in_its_peak_hours() {
    let catalog = Catalog::bundled();
    let tokens = Tokens {
        input: 1_000_000,
        output: 1_000_000,
        cache_read: 1_000_000,
        ..Tokens::default()
    };
    let saturday = at(2) - chrono::TimeDelta::days(2);
    for (model, usual) in [("deepseek-flash", 753_000), ("deepseek-v4-pro", 2_662_000)] {
        let price = catalog.price(&"deepseek".into(), model, at(1)).unwrap();
        let cost = |at| price.cost(tokens, at).0;
        for peak in [1, 3, 6, 9] {
            assert_eq!(cost(at(peak)), 2 * usual, "{model} at {peak}");
        }
        for other in [0, 4, 5, 10, 23] {
            assert_eq!(cost(at(other)), usual, "{model} at {other}");
        }
        assert_eq!(cost(saturday), usual, "{model} at the weekend");
    }
}

/// A write for an hour costs twice the input, one for five minutes 1.25 times.
#[test]
fn anthropic_bills_cache_writes_by_their_lifetime() {
    let catalog = Catalog::bundled();
    let provider = catalog.provider(&"anthropic".into()).unwrap();
    assert!(provider.models.len() > 10);
    for price in provider.models.iter().flat_map(|model| &model.prices) {
        for rates in price.all_rates() {
            let input = rates.input.0;
            assert_eq!(rates.cache_write.0, input * 5 / 4, "{provider:?}");
            assert_eq!(rates.cache_write_hour.0, input * 2, "{provider:?}");
        }
    }
    let price = catalog.price(&"anthropic".into(), "claude-sonnet-5-5", at(1));
    let tokens = Tokens {
        cache_write: 1_000_000,
        cache_write_hour: 400_000,
        ..Tokens::default()
    };
    let cost = price.unwrap().cost(tokens, at(1));
    assert_eq!(cost, MicroDollars(600_000 * 5 / 2 + 400_000 * 4));
}

#[test]
fn a_service_tier_is_billed_at_its_multiple_or_has_no_known_price() {
    let catalog = Catalog::bundled();
    let tokens = Tokens {
        input: 1_000_000,
        ..Tokens::default()
    };
    let cost = |provider: &str, model: &str, tier| {
        let price = catalog.price(&provider.into(), model, at(1)).unwrap();
        price.cost_in(tier, tokens, at(1)).map(|cost| cost.0)
    };
    let sol = |tier| cost("openai", "gpt-6.1-sol", tier);
    let (usual, long) = (sol(None), Some(4_000_000));
    assert_eq!(usual, long, "the prompt is long");
    assert_eq!([sol(Some("default")), sol(Some("auto"))], [usual, usual]);
    assert_eq!(sol(Some("flex")), Some(2_000_000));
    assert_eq!(sol(Some("priority")), Some(8_000_000));
    assert_eq!(sol(Some("scale")), None);
    assert_eq!(cost("openai", "gpt-4.1", Some("priority")), None);
    assert_eq!(cost("anthropic", "claude-opus-5-5", Some("priority")), None);
    assert!(cost("anthropic", "claude-opus-5-5", Some("standard")).is_some());
}

#[test]
fn the_owners_price_replaces_a_models_price_and_a_discount_the_others() {
    let price = |input, cache_read| {
        let written = crate::WrittenPrice {
            input,
            output: 8.0,
            cache_read,
            ..crate::WrittenPrice::default()
        };
        written.read(PriceSource::Owners).unwrap()
    };
    let of = |provider: &str, model: &str, input| OwnersPrice::Model {
        provider: provider.into(),
        model: model.into(),
        price: Box::new(price(input, None)),
    };
    let base = Catalog::bundled();
    let catalog = base.clone().with_prices(&[
        of("anthropic", "claude-sonnet-5-5", 1.0),
        of("ollama", "llama", 0.5),
        OwnersPrice::Discount {
            provider: "anthropic".into(),
            left: Factor::after_discount(0.15).unwrap(),
        },
    ]);
    let input = |provider: &str, model: &str| {
        let price = catalog.price(&provider.into(), model, at(1))?;
        Some((price.rates.input.dollars(), price.source))
    };
    let owners = |dollars| Some((dollars, PriceSource::Owners));
    assert_eq!(input("anthropic", "claude-sonnet-5-5"), owners(1.0));
    assert_eq!(
        input("anthropic", "claude-sonnet-5-5-20261001"),
        owners(1.0)
    );
    assert_eq!(
        input("anthropic", "claude-opus-5-5"),
        Some((3.4, PriceSource::Discounted))
    );
    assert_eq!(
        input("openai", "gpt-6.1-sol"),
        Some((2.0, PriceSource::List))
    );
    assert_eq!(input("ollama", "llama"), owners(0.5));
    assert_eq!(
        catalog.provider(&"ollama".into()),
        base.provider(&"ollama".into()),
        "a price adds no model"
    );
}
