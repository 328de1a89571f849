//! Reports as documents. The templates are part of the program.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, context, escape_formatter};

use crate::csv::Source;
use crate::page::Page;
use crate::place::Place;
use crate::{customer, owner};

const HTML: &str = include_str!("templates/report.html");
const MARKDOWN: &str = include_str!("templates/report.md");
const STYLE: &str = include_str!("templates/style.css");

/// One file that loads nothing and runs no script.
pub fn html(report: Source<'_>, place: &Place) -> Result<String, Error> {
    let page = page(report, place);
    let mut environment = Environment::new();
    environment.add_template("report.html", HTML)?;
    let template = environment.get_template("report.html")?;
    template.render(context! { page => Value::from(Serde(page)), style => Value::from_safe_string(STYLE.to_owned()) })
}

/// Every name is escaped, so that it is text in Markdown.
pub fn markdown(report: Source<'_>, place: &Place) -> Result<String, Error> {
    let page = page(report, place);
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(format_markdown);
    environment.add_template("report.md", MARKDOWN)?;
    let template = environment.get_template("report.md")?;
    let text = template.render(context! { page => Value::from(Serde(page)) })?;
    Ok(squeezed(&text))
}

pub fn json(report: Source<'_>) -> serde_json::Result<String> {
    let mut text = match report {
        Source::Owner(report) => serde_json::to_string_pretty(report)?,
        Source::Customer(report) => serde_json::to_string_pretty(report)?,
    };
    text.push('\n');
    Ok(text)
}

fn page(report: Source<'_>, place: &Place) -> Page {
    match report {
        Source::Owner(report) => owner::page(report, place),
        Source::Customer(report) => customer::page(report, place),
    }
}

fn format_markdown(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => Ok(out.write_str(&escaped(text))?),
        None => escape_formatter(out, state, value),
    }
}

/// Signs that start markup within a line. A hyphen, a point and a bracket of a sentence stay readable.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '<' => out += "&lt;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => out.extend(['\\', sign]),
            plain => out.push(plain),
        }
    }
    out
}

/// At most one empty line in sequence.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut was_empty = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && was_empty) {
            out += line;
            out.push('\n');
        }
        was_empty = line.is_empty();
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
