//! A last event without its blank line counts at a clean end of the body, and is incomplete after a cut.

use std::fs;
use std::path::PathBuf;

use catalog::Dialect;
use wire::{BodyEnd, Broken, Completion, Framing, Step, Validator, sse};

fn transcripts() -> Vec<(Dialect, String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files = Dialect::ALL.into_iter().flat_map(|dialect| {
        let files = fs::read_dir(folder.join(dialect.as_str()))
            .into_iter()
            .flatten()
            .flatten();
        files.map(move |file| (dialect, file.path()))
    });
    let read = files.map(|(dialect, path)| {
        let text = fs::read_to_string(&path).unwrap_or_default();
        (dialect, path.display().to_string(), text)
    });
    read.collect()
}

fn read(dialect: Dialect, text: &str) -> (Validator, Vec<Step>) {
    let mut validator = Validator::new(dialect, Framing::Stream);
    let mut steps = Vec::new();
    validator.push(text.as_bytes(), &mut steps);
    (validator, steps)
}

#[test]
fn the_verdict_is_that_of_the_stream_with_its_blank_line() {
    for (dialect, name, text) in transcripts() {
        for text in [
            text.clone(),
            text.replace('\n', "\r\n"),
            text.replace('\n', "\r"),
        ] {
            let line = text.trim_end();
            let ends = ["", "\n", "\r\n", "\r"];
            let (expected, steps) = read(dialect, &text);
            for end in ends {
                let (mut validator, mut found) = read(dialect, &format!("{line}{end}"));
                validator.finish(&mut found);
                assert_eq!(
                    validator.judge(BodyEnd::Clean),
                    expected.judge(BodyEnd::Clean),
                    "{name} {end:?}"
                );
                assert_eq!(validator.report(), expected.report(), "{name} {end:?}");
                let kinds = |steps: &[Step]| steps.iter().map(|step| step.kind).collect::<Vec<_>>();
                let (found, steps) = (kinds(&found), kinds(&steps));
                assert!(
                    found.starts_with(&steps),
                    "{name} {end:?}: {found:?} {steps:?}"
                );
            }
        }
    }
}

/// Before its last byte of JSON an event is incomplete, however the body ends.
#[test]
fn an_incomplete_event_is_never_read() {
    for (dialect, name, text) in transcripts() {
        let (complete, steps) = read(dialect, &text);
        let Some(end_step) = steps.iter().find(|step| step.kind.passes_check()) else {
            continue;
        };
        let before = &text[..usize::try_from(end_step.end).unwrap_or_default()];
        let line = before.trim_end();
        for cut in 1..line.len() - line.rfind("\n\n").unwrap_or_default() {
            let (mut validator, mut steps) = read(dialect, &line[..line.len() - cut]);
            validator.finish(&mut steps);
            assert!(
                !validator.judge(BodyEnd::Clean).is_answer(),
                "{name}: {}",
                &line[..line.len() - cut]
            );
        }
        // After a cut it is ignored, although it is complete.
        let (validator, _) = read(dialect, line);
        assert_eq!(
            validator.judge(BodyEnd::Cut),
            Completion::Broken(Broken::Cut),
            "{name}"
        );
        assert!(
            validator.lacks_blank_line() && complete.broken().is_none(),
            "{name}"
        );
    }
}

#[test]
fn events_that_lack_a_blank_line() {
    let table = [
        ("data: {\"a\":1}", true),
        ("data: {\"a\":1}\n", true),
        ("event: x\ndata: {\"a\":1}\r\n", true),
        ("data: [DONE]", true),
        ("\u{feff}data: [DONE]\r", true),
        ("data: {\ndata: \"a\":1}", true),
        ("data: {\"a\":1}\n\n", false),
        ("data: {\"a\":1", false),
        ("data: [DON", false),
        ("data:", false),
        ("event: message_stop\n", false),
        (": comment", false),
        ("", false),
    ];
    for (text, expected) in table {
        let mut reader = sse::Reader::new(1 << 10);
        let read = reader.push(text.as_bytes(), &mut |_| {});
        assert!(read.is_ok());
        assert_eq!(reader.lacks_blank_line(), expected, "{text:?}");
    }
}
