//! Reports: their figures, from the ledger and the settings. The crate `report` makes documents of them.

mod customer;
mod incidents;
mod logo;
mod owner;
mod period;
mod pipelines;
mod surcharge;
mod uptime;
mod zone_name;

pub(crate) use customer::{customer, customers};
pub(crate) use logo::logo;
pub(crate) use owner::owner;
pub(crate) use period::{Of, period};
pub(crate) use zone_name::zone_name;

#[cfg(test)]
mod tests;
