//! A fallback is tested with the owner's consent before an outage. The result is stored and shown, and the test does not count
//! as a client's request.

use api::{CheckState, Doctor, Fallbacks};
use reqwest::Method;
use serde_json::{Value, json};
use stage::ScriptStep;

use crate::desk::{Desk, Upstream, text};

fn provider(id: &str, address: &str, dialect: &str, pattern: &str, model: &str) -> String {
    format!(
        "name = \"{id} AI\"\nproduct = \"{id}\"\n\
         [[endpoint]]\nid = \"{id}\"\nbase = \"{address}\"\ndialects = [\"{dialect}\"]\nauth = \"bearer\"\nkey_env = \"{}_KEY\"\nserves = [\"{pattern}\"]\n\
         [tier.large]\nmodels = [\"{pattern}\"]\nstand_in = \"{model}\"\n\
         [[model]]\nid = \"{model}\"\ncontext = 200_000\nmax_output = 64_000\n\
         price = {{ input = 1.00, output = 5.00, cache_read = 0.10, cache_write = 1.00, as_of = \"2026-11-26\" }}\n",
        id.to_uppercase()
    )
}

struct Vendors {
    desk: Desk,
    _lead: Upstream,
    second: Upstream,
}

async fn vendors() -> Vendors {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    std::fs::create_dir_all(desk.file("providers")).unwrap();
    let files = [
        provider("lead", &lead.address, "anthropic", "lead-*", "lead-opus-5"),
        provider(
            "second",
            &second.address,
            "openai-chat",
            "gpt-*",
            "gpt-6.1-sol",
        ),
    ];
    for (id, file) in ["lead", "second"].into_iter().zip(files) {
        std::fs::write(desk.file(&format!("providers/{id}.toml")), file).unwrap();
        desk.env(&format!("{}_KEY", id.to_uppercase()), "sk-1");
    }
    desk.settings("");
    desk.start();
    Vendors {
        desk,
        _lead: lead,
        second,
    }
}

impl Vendors {
    /// The listed fallbacks for a client of the first vendor.
    fn listed(&self, arguments: &[&str]) -> (i32, Vec<api::Fallback>) {
        let output = self
            .desk
            .run(&[&["test", "lead-*", "--json"], arguments].concat());
        let listed: Fallbacks = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
        (output.status.code().unwrap(), listed.fallbacks)
    }

    fn doctor(&self) -> Vec<api::Check> {
        let output = self.desk.run(&["doctor", "--json"]);
        let doctor: Doctor = serde_json::from_slice(&output.stdout).unwrap();
        let of_tests = |check: &api::Check| check.name.starts_with("fallback");
        doctor.checks.into_iter().filter(of_tests).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_the_owners_consent_to_the_shown_cost() {
    let vendors = vendors().await;
    let (code, listed) = vendors.listed(&[]);
    assert_eq!(code, 2);
    assert_eq!(
        listed.len(),
        1,
        "in the dialect that its primary speaks: {listed:?}"
    );
    let named = |one: &api::Fallback| (one.dialect, one.name.clone(), one.message.clone());
    let anthropic = listed
        .iter()
        .find(|one| one.dialect == api::Dialect::Anthropic)
        .unwrap();
    assert_eq!(
        named(anthropic),
        (
            api::Dialect::Anthropic,
            "GPT Sol".into(),
            "never tested".into()
        )
    );
    assert!(anthropic.cost.needs_yes);
    let method = &anthropic.cost.method;
    assert!(method.starts_with("about $0.00"), "{method}");
    assert!(
        method.contains("at the list price of 2026-11-26; at most $0.0"),
        "{method}"
    );

    // There is no terminal for the question.
    let requested = vendors.desk.run(&["test", "lead-*"]);
    let printed = text(&requested.stdout);
    assert_eq!(requested.status.code(), Some(2), "{printed}");
    assert!(printed.contains("GPT Sol: never tested"), "{printed}");
    assert!(
        printed.contains("[y/N]") && printed.contains("Not tested."),
        "{printed}"
    );

    let unasked = json!({ "dialect": "anthropic", "endpoint": "second", "model": "gpt-6.1-sol", "yes": false });
    let (status, refused) = vendors
        .desk
        .control(Method::POST, "/fallbacks/test", Some(unasked))
        .await;
    assert_eq!(status.as_u16(), 422);
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("needs your consent"),
        "{refused}"
    );
    assert_eq!(vendors.second.posts(), 0);

    let never = vendors.doctor();
    assert_eq!(never.len(), 1, "{never:?}");
    assert_eq!(never[0].state, CheckState::Note);
    assert!(
        never[0].message.starts_with("never tested: ")
            && never[0].message.contains("GPT Sol (anthropic)")
    );
    let explained = vendors.desk.printed(&["route", "explain", "lead-opus-5"]);
    assert!(explained.contains("GPT Sol: never tested"), "{explained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_stored_and_shown_everywhere_and_counts_only_as_cost() {
    let mut vendors = vendors().await;
    let printed = vendors.desk.output_with_input(&["test", "lead-*"], "y\n");
    let (_, listed) = vendors.listed(&[]);
    let at = listed[0].last.as_ref().unwrap().at;
    let day = at.with_timezone(&chrono::Local).format("%-d %b");
    let line = format!("GPT Sol: tested {day}, tool turn complete, ");
    assert!(printed.contains(&line), "{printed}");
    let dialects = listed.len();
    assert_eq!(vendors.second.posts(), 2 * dialects, "two steps each");

    for restarted in [false, true] {
        if restarted {
            vendors.desk.printed(&["stop"]);
            vendors.desk.ended();
            vendors.desk.start();
        }
        let (_, listed) = vendors.listed(&[]);
        for one in &listed {
            let last = one.last.as_ref().unwrap();
            assert!(last.passed && !last.outdated, "{one:?}");
            assert!(last.input_tokens > 0 && last.output_tokens > 0 && last.cost > Some(0));
        }
        let explained = vendors.desk.printed(&["route", "explain", "lead-opus-5"]);
        assert!(explained.contains(&line), "{explained}");
        let doctor = vendors.doctor();
        let good = doctor
            .iter()
            .find(|check| check.name == "fallback GPT Sol")
            .unwrap();
        assert_eq!(good.state, CheckState::Good);
        let snapshot = vendors.desk.snapshot().await;
        let route = snapshot
            .routes
            .iter()
            .find(|r| r.name == "lead-*" && r.dialect == api::Dialect::Anthropic);
        let fallbacks = &route.unwrap().fallbacks;
        assert_eq!(fallbacks.len(), 1);
        assert!(format!("{}: {}", fallbacks[0].name, fallbacks[0].message).starts_with(&line));
        assert!(snapshot.today.spent_estimate > 0);
        assert_eq!(
            (snapshot.today.exchanges, snapshot.today.carried_by_fallback),
            (0, 0)
        );
    }
    let traffic = vendors.desk.get("/exchanges").await;
    assert_eq!(traffic["exchanges"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_test_states_its_step_and_the_fix() {
    let vendors = vendors().await;
    vendors.second.stage.cue(ScriptStep {
        fault: Some("401".parse().unwrap()),
        times: Some(100),
        ..ScriptStep::default()
    });
    let (code, tested) = vendors.listed(&["--yes"]);
    assert_eq!(code, 1);
    for one in &tested {
        assert!(
            one.message
                .contains("failed at step 1: the provider refused the key"),
            "{}",
            one.message
        );
        let last = one.last.as_ref().unwrap();
        assert_eq!(last.fault, Some(api::TestFault::Account));
        assert!(
            last.fix
                .as_ref()
                .unwrap()
                .contains("understudyd key add second")
        );
        assert_eq!(last.cost, Some(0));
    }
    let bad = vendors.doctor();
    let bad = bad
        .iter()
        .find(|check| check.name == "fallback GPT Sol")
        .unwrap();
    assert_eq!(bad.state, CheckState::Bad);
    assert_eq!(vendors.desk.run(&["doctor"]).status.code(), Some(1));

    // After the repair, the last test counts.
    vendors.second.stage.clear_cues();
    let (code, tested) = vendors.listed(&["--yes"]);
    assert_eq!(code, 0, "{tested:?}");
}
