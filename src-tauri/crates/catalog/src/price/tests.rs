use chrono::{TimeDelta, TimeZone};
use proptest::prelude::*;

use super::*;

/// At this minute of a Monday.
fn monday(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 30, 0, 0, 0).unwrap() + TimeDelta::minutes(minute)
}

fn written(input: f64) -> WrittenPrice {
    WrittenPrice {
        input,
        output: 5.0 * input,
        as_of: Some("2026-11-30".to_owned()),
        ..WrittenPrice::default()
    }
}

fn rates(micro: [i64; 5]) -> Rates {
    let [input, output, cache_read, cache_write, more] = micro.map(MicroDollars);
    Rates {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour: cache_write + more,
    }
}

/// Any rates, and those of a long prompt that are not lower.
fn with_long() -> impl Strategy<Value = (Rates, Option<LongPrompt>)> {
    let rate = prop_oneof![1..1_000_i64, 1..1_000_000_000_000_i64];
    let five = || prop::array::uniform5(rate.clone());
    let long = prop::option::of((0..2_000_000_u64, five()));
    (five(), long).prop_map(|(usual, long)| {
        let long = long.map(|(above, more)| {
            let mut both = usual;
            for (sum, more) in both.iter_mut().zip(more) {
                *sum += more;
            }
            LongPrompt {
                above,
                rates: rates(both),
            }
        });
        (rates(usual), long)
    })
}

fn price() -> impl Strategy<Value = Price> {
    let hours = prop::option::of((with_long(), 0..1440_u32, 0..1440_u32));
    (with_long(), hours, 1..100_000_000_u32).prop_map(|((rates, long), hours, factor)| {
        let hours = hours.map(|((rates, long_prompt), from, to)| {
            let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
            let span = format!("{}-{}", clock(from), clock(to));
            HourPrice {
                hours: Hours::parse(Days::Weekdays, &[span]).unwrap(),
                rates,
                long_prompt,
            }
        });
        let price = Price {
            long_prompt: long,
            hours,
            ..Price::list(rates, "2026-11-30")
        };
        price.times(Factor::new(f64::from(factor) / 1e6).unwrap())
    })
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..3_000_000_u64, any::<u64>()]
}

fn tokens() -> impl Strategy<Value = Tokens> {
    let counts = (count(), count(), count(), count(), count());
    counts.prop_map(|(input, output, cache_read, cache_write, hour)| Tokens {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour: hour.min(cache_write),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Also across the limit of a long prompt, at each hour, in each tier, after each discount.
    #[test]
    fn the_cost_is_monotone_in_each_token_count_and_never_negative(
        price in price(),
        tokens in tokens(),
        more in count(),
        which in 0..5_usize,
        minute in 0..20_000_i64,
    ) {
        let at = monday(minute);
        let mut larger = tokens;
        let count = match which {
            0 => &mut larger.input,
            1 => &mut larger.output,
            2 => &mut larger.cache_read,
            3 => &mut larger.cache_write,
            _ => &mut larger.cache_write_hour,
        };
        *count = count.saturating_add(more);
        let cost = price.cost(tokens, at);
        prop_assert!(cost >= MicroDollars::ZERO);
        prop_assert!(price.cost(larger, at) >= cost, "{tokens:?} {larger:?}");
        prop_assert_eq!(price.cost(Tokens::default(), at), MicroDollars::ZERO);
    }

    #[test]
    fn the_sum_of_two_costs_differs_by_at_most_a_micro_dollar_from_the_cost_of_both(
        usual in prop::array::uniform5(1..1_000_000_000_i64),
        first in prop::array::uniform4(0..3_000_000_u64),
        second in prop::array::uniform4(0..3_000_000_u64),
    ) {
        let price = Price::list(rates(usual), "2026-11-30");
        let tokens = |counts: [u64; 4]| Tokens {
            input: counts[0],
            output: counts[1],
            cache_read: counts[2],
            cache_write: counts[3],
            cache_write_hour: counts[3] / 2,
        };
        let cost = |counts| price.cost(tokens(counts), monday(0)).0;
        let mut both = first;
        for (sum, more) in both.iter_mut().zip(second) {
            *sum += more;
        }
        let of_hour = |counts: [u64; 4]| counts[3] / 2;
        prop_assume!(of_hour(both) == of_hour(first) + of_hour(second));
        prop_assert!((cost(first) + cost(second) - cost(both)).abs() <= 1);
    }

    #[test]
    fn a_discount_is_between_0_and_1_and_never_raises_a_cost(
        price in price(),
        tokens in tokens(),
        discount in -1.0..2.0_f64,
    ) {
        let factor = Factor::after_discount(discount);
        prop_assert_eq!(factor.is_some(), discount > 0.0 && discount < 0.999_999_5);
        if let Some(factor) = factor {
            let at = monday(0);
            prop_assert!(price.times(factor).cost(tokens, at) <= price.cost(tokens, at));
        }
    }

    /// What a person writes is either refused, or a price whose cost is monotone.
    #[test]
    fn a_written_long_prompt_is_never_cheaper(
        usual in prop::array::uniform5(0.01..100.0_f64),
        long in prop::array::uniform5(0.01..100.0_f64),
    ) {
        let [input, output, cache_read, cache_write, hour] = long;
        let read = WrittenPrice {
            input: usual[0],
            output: usual[1],
            cache_read: Some(usual[2]),
            cache_write: Some(usual[3]),
            cache_write_hour: Some(usual[4]),
            long_prompt: Some(WrittenLongPrompt {
                above: 100,
                input,
                output,
                cache_read: Some(cache_read),
                cache_write: Some(cache_write),
                cache_write_hour: Some(hour),
            }),
            ..WrittenPrice::default()
        }
        .read(PriceSource::Owners);
        if let Ok(price) = read {
            let long = price.long_prompt.unwrap().rates;
            prop_assert!(price.rates.is_at_most(&long));
            prop_assert!(price.rates.cache_write <= price.rates.cache_write_hour);
        }
    }
}

/// The off-peak window of DeepSeek in 2025, which spans midnight, as an owner writes it.
#[test]
fn a_span_of_hours_may_cross_midnight() {
    let price = |days| {
        let mut price = written(2.0);
        price.hours = Some(WrittenHours {
            utc: vec!["16:30-00:30".to_owned()],
            days,
            input: 1.0,
            output: 5.0,
            cache_read: None,
            cache_write: None,
            cache_write_hour: None,
            long_prompt: None,
        });
        price.read(PriceSource::Owners).unwrap()
    };
    let tokens = Tokens {
        input: 1_000_000,
        ..Tokens::default()
    };
    let cost = |days, minute| price(days).cost(tokens, monday(minute)).dollars();
    for (minute, dollars) in [
        (16 * 60 + 29, 2.0),
        (16 * 60 + 30, 1.0),
        (24 * 60 + 29, 1.0),
        (24 * 60 + 30, 2.0),
    ] {
        assert_eq!(cost(Days::Every, minute), dollars, "{minute}");
        assert_eq!(cost(Days::Weekdays, minute), dollars, "{minute}");
    }
    assert_eq!(cost(Days::Every, 15), 1.0);
    assert_eq!(cost(Days::Weekdays, 15), 2.0, "the span began on Sunday");
}

#[test]
fn the_day_of_a_request_selects_its_price() {
    let mut model = crate::Model::new("m".into());
    for (from, input) in [
        (None, 1.0),
        (Some("2026-11-30"), 2.0),
        (Some("2026-12-02"), 3.0),
    ] {
        let mut price = written(input);
        price.from = from.map(str::to_owned);
        model.prices.push(price.read(PriceSource::List).unwrap());
    }
    let input = |minute| model.price(monday(minute)).unwrap().rates.input.dollars();
    assert_eq!(input(-1), 1.0);
    assert_eq!(input(0), 2.0);
    assert_eq!(input(2 * 24 * 60 - 1), 2.0);
    assert_eq!(input(2 * 24 * 60), 3.0);
    model.prices.remove(0);
    assert_eq!(
        model.price(monday(-1)),
        None,
        "no price of that day is known"
    );
}
