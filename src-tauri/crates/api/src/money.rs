//! Amounts of money. Each appears twice in JSON: in dollars under a name that ends with `_usd`, and in micro-dollars under the
//! older name, which is deprecated until the next major version.

/// Converts micro-dollars to dollars.
pub fn usd(micro: i64) -> f64 {
    micro as f64 / 1e6
}
