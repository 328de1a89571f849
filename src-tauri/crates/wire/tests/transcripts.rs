//! Golden transcripts, written from the vendors' public protocol documentation: the meaning of each event for delivery, the
//! verdict, and the report. The properties at the end hold for every transcript.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails here fails its test"
)]

use std::fs;
use std::path::PathBuf;

use catalog::Dialect;
use proptest::prelude::*;
use wire::{BodyEnd, Broken, Completion, Framing, Report, Step, StepKind, Validator};

const EXPECTED: &str = include_str!("transcripts/expected.txt");

/// One line of the table.
struct Case {
    dialect: Dialect,
    name: &'static str,
    expected: Vec<&'static str>,
}

impl Case {
    fn all() -> impl Iterator<Item = Case> {
        EXPECTED
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut columns = line.split('|').map(str::trim);
                let (folder, name) = columns.next().unwrap().split_once('/').unwrap();
                let named = |dialect: &Dialect| dialect.as_str() == folder;
                Case {
                    dialect: Dialect::ALL.into_iter().find(named).unwrap(),
                    name,
                    expected: columns.collect(),
                }
            })
    }

    fn text(&self) -> String {
        fs::read_to_string(folder(self.dialect).join(format!("{}.sse", self.name))).unwrap()
    }
}

fn folder(dialect: Dialect) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(dialect.as_str())
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    steps: Vec<Step>,
    clean: Completion,
    cut: Completion,
    report: Report,
}

fn watch<'a>(dialect: Dialect, slices: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut validator = Validator::new(dialect, Framing::Stream);
    let mut steps = Vec::new();
    for slice in slices {
        validator.push(slice, &mut steps);
    }
    Seen {
        steps,
        clean: validator.judge(BodyEnd::Clean),
        cut: validator.judge(BodyEnd::Cut),
        report: validator.report().clone(),
    }
}

fn letters(steps: &[Step]) -> String {
    let letter = |step: &Step| match step.kind {
        StepKind::NoProgress => 'N',
        StepKind::Lifecycle => 'L',
        StepKind::Content => 'C',
        StepKind::Close => 'c',
        StepKind::ToolClose => 't',
        StepKind::SemanticEnd => 'S',
        StepKind::Terminal => 'T',
        StepKind::Error => 'E',
    };
    steps.iter().map(letter).collect()
}

fn word(completion: &Completion) -> String {
    match completion {
        Completion::Complete => "complete".to_owned(),
        Completion::Continues => "continues".to_owned(),
        Completion::Unknown => "unknown".to_owned(),
        Completion::Truncated => "truncated".to_owned(),
        Completion::Refused => "refused".to_owned(),
        Completion::Broken(broken) => match broken {
            Broken::NoStopReason => "no stop reason".to_owned(),
            Broken::Cut => "cut".to_owned(),
            Broken::ErrorEvent { kind, message } => format!("error {kind}: {message}"),
            Broken::Malformed(_) => "malformed".to_owned(),
            Broken::OpenBlock => "open block".to_owned(),
            Broken::InvalidToolInput(name) => format!("invalid tool input {name}"),
            Broken::Empty => "empty".to_owned(),
            Broken::UnknownStopReason(_) => "unknown stop reason".to_owned(),
            Broken::NotAResponse(_) => "no answer".to_owned(),
            Broken::Oversize(_) => "oversize".to_owned(),
        },
    }
}

#[test]
fn every_transcript_gives_its_steps_verdict_and_report() {
    let released = |text: &str| match text {
        "" => "-".to_owned(),
        _ => text.to_owned(),
    };
    for case in Case::all() {
        let seen = watch(case.dialect, [case.text().as_bytes()]);
        let Report {
            tokens: t,
            tool_calls,
            ..
        } = &seen.report;
        let calls = tool_calls
            .iter()
            .map(|call| format!("{} {}", call.id, call.name));
        let calls: Vec<String> = calls.map(|call| call.trim().to_owned()).collect();
        let found = [
            letters(&seen.steps),
            word(&seen.clean),
            released(seen.report.stop_reason.as_deref().unwrap_or_default()),
            format!(
                "{} {} {} {}",
                t.input, t.output, t.cache_read, t.cache_write
            ),
            format!(
                "{} {} {}",
                seen.report.text_bytes, seen.report.thinking_bytes, seen.report.argument_bytes
            ),
            released(&calls.join(", ")),
        ];
        assert_eq!(
            found[..],
            case.expected[..],
            "{}/{}",
            case.dialect,
            case.name
        );
        assert_eq!(seen.report.usage_reported, *t != catalog::Tokens::default());
        assert!(seen.report.id.is_some() && seen.report.model.is_some());
    }
}

#[test]
fn every_file_is_in_the_table() {
    for dialect in Dialect::ALL {
        let mut files: Vec<String> = fs::read_dir(folder(dialect))
            .unwrap()
            .map(|file| {
                file.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let cases = Case::all().filter(|case| case.dialect == dialect);
        let mut names: Vec<&str> = cases.map(|case| case.name).collect();
        files.sort_unstable();
        names.sort_unstable();
        assert_eq!(files, names);
    }
}

/// After the completion check a cut counts as a clean end.
#[test]
fn the_end_of_the_body_matters_only_before_the_semantic_end() {
    for case in Case::all() {
        let (dialect, name, text) = (case.dialect, case.name, case.text());
        let seen = watch(dialect, [text.as_bytes()]);
        let no_stop_reason = Completion::Broken(Broken::NoStopReason);
        let expected = if seen.clean == no_stop_reason && !letters(&seen.steps).contains('E') {
            Completion::Broken(Broken::Cut)
        } else {
            seen.clean.clone()
        };
        assert_eq!(seen.cut, expected, "{dialect}/{name}");
    }
}

/// The basic property of the completion check.
#[test]
fn prefixes_are_incomplete_before_the_semantic_end_and_equal_after_it() {
    for case in Case::all() {
        let (dialect, name, text) = (case.dialect, case.name, case.text());
        let complete = watch(dialect, [text.as_bytes()]);
        let end_step =
            |step: &&Step| matches!(step.kind, StepKind::SemanticEnd | StepKind::Terminal);
        let passed = complete
            .steps
            .iter()
            .find(end_step)
            .map_or(u64::MAX, |step| step.end);
        let mut validator = Validator::new(dialect, Framing::Stream);
        let mut steps = Vec::new();
        for (cut, byte) in text.bytes().enumerate() {
            for end in [BodyEnd::Clean, BodyEnd::Cut] {
                let completion = validator.judge(end);
                let context = format!("{dialect}/{name} cut at {cut}: {completion:?}");
                if (cut as u64) < passed {
                    assert!(!completion.is_answer(), "{context}");
                } else {
                    assert_eq!(completion, complete.clean, "{context}");
                }
            }
            validator.push(&[byte], &mut steps);
        }
        assert_eq!(steps, complete.steps);
    }
}

#[test]
fn line_endings_and_a_byte_order_mark_do_not_matter() {
    for case in Case::all() {
        let (dialect, name, text) = (case.dialect, case.name, case.text());
        let plain = text;
        let lines = plain.split_inclusive('\n');
        let without_spaces: String = lines.map(|line| line.replacen(": ", ":", 1)).collect();
        let seen = watch(dialect, [plain.as_bytes()]);
        for variant in [
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\r"),
            format!("\u{feff}{plain}"),
            without_spaces,
        ] {
            let other = watch(dialect, [variant.as_bytes()]);
            assert_eq!(
                letters(&other.steps),
                letters(&seen.steps),
                "{dialect}/{name}"
            );
            assert_eq!(word(&other.clean), word(&seen.clean));
            assert_eq!(other.report, seen.report);
        }
    }
}

/// An agent starts a tool on its closing event: no call is closed before.
#[test]
fn a_tool_call_is_closed_by_its_closing_event() {
    for dialect in Dialect::ALL {
        let text = fs::read_to_string(folder(dialect).join("parallel-tools.sse")).unwrap();
        let bytes = text.as_bytes();
        let seen = watch(dialect, [bytes]);
        let closed = |report: &Report| report.tool_calls.iter().filter(|call| call.closed).count();
        assert_eq!(closed(&seen.report), 2, "{dialect}");
        let is_closing = |step: &&Step| step.kind == StepKind::ToolClose;
        for step in &seen.steps {
            let until = usize::try_from(step.end).unwrap();
            let so_far = watch(dialect, [&bytes[..until]]);
            let closings = so_far.steps.iter().filter(is_closing).count();
            let calls = closed(&so_far.report);
            assert!(calls <= closings, "{dialect} at byte {until}");
            // In Responses several events close a call; the last one, which ends the item, counts.
            if dialect != Dialect::OpenaiResponses {
                assert_eq!(calls, closings, "{dialect} at byte {until}");
            }
        }
    }
}

fn transcripts() -> impl Strategy<Value = (Dialect, String)> {
    let all: Vec<(Dialect, String)> = Case::all()
        .map(|case| (case.dialect, case.text()))
        .collect();
    prop::sample::select(all)
}

fn slices<'a>(bytes: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = at.iter().map(|i| i.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect()
}

const NOISE: &[&str] = &[
    ": keep-alive\n\n",
    "\n",
    "event: ping\ndata: {\"type\":\"ping\"}\n\n",
    "event: weather\ndata: {\"type\":\"weather\",\"delta\":7,\"index\":\"x\",\"error\":null}\n\n",
    "data: {}\n\n",
    "id: 7\n\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_split_gives_the_same((dialect, text) in transcripts(), at in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let complete = watch(dialect, [text.as_bytes()]);
        prop_assert_eq!(&watch(dialect, slices(text.as_bytes(), &at)), &complete);
        let crlf = text.replace('\n', "\r\n");
        prop_assert_eq!(watch(dialect, slices(crlf.as_bytes(), &at)), watch(dialect, [crlf.as_bytes()]));
    }

    #[test]
    fn noise_between_events_changes_nothing(
        (dialect, text) in transcripts(),
        noise in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(NOISE)), 1..6),
    ) {
        let complete = watch(dialect, [text.as_bytes()]);
        let mut events: Vec<&str> = text.split_inclusive("\n\n").collect();
        for (at, noise) in noise {
            events.insert(at.index(events.len() + 1), noise);
        }
        let noisy = watch(dialect, [events.concat().as_bytes()]);
        let without_noise = |seen: &Seen| letters(&seen.steps).replace('N', "");
        prop_assert_eq!(without_noise(&noisy), without_noise(&complete));
        prop_assert_eq!(&noisy.clean, &complete.clean);
        prop_assert_eq!(&noisy.cut, &complete.cut);
        prop_assert_eq!(&noisy.report, &complete.report);
    }

    #[test]
    fn a_broken_response_stays_broken(
        (dialect, text) in transcripts(),
        at in any::<prop::sample::Index>(),
        (_, after) in transcripts(),
    ) {
        let mut validator = Validator::new(dialect, Framing::Stream);
        let mut before = Vec::new();
        validator.push(&text.as_bytes()[..at.index(text.len())], &mut before);
        validator.push(b"\n\ndata: {\"type\": oops}\n\n", &mut before);
        let passed = before.iter().any(|step| step.kind == StepKind::SemanticEnd);
        // Bytes after the terminal event are ignored.
        if let Some(broken) = validator.broken().cloned() {
            let verdict = validator.judge(BodyEnd::Clean);
            // A passed completion check does not change.
            prop_assert_eq!(verdict == Completion::Broken(broken), !passed);
            let mut steps = Vec::new();
            validator.push(after.as_bytes(), &mut steps);
            validator.push(text.as_bytes(), &mut steps);
            prop_assert_eq!(steps, []);
            prop_assert_eq!(validator.judge(BodyEnd::Clean), verdict);
        } else {
            prop_assert!(text.contains("message_stop") || text.contains("[DONE]") || text.contains("response."));
        }
    }

    #[test]
    fn any_bytes_have_a_verdict_and_malformed_ones_are_not_quoted(
        dialect in prop::sample::select(&Dialect::ALL[..]),
        framing in prop::sample::select(&[Framing::Stream, Framing::Document][..]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut validator = Validator::new(dialect, framing);
        for slice in bytes.chunks(7) {
            validator.push(slice, &mut Vec::new());
        }
        for end in [BodyEnd::Clean, BodyEnd::Cut] {
            prop_assert!(!validator.judge(end).is_answer());
        }
    }

    #[test]
    fn a_transcript_with_a_byte_changed_is_judged(
        (dialect, text) in transcripts(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let seen = watch(dialect, [&bytes[..]]);
        let single = watch(dialect, bytes.chunks(1));
        prop_assert_eq!(single, seen);
    }
}
