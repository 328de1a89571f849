use crate::MicroDollars;

/// A multiple of a price in millionths, greater than 0 and at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor(u32);

impl Factor {
    /// `None`: out of range.
    pub fn new(factor: f64) -> Option<Factor> {
        let parts = (factor * 1e6).round();
        (1.0..=1e8).contains(&parts).then_some(Factor(parts as u32))
    }

    /// What is left after a discount of more than 0 and less than 1. `None`: out of range.
    pub fn after_discount(discount: f64) -> Option<Factor> {
        let is_discount = discount > 0.0 && discount < 1.0;
        Factor::new(1.0 - discount).filter(|_| is_discount)
    }

    /// To the nearest micro-dollar, 0.5 rounded up.
    pub(super) fn of(self, amount: MicroDollars) -> MicroDollars {
        let product = i128::from(amount.0).saturating_mul(self.0.into());
        let rounded = product.saturating_add(500_000).div_euclid(1_000_000);
        MicroDollars(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}
