//! The account that stores a response at its vendor.

use crate::{Candidate, Credential};

/// Where a vendor stores a response: another account at the same vendor does not have it.
pub(super) fn holder(candidate: &Candidate) -> String {
    let account = match candidate.credential {
        Credential::OurKey => "our key",
        Credential::ClientLogin => "login",
        Credential::None => "none",
    };
    format!("{} {account}", candidate.endpoint)
}
