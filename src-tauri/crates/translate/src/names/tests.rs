use std::collections::BTreeSet;

use catalog::Dialect;
use proptest::prelude::*;

use super::{ClientTool, LONGEST_NAME, Names, Signature, ToolKind, is_name};

fn function(name: &str) -> ClientTool {
    ClientTool {
        name: name.to_owned(),
        namespace: None,
        kind: ToolKind::Function,
    }
}

fn of_ids(client: Dialect, provider: Dialect, ids: &[&str]) -> Names {
    Names::new(client, provider, [], ids.iter().copied())
}

const ODD: &[&str] = &[
    "functions.list_skills:0",
    "call_abc__thought__Cv8BAWb+/a/b==",
    "us-call",
    "us_0123",
    "ключ",
    "a b",
];

#[test]
fn an_id_that_both_sides_accept_is_unchanged() {
    for (client, provider, id) in [
        (
            Dialect::Anthropic,
            Dialect::OpenaiChat,
            "call_WOTCE5OCVFJTE3JX",
        ),
        (
            Dialect::OpenaiResponses,
            Dialect::Anthropic,
            "toolu_01SET2GUF4FKJJAK5B",
        ),
        (
            Dialect::OpenaiChat,
            Dialect::OpenaiResponses,
            "chatcmpl-tool-6d3a",
        ),
    ] {
        let names = of_ids(client, provider, &[]);
        assert_eq!(names.client_id(id), id);
        assert_eq!(names.provider_id(id), id);
    }
}

#[test]
fn an_id_that_messages_refuses_is_encoded_and_restored() {
    for provider in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        for id in ODD.iter().copied().chain([&*"9+/=".repeat(200)]) {
            let translated = of_ids(Dialect::Anthropic, provider, &[]).client_id(id);
            assert!(
                translated.bytes().all(super::plain::is_plain),
                "{translated}"
            );
            let next_turn = of_ids(Dialect::Anthropic, provider, &[&translated]);
            assert_eq!(next_turn.provider_id(&translated), id);
        }
    }
}

/// OpenAI allows 40 and 64 bytes; longer ids and names are replaced by a digest.
#[test]
fn an_id_too_long_for_the_clients_own_vendor_becomes_a_digest() {
    let long = "x".repeat(832);
    for (client, longest) in [(Dialect::OpenaiChat, 40), (Dialect::OpenaiResponses, 64)] {
        let translated = of_ids(client, Dialect::Anthropic, &[]).client_id(&long);
        assert!(translated.len() <= longest, "{translated}");
        let next_turn = of_ids(client, Dialect::Anthropic, &[&translated]);
        assert_eq!(
            next_turn.provider_id(&translated),
            translated,
            "the same in the call and its result"
        );
    }
}

/// Some servers restart the numbering of calls with every response; Messages refuses a conversation with a repeated id.
#[test]
fn an_id_already_in_the_conversation_gets_another_form() {
    let names = of_ids(Dialect::Anthropic, Dialect::OpenaiChat, &["call_0"]);
    let again = names.client_id("call_0");
    assert_ne!(again, "call_0");
    assert_eq!(
        again,
        names.client_id("call_0"),
        "for one call always the same"
    );
    let next_turn = of_ids(Dialect::Anthropic, Dialect::OpenaiChat, &["call_0", &again]);
    assert_ne!(
        next_turn.provider_id(&again),
        next_turn.provider_id("call_0")
    );
    assert_ne!(next_turn.client_id("call_0"), again);
}

#[test]
fn a_provider_of_nine_letter_ids_gets_nine_letters() {
    let ids = ["toolu_01SET2GUF4FKJJAK5B", "aB3dE5gH7", "call_0", "call_1"];
    let names = of_ids(Dialect::Anthropic, Dialect::OpenaiChat, &ids).with_nine_letter_ids();
    let translated = ids.map(|id| names.provider_id(id));
    assert_eq!(translated[1], "aB3dE5gH7", "its own");
    for id in &translated {
        assert!(
            id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{id}"
        );
    }
    assert_eq!(BTreeSet::from(translated.clone()).len(), ids.len());
    let more = [&ids[..], &["call_2"]].concat();
    let next_turn = of_ids(Dialect::Anthropic, Dialect::OpenaiChat, &more).with_nine_letter_ids();
    assert_eq!(
        ids.map(|id| next_turn.provider_id(id)),
        translated,
        "the same in the next turn"
    );
}

#[test]
fn a_missing_id_becomes_one_that_is_allowed() {
    for client in Dialect::ALL {
        let names = of_ids(client, Dialect::OpenaiChat, &[]);
        assert!(!names.client_id("").is_empty());
    }
}

#[test]
fn a_name_that_is_too_long_is_shortened_and_restored() {
    let long = "mcp__a-server-with-a-long-name__".repeat(3);
    let twin = format!("{long}2");
    let tools = [function(&long), function(&twin), function("Bash")];
    let names = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, tools, []);
    let [short, short_twin] = [&long, &twin].map(|name| names.provider_name(None, name));
    assert!(is_name(&short) && is_name(&short_twin));
    assert!(short.len() <= LONGEST_NAME);
    assert_ne!(short, short_twin);
    assert_eq!(names.client_name(&short), long);
    assert_eq!(names.client_name(&short_twin), twin);
    assert_eq!(names.provider_name(None, "Bash"), "Bash");
    assert_eq!(names.client_name("NoSuchTool"), "NoSuchTool");
}

#[test]
fn a_shortened_name_never_equals_another_tools_name() {
    let alone = Names::new(
        Dialect::OpenaiResponses,
        Dialect::Anthropic,
        [function("a.b")],
        [],
    );
    let short = alone.provider_name(None, "a.b");
    let tools = [function("a.b"), function(&short)];
    let names = Names::new(Dialect::OpenaiResponses, Dialect::Anthropic, tools, []);
    assert_eq!(names.provider_name(None, &short), short);
    assert_ne!(names.provider_name(None, "a.b"), short);
    assert_eq!(names.client_name(&names.provider_name(None, "a.b")), "a.b");
}

/// As Codex 0.169.0 declares its tools for agents.
#[test]
fn the_namespace_and_the_kind_of_a_tool_are_restored() {
    let spawn = ClientTool {
        name: "spawn_agent".to_owned(),
        namespace: Some("multi_agent_v1".to_owned()),
        kind: ToolKind::Function,
    };
    let patch = ClientTool {
        kind: ToolKind::Custom,
        ..function("apply_patch")
    };
    let tools = [spawn.clone(), patch.clone(), function("spawn_agent")];
    let names = Names::new(Dialect::OpenaiResponses, Dialect::Anthropic, tools, []);
    let name = names.provider_name(Some("multi_agent_v1"), "spawn_agent");
    assert_eq!(name, "multi_agent_v1__spawn_agent");
    assert_eq!(names.client_tool(&name), spawn);
    assert_eq!(names.client_tool("apply_patch"), patch);
    assert_eq!(names.client_tool("spawn_agent"), function("spawn_agent"));
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(Dialect::ALL.to_vec())
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    let id = prop_oneof![
        "(us-|us_|call_)?[a-c_:.]{0,4}(_n[23])?",
        "[a-z]{60,70}",
        "\\PC{0,12}",
    ];
    prop::collection::btree_set(id, 0..12)
}

proptest! {
    #[test]
    fn different_ids_stay_different_and_each_is_allowed(client in dialect(), provider in dialect(), ids in ids()) {
        let names = of_ids(client, provider, &[]);
        let translated: BTreeSet<String> = ids.iter().map(|id| names.client_id(id)).collect();
        prop_assert_eq!(translated.len(), ids.len());
        for id in &translated {
            prop_assert!(super::id::fits(client, id), "{}", id);
        }
        let next_turn = of_ids(client, provider, &translated.iter().map(String::as_str).collect::<Vec<_>>());
        let sent: BTreeSet<String> = translated.iter().map(|id| next_turn.provider_id(id)).collect();
        prop_assert_eq!(sent.len(), ids.len());
    }

    #[test]
    fn different_client_ids_never_become_equal(client in dialect(), provider in dialect(), ids in ids()) {
        let names = of_ids(client, provider, &ids.iter().map(String::as_str).collect::<Vec<_>>());
        let sent: BTreeSet<String> = ids.iter().map(|id| names.provider_id(id)).collect();
        prop_assert_eq!(sent.len(), ids.len());
    }

    #[test]
    fn different_tools_never_get_the_same_name(tools in prop::collection::btree_set("[a-b.]{1,3}|[a-z]{60,70}", 0..12)) {
        let names = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, tools.iter().map(|name| function(name)), []);
        for name in &tools {
            let translated = names.provider_name(None, name);
            prop_assert!(is_name(&translated));
            prop_assert_eq!(&names.client_name(&translated), name);
        }
    }
}

/// vLLM, Mistral, UUIDs: an id longer than Chat's 40 characters returns to its provider without stored state.
#[test]
fn a_long_id_with_a_hexadecimal_end_is_restored_to_its_own_provider() {
    for id in [
        "chatcmpl-tool-0123456789abcdef0123456789abcdef",
        "chatcmpl-tool-00000000000000000000000000000000",
        "call_0123456789abcdef0123456789abcdef01234567",
        "tooluse-3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "toolu_3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123",
    ] {
        let answer = Names::new(Dialect::OpenaiChat, Dialect::OpenaiChat, [], []);
        let translated = answer.client_id(id);
        assert!(translated.len() <= 40, "{id} became {translated}");
        let next = Names::new(
            Dialect::OpenaiChat,
            Dialect::OpenaiChat,
            [],
            [translated.as_str()],
        );
        assert_eq!(next.provider_id(&translated), id);
    }
    // Capital letters and odd counts cannot be packed: such ids become digests.
    let capitals = "chatcmpl-tool-0123456789ABCDEF0123456789ABCDEF";
    let answer = Names::new(Dialect::OpenaiChat, Dialect::OpenaiChat, [], []);
    assert!(answer.client_id(capitals).starts_with("us_"));
}

#[test]
fn an_id_of_messages_contains_a_signature_and_ids_of_openai_do_not() {
    for signature in [
        Signature::Thought("AbC+/_t=_n2==".to_owned()),
        Signature::Detail(r#"{"type":"reasoning.encrypted","data":"x","id":"call_1"}"#.to_owned()),
    ] {
        let answer = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], []);
        for provider_id in ["call_1", "functions.f:0", "odd_tag_n7"] {
            let (translated, carried) = answer.signed_id(provider_id, &signature);
            assert!(
                carried
                    && translated
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
            );
            let next = Names::new(
                Dialect::Anthropic,
                Dialect::OpenaiChat,
                [],
                [translated.as_str()],
            );
            assert_eq!(
                next.signature(&translated),
                Some(signature.clone()),
                "{translated}"
            );
            assert_eq!(next.provider_id(&translated), provider_id, "{translated}");
        }
        let answer = Names::new(Dialect::OpenaiResponses, Dialect::OpenaiChat, [], []);
        let (translated, carried) = answer.signed_id("call_1", &signature);
        assert_eq!((&*translated, carried), ("call_1", false));
        let kept = [(translated.clone(), signature.clone())].into();
        let next = Names::new(
            Dialect::OpenaiResponses,
            Dialect::OpenaiChat,
            [],
            [translated.as_str()],
        );
        assert_eq!(
            next.with_signatures(kept).signature(&translated),
            Some(signature)
        );
    }
    assert_eq!(
        Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], []).signature("toolu_1"),
        None
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_provider_id_is_restored(
        id in "[a-z]{0,16}[-_]?[0-9a-f]{0,52}",
        text in ".{0,60}",
    ) {
        prop_assume!(!id.is_empty() && !id.starts_with("us"));
        for client in Dialect::ALL {
            let answer = Names::new(client, Dialect::OpenaiChat, [], []);
            let translated = answer.client_id(&id);
            let next = Names::new(client, Dialect::OpenaiChat, [], [translated.as_str()]);
            let back = next.provider_id(&translated);
            // Such an id is only a digest from then on.
            let digest = translated.starts_with("us_") && translated.len() == 35;
            prop_assert!(back == id || digest && back == translated, "{} {} {}", id, translated, back);
        }
        let signature = Signature::Thought(text);
        let answer = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], []);
        let (translated, _) = answer.signed_id(&id, &signature);
        let next = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], [translated.as_str()]);
        prop_assert_eq!(next.signature(&translated), Some(signature));
        prop_assert_eq!(next.provider_id(&translated), id);
    }
}
