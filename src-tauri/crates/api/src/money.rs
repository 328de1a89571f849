//! Amounts of money. Each stands twice in JSON: in dollars under a name that ends with `_usd`, and in micro-dollars under the
//! older name without a unit, which is deprecated and goes with the next major version.

/// Dollars of so many micro-dollars.
pub fn usd(micro: i64) -> f64 {
    micro as f64 / 1e6
}
