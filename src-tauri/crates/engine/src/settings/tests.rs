use std::collections::BTreeSet;

use catalog::{EndpointId, ModelId};

use super::*;

fn wrong(text: &str) -> Vec<String> {
    match Settings::parse(text, &Catalog::bundled()) {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn an_empty_file_and_the_commented_one_give_the_defaults() {
    let catalog = Catalog::bundled();
    assert_eq!(Settings::parse("", &catalog), Ok(Settings::default()));
    assert_eq!(
        Settings::parse(DEFAULT_TEXT, &catalog),
        Ok(Settings::default())
    );
}

#[test]
fn every_default_in_the_commented_file_is_the_real_default() {
    // With the lines of the tables uncommented, the text must still give the defaults.
    let until_examples = DEFAULT_TEXT
        .split("# A local or compatible server")
        .next()
        .unwrap();
    let spoken: String = until_examples
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|l| {
                    l.contains(" = ")
                        && !l.contains("default: the interval")
                        && !l.starts_with("url = ")
                        && !l.starts_with("public_key = ")
                        && !l.starts_with("name = ")
                        && !l.starts_with("logo = ")
                })
                .unwrap_or(line)
        })
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(
        Settings::parse(&spoken, &Catalog::bundled()),
        Ok(Settings::default()),
        "{spoken}"
    );
}

#[test]
fn where_requests_may_go_is_a_word_or_a_list_of_endpoints() {
    use gateway::Scope;
    let catalog = Catalog::bundled();
    let one = EndpointId::new("openai");
    for (written, meant) in [
        ("\"named\"", None),
        ("\"same-vendor\"", Some(Scope::SameVendor)),
        ("\"any\"", Some(Scope::Any)),
        (
            "[\"openai\"]",
            Some(Scope::Endpoints(BTreeSet::from([one]))),
        ),
    ] {
        let general = format!("[fallback]\nmay_go_to = {written}\n");
        let settings = Settings::parse(&general, &catalog).unwrap();
        assert_eq!(settings.may_go_to, meant);
        // A pipeline without figures has no estimate, and may have a scope.
        let pipeline = format!("[[pipeline]]\nname = \"Leads\"\nmay_go_to = {written}\n");
        let settings = Settings::parse(&pipeline, &catalog).unwrap();
        assert_eq!(settings.pipeline_scopes.get("Leads"), meant.as_ref());
        assert!(settings.pipelines.is_empty() && settings.pipeline_names.contains("Leads"));
    }
    let unknown = wrong("[fallback]\nmay_go_to = [\"opneai\"]\n");
    assert!(
        unknown[0].starts_with("line 2: there is no endpoint \"opneai\""),
        "{unknown:?}"
    );
    let partial = wrong("[[pipeline]]\nname = \"Leads\"\nvalue_dollars = 4\n");
    assert!(partial[0].contains("write both, or none"), "{partial:?}");
}

#[test]
fn errors_are_reported_with_their_line_and_fix() {
    for (text, line, word) in [
        ("[listen]\nprot = 1\n", "line 2", "port"),
        ("[listen\n", "line 1", ""),
        (
            "[listen]\naddress = \"everywhere\"\n",
            "line 2",
            "127.0.0.1",
        ),
        (
            "[listen]\naddress = \"0.0.0.0\"\n",
            "line 2",
            "allowed_hosts",
        ),
        ("[listen]\nport = 70000\n", "line 2", "u16"),
        (
            "[listen]\nallowed_origins = [\"https://a.example\",\n \"*\"]\n",
            "line 3",
            "https://flows.example",
        ),
        (
            "[listen]\nallowed_origins = [\"https://a.example/flows\"]\n",
            "line 2",
            "an origin is",
        ),
        (
            "[watch]\nmine = [\"anthropic\",\n \"antropic\"]\n",
            "line 3",
            "openai",
        ),
        (
            "[watch]\nonline_hosts = [\"dns.google\"]\n",
            "line 2",
            "host with its port",
        ),
        ("[timers]\nidle = 0\n", "line 2", "seconds"),
        (
            "[notifications]\nquiet = \"at night\"\n",
            "line 2",
            "22:00-07:00",
        ),
        (
            "[[endpoint]]\nid = \"openai\"\nbase = \"http://x\"\ndialects = [\"openai-chat\"]\n",
            "line 3",
            "unencrypted",
        ),
        (
            "[[endpoint]]\nid = \"own\"\nbase = \"127.0.0.1:11434\"\ndialects = [\"openai-chat\"]\n",
            "line 3",
            "http://127.0.0.1:11434",
        ),
        (
            "[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = []\n",
            "line 4",
            "anthropic",
        ),
        (
            "[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = [\"gemini\"]\n",
            "line 4",
            "openai-chat",
        ),
        (
            "[[endpoint]]\nid = \"own\"\nbase = \"http://x\"\ndialects = [\"anthropic\"]\nmax_output = 0\n",
            "line 5",
            "nonzero",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"nobody\"]\n",
            "line 4",
            "known are",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\ndelivery = \"safe\"\n",
            "line 5",
            "guarded",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\ndemand = { schema = '{\"type\":1}' }\n",
            "line 5",
            "not a schema",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\ndelivery = \"live\"\ndemand = \"text\"\n",
            "line 6",
            "delivery = \"verified\"",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\nrestart = \"always\"\npipeline = \"Leads\"\n",
            "line 6",
            "Remove the restart line",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"openai-chat\"\ncandidates = [\"openai\"]\ndelivery = \"verified\"\nrestart = \"always\"\npipeline = \"Leads\"\n",
            "line 7",
            "Remove the restart line",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"rehearsal\"]\n",
            "line 4",
            "never a fallback",
        ),
        (
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = []\n",
            "line 4",
            "no candidates",
        ),
        (
            "[[pipeline]]\nname = \"p\"\nweekly_items = 0\nvalue_dollars = 1\nschedule = \"Mon-Fri 09:00-17:00 UTC\"\n",
            "line 3",
            "above 0",
        ),
        (
            "[[pipeline]]\nname = \"p\"\nweekly_items = 1\nvalue_dollars = 1\nschedule = \"sometimes\"\n",
            "line 5",
            "Mon",
        ),
        (
            "[[pipeline]]\nname = \"p\"\nweekly_items = 1\nvalue_dollars = 1\nschedule = \"Mon-Fri 09:00-17:00 UTC\"\nsurge = [3, 1]\n",
            "line 6",
            "low to high",
        ),
        (
            "[[rule]]\nstatus = 500\nclass = \"quotta\"\n",
            "line 3",
            "no failure class \"quotta\"; choose one of transient, rate_limit, limit, quota,",
        ),
        (
            "[[rule]]\nstatus = 500\nclass = \"silent\"\n",
            "line 3",
            "no failure class \"silent\"",
        ),
        (
            "[[rule]]\nstatus = 200\nclass = \"quota\"\n",
            "line 2",
            "from 400 to 599",
        ),
        (
            "[[rule]]\nclass = \"quota\"\n",
            "line 2",
            "rule 1 would match every failure",
        ),
        (
            "[[rule]]\ncontains = \"\"\nclass = \"quota\"\n",
            "line 2",
            "remove it",
        ),
        (
            "[equivalents]\n\"claude-*\" = { nobody = \"m\" }\n",
            "line 2",
            "there is no endpoint \"nobody\"; known are anthropic",
        ),
        (
            "[equivalents]\n\"claude-*\" = { rehearsal = \"m\" }\n",
            "line 2",
            "never a fallback",
        ),
        (
            "[equivalents]\n\"claude-*\" = { openai = \"gpt-*\" }\n",
            "line 2",
            "by its full id",
        ),
        (
            "[equivalents]\n\"claude-*\" = { openai = \" \" }\n",
            "line 2",
            "by its full id",
        ),
        ("[equivalents]\n\"claude-*\" = \"gpt-6\"\n", "line 2", "map"),
        (
            "[[endpoint]]\nid = \"rehearsal\"\nbase = \"http://x\"\ndialects = [\"openai-chat\"]\n",
            "line 2",
            "already used",
        ),
        ("[[rule]]\nstatus = 500\n", "line 1", "class"),
        (
            "[[rule]]\nstatus = 500\nclass = \"quota\"\nthen = \"wait\"\n",
            "line 4",
            "then",
        ),
    ] {
        let message = wrong(text);
        let first = message
            .first()
            .unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(
            first.starts_with(&format!("{line}: ")) && first.contains(word),
            "{text}\n{first}"
        );
    }
}

/// Only "always" allows two responses in one text for a program.
#[test]
fn a_pipelines_route_may_have_any_other_restart_value() {
    for restart in ["", "restart = \"never\"\n", "restart = \"after-block\"\n"] {
        let text = format!(
            "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\npipeline = \"Leads\"\n{restart}"
        );
        assert_eq!(wrong(&text), Vec::<String>::new());
    }
    let agents = "[[route]]\nname = \"r\"\ndialect = \"anthropic\"\ncandidates = [\"anthropic\"]\nrestart = \"always\"\n";
    assert_eq!(wrong(agents), Vec::<String>::new());
}

#[test]
fn origins_are_kept_as_browsers_write_them() {
    let text = "[listen]\nallowed_origins = [\"https://Flows.example:443/\", \"http://localhost:3000\", \"app://obsidian.md\"]\n";
    let read = Settings::parse(text, &Catalog::bundled()).unwrap();
    let kept = [
        "https://flows.example",
        "http://localhost:3000",
        "app://obsidian.md",
    ];
    assert_eq!(read.allowed_origins, kept);
}

#[test]
fn all_errors_are_reported_at_once() {
    let message = wrong(
        "[watch]\nmine = [\"nobody\"]\n[timers]\nidle = -1\n[notifications]\nquiet = \"x\"\n",
    );
    assert_eq!(message.len(), 3, "{message:?}");
}

#[test]
fn a_new_endpoint_is_a_separate_provider() {
    let text = "[[endpoint]]\nid = \"ollama\"\nbase = \"http://127.0.0.1:11434/v1/\"\ndialects = [\"openai-chat\"]\ncontext = 32000\nmax_output = 8000\n[[route]]\nname = \"local\"\ndialect = \"openai-chat\"\nmodels = \"llama*\"\ncandidates = [{ endpoint = \"ollama\", model = \"llama3\" }, \"openai\"]\n";
    let settings = Settings::parse(text, &Catalog::bundled()).unwrap();
    let endpoint = &settings.own[0].endpoints[0];
    assert_eq!(
        (endpoint.base.as_str(), endpoint.auth, endpoint.max_output),
        ("http://127.0.0.1:11434", catalog::Auth::None, Some(8000))
    );
    assert_eq!(endpoint.context, Some(32_000));
    let route = &settings.routes[0];
    assert_eq!(
        route.candidates[0],
        (EndpointId::new("ollama"), Some(ModelId::new("llama3")))
    );
    assert_eq!(route.candidates[1], (EndpointId::new("openai"), None));
}

#[test]
fn rules_are_numbered_in_the_order_of_the_file() {
    let text = "[[rule]]\nstatus = 500\ncontains = \"out of credits\"\nclass = \"quota\"\n[[rule]]\ncontains = \"brownout\"\nclass = \"transient\"\n";
    let settings = Settings::parse(text, &Catalog::bundled()).unwrap();
    let rule = |number, status, contains: &str, class| wire::Rule {
        number,
        status,
        contains: Some(contains.to_owned()),
        class,
    };
    assert_eq!(
        settings.rules,
        [
            rule(1, Some(500), "out of credits", wire::FailureClass::Quota),
            rule(2, None, "brownout", wire::FailureClass::Transient),
        ]
    );
}

#[test]
fn the_commented_rule_is_valid() {
    let example: String = DEFAULT_TEXT
        .lines()
        .skip_while(|line| *line != "# [[rule]]")
        .take_while(|line| !line.is_empty())
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    let settings = Settings::parse(&example, &Catalog::bundled()).unwrap();
    assert_eq!(settings.rules.len(), 1, "{example}");
}

#[test]
fn the_commented_equivalents_are_valid() {
    let example: String = DEFAULT_TEXT
        .lines()
        .skip_while(|line| *line != "# [equivalents]")
        .take_while(|line| !line.is_empty())
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    let settings = Settings::parse(&example, &Catalog::bundled()).unwrap();
    let endpoints: Vec<_> = settings
        .equivalents
        .keys()
        .map(EndpointId::as_str)
        .collect();
    assert_eq!(endpoints, ["ollama", "openai"]);
}

#[test]
fn the_commented_address_of_a_network_is_valid() {
    let example: String = DEFAULT_TEXT
        .lines()
        .skip_while(|line| *line != "# [[listen.also]]")
        .take_while(|line| !line.is_empty())
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    let settings = Settings::parse(&example, &Catalog::bundled()).unwrap();
    let [also] = &*settings.also else {
        panic!("{example}");
    };
    assert_eq!(also.address.to_string(), "172.17.0.1:4747");
    assert!(also.plain_http && also.tls.is_some());
}

#[test]
fn an_address_of_a_network_is_beside_the_one_of_this_computer() {
    let parse = |text: &str| Settings::parse(text, &Catalog::bundled());
    let earlier = "[listen]\naddress = \"192.168.1.9\"\nport = 5000\nallowed_hosts = [\"desk\"]\n";
    let settings = parse(earlier).unwrap();
    assert!(settings.address.is_loopback());
    assert_eq!(settings.also[0].address.to_string(), "192.168.1.9:5000");
    assert!(!settings.also[0].plain_http);
    for (also, word) in [
        ("address = \"docker0\"", "an IP address of this computer"),
        (
            "address = \"10.0.0.1\"\ncertificate = \"/c.pem\"",
            "two PEM files",
        ),
        (
            "address = \"10.0.0.1\"\ncertificate = \"c.pem\"\nkey = \"/k.pem\"",
            "a complete path",
        ),
        ("port = 1", "address"),
    ] {
        let wrong = parse(&format!("[[listen.also]]\n{also}\n")).unwrap_err();
        assert!(wrong[0].what.contains(word), "{also}: {}", wrong[0]);
    }
}
