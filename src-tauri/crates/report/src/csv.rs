//! CSV as RFC 4180 has it: a line of columns, then rows; times with their offset, durations in seconds, amounts in millionths of the
//! currency's unit.

use crate::customer::CustomerReport;
use crate::model::{CallCounts, OwnerReport};
use crate::place::Place;
use crate::table::TableName;

/// Either report.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    Owner(&'a OwnerReport),
    Customer(&'a CustomerReport),
}

/// None: this report has no such table.
pub fn csv(report: Source<'_>, table: TableName, place: &Place) -> Option<String> {
    let mut sheet = Sheet::default();
    match (report, table) {
        (Source::Owner(report), TableName::Uptime) => uptime(&mut sheet, report, place),
        (Source::Owner(report), TableName::Models) => models(&mut sheet, report),
        (Source::Owner(report), TableName::Incidents) => incidents(&mut sheet, report, place),
        (Source::Owner(report), TableName::Cost) => cost(&mut sheet, report, place),
        (Source::Owner(report), TableName::Requests) => requests(&mut sheet, report),
        (Source::Owner(report), TableName::Review) => review(&mut sheet, report, place),
        (Source::Customer(report), TableName::Items) => items(&mut sheet, report, place),
        (Source::Owner(_), TableName::Items)
        | (
            Source::Customer(_),
            TableName::Uptime
            | TableName::Models
            | TableName::Incidents
            | TableName::Cost
            | TableName::Requests
            | TableName::Review,
        ) => return None,
    }
    Some(sheet.0)
}

const CALLS: &str = "calls,failed,not_counted_limit,not_counted_ours,not_counted_unknown";

fn calls(sheet: &mut Sheet, calls: &CallCounts) {
    for count in [
        calls.judged,
        calls.failed,
        calls.limits,
        calls.ours,
        calls.unknown,
    ] {
        sheet.value(count);
    }
}

fn uptime(sheet: &mut Sheet, report: &OwnerReport, place: &Place) {
    sheet.line(&format!(
        "day,provider,outage_s,degraded_s,not_counted_ours_s,not_counted_undetermined_s,not_counted_no_evidence_s,carried,{CALLS}"
    ));
    for provider in &report.uptime {
        for day in &provider.days {
            sheet.text(&place.iso_day(day.begins));
            sheet.text(&provider.provider);
            sheet.value(day.outage_s);
            sheet.value(day.degraded_s);
            sheet.value(day.excluded.ours_s);
            sheet.value(day.excluded.undetermined_s);
            sheet.value(day.excluded.no_evidence_s);
            sheet.value(day.carried);
            calls(sheet, &day.calls);
            sheet.end();
        }
    }
}

fn models(sheet: &mut Sheet, report: &OwnerReport) {
    sheet.line(&format!("provider,model,{CALLS}"));
    for provider in &report.uptime {
        for model in &provider.models {
            sheet.text(&provider.provider);
            sheet.text(&model.model);
            calls(sheet, &model.calls);
            sheet.end();
        }
    }
}

fn incidents(sheet: &mut Sheet, report: &OwnerReport, place: &Place) {
    sheet.line("incident,provider,peak,cause,begin,end,observed_by,first_fallback_s,recovery_s,affected,carried,waiting,failed,fallback_cost_micro_usd,at_risk_currency,at_risk_low_micro,at_risk_high_micro");
    for row in &report.incidents {
        // One line for each currency, or one without a figure.
        let ranges = row.impact.at_risk.iter().map(Some);
        let none = row.impact.at_risk.is_empty().then_some(None);
        for range in ranges.chain(none) {
            sheet.value(row.id);
            sheet.text(&row.provider);
            sheet.text(&row.peak);
            sheet.text(&row.cause);
            sheet.text(&place.iso(row.opened));
            sheet.text(&row.closed.map(|at| place.iso(at)).unwrap_or_default());
            let observed: Vec<&str> = row.observed_by.iter().map(|by| by.text()).collect();
            sheet.text(&observed.join("; "));
            sheet.maybe(row.first_fallback_s);
            sheet.maybe(row.recovery_s);
            for count in [row.hit, row.carried, row.waiting, row.failed] {
                sheet.value(count);
            }
            sheet.value(row.fallback_cost_micro_usd);
            sheet.text(range.map_or("", |range| &range.currency));
            sheet.maybe(range.map(|range| range.low));
            sheet.maybe(range.map(|range| range.high));
            sheet.end();
        }
    }
}

fn cost(sheet: &mut Sheet, report: &OwnerReport, place: &Place) {
    sheet.line("day,own_micro_usd,fallback_micro_usd,probes_micro_usd,primaries_micro_usd");
    for day in &report.spending.days {
        sheet.text(&place.iso_day(day.begins));
        sheet.value(day.own_micro_usd);
        sheet.value(day.fallback_micro_usd);
        sheet.value(day.probes_micro_usd);
        sheet.value(day.primaries_micro_usd);
        sheet.end();
    }
}

fn requests(sheet: &mut Sheet, report: &OwnerReport) {
    sheet.line("pipeline,customer,requests,answered,carried,failed");
    for row in &report.requests {
        sheet.text(row.pipeline.as_deref().unwrap_or_default());
        sheet.text(row.customer.as_deref().unwrap_or_default());
        for count in [row.requests, row.answered, row.carried, row.failed] {
            sheet.value(count);
        }
        sheet.end();
    }
}

fn review(sheet: &mut Sheet, report: &OwnerReport, place: &Place) {
    sheet.line("first_failed,pipeline,customer,item,failures,end,ended");
    for row in &report.review {
        sheet.text(&place.iso(row.first_failed));
        sheet.text(row.pipeline.as_deref().unwrap_or_default());
        sheet.text(row.customer.as_deref().unwrap_or_default());
        sheet.text(row.item.as_deref().unwrap_or_default());
        sheet.value(row.failures);
        sheet.text(row.end.text());
        sheet.text(&row.ended.map(|at| place.iso(at)).unwrap_or_default());
        sheet.end();
    }
}

fn items(sheet: &mut Sheet, report: &CustomerReport, place: &Place) {
    let mut all = report.incidents.iter().flat_map(|one| &one.items);
    let amounts = all.any(|items| items.at_risk.is_some());
    let columns =
        "begin,end,provider,peak,pipeline,measured,affected,by_fallback,safe,later,waiting,failed";
    match amounts {
        true => sheet.line(&format!(
            "{columns},at_risk_currency,at_risk_low_micro,at_risk_high_micro"
        )),
        false => sheet.line(columns),
    }
    for incident in &report.incidents {
        for items in &incident.items {
            sheet.text(&place.iso(incident.opened));
            sheet.text(&incident.closed.map(|at| place.iso(at)).unwrap_or_default());
            sheet.text(&incident.product);
            sheet.text(&incident.peak);
            sheet.text(&items.pipeline);
            sheet.value(items.measured);
            for count in [
                items.affected,
                items.by_fallback,
                items.safe,
                items.later,
                items.waiting,
                items.failed,
            ] {
                sheet.value(count);
            }
            if amounts {
                let range = items.at_risk.as_ref();
                sheet.text(range.map_or("", |range| &range.currency));
                sheet.maybe(range.map(|range| range.low));
                sheet.maybe(range.map(|range| range.high));
            }
            sheet.end();
        }
    }
}

#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn line(&mut self, line: &str) {
        self.0 += line;
        self.0 += "\r\n";
    }

    fn value(&mut self, value: impl std::fmt::Display) {
        self.0 += &format!("{value},");
    }

    fn maybe(&mut self, value: Option<impl std::fmt::Display>) {
        match value {
            Some(value) => self.value(value),
            None => self.0.push(','),
        }
    }

    /// A text that a spreadsheet would execute as a formula begins with an apostrophe.
    fn text(&mut self, text: &str) {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = format!("{}{text}", if is_formula { "'" } else { "" });
        match text.contains(['"', ',', '\n', '\r']) {
            true => self.0 += &format!("\"{}\",", text.replace('"', "\"\"")),
            false => self.value(text),
        }
    }

    fn end(&mut self) {
        self.0.pop();
        self.line("");
    }
}
