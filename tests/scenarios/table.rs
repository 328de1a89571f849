//! A scenario's verdict, and all verdicts as a table.

use catalog::Dialect;

use super::client::Verdict;
use super::play::Played;
use super::scenario::{Form, Scenario};

/// One cell: a scenario in one dialect and form.
#[derive(Debug)]
pub(crate) struct Row {
    scenario: &'static str,
    dialect: Dialect,
    form: Form,
    attempts: usize,
    /// Requests that the two upstreams counted.
    posts: (usize, usize),
    /// The verdicts, without repetitions of the previous one.
    verdicts: Vec<Verdict>,
    wrong: Vec<String>,
}

impl Row {
    pub(crate) fn judge(scenario: &Scenario, played: &Played) -> Row {
        let expected = (scenario.expected)(played.form);
        let posts = (played.lead.len(), played.second.len());
        let mut wrong = Vec::new();
        let mut verdicts = Vec::new();
        for requested in &played.requested {
            let verdict = requested.response.verdict(played.dialect);
            if verdict != expected.verdict {
                let received = String::from_utf8_lossy(&requested.response.body);
                wrong.push(format!(
                    "{verdict} instead of {}: {received}",
                    expected.verdict
                ));
            }
            let limit = played.clock.seconds(expected.within) + played.clock.slack;
            if requested.took > limit {
                wrong.push(format!("it took {:?} instead of {limit:?}", requested.took));
            }
            verdicts.push(verdict);
        }
        verdicts.dedup();
        if let Some(expected) = expected.posts
            && posts != expected
        {
            wrong.push(format!("{posts:?} POSTs instead of {expected:?}"));
        }
        if posts.0 + posts.1 == 0 {
            wrong.push("no upstream counted anything".to_owned());
        }
        // Each attempt is one request: no lower layer repeats it.
        let of_second = played.attempts.iter().filter(|a| a.by_second).count();
        let booked = (played.attempts.len() - of_second, of_second);
        if booked != posts {
            wrong.push(format!("{booked:?} attempts are booked"));
        }
        wrong.extend((scenario.check)(played).err());
        Row {
            scenario: scenario.name,
            dialect: played.dialect,
            form: played.form,
            attempts: played.attempts.len(),
            posts,
            verdicts,
            wrong,
        }
    }

    /// The problem, if there is one.
    pub(crate) fn wrong(&self) -> Option<String> {
        let name = format!("{}, {}, {}", self.scenario, self.dialect, self.form.name());
        (!self.wrong.is_empty()).then(|| format!("{name}: {}", self.wrong.join("; ")))
    }
}

/// Markdown: a line for each scenario and form, a column for each dialect.
pub(crate) fn table(world: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "\nScenarios {world}. Each cell: attempts · POSTs that the first and the second upstream counted · what the client got\n\n\
         | scenario | form | {} |\n|---|---|---|---|---|\n",
        Dialect::ALL.map(Dialect::as_str).join(" | ")
    );
    for line in rows.chunks(Dialect::ALL.len()) {
        let cells: Vec<String> = line.iter().map(cell).collect();
        text += &format!(
            "| {} | {} | {} |\n",
            line[0].scenario,
            line[0].form.name(),
            cells.join(" | ")
        );
    }
    let partial = rows
        .iter()
        .filter(|row| row.verdicts.contains(&Verdict::IncompleteAccepted))
        .count();
    let wrong = rows.iter().filter(|row| row.wrong().is_some()).count();
    text += &format!(
        "\n{} cells, {wrong} not as expected, {partial} incomplete responses accepted as complete\n",
        rows.len()
    );
    text
}

fn cell(row: &Row) -> String {
    let verdicts: Vec<String> = row.verdicts.iter().map(Verdict::to_string).collect();
    let mark = if row.wrong.is_empty() { "" } else { "✗ " };
    format!(
        "{mark}{} · {} + {} · {}",
        row.attempts,
        row.posts.0,
        row.posts.1,
        verdicts.join(", then ")
    )
}
