use crate::cache::Cached;
use crate::delivery::{Delivery, Surrogates};
use crate::fault::{Fault, Stop};
use crate::improvise;
use crate::repertoire::Style;
use crate::request::{Request, Tool};
use crate::script_step::ScriptedPart;
use crate::signature::digest;
use crate::usage::{Usage, tokens};
use crate::variation::Ids;

/// One complete response, before a dialect formats it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    /// `None`: the normal stop reason of a tool call or of the end of the turn.
    pub(crate) stop: Option<Stop>,
    pub(crate) usage: Usage,
    pub(crate) delivery: Delivery,
    /// Number of calls in the conversation before this response.
    calls_before: usize,
    /// Differs for every request; ids are derived from it.
    seed: String,
}

/// Inputs for a response other than the request.
pub(crate) struct Composition<'a> {
    pub(crate) cued: Option<Vec<ScriptedPart>>,
    pub(crate) style: Option<Style>,
    pub(crate) fault: Option<&'a Fault>,
    pub(crate) delivery: Delivery,
    /// The model thinks by default.
    pub(crate) thinks: bool,
    /// Tokens read from the vendor's cache; `None`: no cache is simulated, and 50 % of a long input counts as read.
    pub(crate) cached: Option<Cached>,
    /// Input beyond this is dropped without an error.
    pub(crate) most_input: Option<u64>,
    pub(crate) body: &'a [u8],
    /// Number of this request on the stage.
    pub(crate) sequence: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    /// `arguments` is JSON unless a fault changed it.
    Tool {
        name: String,
        arguments: String,
    },
}

/// Maximum number of characters of the user's text that are echoed.
const ECHO: usize = 80;
/// OpenAI caches prompts with at least this many tokens without a request for it.
const CACHED_FROM: u64 = 1024;

impl Answer {
    pub(crate) fn compose(request: &Request, of: Composition<'_>) -> Answer {
        let delivery = of.delivery;
        let lines = of
            .cued
            .unwrap_or_else(|| lines(request, of.style, of.fault));
        let mut parts: Vec<Part> = lines.into_iter().map(Part::from).collect();
        let calls_tool = parts.iter().any(|part| matches!(part, Part::Tool { .. }));
        let thinks = parts.iter().any(|part| matches!(part, Part::Thinking(_)));
        let must_think = request.thinks_before_tools && calls_tool;
        if (must_think || of.thinks) && !thinks {
            // With thinking enabled Anthropic requires it before a tool call when the turn continues.
            parts.insert(0, Part::Thinking(THOUGHT.to_owned()));
        }
        let stop = match of.fault {
            Some(Fault::Stop(stop)) => Some(*stop),
            _ => None,
        };
        if let Some(surrogates) = delivery.surrogates {
            parts.iter_mut().for_each(|part| part.add(surrogates));
        }
        match of.fault {
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
            _ if delivery.truncated => halve(parts.last_mut()),
            _ => {}
        }
        let mut usage = Usage::of(request, &parts, of.cached, of.most_input);
        if delivery.absurd {
            (usage.input, usage.output) = (50_000_000, 9_000_000);
        }
        Answer {
            usage,
            stop,
            parts,
            delivery,
            calls_before: request.calls,
            seed: digest(&[of.body, &of.sequence.to_be_bytes()]),
        }
    }

    pub(crate) fn calls_tool(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Tool { .. }))
    }

    /// `msg_01` and a seed: the id of the response, or of one of its parts.
    pub(crate) fn id(&self, prefix: &str, part: Option<usize>) -> String {
        let length = 22.min(self.seed.len());
        match part {
            None => format!("{prefix}{}", &self.seed[..length]),
            Some(part) => format!("{prefix}{}{part:02}", &self.seed[..length]),
        }
    }

    /// The id of the tool call in this part; `own`: the prefix of the dialect's own vendor.
    pub(crate) fn call_id(&self, own: &str, part: usize) -> String {
        let unique = digest(&[self.seed.as_bytes(), &part.to_be_bytes()]);
        match self.delivery.traits.ids {
            Ids::Own => self.id(own, Some(part)),
            Ids::Functions => {
                let called = |part: &&Part| matches!(part, Part::Tool { .. });
                let number = self.calls_before + self.parts[..part].iter().filter(called).count();
                let name = match &self.parts[part] {
                    Part::Tool { name, .. } => name,
                    Part::Text(_) | Part::Thinking(_) => "",
                };
                format!("functions.{name}:{number}")
            }
            Ids::Vllm => format!("chatcmpl-tool-{}", &unique[..32]),
            Ids::Nine => unique[..9].to_owned(),
            Ids::DeepSeek => format!("call_{part:02}_{}", &unique[..24]),
            Ids::Gemini => {
                let digits = unique.bytes().map(|byte| char::from(b'0' + byte % 10));
                format!("function-call-{}", digits.take(19).collect::<String>())
            }
            Ids::Length(length) => unique.chars().cycle().take(length).collect(),
        }
    }

    /// The signature for a thinking text.
    pub(crate) fn sign(&self, thinking: &str) -> String {
        self.delivery.traits.seal.sign(thinking)
    }
}

/// Placeholders for the surrogates of an emoji until the event is written: a Rust string cannot contain one surrogate alone.
pub(crate) const HIGH: char = '\u{E000}';
pub(crate) const LOW: char = '\u{E001}';

impl Part {
    /// Appends an emoji in two surrogates to a text, or to the last text in a tool's arguments.
    fn add(&mut self, surrogates: Surrogates) {
        let emoji = match surrogates {
            Surrogates::Split => format!(" {HIGH}{LOW}"),
            Surrogates::Lone => format!(" {HIGH}"),
        };
        match self {
            Part::Text(text) => *text += &format!("{emoji} lifts off"),
            Part::Thinking(_) => {}
            Part::Tool { arguments, .. } => {
                if let Some(at) = arguments.rfind('"') {
                    arguments.insert_str(at, &emoji);
                }
            }
        }
    }
}

impl From<ScriptedPart> for Part {
    fn from(line: ScriptedPart) -> Part {
        match line {
            ScriptedPart::Text(text) => Part::Text(text),
            ScriptedPart::Thinking(text) => Part::Thinking(text),
            ScriptedPart::Tool { name, input } => Part::Tool {
                name,
                arguments: input.to_string(),
            },
        }
    }
}

impl Usage {
    fn of(
        request: &Request,
        parts: &[Part],
        cached: Option<Cached>,
        most_input: Option<u64>,
    ) -> Usage {
        let input = tokens(request.body_bytes).min(most_input.unwrap_or(u64::MAX));
        let cached = cached.unwrap_or_else(|| match request.dialect {
            catalog::Dialect::Anthropic if request.caches => Cached {
                read: input / 2,
                write: input / 4,
                write_hour: 0,
            },
            catalog::Dialect::Anthropic => Cached::default(),
            catalog::Dialect::OpenaiChat | catalog::Dialect::OpenaiResponses => Cached {
                read: if input >= CACHED_FROM { input / 2 } else { 0 },
                ..Cached::default()
            },
        });
        let cache_read = cached.read.min(input);
        let cache_write = cached.write.min(input - cache_read);
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
            cache_write_hour: cached.write_hour.min(cache_write),
            output: output + thinking,
            thinking,
        }
    }
}

/// Splits a text into pieces of about two words, as a provider streams it.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .filter(|(at, c)| c.is_whitespace() && *at > 0)
            .nth(1)
            .map_or(rest.len(), |(at, _)| at);
        let end = split(rest, end);
        let (piece, tail) = rest.split_at(end);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// Splits JSON into pieces of at most `most` characters, as a provider streams a tool's arguments.
pub(crate) fn slices(text: &str, most: usize) -> Vec<&str> {
    let mut slices = Vec::new();
    let mut rest = text;
    while let Some(end) = next_slice(rest, most) {
        let (slice, tail) = rest.split_at(end);
        slices.push(slice);
        rest = tail;
    }
    slices.push(rest);
    slices
}

fn next_slice(rest: &str, most: usize) -> Option<usize> {
    let end = rest
        .char_indices()
        .nth(most)
        .map_or(rest.len(), |(at, _)| at);
    let end = split(rest, end);
    (end < rest.len()).then_some(end)
}

/// Moves the split after the first surrogate of an emoji if there is one before `end`.
fn split(text: &str, end: usize) -> usize {
    match text[..end].find(HIGH) {
        Some(at) => at + HIGH.len_utf8(),
        None => end,
    }
}

const THOUGHT: &str = "The user wants to see how this rehearsal goes. I will do exactly what the script says and no more.";

fn lines(request: &Request, style: Option<Style>, fault: Option<&Fault>) -> Vec<ScriptedPart> {
    let text = || ScriptedPart::Text(plain(request));
    let may_call = !request.tools.is_empty() && request.tool_results.is_none();
    let style = match style {
        None if fault.is_some_and(Fault::needs_tool) => {
            return vec![
                ScriptedPart::Text("I will call a tool.".to_owned()),
                improvise::tool_call(&request.tools),
            ];
        }
        None => match named_tool(request) {
            Some(tool) if may_call => {
                return vec![
                    ScriptedPart::Text("I will call the tool.".to_owned()),
                    improvise::tool_call(std::slice::from_ref(tool)),
                ];
            }
            Some(_) | None => Style::Steady,
        },
        Some(style) => style,
    };
    match style {
        Style::Tool if may_call => vec![
            ScriptedPart::Text("I will call a tool.".to_owned()),
            improvise::tool_call(&request.tools),
        ],
        Style::ParallelTools if may_call => {
            let call = improvise::tool_call(&request.tools);
            vec![
                ScriptedPart::Text("I will call a tool twice.".to_owned()),
                call.clone(),
                call,
            ]
        }
        Style::Steady | Style::Tool | Style::ParallelTools => vec![text()],
        Style::Thinking => vec![ScriptedPart::Thinking(THOUGHT.to_owned()), text()],
        Style::Long => vec![ScriptedPart::Text(format!("{} {LONG}", plain(request)))],
    }
}

/// The offered tool that the user's last text names: "Call the tool `get_time`".
fn named_tool(request: &Request) -> Option<&Tool> {
    let user_text = request.user_text.as_deref()?;
    request
        .tools
        .iter()
        .find(|tool| user_text.contains(&format!("the tool `{}`", tool.name)))
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
    match &request.user_text {
        Some(user_text) => format!(
            "This is a rehearsal answer from Understudy: no model was asked. You said: \"{}\"",
            clip(user_text)
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
    let middle = text.chars().count() / 2;
    if let Some((end, _)) = text.char_indices().nth(middle) {
        text.truncate(end);
    }
}
