use std::fmt;

use catalog::MicroDollars;

use crate::Currency;

/// An amount in the owner's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Millionths of the currency's unit.
    pub micro: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(micro: i64, currency: Currency) -> Self {
        Self { micro, currency }
    }
}

impl fmt::Display for Money {
    /// "$6,400", "€6,400", "CHF 6,400"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = MicroDollars(self.micro).to_string();
        let symbol = match self.currency.code() {
            "USD" => return f.write_str(&dollars),
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            code => format!("{code} "),
        };
        f.write_str(&dollars.replacen('$', &symbol, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_printed_with_its_currency() {
        let printed = |micro, code: &str| Money::new(micro, code.parse().unwrap()).to_string();
        assert_eq!(printed(6_400_000_000, "USD"), "$6,400");
        assert_eq!(printed(6_400_000_000, "EUR"), "€6,400");
        assert_eq!(printed(6_400_000_000, "CHF"), "CHF 6,400");
        assert_eq!(printed(12_340_000, "GBP"), "£12.34");
        assert_eq!(printed(0, "SEK"), "SEK 0");
    }
}
