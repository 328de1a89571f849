use proptest::prelude::*;

use super::desk::{at, june, place, range};
use crate::*;

fn items(pipeline: &str) -> CustomerItems {
    CustomerItems {
        pipeline: pipeline.to_owned(),
        measured: true,
        affected: 57,
        by_fallback: 40,
        safe: 52,
        later: 12,
        waiting: 3,
        failed: 2,
        at_risk: Some(range(5_000, 15_000)),
    }
}

pub(super) fn report() -> CustomerReport {
    let opened = at("2026-06-21T18:04:00Z");
    let closed = at("2026-06-21T18:46:00Z");
    CustomerReport {
        schema: SCHEMA,
        customer: "Miller Ltd".to_owned(),
        period: Period {
            kind: PeriodKind::Incident,
            name: "12".to_owned(),
            title: "Claude: major outage".to_owned(),
            from: opened,
            to: closed,
            ..june()
        },
        owner: Owner {
            name: Some("Ada Automations".to_owned()),
            logo: Some("data:image/png;base64,AAAA".to_owned()),
        },
        incidents: vec![CustomerIncident {
            product: "Claude".to_owned(),
            peak: "major outage".to_owned(),
            opened,
            closed: Some(closed),
            items: vec![items("Leads")],
        }],
        carried_by: vec!["OpenAI".to_owned()],
        providers: vec![
            ProviderUse {
                product: "Claude".to_owned(),
                requests: 100,
            },
            ProviderUse {
                product: "OpenAI".to_owned(),
                requests: 40,
            },
        ],
    }
}

fn none() -> std::iter::Empty<&'static str> {
    std::iter::empty()
}

fn without_amounts(mut report: CustomerReport) -> CustomerReport {
    Redaction::new(none(), none(), none(), false).apply(&mut report);
    report
}

#[test]
fn a_customers_report_is_short_and_without_amounts() {
    let report = without_amounts(report());
    let text = markdown(Source::Customer(&report), &place(&report.period)).unwrap();
    let expected = "# Outage of Claude on 21 June 2026

For Miller Ltd. 21 Jun 2026, 20:04 to 20:46, 42 min. Times in Europe/Berlin.

Ada Automations

## What happened

- Claude, major outage: 21 Jun 2026, 20:04 to 20:46, 42 min.

## What it meant for your items

- Leads: 57 requests affected: 40 answered at once (40 by another provider), 12 failed first and finished later, 3 waiting, 2 not finished.

## What was done

- Requests that the provider could not answer went to OpenAI at once.
- Requests that no provider could answer were kept, and finished after the outage.
- The waiting items are kept until they are sent again or done by hand.
- The items that were not finished are counted above.

## Which providers received your data

In this time, requests of your pipelines went to Claude and OpenAI.

## How this was counted

Counted are requests that passed through Understudy while the provider failed. An item counts once, also if its request failed several times. The begin and the end of an outage are its first and last observed failure, or the times on the status page of the provider.

Made by Understudy on 1 Jul 2026, 10:00.
";
    assert_eq!(text, expected);
    assert!(text.lines().count() < 40);
}

#[test]
fn amounts_appear_only_when_wanted() {
    let mut with = report();
    Redaction::new(none(), none(), none(), true).apply(&mut with);
    let text = markdown(Source::Customer(&with), &place(&with.period)).unwrap();
    assert!(
        text.contains("- Leads, 21 Jun 2026, 20:04: $5,000 to $15,000 at risk, estimated."),
        "{text}"
    );
    for text in everything(&without_amounts(report())) {
        assert!(!text.contains('$') && !text.contains("at_risk"), "{text}");
    }
}

#[test]
fn a_month_without_an_outage_is_reported() {
    let report = CustomerReport {
        incidents: Vec::new(),
        period: june(),
        ..report()
    };
    let text = markdown(Source::Customer(&report), &place(&report.period)).unwrap();
    assert!(
        text.contains("# Outages in June 2026") && text.contains("No outage affected your work."),
        "{text}"
    );
}

/// Every format.
fn everything(report: &CustomerReport) -> Vec<String> {
    let place = place(&report.period);
    let source = Source::Customer(report);
    vec![
        html(source, &place).unwrap(),
        markdown(source, &place).unwrap(),
        json(source).unwrap(),
        csv(source, TableName::Items, &place).unwrap(),
    ]
}

const CURRENCIES: [char; 8] = ['$', '€', '£', '¥', '₹', '₿', '￥', '﷼'];

/// Names that no text of a report contains, some with a sign of a currency.
fn name() -> impl Strategy<Value = String> {
    (
        "[QXZ][qxz]{3,8}",
        proptest::option::of(prop::sample::select(CURRENCIES.to_vec())),
    )
        .prop_map(|(name, sign)| sign.map_or(name.clone(), |sign| format!("{name}{sign}")))
}

proptest! {
    /// Also where the owner named an endpoint or a pipeline after another customer.
    #[test]
    fn nothing_of_others_and_no_currency(
        others in prop::collection::vec(name(), 1..6),
        own in name(),
        customer in name(),
        at_endpoint in any::<prop::sample::Index>(),
        in_pipeline in any::<bool>(),
    ) {
        let other = at_endpoint.get(&others).clone();
        // A pipeline's own name may contain that of another pipeline.
        let first = &others[0];
        let pipeline = if in_pipeline { format!("{own} for {first}") } else { own };
        let mut report = report();
        report.customer = customer.clone();
        report.owner.name = Some("Ada $ Automations".to_owned());
        report.period.title = format!("{other}: major outage");
        report.incidents[0].items = vec![items(&pipeline)];
        report.incidents[0].product = format!("gateway of {}", other.to_uppercase());
        report.carried_by = vec![format!("{other}'s key")];
        report.providers[1].product = format!("{other} LiteLLM");
        let (customers, pipelines) = others.split_at(others.len().div_ceil(2));
        let [customers, pipelines] = [customers, pipelines].map(|names| names.iter().map(String::as_str));
        Redaction::new(customers, pipelines, ["Claude"].into_iter(), false).apply(&mut report);
        let bare = |name: &str| name.trim_end_matches(CURRENCIES).to_lowercase();
        let mine = [bare(&customer), bare(&pipeline)];
        for text in everything(&report) {
            let small = text.to_lowercase();
            for other in &others {
                let is_mine = mine.iter().any(|name| name.contains(&bare(other))) && !in_pipeline;
                prop_assert!(is_mine || bare(&customer).contains(&bare(other)) || !small.contains(&bare(other)), "{other}: {text}");
            }
            prop_assert!(!text.contains(CURRENCIES), "{text}");
        }
    }
}
