use crate::cue::Line;
use crate::fault::{Fault, Stop};
use crate::improvise;
use crate::repertoire::Style;
use crate::request::Request;
use crate::signature::digest;

/// One whole answer, before a dialect words it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    /// `None`: the natural one, for a tool call or the end of the turn.
    pub(crate) stop: Option<Stop>,
    pub(crate) usage: Usage,
    /// Differs for every request; ids are made of it.
    seed: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    /// `arguments` is JSON unless a fault made it otherwise.
    Tool {
        name: String,
        arguments: String,
    },
}

/// Tokens, at four bytes each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// All input, cached or not.
    pub(crate) input: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    /// All output, thinking included.
    pub(crate) output: u64,
    pub(crate) thinking: u64,
}

/// Most characters of the user's text that are echoed.
const ECHO: usize = 80;
/// OpenAI caches prompts from this many tokens on, by itself.
const CACHED_FROM: u64 = 1024;

impl Answer {
    /// `sequence`: the number of the request on this stage.
    pub(crate) fn compose(
        request: &Request,
        cued: Option<Vec<Line>>,
        style: Option<Style>,
        fault: Option<&Fault>,
        body: &[u8],
        sequence: u64,
    ) -> Answer {
        let lines = cued.unwrap_or_else(|| lines(request, style, fault));
        let mut parts: Vec<Part> = lines.into_iter().map(Part::from).collect();
        let calls_tool = parts.iter().any(|part| matches!(part, Part::Tool { .. }));
        let thinks = parts.iter().any(|part| matches!(part, Part::Thinking(_)));
        if request.thinks_before_tools && calls_tool && !thinks {
            // With thinking enabled Anthropic demands it in front of a tool call when the turn goes on.
            parts.insert(0, Part::Thinking(THOUGHT.to_owned()));
        }
        let stop = match fault {
            Some(Fault::Stop(stop)) => Some(*stop),
            _ => None,
        };
        match fault {
            Some(Fault::Stop(Stop::MaxTokens | Stop::ContextWindow)) => halve(parts.last_mut()),
            Some(Fault::Stop(Stop::Refusal)) => {
                parts = vec![Part::Text("I cannot help with".to_owned())];
            }
            Some(Fault::NothingToActOn) => parts.clear(),
            Some(Fault::InvalidToolInput) => {
                halve(
                    parts
                        .iter_mut()
                        .rfind(|part| matches!(part, Part::Tool { .. })),
                );
            }
            _ => {}
        }
        Answer {
            usage: Usage::of(request, &parts),
            stop,
            parts,
            seed: digest(&[body, &sequence.to_be_bytes()]),
        }
    }

    pub(crate) fn calls_tool(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Tool { .. }))
    }

    /// `msg_01` + a seed of its own: the id of the answer, or of one of its parts.
    pub(crate) fn id(&self, prefix: &str, part: Option<usize>) -> String {
        let length = 22.min(self.seed.len());
        match part {
            None => format!("{prefix}{}", &self.seed[..length]),
            Some(part) => format!("{prefix}{}{part:02}", &self.seed[..length]),
        }
    }
}

impl From<Line> for Part {
    fn from(line: Line) -> Part {
        match line {
            Line::Text(text) => Part::Text(text),
            Line::Thinking(text) => Part::Thinking(text),
            Line::Tool { name, input } => Part::Tool {
                name,
                arguments: input.to_string(),
            },
        }
    }
}

impl Usage {
    fn of(request: &Request, parts: &[Part]) -> Usage {
        let input = tokens(request.body_bytes);
        let (cache_read, cache_write) = match request.dialect {
            catalog::Dialect::Anthropic if request.caches => (input / 2, input / 4),
            catalog::Dialect::Anthropic => (0, 0),
            catalog::Dialect::OpenaiChat | catalog::Dialect::OpenaiResponses => {
                (if input >= CACHED_FROM { input / 2 } else { 0 }, 0)
            }
        };
        let (mut output, mut thinking) = (0, 0);
        for part in parts {
            match part {
                Part::Text(text) => output += tokens(text.len()),
                Part::Thinking(text) => thinking += tokens(text.len()),
                Part::Tool { name, arguments } => output += tokens(name.len() + arguments.len()),
            }
        }
        Usage {
            input,
            cache_read,
            cache_write,
            output: output + thinking,
            thinking,
        }
    }
}

pub(crate) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

/// The text in pieces as a provider streams it: about two words each. Joined they are the text.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .filter(|(at, c)| c.is_whitespace() && *at > 0)
            .nth(1)
            .map_or(rest.len(), |(at, _)| at);
        let (piece, tail) = rest.split_at(end);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// JSON in pieces of at most `most` characters, as a provider streams a tool's arguments.
pub(crate) fn slices(text: &str, most: usize) -> Vec<&str> {
    let mut slices = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(most) {
        let (slice, tail) = rest.split_at(end);
        slices.push(slice);
        rest = tail;
    }
    slices.push(rest);
    slices
}

const THOUGHT: &str = "The user wants to see how this rehearsal goes. I will do exactly what the script says and no more.";

fn lines(request: &Request, style: Option<Style>, fault: Option<&Fault>) -> Vec<Line> {
    let text = || Line::Text(plain(request));
    let may_call = !request.tools.is_empty() && request.tool_results.is_none();
    let style = match style {
        None if fault.is_some_and(Fault::needs_tool) => {
            return vec![
                Line::Text("I will call a tool.".to_owned()),
                improvise::tool_call(&request.tools),
            ];
        }
        None => Style::Steady,
        Some(style) => style,
    };
    match style {
        Style::Tool if may_call => vec![
            Line::Text("I will call a tool.".to_owned()),
            improvise::tool_call(&request.tools),
        ],
        Style::ParallelTools if may_call => {
            let call = improvise::tool_call(&request.tools);
            vec![
                Line::Text("I will call a tool twice.".to_owned()),
                call.clone(),
                call,
            ]
        }
        Style::Steady | Style::Tool | Style::ParallelTools => vec![text()],
        Style::Thinking => vec![Line::Thinking(THOUGHT.to_owned()), text()],
        Style::Long => vec![Line::Text(format!("{} {LONG}", plain(request)))],
    }
}

const LONG: &str = "It goes on for a while, so that there is something to interrupt: the curtain is up, the lights are on, \
    every line is known by heart, and whoever stands in the wings could step forward at any word of it and carry \
    the scene to its end without the house taking notice of the change.";

fn plain(request: &Request) -> String {
    if let Some(schema) = &request.schema {
        return improvise::fitting(schema).to_string();
    }
    if let Some(results) = &request.tool_results {
        return format!(
            "This is a rehearsal answer from Understudy. The tool said: \"{}\"",
            clip(results)
        );
    }
    match &request.said {
        Some(said) => format!(
            "This is a rehearsal answer from Understudy: no model was asked. You said: \"{}\"",
            clip(said)
        ),
        None => "This is a rehearsal answer from Understudy: no model was asked.".to_owned(),
    }
}

fn clip(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(ECHO) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn halve(part: Option<&mut Part>) {
    let text = match part {
        Some(Part::Text(text) | Part::Thinking(text)) => text,
        Some(Part::Tool { arguments, .. }) => arguments,
        None => return,
    };
    let half = text.chars().count() / 2;
    if let Some((end, _)) = text.char_indices().nth(half) {
        text.truncate(end);
    }
}
