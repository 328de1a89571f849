//! The test turn against every endpoint of the catalogue, in each dialect of a client, with the stage acting that vendor's rules.

mod catalogue;
mod desk;
mod sessions;
