//! Reports over HTTP: what they can be about, and one as a document.

use std::sync::Arc;

use api::{ReportChoices, ReportMonth};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use report::{Month, Owner, Source, TableName};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::apart::apart;
use crate::report::{self as figures, Of};
use crate::view::facts::{Facts, PageFacts};

/// Two years, as long as incidents and daily sums are kept by default.
const MONTHS: usize = 24;

#[derive(Deserialize)]
pub(super) struct Wanted {
    month: Option<String>,
    incident: Option<i64>,
    customer: Option<String>,
    #[serde(default)]
    with_values: bool,
    #[serde(default)]
    format: Format,
    table: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Html,
    Md,
    Json,
    Csv,
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Md => "text/markdown; charset=utf-8",
            Format::Json => "application/json",
            Format::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

pub(super) async fn choices(
    State(control): State<Control>,
) -> Result<Shown<ReportChoices>, Refused> {
    let (facts, now) = (control.facts(), (control.clock)());
    let begins = control.read(ledger::Ledger::report_begins).await?;
    let zone = facts.zone().offsets();
    let last = Month::of(&zone, now);
    let first = begins.map_or(last, |at| Month::of(&zone, at)).min(last);
    let months =
        std::iter::successors(Some(last), |month| (*month > first).then(|| month.before()));
    let months = months.take(MONTHS).map(|month| ReportMonth {
        month: month.to_string(),
        title: month.title(),
        is_over: month != last,
    });
    let settings = facts.settings();
    Ok(Shown(ReportChoices {
        months: months.collect(),
        customers: figures::customers(settings)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        tables: TableName::OWNER.map(|name| name.to_string()).into(),
        zone: figures::zone_name(facts.zone(), now),
        owner: settings.report.name.clone(),
        logo_problem: logo(&control, &facts).await.err(),
    }))
}

pub(super) async fn show(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let (facts, now) = (control.facts(), (control.clock)());
    let of = wanted.of()?;
    let table = wanted.table()?;
    let customer = wanted.customer(&facts)?;
    let (format, with_values) = (wanted.format, wanted.with_values);
    let owner = Owner {
        name: facts.settings().report.name.clone(),
        // Without a usable logo, a report has none; the choices have the reason.
        logo: logo(&control, &facts).await.unwrap_or_default(),
    };
    let zone = figures::zone_name(facts.zone(), now);
    let text = control.read(move |ledger| {
        let Some(span) = figures::period(ledger, &*facts, &zone, now, of)? else {
            return Ok(None);
        };
        let text = match &customer {
            Some(customer) => {
                let of = (&**customer, with_values);
                let report = figures::customer(ledger, &*facts, &span, owner, of, now)?;
                document(Source::Customer(&report), format, table, &span.place)
            }
            None => {
                let report = figures::owner(ledger, &*facts, &span, owner, now)?;
                document(Source::Owner(&report), format, table, &span.place)
            }
        };
        Ok(Some(text))
    });
    let Some(text) = text.await? else {
        let id = wanted.incident.unwrap_or_default();
        return Err(Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no incident {id}"),
            Some("`understudyd incidents` lists them"),
        ));
    };
    let text = text.map_err(|why| {
        tracing::error!(why, "a report could not be written");
        Refused::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the report cannot be written: {why}"),
            None,
        )
    })?;
    let headers = [
        (header::CONTENT_TYPE, format.content_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

/// `Err`: a template or a value cannot be written, which is a fault of this program.
fn document(
    report: Source<'_>,
    format: Format,
    table: TableName,
    place: &report::Place,
) -> Result<String, String> {
    match format {
        Format::Html => report::html(report, place).map_err(|error| error.to_string()),
        Format::Md => report::markdown(report, place).map_err(|error| error.to_string()),
        Format::Json => report::json(report).map_err(|error| error.to_string()),
        Format::Csv => Ok(report::csv(report, table, place).unwrap_or_default()),
    }
}

/// `Ok(None)`: none is set.
async fn logo(control: &Control, facts: &Arc<PageFacts>) -> Result<Option<String>, String> {
    let Some(file) = facts.settings().report.logo.clone() else {
        return Ok(None);
    };
    let settings = control.places.settings.clone();
    let read = apart(move || figures::logo(&settings, &file)).await;
    read.unwrap_or_else(|_| Err("The logo could not be read.".to_owned()))
        .map(Some)
}

impl Wanted {
    fn of(&self) -> Result<Of, Refused> {
        match (&self.month, self.incident) {
            (None, Some(id)) => Ok(Of::Incident(id)),
            (Some(month), None) => {
                let month = month
                    .parse()
                    .map_err(|error: report::NotAMonth| refused(&error.to_string()))?;
                Ok(Of::Month(month))
            }
            (Some(_), Some(_)) | (None, None) => Err(refused(
                "a report is about one month or one incident: write `month=2026-11` or `incident=12`",
            )),
        }
    }

    /// A table of this report.
    fn table(&self) -> Result<TableName, Refused> {
        let of_customer = self.customer.is_some();
        let known: &[TableName] = match of_customer {
            true => &TableName::CUSTOMER,
            false => &TableName::OWNER,
        };
        let wanted = match (&self.table, self.format) {
            (Some(name), _) => known.iter().find(|table| table.as_str() == name),
            (None, Format::Csv) if !of_customer => None,
            (None, Format::Csv | Format::Html | Format::Md | Format::Json) => known.first(),
        };
        wanted.copied().ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|table| table.as_str()).collect();
            refused(&format!(
                "CSV has one table: choose `table` from {}",
                names.join(", ")
            ))
        })
    }

    /// The name as the settings have it.
    fn customer(&self, facts: &PageFacts) -> Result<Option<String>, Refused> {
        let Some(name) = self.customer.as_deref().map(str::trim) else {
            return Ok(None);
        };
        let known = figures::customers(facts.settings());
        let mut same = known
            .iter()
            .filter(|one| one.to_lowercase() == name.to_lowercase());
        let found = known.get(name).or_else(|| same.next());
        found.map(|one| Some((*one).to_owned())).ok_or_else(|| {
            let known: Vec<&str> = known.into_iter().collect();
            let known = match known.is_empty() {
                true => {
                    "No pipeline has one: write `customer = \"…\"` in its [[pipeline]]".to_owned()
                }
                false => format!("The customers are {}", known.join(", ")),
            };
            refused(&format!(
                "no pipeline in the settings has the customer \"{name}\". {known}"
            ))
        })
    }
}

fn refused(why: &str) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why, None)
}
