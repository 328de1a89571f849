use catalog::{Auth, Catalog, Dialect, Endpoint, EndpointId};

use super::super::Settings;

fn catalog_of(text: &str) -> Catalog {
    let bundled = Catalog::bundled();
    let settings =
        Settings::parse(text, &bundled).unwrap_or_else(|wrong| panic!("{text}\n{wrong:?}"));
    bundled.with_own(&settings.own)
}

fn endpoint(text: &str, id: &str) -> Endpoint {
    catalog_of(text)
        .endpoint(&EndpointId::new(id))
        .unwrap()
        .clone()
}

fn wrong(text: &str) -> String {
    let wrong = Settings::parse(text, &Catalog::bundled()).expect_err(text);
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn an_entry_changes_only_its_values_for_every_endpoint_of_the_catalogue() {
    let bundled = Catalog::bundled();
    for known in bundled
        .endpoints()
        .filter(|e| e.id.as_str() != catalog::REHEARSAL)
    {
        let id = known.id.as_str();
        let nothing = format!("[[endpoint]]\nid = \"{id}\"\n");
        assert_eq!(catalog_of(&nothing), bundled, "{id}");

        let moved = format!("{nothing}base = \"http://127.0.0.1:9/v1/\"\n");
        let mut expected = Endpoint {
            base: "http://127.0.0.1:9".to_owned(),
            may_loop: true,
            ..known.clone()
        };
        expected.logins.addresses.clear();
        assert_eq!(endpoint(&moved, id), expected, "{id}");

        let all = format!(
            "{moved}dialects = [\"openai-chat\"]\nserves = [\"m-*\"]\nkey_env = \"MY_KEY\"\nchat_limit = \"max_tokens\"\ncall_ids = \"nine-letters\"\nstream_usage = \"always\"\nreasoning_content = \"required\"\nthought_signatures = \"extra-content\"\nfile_addresses = true\nfamily = \"acme\"\nallow = {{ headers = [\"x-a\"], betas = [], fields = [] }}\ncontext = 1000\nmax_output = 500\nauth = \"bearer\"\naccepts_client_login = false\nprobe_model = \"m-1\"\n"
        );
        let changed = endpoint(&all, id);
        let kept = Endpoint {
            // The settings have no key for this field.
            paths: changed.paths.clone(),
            surface: known.surface.clone(),
            key_check: known.key_check.clone(),
            logins: expected.logins.clone(),
            passages: known.passages.clone(),
            not_billed: known.not_billed.clone(),
            provider: known.provider.clone(),
            ..changed.clone()
        };
        assert_eq!(changed, kept, "{id}");
        assert_eq!(changed.serves, ["m-*"]);
        assert_eq!(
            (changed.auth, changed.key_env.as_deref()),
            (Auth::Bearer, Some("MY_KEY"))
        );
        assert_eq!(
            (changed.context, changed.max_output),
            (Some(1000), Some(500))
        );
        assert!(changed.file_addresses && !changed.accepts_client_login);
        assert_eq!(changed.preferred, Some(Dialect::OpenaiChat));
        assert_eq!(changed.paths.len(), 1);
    }
}

/// The base where Codex's requests with a ChatGPT account go.
#[test]
fn a_login_with_an_account_never_goes_past_the_owners_server() {
    for (entry, base) in [
        ("", Some("https://chatgpt.com/backend-api/codex")),
        (
            "base = \"https://api.openai.com/v1\"",
            Some("https://chatgpt.com/backend-api/codex"),
        ),
        ("base = \"http://127.0.0.1:9\"", None),
        (
            "account_base = \"http://127.0.0.1:9/codex/\"",
            Some("http://127.0.0.1:9/codex"),
        ),
        (
            "base = \"http://127.0.0.1:9\"\naccount_base = \"https://proxy.example/codex\"",
            Some("https://proxy.example/codex"),
        ),
    ] {
        let text = format!("[[endpoint]]\nid = \"openai\"\n{entry}\n");
        let logins = endpoint(&text, "openai").logins;
        let address = logins.address(|name| name == "chatgpt-account-id");
        assert_eq!(address.map(|it| it.base.as_str()), base, "{text}");
    }
    for (entry, word) in [
        (
            "id = \"openai\"\naccount_base = \"http://proxy.example\"",
            "line 3: this account_base would send clients' logins unencrypted",
        ),
        (
            "id = \"anthropic\"\naccount_base = \"https://proxy.example\"",
            "line 3: the logins of \"anthropic\" have no address of their own",
        ),
        ("id = \"openai\"\naccount_base = \"proxy\"", "line 3: "),
    ] {
        let found = wrong(&format!("[[endpoint]]\n{entry}\n"));
        assert!(found.contains(word), "{found}");
    }
}

/// The order of providers decides which candidate is primary.
#[test]
fn the_provider_keeps_its_place_its_models_and_its_page() {
    let bundled = Catalog::bundled();
    let changed = catalog_of("[[endpoint]]\nid = \"anthropic\"\nbase = \"http://127.0.0.1:9\"\n");
    let ids = |catalog: &Catalog| {
        let ids: Vec<String> = catalog
            .providers()
            .iter()
            .map(|p| p.id.to_string())
            .collect();
        ids
    };
    assert_eq!(ids(&changed), ids(&bundled));
    let [was, is] = [&bundled, &changed].map(|c| c.provider(&"anthropic".into()).unwrap());
    assert_eq!(
        (&was.models, &was.status, &was.tiers),
        (&is.models, &is.status, &is.tiers)
    );
    assert_eq!(was.name, is.name);
    let named = catalog_of("[[endpoint]]\nid = \"anthropic\"\nname = \"Gateway\"\n");
    assert_eq!(named.provider(&"anthropic".into()).unwrap().name, "Gateway");
}

/// The endpoint, the entry's text, and whether a client's login may be sent to it.
#[test]
fn a_clients_login_is_sent_only_to_allowed_endpoints() {
    for (id, message, may) in [
        ("anthropic", "", true),
        (
            "anthropic",
            "base = \"https://API.anthropic.com:443/v1\"",
            true,
        ),
        ("anthropic", "accepts_client_login = false", false),
        ("anthropic", "base = \"http://127.0.0.1:9\"", true),
        (
            "anthropic",
            "base = \"http://127.0.0.1:9\"\naccepts_client_login = false",
            false,
        ),
        ("anthropic", "base = \"https://gateway.example\"", false),
        (
            "anthropic",
            "base = \"https://api.anthropic.com.gateway.example\"",
            false,
        ),
        (
            "anthropic",
            "base = \"https://api.anthropic.com:8443\"",
            false,
        ),
        (
            "anthropic",
            "base = \"https://gateway.example\"\naccepts_client_login = true",
            true,
        ),
        ("openai", "base = \"https://gateway.example\"", false),
        ("deepseek", "base = \"http://127.0.0.1:9\"", false),
        ("deepseek", "accepts_client_login = true", true),
        (
            "own",
            "base = \"http://127.0.0.1:9\"\ndialects = [\"anthropic\"]",
            false,
        ),
        (
            "own",
            "base = \"http://127.0.0.1:9\"\ndialects = [\"anthropic\"]\naccepts_client_login = true",
            true,
        ),
        (
            "own",
            "base = \"https://gateway.example\"\ndialects = [\"anthropic\"]\naccepts_client_login = true",
            true,
        ),
    ] {
        let text = format!("[[endpoint]]\nid = \"{id}\"\n{message}\n");
        assert_eq!(endpoint(&text, id).accepts_client_login, may, "{text}");
    }
}

#[test]
fn a_secret_is_not_sent_unencrypted_without_permission() {
    for (message, word) in [
        (
            "id = \"own\"\nbase = \"http://gateway.example\"\ndialects = [\"anthropic\"]\naccepts_client_login = true",
            "line 5: this base would send clients' logins unencrypted",
        ),
        (
            "id = \"anthropic\"\nbase = \"http://gateway.example\"\naccepts_client_login = true",
            "line 4: this base would send clients' logins unencrypted",
        ),
        (
            "id = \"own\"\nbase = \"http://gateway.example\"\ndialects = [\"openai-chat\"]\nauth = \"bearer\"\nkey_env = \"MY_KEY\"",
            "line 3: this base would send the key of \"own\" unencrypted over the internet",
        ),
        (
            "id = \"deepseek\"\nbase = \"http://203.0.113.9:4000\"\nkey_env = \"MY_KEY\"",
            "line 3: this base would send the key of \"deepseek\" unencrypted over the internet",
        ),
        (
            "id = \"own\"\nbase = \"http://127.0.0.1\\n:9\"\ndialects = [\"openai-chat\"]",
            "line 3: an address has no spaces",
        ),
        (
            "id = \"deepseek\"\nbase = \"http://gateway.example\"",
            "line 3: this base would send the key of \"deepseek\" unencrypted",
        ),
    ] {
        let message = wrong(&format!("[[endpoint]]\n{message}\n"));
        assert!(message.starts_with(word), "{message}");
    }
    for (base, message) in [
        ("http://gateway.example", "auth = \"none\""),
        ("http://192.168.1.4:4000", "key_env = \"MY_KEY\""),
        ("http://litellm:4000", "key_env = \"MY_KEY\""),
        ("http://127.0.0.1:4000", "key_env = \"MY_KEY\""),
        ("https://gateway.example", "key_env = \"MY_KEY\""),
    ] {
        let text = format!("[[endpoint]]\nid = \"deepseek\"\nbase = \"{base}\"\n{message}\n");
        assert_eq!(endpoint(&text, "deepseek").base, base);
    }
}

#[test]
fn several_entries_of_one_provider_all_apply() {
    let file = "name = \"Acme\"\n".to_owned()
        + &["a", "b"].map(|id| format!("[[endpoint]]\nid = \"acme-{id}\"\nbase = \"https://{id}.acme.example\"\ndialects = [\"openai-chat\"]\nauth = \"bearer\"\nkey_env = \"ACME\"\nserves = [\"acme-*\"]\n")).concat();
    let catalog = Catalog::with_files(&[("acme.toml".to_owned(), file)]).unwrap();
    let text = "[[endpoint]]\nid = \"acme-a\"\nbase = \"https://x.example\"\n[[endpoint]]\nid = \"acme-b\"\nbase = \"https://y.example\"\n";
    let settings = Settings::parse(text, &catalog).unwrap();
    let changed = catalog.with_own(&settings.own);
    let bases: Vec<&str> = ["acme-a", "acme-b"]
        .iter()
        .map(|id| &*changed.endpoint(&EndpointId::new(id)).unwrap().base)
        .collect();
    assert_eq!(bases, ["https://x.example", "https://y.example"]);
}

/// The catalogue learns about a page, and the settings of the owner keep their endpoint of the same name, as the last one.
#[test]
fn an_endpoint_may_have_the_id_of_a_provider_that_is_known_by_its_page_alone() {
    let bundled = Catalog::bundled();
    let text = "[[endpoint]]\nid = \"kimi\"\nbase = \"https://api.moonshot.ai\"\ndialects = [\"openai-chat\"]\n";
    let settings = Settings::parse(text, &bundled).unwrap();
    let known = bundled.provider(&"kimi".into()).unwrap();
    assert!(known.endpoints.is_empty() && known.status.is_some());
    let catalog = bundled.with_own(&settings.own);
    let last = catalog.providers().last().unwrap();
    assert_eq!((last.id.as_str(), last.endpoints.len()), ("kimi", 1));
    assert_eq!(catalog.providers().len(), bundled.providers().len());
}

#[test]
fn missing_values_of_a_new_endpoint_are_named() {
    for (message, word) in [
        (
            "id = \"own\"\ndialects = [\"openai-chat\"]",
            "line 2: endpoint \"own\" has no `base`",
        ),
        (
            "id = \"own\"\nbase = \"http://127.0.0.1:9\"",
            "line 2: endpoint \"own\" has no `dialects`",
        ),
        (
            "id = \"rehearsal\"\nbase = \"http://127.0.0.1:9\"",
            "line 2: the id \"rehearsal\" is already used",
        ),
        (
            "id = \"anthropic\"\n[[endpoint]]\nid = \"anthropic\"",
            "line 4: the id \"anthropic\" is already used",
        ),
        ("id = \"anthropic\"\nfamily = \"\"", "line 3: a family is"),
    ] {
        let message = wrong(&format!("[[endpoint]]\n{message}\n"));
        assert!(message.contains(word), "{message}");
    }
}

/// Every place that has a base URL in the settings, and the usual mistakes.
#[test]
fn no_error_repeats_the_secret_of_a_refused_base() {
    const SECRET: &str = "hunter2hunter2";
    for base in [
        format!("https://user:{SECRET}@a.example"),
        format!("https://{SECRET}@a.example"),
        format!("http://user:{SECRET}@127.0.0.1:9/v1"),
        format!("https://a.example/v1?key={SECRET}"),
        format!("https://a.example/#{SECRET}"),
        format!("https://a.example:{SECRET}"),
        format!("user:{SECRET}@a.example"),
        format!("https:/x:{SECRET}@a.example"),
    ] {
        for text in [
            format!("[[endpoint]]\nid = \"own\"\nbase = \"{base}\"\ndialects = [\"anthropic\"]\n"),
            format!("[[endpoint]]\nid = \"anthropic\"\nbase = \"{base}\"\n"),
            format!("[[endpoint]]\nid = \"own\"\nbase = [\"{base}\"]\ndialects = []\n"),
            format!("[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = \"{base}\"\n"),
            format!("[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = [\"{base}\"]\n"),
            format!(
                "[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = [\"anthropic\"]\nserves = \"{base}\"\n"
            ),
            format!(
                "[[endpoint]]\nid = \"{base}\"\nbase = \"http://x\"\ndialects = [\"anthropic\"]\n"
            ),
            format!("[[endpoint]]\n\"{base}\" = 1\n"),
            format!("endpoint = \"{base}\"\n"),
            format!(
                "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"{base}\"]\n"
            ),
            format!("[watch]\nmine = [\"{base}\"]\n"),
            format!("[watch.pages_from]\nanthropic = \"x{base}\"\n"),
        ] {
            let message = wrong(&text);
            assert!(!message.contains("hunter2"), "{text}{message}");
        }
    }
}
