//! Decides if a candidate is eligible, and which credential it gets. Pure.

use catalog::{Auth, EndpointId, ProviderId, REHEARSAL_PREFIX};
use http::Uri;

use super::{Credential, Ineligible, PlanInput};
use crate::{Config, EndpointConfig};

pub(super) fn eligible<'a>(
    config: &'a Config,
    id: &EndpointId,
    input: PlanInput<'_>,
    vendor: &mut Option<ProviderId>,
) -> Result<(&'a EndpointConfig, Credential), Ineligible> {
    let found = config.endpoints.get(id).ok_or(Ineligible::Unknown)?;
    let endpoint = &found.endpoint;
    if found.rehearsal != input.model.starts_with(REHEARSAL_PREFIX) {
        return Err(Ineligible::Rehearsal);
    }
    let base: Uri = endpoint
        .base
        .parse()
        .map_err(|_| Ineligible::BadAddress(endpoint.base.clone()))?;
    if base.scheme().is_none() || base.host().is_none() {
        return Err(Ineligible::BadAddress(endpoint.base.clone()));
    }
    if leads_back(&base, config) {
        return Err(Ineligible::Loop);
    }
    // The login belongs to a vendor of the client's own dialect.
    let own_dialect = endpoint.speaks(input.dialect);
    if input.caller.login.is_some() && own_dialect && endpoint.accepts_client_login {
        let first = vendor.get_or_insert_with(|| endpoint.provider.clone());
        if *first == endpoint.provider {
            return Ok((found, Credential::ClientLogin));
        }
    }
    if endpoint.auth == Auth::None {
        Ok((found, Credential::None))
    } else if found.key.is_some() {
        Ok((found, Credential::OurKey))
    } else if endpoint.key_env.is_none() && !endpoint.accepts_client_login {
        // The catalogue has no key for it: a local model server.
        Ok((found, Credential::None))
    } else {
        Err(Ineligible::NoKey {
            name: found.name.clone(),
            provider: endpoint.provider.clone(),
        })
    }
}

/// True if an address leads to this process.
pub(super) fn leads_back(base: &Uri, config: &Config) -> bool {
    let default = if base.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = base.port_u16().unwrap_or(default);
    let host = base.host().unwrap_or_default();
    let ip = host
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .ok();
    config.own_addresses.iter().any(|own| {
        let loopback = own.ip().is_loopback() || own.ip().is_unspecified();
        own.port() == port
            && match ip {
                Some(ip) => {
                    ip == own.ip() || (loopback && (ip.is_loopback() || ip.is_unspecified()))
                }
                None => {
                    loopback && host.eq_ignore_ascii_case("localhost")
                        || config
                            .allowed_hosts
                            .iter()
                            .any(|h| h.eq_ignore_ascii_case(host))
                }
            }
    })
}
