//! Prompt caches: the tokens that a request reads and writes, by the prefix that it shares with earlier requests.

use std::collections::HashMap;
use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;

use crate::request::list;
use crate::signature::digest;
use crate::usage::tokens;

/// A vendor's caching rules.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CacheRules {
    None,
    /// Caches up to each block with `cache_control`, for the time to live that it states.
    Marked {
        minimum: u64,
    },
    /// Caches without a field in the request.
    Automatic {
        /// Minimum number of tokens of a cached prefix.
        minimum: u64,
        /// Reads are a multiple of this number of tokens.
        step: u64,
        lasting: Duration,
        /// The usage reports written tokens.
        reports_writes: bool,
    },
}

/// Tokens of one request's input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) read: u64,
    /// All written tokens, with any time to live.
    pub(crate) write: u64,
    /// Tokens written with a time to live of an hour.
    pub(crate) write_hour: u64,
}

/// The input up to the end of one of its parts.
#[derive(Clone, Debug)]
pub(crate) struct End {
    digest: String,
    tokens: u64,
    mark: Option<Duration>,
}

/// All cached prefixes, with their expiry times.
#[derive(Debug, Default)]
pub(crate) struct PromptCache {
    until: HashMap<String, (Duration, Duration)>,
}

const FIVE_MINUTES: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);
/// Number of parts before a mark in which Anthropic searches for an earlier mark.
const LOOK_BACK: usize = 20;

impl PromptCache {
    /// `now`: time since the stage's start. A read extends its prefix's time to live.
    pub(crate) fn look(&mut self, now: Duration, rules: CacheRules, ends: &[End]) -> Cached {
        self.until.retain(|_, (until, _)| *until > now);
        match rules {
            CacheRules::None => Cached::default(),
            CacheRules::Marked { minimum } => self.look_at_marks(now, minimum, ends),
            CacheRules::Automatic {
                minimum,
                step,
                lasting,
                reports_writes,
            } => {
                let full = ends.last().map_or(0, |end| end.tokens);
                let found = ends
                    .iter()
                    .rposition(|end| self.until.contains_key(&end.digest));
                let read = found.map_or(0, |at| ends[at].tokens / step * step);
                let read = if read < minimum { 0 } else { read };
                for end in ends {
                    self.until
                        .insert(end.digest.clone(), (now + lasting, lasting));
                }
                let write = if reports_writes && full >= minimum {
                    full - read
                } else {
                    0
                };
                Cached {
                    read,
                    write,
                    write_hour: 0,
                }
            }
        }
    }

    fn look_at_marks(&mut self, now: Duration, minimum: u64, ends: &[End]) -> Cached {
        let marks: Vec<(usize, Duration)> = ends
            .iter()
            .enumerate()
            .filter(|(_, end)| end.tokens >= minimum)
            .filter_map(|(at, end)| Some((at, end.mark?)))
            .collect();
        let found = marks.iter().rev().find_map(|(mark, _)| {
            let from = (mark + 1).saturating_sub(LOOK_BACK);
            let known = |at: &usize| self.until.contains_key(&ends[*at].digest);
            (from..=*mark).rev().find(known)
        });
        let mut cached = Cached {
            read: found.map_or(0, |at| ends[at].tokens),
            ..Cached::default()
        };
        if let Some((until, lasting)) = found.and_then(|at| self.until.get_mut(&ends[at].digest)) {
            *until = now + *lasting;
        }
        let mut held = cached.read;
        for (at, lasting) in marks {
            let end = &ends[at];
            let written = end.tokens.saturating_sub(held);
            cached.write += written;
            if lasting == HOUR {
                cached.write_hour += written;
            }
            held = held.max(end.tokens);
            self.until
                .insert(end.digest.clone(), (now + lasting, lasting));
        }
        cached
    }
}

/// Every end at which a prefix can be cached: tools, then system, then messages, part by part. A cache is never shared between
/// different `scope`s: vendor, credential, model, effort.
pub(crate) fn ends(dialect: Dialect, body: &Value, scope: &[&[u8]]) -> Vec<End> {
    let mut parts: Vec<&Value> = list(&body["tools"]).iter().collect();
    let turns = match dialect {
        Dialect::Anthropic => {
            match &body["system"] {
                Value::Array(blocks) => parts.extend(blocks),
                Value::Null => {}
                text
                @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                    parts.push(text)
                }
            }
            &body["messages"]
        }
        Dialect::OpenaiChat => &body["messages"],
        Dialect::OpenaiResponses => {
            parts.push(&body["instructions"]);
            &body["input"]
        }
    };
    if let Value::Array(turns) = turns {
        for turn in turns {
            match (&turn["content"], dialect) {
                (Value::Array(blocks), Dialect::Anthropic) => parts.extend(blocks),
                _ => parts.push(turn),
            }
        }
    } else {
        parts.push(turns);
    }
    let mut ends: Vec<End> = Vec::new();
    let mut so_far = digest(scope);
    let mut counted = 0;
    for part in parts.into_iter().filter(|part| !part.is_null()) {
        let text = unmarked(part).to_string();
        so_far = digest(&[so_far.as_bytes(), text.as_bytes()]);
        counted += tokens(text.len());
        ends.push(End {
            digest: so_far.clone(),
            tokens: counted,
            mark: mark(part),
        });
    }
    if let Some(last) = ends.last_mut() {
        last.mark = last.mark.or(lasting(&body["cache_control"]));
    }
    ends
}

fn mark(part: &Value) -> Option<Duration> {
    lasting(&part["cache_control"]).or_else(|| {
        let last = list(&part["content"]).last()?;
        lasting(&last["cache_control"])
    })
}

fn lasting(control: &Value) -> Option<Duration> {
    let hour = control["ttl"] == "1h";
    control
        .is_object()
        .then_some(if hour { HOUR } else { FIVE_MINUTES })
}

/// Marks move from turn to turn and are not part of the prefix.
fn unmarked(part: &Value) -> Value {
    match part {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "cache_control")
            .map(|(name, value)| (name.clone(), unmarked(value)))
            .collect(),
        Value::Array(parts) => parts.iter().map(unmarked).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => part.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use catalog::Dialect;
    use serde_json::{Value, json};

    use super::{CacheRules, Cached, PromptCache, ends};

    const MARKED: CacheRules = CacheRules::Marked { minimum: 100 };
    const AUTOMATIC: CacheRules = CacheRules::Automatic {
        minimum: 100,
        step: 1,
        lasting: Duration::from_secs(600),
        reports_writes: true,
    };

    fn at(cache: &mut PromptCache, seconds: u64, rules: CacheRules, body: &Value) -> Cached {
        let dialect = Dialect::Anthropic;
        cache.look(
            Duration::from_secs(seconds),
            rules,
            &ends(dialect, body, &[b"org"]),
        )
    }

    /// Turns of 800 bytes; the last one has the mark.
    fn conversation(turns: usize, ttl: &str) -> Value {
        let mut messages: Vec<Value> = (0..turns)
            .map(|turn| {
                let role = if turn % 2 == 0 { "user" } else { "assistant" };
                json!({"role": role, "content": [{"type": "text", "text": format!("{turn:04}").repeat(200)}]})
            })
            .collect();
        if let Some(last) = messages.last_mut() {
            last["content"][0]["cache_control"] = json!({"type": "ephemeral", "ttl": ttl});
        }
        json!({ "messages": messages })
    }

    #[test]
    fn a_later_turn_reads_the_cached_prefix_and_writes_the_new_part() {
        let mut cache = PromptCache::default();
        let first = at(&mut cache, 0, MARKED, &conversation(1, "5m"));
        assert_eq!((first.read, first.write_hour), (0, 0));
        let second = at(&mut cache, 60, MARKED, &conversation(3, "5m"));
        assert_eq!(second.read, first.write);
        assert!(second.write > first.write);
    }

    #[test]
    fn a_prefix_lasts_for_its_marks_time_and_each_read_renews_it() {
        let mut cache = PromptCache::default();
        let written = at(&mut cache, 0, MARKED, &conversation(1, "5m")).write;
        for (seconds, read) in [(299, written), (598, written), (898, 0)] {
            let cached = at(&mut cache, seconds, MARKED, &conversation(1, "5m"));
            assert_eq!(cached.read, read, "after {seconds} s");
        }
        let hour = at(&mut cache, 2000, MARKED, &conversation(3, "1h"));
        assert_eq!(hour.write_hour, hour.write);
        let later = at(&mut cache, 5599, MARKED, &conversation(3, "1h"));
        assert_eq!((later.read, later.write), (hour.read + hour.write, 0));
    }

    #[test]
    fn a_changed_part_ends_the_prefix() {
        let mut cache = PromptCache::default();
        at(&mut cache, 0, MARKED, &conversation(1, "5m"));
        let mut changed = conversation(3, "5m");
        changed["system"] = "Be brief.".into();
        assert_eq!(at(&mut cache, 1, MARKED, &changed).read, 0);
        let other = ends(Dialect::Anthropic, &conversation(1, "5m"), &[b"other"]);
        assert_eq!(
            cache.look(Duration::from_secs(1), MARKED, &other).read,
            0,
            "another organisation"
        );
    }

    #[test]
    fn without_a_mark_or_below_the_minimum_nothing_is_cached() {
        let mut cache = PromptCache::default();
        let mut unmarked = conversation(1, "5m");
        unmarked["messages"][0]["content"][0]["cache_control"] = Value::Null;
        let short = json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}},
        ]}]});
        for body in [&unmarked, &short] {
            for _ in 0..2 {
                assert_eq!(at(&mut cache, 0, MARKED, body), Cached::default());
            }
        }
    }

    #[test]
    fn an_automatic_cache_needs_no_mark() {
        let mut cache = PromptCache::default();
        let first = at(&mut cache, 0, AUTOMATIC, &conversation(1, "5m"));
        let second = at(&mut cache, 599, AUTOMATIC, &conversation(2, "5m"));
        assert_eq!((first.read, second.read), (0, first.write));
        assert_eq!(
            at(&mut cache, 2000, AUTOMATIC, &conversation(2, "5m")).read,
            0
        );
    }
}
