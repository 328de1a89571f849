//! Code in Markdown: fenced blocks, and spans between backquotes.

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Code {
    Span {
        line: usize,
        text: String,
    },
    Block {
        line: usize,
        language: String,
        lines: Vec<String>,
    },
}

pub(super) fn code(text: &str) -> Vec<Code> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line_number = at + 1;
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let inside = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| !line.trim_start().starts_with("```"));
            found.push(Code::Block {
                line: line_number,
                language: language.trim().to_owned(),
                lines: inside.map(str::to_owned).collect(),
            });
            continue;
        }
        let spans = line.split('`').skip(1).step_by(2);
        found.extend(spans.map(|text| Code::Span {
            line: line_number,
            text: text.to_owned(),
        }));
    }
    found
}

/// The text of a page without its code.
pub(super) fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside: Vec<&str> = line.split('`').step_by(2).collect();
            prose += &outside.join(" ");
        }
        prose.push('\n');
    }
    prose
}

#[test]
fn spans_and_blocks_are_found() {
    let text = "a `b c` d\n```toml\nx = 1\n```\n";
    assert_eq!(
        code(text),
        [
            Code::Span {
                line: 1,
                text: "b c".into()
            },
            Code::Block {
                line: 2,
                language: "toml".into(),
                lines: vec!["x = 1".into()]
            },
        ]
    );
    assert_eq!(prose(text), "a   d\n\n\n\n");
}
