//! The test turn against every endpoint of the catalogue, in each client dialect; the stage applies that vendor's rules.

mod catalogue;
mod desk;
mod sessions;
