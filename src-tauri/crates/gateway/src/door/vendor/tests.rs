use catalog::{Catalog, EndpointId, MicroDollars, Secret};
use http::Request;

use super::*;
use crate::UsedUp;
use crate::tests::endpoint;

/// The bundled vendors as the engine configures them; no stored key.
fn config() -> Config {
    let catalog = Catalog::bundled();
    let mut config = crate::tests::config();
    config.endpoints = catalog
        .endpoints()
        .map(|known| {
            let mut found = endpoint(known.id.as_str(), &known.base);
            found.endpoint = known.clone();
            found.key = None;
            (known.id.clone(), found)
        })
        .collect();
    config
}

/// The vendor and the credential for such a request.
fn found(
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    config: &Config,
) -> Result<(String, Credential), TurnedAway> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let vendor = vendor(&head, path, config)?;
    Ok((vendor.found.endpoint.id.to_string(), vendor.credential))
}

const MODELS: &str = "/v1/models";
const EMBEDDINGS: (&str, &str) = ("POST", "/v1/embeddings");
const FILES: (&str, &str) = ("POST", "/v1/files");
const CLAUDE: (&str, &str) = ("x-api-key", "sk-ant-api03-abc");
const OPENAI: (&str, &str) = ("authorization", "Bearer sk-proj-abc");
const OPAQUE: (&str, &str) = ("authorization", "Bearer whatever");
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");
const OURS: (&str, &str) = ("authorization", "Bearer t0ken");

#[test]
fn a_request_goes_to_the_vendor_of_its_login() {
    let config = config();
    for (requested, headers, vendor) in [
        (EMBEDDINGS, &[OPENAI] as &[_], "openai"),
        (FILES, &[OPENAI], "openai"),
        (FILES, &[CLAUDE, VERSION], "anthropic"),
        (FILES, &[CLAUDE], "anthropic"),
        (FILES, &[OPAQUE, VERSION], "anthropic"),
        (FILES, &[("api-key", "sk-proj-abc")], "openai"),
        // Understudy's token in one header, the login in another.
        (FILES, &[OURS, CLAUDE], "anthropic"),
        // Only one vendor has this path.
        (EMBEDDINGS, &[OPAQUE], "openai"),
        (
            ("GET", "/v1/models/claude-opus-5"),
            &[CLAUDE, VERSION],
            "anthropic",
        ),
        (("GET", "/v1/models/gpt-6"), &[OPENAI], "openai"),
        (("DELETE", "/v1/responses/resp_1"), &[OPENAI], "openai"),
        (("POST", "/v1/responses/resp_1/cancel"), &[OPENAI], "openai"),
        (("POST", "/v1/messages/batches"), &[CLAUDE], "anthropic"),
        (("GET", "/v1/files/f1/content"), &[OPENAI], "openai"),
        (("POST", "/v1/audio/transcriptions"), &[OPENAI], "openai"),
        (("POST", "/v1/images/edits"), &[OPENAI], "openai"),
    ] {
        let expected = Ok((vendor.to_owned(), Credential::ClientLogin));
        assert_eq!(
            found(requested, headers, &config),
            expected,
            "{requested:?} {headers:?}"
        );
    }
}

#[test]
fn a_login_of_unknown_vendor_is_looked_up() {
    let config = config();
    for headers in [
        &[OPAQUE] as &[_],
        // Two headers that contradict each other.
        &[OPENAI, VERSION],
    ] {
        let refused = found(FILES, headers, &config).unwrap_err();
        assert!(
            matches!(refused, TurnedAway::AmbiguousVendor(_)),
            "{headers:?}: {refused}"
        );
        let reply = refused.to_string();
        assert!(
            reply.contains("Anthropic") && reply.contains("Openai"),
            "{reply}"
        );
    }
}

#[test]
fn a_path_that_the_vendor_does_not_have_is_not_found() {
    let config = config();
    for (requested, headers) in [
        (EMBEDDINGS, &[CLAUDE] as &[_]),
        (("POST", "/v1/messages/batches"), &[OPENAI]),
        (("POST", "/v1/organization/admin_api_keys"), &[OPENAI]),
        (("GET", "/v1/embeddings"), &[OPENAI]),
        (("POST", "/v1/whatever"), &[OPENAI]),
        (("POST", "/v1/whatever"), &[]),
    ] {
        let refused = found(requested, headers, &config).unwrap_err();
        let path = TurnedAway::Path(requested.1.to_owned());
        assert_eq!(refused, path, "{requested:?} {headers:?}");
    }
}

#[test]
fn a_login_with_an_account_is_forwarded_only_for_its_clients_own_requests() {
    let config = config();
    let account = ("authorization", "Bearer eyJhbGciOi");
    let headers = [account, ("chatgpt-account-id", "a1")];
    for requested in [EMBEDDINGS, FILES, ("POST", "/v1/batches")] {
        let refused = found(requested, &headers, &config).unwrap_err();
        assert!(matches!(refused, TurnedAway::Login(_)), "{refused}");
    }
    for requested in [("GET", MODELS), ("POST", "/v1/responses/compact")] {
        let there = Ok(("openai".to_owned(), Credential::ClientLogin));
        assert_eq!(found(requested, &headers, &config), there, "{requested:?}");
    }
    for (headers, own) in [
        (&headers as &[_], true),
        (&[OPENAI], false),
        (&[CLAUDE], false),
        (&[OURS, ("chatgpt-account-id", "a1")], false),
    ] {
        let mut request = Request::get(MODELS);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(has_own_list(&head, MODELS, &config), own, "{headers:?}");
    }
}

#[test]
fn the_stored_key_pays_only_for_embeddings_and_moderations_within_the_cap() {
    let mut config = config();
    for headers in [&[] as &[_], &[OURS]] {
        let refused = found(EMBEDDINGS, headers, &config).unwrap_err();
        assert!(
            matches!(refused, TurnedAway::NeedsLogin { .. }),
            "{refused}"
        );
    }
    let openai = EndpointId::new("openai");
    config.endpoints.get_mut(&openai).unwrap().key = Some(Secret::new("sk-kept"));
    for requested in [EMBEDDINGS, ("POST", "/v1/moderations")] {
        let by_key = Ok(("openai".to_owned(), Credential::OurKey));
        assert_eq!(found(requested, &[OURS], &config), by_key, "{requested:?}");
    }
    for requested in [
        FILES,
        ("POST", "/v1/images/generations"),
        ("GET", "/v1/models/gpt-6"),
    ] {
        let refused = found(requested, &[OURS], &config).unwrap_err();
        assert!(
            matches!(refused, TurnedAway::NeedsLogin { .. }),
            "{requested:?}: {refused}"
        );
    }
    let used_up = UsedUp {
        cap: MicroDollars(5_000_000),
        spent: MicroDollars(5_100_000),
    };
    config.spending.used_up = Some(used_up);
    assert_eq!(
        found(EMBEDDINGS, &[OURS], &config),
        Err(TurnedAway::CapReached(used_up))
    );
    // The client's own login does not count against a cap.
    assert!(found(EMBEDDINGS, &[OPENAI], &config).is_ok());
}

/// An endpoint of the user that accepts logins comes before the vendor in every order.
#[test]
fn an_endpoint_of_the_user_does_not_change_a_vendors_paths() {
    let mut config = config();
    let mut own = endpoint("a-gateway", "http://127.0.0.1:9");
    own.endpoint.accepts_client_login = true;
    config.endpoints.insert(EndpointId::new("a-gateway"), own);
    for headers in [&[CLAUDE, VERSION] as &[_], &[OPAQUE, VERSION]] {
        let expected = Ok(("anthropic".to_owned(), Credential::ClientLogin));
        assert_eq!(found(FILES, headers, &config), expected, "{headers:?}");
    }
    let expected = Ok(("openai".to_owned(), Credential::ClientLogin));
    assert_eq!(found(FILES, &[OPENAI], &config), expected);
}
