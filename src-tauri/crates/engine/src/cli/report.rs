//! `understudyd report`: a month or an incident, for the owner or for a customer.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use api::ReportChoices;
use clap::{Args, ValueEnum};

use super::client::{CallError, Engine};
use super::print_line::{failed, print_document, print_json_text, print_line};
use super::show::{finish, query_of};
use crate::private_file;

const WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("of").required(true).args(["month", "incident"])))]
pub(super) struct ReportArgs {
    /// The month in the engine's time zone: 2026-11
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// The incident's number, as `understudyd incidents` prints it
    #[arg(long, value_name = "NUMBER")]
    incident: Option<i64>,
    /// Only what concerns this customer's pipelines, on a short page and without amounts
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// With the value at risk, in a report for a customer
    #[arg(long, requires = "customer")]
    with_values: bool,
    /// Default: from the name of the file, else md
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// One table of CSV: uptime, models, incidents, cost, requests, review. Without it, --out names a folder for all
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Write into this new file instead of printing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One page that prints
    Html,
    /// Markdown
    Md,
    /// All figures, with a version of their schema
    Json,
    /// One table
    Csv,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Md => "md",
            Format::Json => "json",
            Format::Csv => "csv",
        }
    }

    fn of(file: &Path) -> Option<Format> {
        let end = file.extension()?.to_str()?.to_ascii_lowercase();
        Format::from_str(&end, true).ok()
    }
}

pub(super) async fn run(args: ReportArgs) -> ExitCode {
    let named = args.out.as_deref().and_then(Format::of);
    let format = args.format.or(named).unwrap_or(Format::Md);
    let all_tables = format == Format::Csv && args.table.is_none() && args.customer.is_none();
    match (&args.out, all_tables) {
        (None, true) => failed(
            "CSV has one table: add --table uptime (or models, incidents, cost, requests, review), or --out FOLDER for all of them",
            1,
        ),
        (Some(folder), true) => finish(false, write_all(&args, folder)).await,
        (out, false) => finish(false, one(&args, format, out.as_deref())).await,
    }
}

async fn one(args: &ReportArgs, format: Format, out: Option<&Path>) -> Result<ExitCode, CallError> {
    let engine = Engine::find_patient(WITHIN)?;
    let text = engine
        .get_text(&args.path(format, args.table.as_deref()))
        .await?;
    warn(&engine).await?;
    let Some(file) = out else {
        match format {
            Format::Json => print_json_text(text.trim_end()),
            Format::Html | Format::Md | Format::Csv => print_document(text.trim_end()),
        }
        return Ok(ExitCode::SUCCESS);
    };
    Ok(written(
        write(file, &text).map(|()| format!("{} has the report.", file.display())),
    ))
}

async fn write_all(args: &ReportArgs, folder: &Path) -> Result<ExitCode, CallError> {
    let engine = Engine::find_patient(WITHIN)?;
    let choices: ReportChoices = engine.get("/reports").await?;
    let name = args
        .month
        .clone()
        .unwrap_or_else(|| format!("incident-{}", args.incident.unwrap_or_default()));
    let mut files = Vec::new();
    for table in &choices.tables {
        let text = engine
            .get_text(&args.path(Format::Csv, Some(table)))
            .await?;
        let file = folder.join(format!("{name}-{table}.csv"));
        if let Err(why) = write(&file, &text) {
            return Ok(written(Err(why)));
        }
        files.push(file.display().to_string());
    }
    Ok(written(Ok(format!("Written: {}.", files.join(", ")))))
}

/// The report is complete without it, and the owner expects it.
async fn warn(engine: &Engine) -> Result<(), CallError> {
    let choices: ReportChoices = engine.get("/reports").await?;
    if let Some(problem) = choices.logo_problem {
        let _ = failed(&problem, 0);
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    if file.exists() {
        let file = file.display();
        return Err(format!(
            "{file} exists already. Remove it, or choose another name"
        ));
    }
    private_file::write(file, text.as_bytes())
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

fn written(done: Result<String, String>) -> ExitCode {
    match done {
        Ok(message) => {
            print_line!("{message}");
            ExitCode::SUCCESS
        }
        Err(why) => failed(&why, 1),
    }
}

impl ReportArgs {
    fn path(&self, format: Format, table: Option<&str>) -> String {
        let incident = self.incident.map(|id| id.to_string());
        let parts = [
            ("month", self.month.as_deref()),
            ("incident", incident.as_deref()),
            ("customer", self.customer.as_deref()),
            ("with_values", self.with_values.then_some("true")),
            ("format", Some(format.as_str())),
            ("table", table),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let parts: Vec<(&str, &str)> = parts.collect();
        format!("/report?{}", query_of(&parts))
    }
}
