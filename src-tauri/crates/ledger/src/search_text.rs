//! The text of a search: words of a row, a status, the id of a request, or what a client showed for a failure.

use catalog::{KnownClient, ShownFailure};
use rusqlite::{Connection, ToSql};

/// Columns of an exchange that are searched.
const OF_EXCHANGE: &[&str] = &[
    "request_id",
    "client",
    "session",
    "model",
    "pipeline",
    "item",
    "detail",
    "token",
];
/// Columns of an attempt that are searched.
const OF_ATTEMPT: &[&str] = &["provider", "endpoint", "model", "outcome", "detail"];

pub(crate) const EXACT: &str = "SELECT EXISTS (SELECT 1 FROM exchanges WHERE request_id = ?1)";

/// Words of a copied message that are looked up as ids of requests.
const MOST_WORDS: usize = 64;

/// A condition with its values, in their order.
pub(crate) struct Condition {
    pub(crate) sql: String,
    pub(crate) values: Vec<Box<dyn ToSql>>,
}

impl Condition {
    fn any() -> Self {
        Self {
            sql: String::new(),
            values: Vec::new(),
        }
    }

    fn or(&mut self, sql: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" OR ");
        }
        self.sql.push_str(sql);
    }

    fn or_like(&mut self, table: &str, columns: &[&str], pattern: &str) {
        for column in columns {
            self.or(&format!("{table}.{column} LIKE ? ESCAPE '\\'"));
            self.values.push(Box::new(pattern.to_owned()));
        }
    }

    /// In brackets, for the use in another condition.
    fn closed(mut self) -> Self {
        self.sql = format!("({})", self.sql);
        self
    }
}

/// A text that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SearchText {
    pattern: String,
    status: Option<u16>,
    failures: Vec<ShownFailure>,
}

impl SearchText {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        Some(Self {
            pattern: format!("%{}%", escaped(text)),
            status: text.parse().ok().filter(|s| (100..600).contains(s)),
            failures: KnownClient::failures_shown_as(text),
        })
    }

    /// Exchanges of the table `exchanges` with this text, in themselves or in an attempt.
    pub(crate) fn of_exchange(&self) -> Condition {
        let mut of_attempt = Condition::any();
        of_attempt.or_like("a", OF_ATTEMPT, &self.pattern);
        self.or_failures(&mut of_attempt, "a");
        let mut condition = Condition::any();
        condition.or_like("exchanges", OF_EXCHANGE, &self.pattern);
        if let Some(status) = self.status {
            condition.or(&format!("exchanges.status = {status}"));
        }
        if self.failures.contains(&ShownFailure::Cut) {
            condition.or("exchanges.ended = 'cut'");
        }
        condition.or(&format!(
            "EXISTS (SELECT 1 FROM attempts a WHERE a.exchange = exchanges.id AND ({}))",
            of_attempt.sql
        ));
        condition.values.extend(of_attempt.values);
        condition.closed()
    }

    /// Failed attempts `a` with this text, in themselves or in their exchange `e`.
    pub(crate) fn of_failed_attempt(&self) -> Condition {
        let mut condition = Condition::any();
        condition.or_like("a", OF_ATTEMPT, &self.pattern);
        condition.or_like("e", OF_EXCHANGE, &self.pattern);
        self.or_failures(&mut condition, "a");
        condition.closed()
    }

    /// These columns of this table.
    pub(crate) fn of_columns(&self, table: &str, columns: &[&str]) -> Condition {
        let mut condition = Condition::any();
        condition.or_like(table, columns, &self.pattern);
        condition.closed()
    }

    fn or_failures(&self, condition: &mut Condition, attempt: &str) {
        if let Some(status) = self.status {
            condition.or(&format!("{attempt}.status = {status}"));
        }
        for failure in &self.failures {
            condition.or(&match failure {
                // A provider's response that began with a good status and failed then.
                ShownFailure::Cut => format!(
                    "{attempt}.outcome = 'broken' OR {attempt}.outcome IN ('failed', 'silent', 'dead connection') AND {attempt}.status BETWEEN 200 AND 299"
                ),
                ShownFailure::Overloaded => format!("{attempt}.status IN (503, 529)"),
                ShownFailure::ServerError => format!("{attempt}.status BETWEEN 500 AND 599"),
                ShownFailure::RateLimit => format!("{attempt}.status = 429"),
                ShownFailure::Unreachable => {
                    format!("{attempt}.outcome IN ('failed', 'dead connection') AND {attempt}.status IS NULL")
                }
                ShownFailure::TimedOut => format!("{attempt}.outcome = 'silent'"),
            });
        }
    }
}

/// The ids of requests in this text: the complete text, or words of a message of Understudy that a client showed.
pub(crate) fn request_ids(conn: &Connection, text: &str) -> rusqlite::Result<Vec<String>> {
    let mut exact = conn.prepare_cached(EXACT)?;
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut found = Vec::new();
    for word in words.filter(|word| word.len() >= 6).take(MOST_WORDS) {
        let id = word.to_ascii_lowercase();
        if !found.contains(&id) && exact.query_row([&id], |row| row.get(0))? {
            found.push(id);
        }
    }
    Ok(found)
}

/// Escapes the wildcards of a LIKE pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped
}
