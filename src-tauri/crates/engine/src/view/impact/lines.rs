//! The three lines: safe, waiting, failed.

use std::collections::BTreeMap;

use api::{Amount, ImpactLine};
use impact::{Currency, Items, Money, Part};

use super::parts::Affected;
use crate::view::words;

pub(super) fn safe(affected: &[Affected]) -> ImpactLine {
    let later: u64 = affected.iter().map(|one| one.items.recovered).sum();
    let text = match later {
        0 => "answered".to_owned(),
        later => format!("answered, {later} of them after a failure"),
    };
    line(
        affected,
        |items| items.safe,
        |part| part.safe,
        &text,
        "no item was answered",
    )
}

pub(super) fn waiting(affected: &[Affected]) -> ImpactLine {
    let waits = |drains: bool| -> u64 {
        let of = affected.iter().filter(|one| one.drains == drains);
        of.map(|one| one.items.waiting).sum()
    };
    let text = match (waits(true), waits(false)) {
        (_, 0) => "will be retried".to_owned(),
        (0, 1) => "waits for one click".to_owned(),
        (0, _) => "wait for one click".to_owned(),
        (retried, 1) => format!("{retried} will be retried, 1 waits for one click"),
        (retried, clicks) => {
            format!("{retried} will be retried, {clicks} wait for one click")
        }
    };
    line(
        affected,
        |items| items.waiting,
        |part| part.waiting,
        &text,
        "nothing waits",
    )
}

pub(super) fn failed(affected: &[Affected]) -> ImpactLine {
    let lost: u64 = affected.iter().map(|one| one.items.lost).sum();
    let all: u64 = affected.iter().map(|one| one.items.failed).sum();
    let text = match lost {
        0 => "failed".to_owned(),
        lost if lost == all => "marked as lost".to_owned(),
        lost => format!("failed, {lost} of them marked as lost"),
    };
    line(
        affected,
        |items| items.failed,
        |part| part.failed,
        &text,
        "nothing failed",
    )
}

/// "16 items, $6,400, will be retried"
fn line(
    affected: &[Affected],
    count: fn(&Items) -> u64,
    value: fn(&Part) -> Money,
    text: &str,
    none: &str,
) -> ImpactLine {
    let mut amounts: BTreeMap<Currency, i64> = BTreeMap::new();
    let (mut items, mut without_value) = (0u64, 0u64);
    for one in affected {
        let count = count(&one.items);
        items += count;
        match one.part.as_ref().map(value) {
            Some(money) if count > 0 => {
                let sum = amounts.entry(money.currency).or_default();
                *sum = sum.saturating_add(money.micro);
            }
            Some(_) => {}
            None => without_value += count,
        }
    }
    let amounts: Vec<Amount> = amounts.into_iter().map(amount).collect();
    if items == 0 {
        return ImpactLine {
            items,
            amounts,
            text: none.to_owned(),
        };
    }
    let counted = match items {
        1 => "1 item".to_owned(),
        n => format!("{n} items"),
    };
    let texts: Vec<String> = amounts.iter().map(|amount| amount.text.clone()).collect();
    let value = match (texts.is_empty(), without_value) {
        (true, _) => String::new(),
        (false, 0) => format!(", {}", words::list(&texts)),
        (false, without) => format!(", {} ({without} without a value)", words::list(&texts)),
    };
    ImpactLine {
        items,
        amounts,
        text: format!("{counted}{value}, {text}"),
    }
}

fn amount((currency, micro): (Currency, i64)) -> Amount {
    Amount {
        micro,
        currency: currency.to_string(),
        text: Money::new(micro, currency).to_string(),
    }
}
