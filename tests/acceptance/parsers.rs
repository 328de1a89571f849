//! The official SDKs of every dialect, in Python and in Node, read responses of providers of every other dialect behind
//! Understudy. Each response has the provider's content, without a warning or a value of an undeclared type.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog::Dialect;
use serde::Deserialize;
use serde_json::{Value, json};
use translate::{AnswerTranslator, Form, Names};
use wire::{BodyEnd, Framing, Validator};

use crate::clients::sdk::{Language, Players};
use crate::desk::Desk;
use crate::installed::installed;
use crate::replay::{Recorded, Replay};

#[path = "../../src-tauri/crates/translate/tests/translate/answers.rs"]
#[expect(dead_code, reason = "the properties of translation ask for more")]
mod answers;
#[path = "../../src-tauri/crates/translate/tests/translate/strict.rs"]
mod strict;

use answers::{Answer, Part, Stop};

const PATIENCE: Duration = Duration::from_secs(30);
fn form() -> Form {
    Form {
        usage_chunk: true,
        created: 1_700_000_000,
        ..Form::default()
    }
}

/// A provider's response, and the content that its client must read.
struct Case {
    /// The requested model.
    name: String,
    to: Dialect,
    sent: Recorded,
    expected: Parsed,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Parsed {
    text: String,
    refusal: String,
    calls: Vec<(String, String, String)>,
    stop: Option<String>,
    usage: Option<[u64; 4]>,
    error: Option<String>,
}

impl Case {
    fn received(name: &str, answer: &Answer, from: Dialect, to: Dialect) -> Case {
        Case {
            name: format!("{name} {from} {to}"),
            to,
            sent: Recorded {
                stream: answer.stream(from).into_bytes(),
                document: Some(answer.document(from).into_bytes()),
            },
            expected: Parsed {
                text: answer.text(),
                refusal: String::new(),
                calls: answer.calls(),
                stop: Some(answer.stop_reason_in(to).to_owned()),
                usage: Some(answer.usage),
                error: None,
            }
            .comparable(to),
        }
    }

    /// The expected content comes from the strictest reader. `None`: no client gets this response complete.
    fn recorded(name: &str, path: &Path, from: Dialect, to: Dialect) -> Option<Case> {
        let sent = Recorded {
            stream: fs::read(path).unwrap(),
            document: None,
        };
        let received = translated(&sent.stream, from, to)?;
        let mut judge = Validator::new(to, Framing::Stream);
        judge.push(&received, &mut Vec::new());
        let parsed = strict::read(to, &received);
        judge.judge(BodyEnd::Clean).is_answer().then(|| Case {
            name: format!("{name} {from} {to}"),
            to,
            sent,
            expected: Parsed {
                text: parsed.text,
                refusal: parsed.refusal,
                calls: parsed.calls,
                stop: parsed.stop,
                usage: parsed.usage,
                error: parsed.error,
            }
            .comparable(to),
        })
    }
}

impl Parsed {
    /// Messages has arguments as a JSON value, not as the model's text.
    fn comparable(mut self, dialect: Dialect) -> Parsed {
        if dialect == Dialect::Anthropic {
            for (.., arguments) in &mut self.calls {
                if let Ok(value) = serde_json::from_str::<Value>(arguments) {
                    *arguments = value.to_string();
                }
            }
        }
        self
    }

    /// Each SDK handles truncated arguments differently, so they are not compared.
    fn without_what_was_cut(mut self, document: &Parsed) -> Parsed {
        for ((.., parsed), (.., sent)) in self.calls.iter_mut().zip(&document.calls) {
            if serde_json::from_str::<Value>(sent).is_err() {
                parsed.clone_from(sent);
            }
        }
        self
    }
}

/// `None`: not translatable, or without an end.
fn translated(stream: &[u8], from: Dialect, to: Dialect) -> Option<Vec<u8>> {
    let names = Names::new(to, from, [], []);
    let mut translator = AnswerTranslator::new(from, to, names, form());
    let mut received = Vec::new();
    translator.push(stream, &mut received).ok()?;
    translator.end(&mut received).ok()?;
    Some(received)
}

fn directions() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = Dialect::ALL.into_iter();
    all.flat_map(|from| Dialect::ALL.map(|to| (from, to)))
        .filter(|(from, to)| from != to)
}

/// The parts of an agent's turn in the vendors' form.
fn received() -> Vec<(&'static str, Answer)> {
    let text = |text: &str| Part::Text(text.to_owned());
    let thinking = || Part::Thinking("They want to hear how the evening goes.".to_owned());
    let call = |id: &str, name: &str, arguments: &str| Part::Call {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    };
    let read = || {
        call(
            "call_a",
            "read",
            r#"{"path": "a \"b\" \\ ä 😀", "lines": [1, 2.50, null]}"#,
        )
    };
    let answer = |parts: Vec<Part>| Answer {
        parts,
        stop: Stop::Natural,
        usage: [11, 7, 0, 0],
        piece: 5,
    };
    let ended = |stop: Stop, parts: Vec<Part>| Answer {
        stop,
        ..answer(parts)
    };
    vec![
        ("text", answer(vec![text("The play begins.")])),
        (
            "every letter by itself",
            Answer {
                piece: 1,
                ..answer(vec![text(
                    "Ärger, 日本語, 👩‍👩‍👧‍👦, \u{1f600}\n\t\"\\\u{7f}\u{2028} and [DONE]\n\ndata: x",
                )])
            },
        ),
        ("a call", answer(vec![text("I read it."), read()])),
        (
            "calls at the same time",
            answer(vec![
                text("Both."),
                read(),
                call("call_b", "list", ""),
                call("call_c", "read", r#"{"path":"c"}"#),
            ]),
        ),
        (
            "a call without arguments",
            answer(vec![call("call_a", "list", "")]),
        ),
        (
            "a call with no fields",
            answer(vec![call("call_a", "list", "{}")]),
        ),
        ("thinking", answer(vec![thinking(), text("It goes well.")])),
        ("thinking before a call", answer(vec![thinking(), read()])),
        (
            "a refusal",
            ended(Stop::Refusal, vec![text("I cannot help with")]),
        ),
        ("the limit", ended(Stop::Limit, vec![text("The play beg")])),
        (
            "a cache",
            Answer {
                usage: [11, 7, 4096, 512],
                ..answer(vec![text("As always.")])
            },
        ),
    ]
}

/// The vendors' transcripts, and the rehearsal provider's, with a name for each.
fn recordings(from: Dialect) -> Vec<(String, PathBuf)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for (of, folder) in [("wire", "transcripts"), ("translate", "translate/stage")] {
        let folder_of = crates.join(of).join("tests").join(folder);
        let files = fs::read_dir(folder_of.join(from.as_str())).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let streams = files.filter(|path| path.extension().is_some_and(|kind| kind == "sse"));
        all.extend(streams.map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            (format!("{folder} {name}"), path)
        }));
    }
    all.sort_unstable();
    all
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (from, to) in directions() {
        for (name, answer) in received() {
            cases.push(Case::received(name, &answer, from, to));
        }
        for (name, path) in recordings(from) {
            // The SDKs' types for Chat chunks have no streamed free-text call, not even for OpenAI's own streams.
            if to == Dialect::OpenaiChat && path.ends_with("custom-tool.sse") {
                continue;
            }
            cases.extend(Case::recorded(&name, &path, from, to));
        }
    }
    cases
}

/// Tests every case in both languages and in every mode.
async fn assert_parsed(cases: &[Case], base: &str) {
    let Some(clients) = installed("UNDERSTUDY_CLIENTS") else {
        return;
    };
    let parsed_wrongly = async |language: Language| -> Vec<String> {
        let players = Players::new(clients.clone(), language, "parse");
        let mut wrong = Vec::new();
        for case in cases {
            let ways = match case.sent.document {
                Some(_) => ["helper", "raw", "create"].as_slice(),
                None => &["helper", "raw"],
            };
            for way in ways {
                let job =
                    json!({ "dialect": case.to, "way": way, "base": base, "model": case.name });
                let parsed: Option<Parsed> = players.play(&job, PATIENCE).await;
                let expected = &case.expected;
                let parsed =
                    parsed.map(|parsed| parsed.comparable(case.to).without_what_was_cut(expected));
                if parsed.as_ref() != Some(expected) {
                    let name = &case.name;
                    wrong.push(format!(
                        "{language:?}, {way}, {name}: {parsed:#?} instead of {expected:#?}"
                    ));
                }
            }
        }
        wrong
    };
    let (python, node) = tokio::join!(
        parsed_wrongly(Language::Python),
        parsed_wrongly(Language::Node)
    );
    let wrong = [python, node].concat();
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
}

/// For each pair of dialects, a provider of the first and a route for clients of the second.
fn settings(provider: &str) -> String {
    let endpoint = |dialect: Dialect| {
        format!(
            "[[endpoint]]\nid = \"of-{dialect}\"\nname = \"{dialect}\"\nbase = \"{provider}\"\ndialects = [\"{dialect}\"]\n"
        )
    };
    let route = |(from, to): (Dialect, Dialect)| {
        format!(
            "[[route]]\nname = \"{from} {to}\"\ndialect = \"{to}\"\nmodels = \"* {from} {to}\"\ncandidates = [\"of-{from}\"]\n"
        )
    };
    let routes: String = directions().map(route).collect();
    routes + &Dialect::ALL.map(endpoint).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdks_read_every_translated_response_correctly() {
    let cases = cases();
    assert!(cases.len() > 150, "{}", cases.len());
    let sent = cases
        .iter()
        .map(|case| (case.name.clone(), case.sent.clone()));
    let provider = Replay::start(sent.collect::<BTreeMap<_, _>>()).await;
    let mut desk = Desk::new();
    desk.settings(&settings(&provider.address));
    let base = tokio::task::block_in_place(|| {
        desk.start();
        desk.base()
    });
    assert_parsed(&cases, &base).await;
}
