//! The structure of a YAML document, with the position of each value.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::document::Broken;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar(String),
    Mapping(Vec<(Node, Node)>),
    Sequence(Vec<Node>),
    /// A reference to another node.
    Alias,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub kind: Kind,
    /// Bytes of a scalar; of a container only its start is exact.
    pub range: Range<usize>,
    pub column: usize,
    /// In braces or brackets.
    pub is_flow: bool,
    pub has_anchor: bool,
    /// A scalar in a block (`|`, `>`).
    pub is_block_scalar: bool,
}

/// `None`: an empty document.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Broken> {
    let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    bytes.push(text.len());
    let mut reader = Reader {
        text,
        bytes,
        events: Parser::new_from_str(text),
        documents: 0,
    };
    let mut root = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) => reader.documents += 1,
            Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
            Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::SequenceEnd
            | Event::MappingStart(..)
            | Event::MappingEnd => root = Some(reader.node(event, span)?),
        }
    }
    if reader.documents > 1 {
        return Err(Broken::new("it contains several YAML documents"));
    }
    Ok(root)
}

struct Reader<'a> {
    text: &'a str,
    /// Byte of each character: the parser counts characters.
    bytes: Vec<usize>,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    documents: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Broken> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => Err(Broken {
                line: Some(error.marker().line()),
                what: format!("it is not valid YAML: {}", error.info()),
            }),
        }
    }

    fn byte(&self, at: usize) -> usize {
        self.bytes.get(at).copied().unwrap_or(self.text.len())
    }

    fn required(&mut self) -> Result<(Event<'a>, Span), Broken> {
        self.next()?
            .ok_or_else(|| Broken::new("it is not valid YAML: it ends early"))
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Broken> {
        let start = self.byte(span.start.index());
        let mut node = Node {
            kind: Kind::Alias,
            range: start..self.byte(span.end.index()),
            column: span.start.col(),
            is_flow: self.text[start..].starts_with(['{', '[']),
            has_anchor: false,
            is_block_scalar: false,
        };
        match event {
            Event::Scalar(value, style, anchor, _) => {
                node.has_anchor = anchor > 0;
                node.is_block_scalar = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                node.is_flow = false;
                if let Some(length) = scalar_length(&self.text[start..], style, &value) {
                    node.range.end = start + length;
                }
                node.kind = Kind::Scalar(value.into_owned());
            }
            Event::SequenceStart(anchor, _) => {
                node.has_anchor = anchor > 0;
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.required()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    items.push(self.node(event, span)?);
                }
                node.kind = Kind::Sequence(items);
            }
            Event::MappingStart(anchor, _) => {
                node.has_anchor = anchor > 0;
                let mut entries = Vec::new();
                loop {
                    let (event, span) = self.required()?;
                    if event == Event::MappingEnd {
                        break;
                    }
                    let key = self.node(event, span)?;
                    let (event, span) = self.required()?;
                    entries.push((key, self.node(event, span)?));
                }
                node.kind = Kind::Mapping(entries);
            }
            Event::Alias(_)
            | Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {}
        }
        Ok(node)
    }
}

impl Node {
    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            Kind::Mapping(_) | Kind::Sequence(_) | Kind::Alias => None,
        }
    }

    pub(super) fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            Kind::Scalar(_) | Kind::Sequence(_) | Kind::Alias => None,
        }
    }

    pub(super) fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            Kind::Scalar(_) | Kind::Mapping(_) | Kind::Alias => None,
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        let mut entries = self.entries()?.iter();
        entries.rfind(|(name, _)| name.scalar() == Some(key))
    }
}

/// The parser's end of a value may be behind a comment. `None`: the value has several lines.
fn scalar_length(text: &str, style: ScalarStyle, value: &str) -> Option<usize> {
    match style {
        ScalarStyle::Plain => text.starts_with(value).then_some(value.len()),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let quote = text.chars().next()?;
            let mut signs = text.char_indices().skip(1).peekable();
            while let Some((at, sign)) = signs.next() {
                let doubled = signs.peek().is_some_and(|(_, next)| *next == quote);
                let is_escape = match quote {
                    '"' => sign == '\\',
                    _ => sign == quote && doubled,
                };
                if is_escape {
                    signs.next();
                } else if sign == quote {
                    return Some(at + 1);
                }
            }
            None
        }
        ScalarStyle::Literal | ScalarStyle::Folded => None,
    }
}
