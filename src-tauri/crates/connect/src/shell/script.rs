//! Parses a start file of a shell as far as variables and aliases. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// A line number, a name and a value.
pub(super) type Entry = (usize, String, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// sh, bash, zsh, fish, PowerShell: their lines that set a variable differ, and cannot be confused.
    Shell,
    /// `NAME=VALUE`, for every program.
    Lines,
    /// The variables that fish keeps for `set --universal`.
    FishVariables,
}

#[derive(Debug, Default)]
pub(super) struct Script {
    /// By name: the line and the value.
    set: BTreeMap<String, (usize, String)>,
    /// Names of variables that programs get.
    exported: BTreeSet<String>,
    pub(super) aliases: Vec<Entry>,
}

impl Script {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Script {
        let mut script = Script::default();
        match syntax {
            Syntax::Shell | Syntax::Lines => {
                for (line, words) in commands(text) {
                    script.run(line, &words, syntax == Syntax::Lines);
                }
            }
            Syntax::FishVariables => script.fish_variables(text),
        }
        script
    }

    /// The variables that programs get.
    pub(super) fn variables(&self) -> impl Iterator<Item = Entry> {
        let set = self
            .set
            .iter()
            .filter(|(name, _)| self.exported.contains(*name));
        set.map(|(name, (line, value))| (*line, name.clone(), value.clone()))
    }

    fn set(&mut self, line: usize, name: &str, value: &str, exported: bool) {
        self.set.insert(name.to_owned(), (line, value.to_owned()));
        if exported {
            self.exported.insert(name.to_owned());
        }
    }

    fn unset(&mut self, name: &str) {
        self.set.remove(name);
        self.exported.remove(name);
    }

    fn run(&mut self, line: usize, words: &[String], exported: bool) {
        let keywords = [
            "then", "do", "else", "{", "if", "!", "and", "or", "begin", "builtin", "command",
        ];
        let start = words
            .iter()
            .position(|word| !keywords.contains(&word.as_str()));
        let Some((command, rest)) = start.and_then(|start| words[start..].split_first()) else {
            return;
        };
        let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
        let (flags, arguments) = rest.split_at(flags);
        let has_flag = |letter: char, long: &str| {
            let is =
                |flag: &String| flag == long || (!flag.starts_with("--") && flag.contains(letter));
            flags.iter().any(is)
        };
        match command.as_str() {
            "export" | "declare" | "typeset" => {
                let exported = command == "export" || has_flag('x', "--export");
                for argument in arguments {
                    match assignment(argument) {
                        Some((name, value)) => self.set(line, name, value, exported),
                        None if exported => drop(self.exported.insert(argument.clone())),
                        None => {}
                    }
                }
            }
            "set" if has_flag('e', "--erase") => arguments.iter().for_each(|name| self.unset(name)),
            "unset" => arguments.iter().for_each(|name| self.unset(name)),
            "set" | "setenv" => {
                let exported = command == "setenv" || has_flag('x', "--export");
                if let Some((name, value)) = arguments.split_first().filter(|it| is_name(it.0)) {
                    self.set(line, name, &value.join(" "), exported);
                }
            }
            "alias" | "abbr" => self.alias(line, arguments),
            _ => self.assign(line, command, rest, exported),
        }
    }

    /// `name=text` in bash and zsh, `name text` in fish.
    fn alias(&mut self, line: usize, arguments: &[String]) {
        let assigned = arguments.iter().map_while(|it| it.split_once('='));
        let own = |(name, text): (&str, &str)| (line, name.to_owned(), text.to_owned());
        let count = self.aliases.len();
        self.aliases.extend(assigned.map(own));
        if let Some((name, text)) = arguments.split_first().filter(|(_, text)| !text.is_empty())
            && self.aliases.len() == count
        {
            self.aliases.push(own((name, &text.join(" "))));
        }
    }

    /// `NAME=VALUE`; `$env:NAME = VALUE` in PowerShell.
    fn assign(&mut self, line: usize, command: &str, rest: &[String], exported: bool) {
        let in_powershell = command.strip_prefix("$env:");
        match (in_powershell.map(|it| (it, assignment(it))), rest) {
            (Some((_, Some((name, value)))), []) => self.set(line, name, value, true),
            (Some((name, None)), [sign, value]) if sign == "=" => self.set(line, name, value, true),
            (Some(_), _) => {}
            // With a command behind them they apply to that command only.
            (None, _) => {
                let words = std::iter::once(command).chain(rest.iter().map(String::as_str));
                let assigned: Option<Vec<_>> = words.map(assignment).collect();
                for (name, value) in assigned.into_iter().flatten() {
                    self.set(line, name, value, exported);
                }
            }
        }
    }

    /// `SETUVAR --export NAME:VALUE`, with `\x3a` for a colon.
    fn fish_variables(&mut self, text: &str) {
        for (number, line) in (1..).zip(text.lines()) {
            let Some(entry) = line.strip_prefix("SETUVAR --export ") else {
                continue;
            };
            if let Some((name, value)) = entry.split_once(':') {
                self.set(number, name, &unescaped(value), true);
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| is_name(name))
}

fn unescaped(value: &str) -> String {
    let mut parts = value.split("\\x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                text.push(char::from(code));
                text += &part[2..];
            }
            None => {
                text += "\\x";
                text += part;
            }
        }
    }
    text
}

/// The words of each command without their quotes, with the number of its first line.
fn commands(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut reader = Reader {
        line: 1,
        began: 1,
        word: None,
        words: Vec::new(),
        commands: Vec::new(),
    };
    let mut signs = text.chars().peekable();
    let mut quote = None;
    while let Some(sign) = signs.next() {
        let end_of_line = sign == '\n';
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some('"') | None, '\\') => match signs.next() {
                // The command continues in the next line.
                Some('\n') => reader.line += 1,
                // In double quotes, a backslash before any other sign is itself.
                Some(next) if quote.is_some() && !"\"\\$`".contains(next) => {
                    reader.push('\\');
                    reader.push(next);
                }
                Some(next) => reader.push(next),
                None => {}
            },
            (Some(_), _) => reader.push(sign),
            (None, '"' | '\'') => {
                reader.word.get_or_insert_default();
                quote = Some(sign);
            }
            (None, '#') if reader.word.is_none() => {
                while signs.peek().is_some_and(|next| *next != '\n') {
                    signs.next();
                }
            }
            (None, '\n' | ';' | '&' | '|' | '(' | ')') => reader.end_command(),
            (None, _) if sign.is_whitespace() => reader.end_word(),
            (None, _) => reader.push(sign),
        }
        if end_of_line {
            reader.line += 1;
        }
    }
    reader.end_command();
    reader.commands
}

struct Reader {
    line: usize,
    /// The line in which the command began.
    began: usize,
    word: Option<String>,
    words: Vec<String>,
    commands: Vec<(usize, Vec<String>)>,
}

impl Reader {
    fn push(&mut self, sign: char) {
        if self.word.is_none() && self.words.is_empty() {
            self.began = self.line;
        }
        self.word.get_or_insert_default().push(sign);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            let words = std::mem::take(&mut self.words);
            self.commands.push((self.began, words));
        }
    }
}

#[cfg(test)]
mod tests;
