//! Translates responses of one dialect into another. A client stricter than any real one reads the output, and the validator of
//! its dialect judges it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails here fails its test"
)]

#[path = "translate/answers.rs"]
mod answers;
#[path = "translate/matrix.rs"]
mod matrix;
#[path = "translate/open_responses.rs"]
mod open_responses;
#[path = "translate/probes.rs"]
mod probes;
#[path = "translate/strict.rs"]
mod strict;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use answers::{Answer, Part, Stop};
use catalog::Dialect;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::de::IgnoredAny;
use serde_json::json;
use translate::{AnswerTranslator, Form, Names, UntranslatableResponse, complete_document};
use wire::{BodyEnd, Broken, Completion, Framing, Validator};

/// If this variable is set, the golden files are rewritten instead of compared.
const WRITE: &str = "WRITE_GOLDEN";
fn form() -> Form {
    Form {
        usage_chunk: true,
        created: 1_700_000_000,
        ..Form::default()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn directions() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = Dialect::ALL.into_iter();
    all.flat_map(|from| Dialect::ALL.map(|to| (from, to)))
}

/// Names and texts of the files in a folder with this extension.
fn files(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let paths = fs::read_dir(folder).unwrap();
    let paths = paths.map(|file| file.unwrap().path());
    let mut all: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort_unstable();
    all
}

/// The rehearsal provider's responses to a request with one tool, by the name of the script.
fn staged(dialect: Dialect) -> PathBuf {
    folder().join("translate/stage").join(dialect.as_str())
}

/// The dialect's golden transcripts and those of the stage.
fn transcripts(dialect: Dialect) -> Vec<(String, String)> {
    let golden = folder()
        .join("../../wire/tests/transcripts")
        .join(dialect.as_str());
    let staged = files(&staged(dialect), "sse");
    let staged = staged
        .into_iter()
        .map(|(name, text)| (format!("stage-{name}"), text));
    files(&golden, "sse").into_iter().chain(staged).collect()
}

fn names(from: Dialect, to: Dialect) -> Names {
    Names::new(to, from, [], [])
}

fn judge(dialect: Dialect, framing: Framing, bytes: &[u8]) -> Completion {
    let mut validator = Validator::new(dialect, framing);
    validator.push(bytes, &mut Vec::new());
    validator.judge(BodyEnd::Clean)
}

struct Translation {
    out: Vec<u8>,
    outcome: Result<(), UntranslatableResponse>,
}

fn translate_events<'a>(
    from: Dialect,
    to: Dialect,
    slices: impl IntoIterator<Item = &'a [u8]>,
) -> Translation {
    let mut translator = AnswerTranslator::new(from, to, names(from, to), form());
    let mut out = Vec::new();
    for slice in slices {
        // After an error every later call fails too, and so does the end.
        let _ = translator.push(slice, &mut out);
    }
    let outcome = translator.end(&mut out);
    Translation { out, outcome }
}

/// The verdict that a translation must have: the same kind, with any message.
fn kind(completion: &Completion) -> &'static str {
    match completion {
        Completion::Complete => "complete",
        Completion::Continues => "continues",
        Completion::Unknown => "unknown",
        Completion::Truncated => "truncated",
        Completion::Refused => "refused",
        Completion::Broken(Broken::Empty) => "empty",
        Completion::Broken(Broken::InvalidToolInput(_)) => "invalid tool input",
        Completion::Broken(Broken::ErrorEvent { .. }) => "error",
        Completion::Broken(_) => "broken",
    }
}

fn agree(
    from: Dialect,
    to: Dialect,
    provider: &Completion,
    translated: &Translation,
) -> Result<(), String> {
    strict::read(to, &translated.out);
    let client = judge(to, Framing::Stream, &translated.out);
    let expected = match &translated.outcome {
        Err(UntranslatableResponse::Unsayable(_)) => "broken",
        _ => kind(provider),
    };
    let outcome = match &translated.outcome {
        Ok(()) => provider.is_answer() || matches!(kind(provider), "empty" | "invalid tool input"),
        Err(UntranslatableResponse::Broken(broken)) => {
            *provider == Completion::Broken(broken.clone())
        }
        Err(UntranslatableResponse::Unsayable(_)) => true,
    };
    if outcome && kind(&client) == expected {
        return Ok(());
    }
    let out = String::from_utf8_lossy(&translated.out);
    let outcome = &translated.outcome;
    Err(format!(
        "{from} -> {to}: {provider:?}, told {outcome:?}, became {client:?}\n{out}"
    ))
}

/// Content that another dialect does not have, and why. Everything else is translatable.
#[test]
fn untranslatable_content_is_refused_with_the_reason() {
    let mut refused = Vec::new();
    for (from, to) in directions() {
        for (name, text) in transcripts(from) {
            if let Err(UntranslatableResponse::Unsayable(what)) =
                translate_events(from, to, [text.as_bytes()]).outcome
            {
                refused.push(format!("{from} -> {to}: {name}: {what}"));
            }
        }
    }
    let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
    assert_eq!(
        refused,
        [
            "anthropic -> anthropic: compaction: a `compaction` block",
            "anthropic -> anthropic: pause-turn: the stop reason `pause_turn`",
            "anthropic -> anthropic: unknown-stop: the stop reason `stop_of_tomorrow`",
            "anthropic -> anthropic: stage-pause-turn: the stop reason `pause_turn`",
            "anthropic -> openai-chat: compaction: a `compaction` block",
            "anthropic -> openai-chat: pause-turn: the stop reason `pause_turn`",
            "anthropic -> openai-chat: unknown-stop: the stop reason `stop_of_tomorrow`",
            "anthropic -> openai-chat: stage-pause-turn: the stop reason `pause_turn`",
            "anthropic -> openai-responses: compaction: a `compaction` block",
            "anthropic -> openai-responses: pause-turn: the stop reason `pause_turn`",
            "anthropic -> openai-responses: unknown-stop: the stop reason `stop_of_tomorrow`",
            "anthropic -> openai-responses: stage-pause-turn: the stop reason `pause_turn`",
            "openai-chat -> anthropic: two-choices: more than one choice",
            "openai-chat -> openai-chat: two-choices: more than one choice",
            "openai-chat -> openai-responses: two-choices: more than one choice",
            "openai-responses -> anthropic: custom-tool: a call of `apply_patch` with free text",
            "openai-responses -> anthropic: tool-of-tomorrow: a call of `teleport_call`",
            "openai-responses -> openai-chat: tool-of-tomorrow: a call of `teleport_call`",
            "openai-responses -> openai-responses: tool-of-tomorrow: a call of `teleport_call`",
        ]
    );
}

#[test]
fn every_transcript_has_its_translation_in_both_other_dialects() {
    let golden = folder().join("translate/golden");
    let write = std::env::var_os(WRITE).is_some();
    let mut expected = BTreeSet::new();
    for (from, to) in directions() {
        let folder = golden.join(format!("{from}-to-{to}"));
        for (name, text) in transcripts(from) {
            let translated = translate_events(from, to, [text.as_bytes()]);
            let verdict = match &translated.outcome {
                Ok(()) => kind(&judge(to, Framing::Stream, &translated.out)).to_owned(),
                Err(why) => why.to_string(),
            };
            // A comment, which every client ignores.
            let found = format!(
                "{}: {verdict}\n",
                String::from_utf8(translated.out).unwrap()
            );
            let file = folder.join(format!("{name}.sse"));
            if write {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&file, &found).unwrap();
            }
            let golden = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(
                found, golden,
                "{from} -> {to}: {name}; {WRITE}=1 writes it anew"
            );
            expected.insert(file);
        }
    }
    let folders = fs::read_dir(golden).unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let files: BTreeSet<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(files, expected);
}

/// The basic property: wherever the provider stops, the client gets an end if and only if the completion check passed, and with
/// the same verdict.
#[test]
fn a_response_cut_at_any_point_has_the_verdict_of_its_translation() {
    for (from, to) in directions() {
        for (name, text) in transcripts(from) {
            let events: Vec<&str> = text.split_inclusive("\n\n").collect();
            for count in 0..=events.len() {
                let prefix = events[..count].concat();
                let provider = judge(from, Framing::Stream, prefix.as_bytes());
                let translated = translate_events(from, to, [prefix.as_bytes()]);
                agree(from, to, &provider, &translated)
                    .unwrap_or_else(|why| panic!("{name}, {count} events: {why}"));
            }
        }
    }
}

/// The stage sends every response as a stream and as a document, with different ids.
#[test]
fn a_document_of_the_stage_is_translated_like_its_stream() {
    for (from, to) in directions() {
        let streams = files(&staged(from), "sse");
        for (name, document) in files(&staged(from), "json") {
            let (_, stream) = streams.iter().find(|(same, _)| *same == name).unwrap();
            let streamed = translate_events(from, to, [stream.as_bytes()]);
            streamed.outcome.unwrap();
            let translated = complete_document(
                from,
                to,
                document.as_bytes(),
                &names(from, to),
                &Form::default(),
            )
            .unwrap();

            let mut stream = Validator::new(to, Framing::Stream);
            stream.push(&streamed.out, &mut Vec::new());
            let mut complete_document = Validator::new(to, Framing::Document);
            complete_document.push(&translated, &mut Vec::new());
            let context = format!("{from} -> {to}: {name}");
            assert_eq!(
                complete_document.judge(BodyEnd::Clean),
                stream.judge(BodyEnd::Clean),
                "{context}"
            );
            let (complete_document, stream) = (complete_document.report(), stream.report());
            assert_eq!(
                complete_document.stop_reason, stream.stop_reason,
                "{context}"
            );
            let mut provider = Validator::new(from, Framing::Document);
            provider.push(document.as_bytes(), &mut Vec::new());
            assert_eq!(
                complete_document.tokens,
                provider.report().tokens,
                "{context}"
            );
            let parsed = strict::read(to, &streamed.out);
            let translated = String::from_utf8(translated).unwrap();
            assert_eq!(
                texts(&serde_json::from_str(&translated).unwrap()),
                parsed.text
            );
            // One dialect has no object for a truncated call.
            let cut = |arguments: &str| serde_json::from_str::<IgnoredAny>(arguments).is_err();
            let calls = parsed.calls.into_iter();
            let calls: Vec<_> = calls
                .filter(|(.., arguments)| to != Dialect::Anthropic || !cut(arguments))
                .collect();
            assert_eq!(complete_document.tool_calls.len(), calls.len(), "{context}");
            for (_, name, arguments) in calls {
                assert!(
                    translated.contains(&call(to, &name, &arguments)),
                    "{translated}"
                );
            }
        }
    }
}

/// A call in a document.
fn call(to: Dialect, name: &str, arguments: &str) -> String {
    match to {
        Dialect::Anthropic => format!(r#""name":"{name}","input":{arguments}"#),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            format!(r#""arguments":{}"#, json!(arguments))
        }
    }
}

/// Byte by byte, also without a call of `end`.
#[test]
fn the_translation_is_never_complete_before_the_original() {
    for (from, to) in directions() {
        for (name, text) in transcripts(from) {
            let mut translator = AnswerTranslator::new(from, to, names(from, to), form());
            let mut provider = Validator::new(from, Framing::Stream);
            let mut client = Validator::new(to, Framing::Stream);
            for (at, byte) in text.bytes().enumerate() {
                let mut out = Vec::new();
                let _ = translator.push(&[byte], &mut out);
                provider.push(&[byte], &mut Vec::new());
                client.push(&out, &mut Vec::new());
                for end in [BodyEnd::Clean, BodyEnd::Cut] {
                    assert!(
                        !client.judge(end).is_answer() || provider.judge(end).is_answer(),
                        "{from} -> {to}: {name} at {at}"
                    );
                }
            }
        }
    }
}

/// All texts of a document that the reader uses.
fn texts(document: &serde_json::Value) -> String {
    let place = match document["object"].as_str() {
        Some("chat.completion") => "/choices/0/message/content",
        Some("response") => "/output",
        _ => "/content",
    };
    fn gather(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(parts) => parts.iter().map(gather).collect(),
            serde_json::Value::Object(part) => gather(
                part.get("text")
                    .or(part.get("content"))
                    .unwrap_or(&json!([])),
            ),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
                String::new()
            }
        }
    }
    gather(document.pointer(place).unwrap())
}

fn direction() -> impl Strategy<Value = (Dialect, Dialect)> {
    prop::sample::select(directions().collect::<Vec<_>>())
}

fn any_transcript() -> impl Strategy<Value = ((Dialect, Dialect), String)> {
    direction().prop_flat_map(|(from, to)| {
        let texts: Vec<String> = transcripts(from)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        (Just((from, to)), prop::sample::select(texts))
    })
}

fn slices<'a>(bytes: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = at.iter().map(|i| i.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect()
}

fn assert_parsed(to: Dialect, parsed: &strict::Parsed, answer: &Answer) -> TestCaseResult {
    prop_assert_eq!(&parsed.text, &answer.text());
    prop_assert_eq!(&parsed.refusal, "");
    let calls = answer.calls();
    if answer.stop == Stop::Limit {
        // A call without arguments can be a call that was truncated before them.
        let same = |(parsed, call): (&(String, String, String), &(String, String, String))| {
            parsed == call || (&parsed.0, &parsed.1, &*parsed.2) == (&call.0, &call.1, "")
        };
        prop_assert_eq!(parsed.calls.len(), calls.len());
        prop_assert!(
            parsed.calls.iter().zip(&calls).all(same),
            "{:?}",
            parsed.calls
        );
    } else {
        prop_assert_eq!(&parsed.calls, &calls);
    }
    prop_assert_eq!(parsed.stop.as_deref(), Some(answer.stop_reason_in(to)));
    prop_assert_eq!(parsed.usage, Some(answer.usage));
    prop_assert!(parsed.over);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(
        ((from, to), text) in any_transcript(),
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let translated = translate_events(from, to, [text.as_bytes()]);
        let split = translate_events(from, to, slices(text.as_bytes(), &at));
        prop_assert_eq!(String::from_utf8(split.out), String::from_utf8(translated.out));
        prop_assert_eq!(split.outcome, translated.outcome);
    }

    #[test]
    fn any_response_is_received_as_it_was_sent((from, to) in direction(), answer in Answer::any()) {
        let stream = answer.stream(from);
        prop_assert_eq!(judge(from, Framing::Stream, stream.as_bytes()).is_answer(), true, "{}", stream);
        let translated = translate_events(from, to, [stream.as_bytes()]);
        prop_assert_eq!(&translated.outcome, &Ok(()));
        assert_parsed(to, &strict::read(to, &translated.out), &answer)?;
    }

    /// To another dialect and back: content and usage are unchanged.
    #[test]
    fn a_translation_in_both_directions_keeps_the_content((from, by) in direction(), answer in Answer::any()) {
        let there = translate_events(from, by, [answer.stream(from).as_bytes()]);
        let back = translate_events(by, from, [&there.out[..]]);
        prop_assert_eq!(&back.outcome, &Ok(()));
        assert_parsed(from, &strict::read(from, &back.out), &answer)?;
    }

    #[test]
    fn a_document_is_translated_like_its_stream((from, to) in direction(), answer in Answer::any()) {
        let document = answer.document(from);
        let verdict = judge(from, Framing::Document, document.as_bytes());
        let translated = complete_document(from, to, document.as_bytes(), &names(from, to), &Form::default()).unwrap();
        prop_assert_eq!(judge(to, Framing::Document, &translated), verdict);
        let back = complete_document(to, from, &translated, &names(to, from), &Form::default()).unwrap();
        prop_assert_eq!(judge(from, Framing::Document, &back), judge(from, Framing::Document, document.as_bytes()));

        let mut client = Validator::new(to, Framing::Document);
        client.push(&translated, &mut Vec::new());
        let tokens = client.report().tokens;
        let usage = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write];
        prop_assert_eq!(usage, answer.usage);
        let translated = String::from_utf8(translated).unwrap();
        // This parser cannot read the number; the translation passes it unchanged.
        let readable = translated.replace("1e400", "1");
        prop_assert_eq!(texts(&serde_json::from_str(&readable).unwrap()), answer.text());
        for (_, name, arguments) in answer.calls() {
            let text = call(to, &name, &arguments);
            // A call without arguments can be a call that was truncated before them.
            let cut = answer.stop == Stop::Limit && arguments == "{}";
            prop_assert!(translated.contains(&text) || cut, "{} in {}", text, translated);
        }
    }

    /// A changed byte, or a lost, repeated or moved event, never creates an end that the response did not have.
    #[test]
    fn a_damaged_response_has_the_same_verdict(
        ((from, to), text) in any_transcript(),
        at in any::<prop::sample::Index>(),
        damage in 0..4u8,
        byte in any::<u8>(),
    ) {
        let mut events: Vec<&str> = text.split_inclusive("\n\n").collect();
        let place = at.index(events.len());
        match damage {
            0 => drop(events.remove(place)),
            1 => events.insert(place, events[place]),
            2 => events.swap(place, 0),
            _ => {}
        }
        let mut bytes = events.concat().into_bytes();
        if damage == 3 {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let translated = translate_events(from, to, [&bytes[..]]);
        strict::read(to, &translated.out);
        let (provider, client) = (judge(from, Framing::Stream, &bytes), judge(to, Framing::Stream, &translated.out));
        prop_assert!(!client.is_answer() || client == provider, "{:?} became {:?}", provider, client);
    }

    #[test]
    fn arbitrary_bytes_become_only_valid_events(
        (from, to) in direction(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let translated = translate_events(from, to, bytes.chunks(7));
        strict::read(to, &translated.out);
        prop_assert!(translated.outcome.is_err());
        prop_assert!(complete_document(from, to, &bytes, &names(from, to), &Form::default()).is_err());
    }

    /// Events of the dialects in any order.
    #[test]
    fn events_in_any_order_become_only_valid_events(
        (from, to) in direction(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let all: Vec<String> = transcripts(from).into_iter().map(|(_, text)| text).collect();
        let events: Vec<&str> = all.iter().flat_map(|text| text.split_inclusive("\n\n")).collect();
        let stream: String = order.iter().map(|at| events[at.index(events.len())]).collect();
        let translated = translate_events(from, to, [stream.as_bytes()]);
        strict::read(to, &translated.out);
        let (provider, client) = (judge(from, Framing::Stream, stream.as_bytes()), judge(to, Framing::Stream, &translated.out));
        prop_assert!(!client.is_answer() || client == provider, "{:?} became {:?}:\n{}", provider, client, stream);
    }
}

/// Interleaved calls are written one after the other, and the first one without delay.
#[test]
fn interleaved_calls_become_blocks_in_sequence() {
    let call = |id: &str, arguments: &str| Part::Call {
        id: id.to_owned(),
        name: "read".to_owned(),
        arguments: arguments.to_owned(),
    };
    let answer = Answer {
        parts: vec![
            call("a", r#"{"path":"x"}"#),
            call("b", ""),
            call("c", r#"{"path":"y"}"#),
        ],
        stop: Stop::Natural,
        usage: [1, 2, 3, 4],
        piece: 3,
    };
    let stream = answer.stream(Dialect::OpenaiChat);
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, [stream.as_bytes()]);
    let parsed = strict::read(Dialect::Anthropic, &translated.out);
    assert_eq!(parsed.calls, answer.calls());
    assert_eq!(
        String::from_utf8(translated.out)
            .unwrap()
            .matches(r#""partial_json":"{}""#)
            .count(),
        1
    );
}
