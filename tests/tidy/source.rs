//! A file's comments, texts and identifiers, each with its line.

use std::path::Path;

/// The kind of a piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// For readers of the code.
    Comment,
    /// For users of the product: string literals in the code, the windows' markup, documents.
    Text,
    Identifier,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// The pieces of a file, by its extension; empty for unknown extensions.
pub(crate) fn pieces(path: &Path, text: &str) -> Vec<Piece> {
    match path.extension().and_then(|end| end.to_str()) {
        Some("rs") => Reader::new(text, Form::Rust).read(),
        Some("ts" | "mjs" | "js") => Reader::new(text, Form::Script).read(),
        Some("svelte" | "html") => Reader::new(text, Form::Markup).read(),
        Some("toml" | "sh" | "yml" | "py") => hash_comments(text),
        Some("md") => document(text),
        _ => Vec::new(),
    }
}

fn hash_comments(text: &str) -> Vec<Piece> {
    let comment = |line: &str| match line.trim_start().strip_prefix('#') {
        Some(comment) => Some(comment.to_owned()),
        None => line
            .split_once(" # ")
            .map(|(_, comment)| comment.to_owned()),
    };
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(line, text)| {
            Some(Piece {
                line: line + 1,
                kind: Kind::Comment,
                text: comment(text)?,
            })
        })
        .collect()
}

/// Prose of a Markdown file: without code fences.
fn document(text: &str) -> Vec<Piece> {
    let mut fenced = false;
    let mut pieces = Vec::new();
    for (line, text) in text.lines().enumerate() {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            pieces.push(Piece {
                line: line + 1,
                kind: Kind::Text,
                text: without_link_targets(text),
            });
        }
    }
    pieces
}

/// `[text](target)` → `[text]`.
fn without_link_targets(line: &str) -> String {
    let mut parts = line.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push(']');
        text += part.split_once(')').map_or("", |(_, after)| after);
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Rust,
    Script,
    /// Svelte and HTML: markup with scripts.
    Markup,
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    form: Form,
    /// Within `<script>` or an expression of the markup.
    in_script: bool,
    pieces: Vec<Piece>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, form: Form) -> Self {
        Self {
            rest: text,
            line: 1,
            form,
            in_script: form != Form::Markup,
            pieces: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Piece> {
        while let Some(next) = self.rest.chars().next() {
            if !self.comment() && !self.tag() && !self.string() && !self.word(next) {
                self.take(next.len_utf8());
            }
        }
        self.pieces
    }

    /// Advances by this many bytes and returns them.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn push(&mut self, line: usize, kind: Kind, text: &str) {
        for (below, text) in text.lines().enumerate() {
            self.pieces.push(Piece {
                line: line + below,
                kind,
                text: text.to_owned(),
            });
        }
    }

    fn comment(&mut self) -> bool {
        for (start, end) in [("//", "\n"), ("/*", "*/"), ("<!--", "-->")] {
            let is_markup = start == "<!--";
            let applies = is_markup == (self.form == Form::Markup && !self.in_script)
                || (start == "/*" && self.form == Form::Markup);
            if applies && self.rest.starts_with(start) {
                let line = self.line;
                let length = self.rest.find(end).unwrap_or(self.rest.len());
                let text = self.take(length);
                self.push(
                    line,
                    Kind::Comment,
                    text.trim_matches(['/', '!', '*', '<', '-']),
                );
                return true;
            }
        }
        false
    }

    /// Tags of markup: attribute values are strings, and their contents are texts.
    fn tag(&mut self) -> bool {
        if self.form != Form::Markup {
            return false;
        }
        for (start, script) in [("<script", true), ("</script", false), ("<style", true)] {
            if self.rest.starts_with(start) {
                self.in_script = script;
                let length = self.rest.find('>').unwrap_or(self.rest.len());
                if start == "<style" {
                    let length = self.rest.find("</style").unwrap_or(self.rest.len());
                    self.take(length);
                    self.in_script = false;
                } else {
                    self.take(length);
                }
                return true;
            }
        }
        if self.in_script || !self.rest.starts_with('>') {
            return false;
        }
        self.take(1);
        let line = self.line;
        let length = self.rest.find(['<', '{']).unwrap_or(self.rest.len());
        let text = self.take(length);
        // `=>` within an expression does not end a tag: code follows it.
        if text.contains(' ') && !text.contains(['(', '=', ';']) {
            self.push(line, Kind::Text, text);
        }
        true
    }

    fn string(&mut self) -> bool {
        if self.form == Form::Rust
            && let Some(hashes) = raw_string(self.rest)
        {
            let end = format!("\"{}", "#".repeat(hashes));
            let line = self.line;
            self.take(self.rest.find('"').unwrap_or(0) + 1);
            let length = self.rest.find(&end).unwrap_or(self.rest.len());
            let text = self.take(length);
            self.take(end.len());
            self.literal(line, text);
            return true;
        }
        let quotes: &[char] = match self.form {
            Form::Rust => &['"'],
            Form::Script => &['"', '\'', '`'],
            Form::Markup => &['"', '`'],
        };
        let Some(quote) = self.rest.chars().next().filter(|c| quotes.contains(c)) else {
            return false;
        };
        let line = self.line;
        self.take(1);
        let mut escaped = false;
        let length = self
            .rest
            .find(|c: char| {
                let ends = c == quote && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })
            .unwrap_or(self.rest.len());
        let text = self.take(length);
        self.take(1);
        self.literal(line, text);
        true
    }

    fn literal(&mut self, line: usize, text: &str) {
        if text.trim().contains(' ') && !is_query(text) {
            self.push(line, Kind::Text, text);
        }
    }

    fn word(&mut self, next: char) -> bool {
        if self.form == Form::Rust && next == '\'' {
            self.character();
            return true;
        }
        if !next.is_alphabetic() && next != '_' {
            return false;
        }
        let line = self.line;
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let length = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let text = self.take(length);
        if self.form == Form::Rust {
            self.push(line, Kind::Identifier, text);
        }
        true
    }

    /// A character literal, or the quote of a lifetime.
    fn character(&mut self) {
        let mut chars = self.rest.chars().skip(1);
        let length = match (chars.next(), chars.next()) {
            (Some('\\'), Some(escaped)) => {
                2 + escaped.len_utf8() + self.rest[3..].find('\'').unwrap_or(0)
            }
            (Some(character), Some('\'')) => 2 + character.len_utf8(),
            _ => 1,
        };
        self.take(length);
    }
}

/// SQL statements, whose words are column names.
fn is_query(text: &str) -> bool {
    let verbs = [
        "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "FROM ", "WHERE ", "JOIN ",
    ];
    verbs.iter().any(|verb| text.contains(verb))
}

/// The number of `#` of a raw string that starts here.
fn raw_string(text: &str) -> Option<usize> {
    let text = text.strip_prefix('b').unwrap_or(text).strip_prefix('r')?;
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].starts_with('"').then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Vec<(usize, Kind, String)> {
        pieces(Path::new(name), text)
            .into_iter()
            .map(|piece| (piece.line, piece.kind, piece.text.trim().to_owned()))
            .collect()
    }

    fn expect(name: &str, text: &str, expected: &[(usize, Kind, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, kind, text)| (*line, *kind, (*text).to_owned()))
            .collect();
        assert_eq!(read(name, text), expected, "{text}");
    }

    #[test]
    fn rust_has_comments_texts_and_identifiers() {
        use Kind::{Comment, Identifier, Text};
        let text = "/// A \"b\".\nlet c = '\"'; // d\nlet e: &'f str = r#\"g \"h\" i\"#;\n\"one\" \"it \\\" two\"";
        expect(
            "a.rs",
            text,
            &[
                (1, Comment, "A \"b\"."),
                (2, Identifier, "let"),
                (2, Identifier, "c"),
                (2, Comment, "d"),
                (3, Identifier, "let"),
                (3, Identifier, "e"),
                (3, Identifier, "f"),
                (3, Identifier, "str"),
                (3, Text, "g \"h\" i"),
                (4, Text, "it \\\" two"),
            ],
        );
    }

    #[test]
    fn markup_has_texts_between_tags_and_in_attributes() {
        use Kind::{Comment, Text};
        let text = "<script>\n// a\nlet b = `c d`;\n</script>\n<!-- e -->\n<p title=\"f g\">h i {j}</p>\n<style>\n.k { l: m }\n</style>";
        expect(
            "a.svelte",
            text,
            &[
                (2, Comment, "a"),
                (3, Text, "c d"),
                (5, Comment, "e"),
                (6, Text, "f g"),
                (6, Text, "h i"),
            ],
        );
    }

    #[test]
    fn documents_are_read_without_code_and_link_targets() {
        expect(
            "a.md",
            "a [b](c-d)\n```\ne\n```\nf",
            &[(1, Kind::Text, "a [b]"), (5, Kind::Text, "f")],
        );
    }

    #[test]
    fn settings_have_comments() {
        expect(
            "a.toml",
            "# a\nb = 1 # c",
            &[(1, Kind::Comment, "a"), (2, Kind::Comment, "c")],
        );
    }
}
