//! Reports of made desks.

mod customer;
mod desk;
mod month;
mod owner;
