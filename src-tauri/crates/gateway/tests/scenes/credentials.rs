//! The upstreams' received credentials: a client's login goes to its own vendor only, a stored key to its own endpoint only,
//! and Understudy's token to no upstream.

use catalog::{Auth, Dialect, EndpointId, Secret};
use gateway::End;
use stage::{Fault, Stage};

use crate::world::{Scene, complete, question, text};

const TOKEN: &str = "token";
const LOGIN: &str = "login-of-the-client";
const COOKIE: &str = "session=of-the-client";
const LEADS_KEY: &str = "key-of-the-lead";
const SECONDS_KEY: &str = "key-of-the-second";

/// Both need a credential and fail over from the first to the second; `vendor`: the primary accepts the client's own login.
fn scene(vendor: bool) -> Scene {
    let scene = Scene::with(Fault::status(503));
    scene.change(|config| {
        config.spending.subscription_to_paid_key = gateway::Consent::Yes;
        for (id, auth, key) in [
            ("lead", Auth::XApiKey, LEADS_KEY),
            ("second", Auth::Bearer, SECONDS_KEY),
        ] {
            let endpoint = config.endpoints.get_mut(&EndpointId::new(id)).unwrap();
            endpoint.endpoint.auth = auth;
            endpoint.endpoint.key_env = Some("KEY".to_owned());
            endpoint.endpoint.accepts_client_login = vendor && id == "lead";
            endpoint.key = Some(Secret::new(key));
        }
    });
    scene
}

/// Everything that a stage received, as text.
fn seen(stage: &Stage) -> String {
    let requests = stage.received().into_iter().map(|request| {
        let headers = request.headers.iter().map(|(name, value)| {
            format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
        });
        let body = String::from_utf8_lossy(&request.body).into_owned();
        format!("{}\n{}{body}\n", request.path, headers.collect::<String>())
    });
    requests.collect()
}

async fn carried(scene: &mut Scene, dialect: Dialect, header: &str, login: &str) {
    let response = scene.send(dialect, question(dialect), |head| {
        head.header(header, login)
            .header("cookie", COOKIE)
            .header("openai-organization", "org-of-the-client")
    });
    let received = text(response.await).await.unwrap();
    assert!(complete(dialect, &received), "{dialect}: {received}");
    let (requested, end) = scene.requested().await;
    assert_eq!(requested, ["lead", "lead", "second"], "{dialect}");
    assert_eq!(end, End::Complete, "{dialect}");
}

fn assert_sees(who: &str, seen: &str, these: &[&str]) {
    let secrets = [
        LOGIN,
        COOKIE,
        "org-of-the-client",
        LEADS_KEY,
        SECONDS_KEY,
        "x-understudy-token",
    ];
    for secret in secrets {
        assert_eq!(
            seen.contains(secret),
            these.contains(&secret),
            "{who}, {secret}:\n{seen}"
        );
    }
    assert!(!seen.contains(&format!(": {TOKEN}\n")), "{who}:\n{seen}");
}

#[tokio::test(start_paused = true)]
async fn a_login_goes_to_its_vendor_and_the_fallback_gets_our_key() {
    for dialect in Dialect::ALL {
        for (header, login) in [
            ("authorization", format!("Bearer {LOGIN}")),
            ("x-api-key", LOGIN.to_owned()),
        ] {
            let mut scene = scene(true);
            carried(&mut scene, dialect, header, &login).await;
            let lead = seen(&scene.lead);
            assert_sees("the vendor", &lead, &[LOGIN, COOKIE, "org-of-the-client"]);
            assert!(
                lead.contains(&format!("{header}: {login}\n")),
                "untouched: {lead}"
            );
            let second = seen(&scene.second);
            assert_sees("the stand-in", &second, &[SECONDS_KEY]);
            assert!(
                second.contains(&format!("authorization: Bearer {SECONDS_KEY}\n")),
                "{second}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_provider_accepts_logins_each_gets_its_own_key_alone() {
    for dialect in Dialect::ALL {
        let mut scene = scene(false);
        carried(
            &mut scene,
            dialect,
            "authorization",
            &format!("Bearer {LOGIN}"),
        )
        .await;
        let lead = seen(&scene.lead);
        assert_sees("the lead", &lead, &[LEADS_KEY]);
        assert!(
            lead.contains(&format!("x-api-key: {LEADS_KEY}\n")),
            "{lead}"
        );
        assert_sees("the second", &seen(&scene.second), &[SECONDS_KEY]);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_a_clients_subscription_pays_for_are_marked() {
    for (login, by_subscription) in [(LOGIN, true), ("sk-metered", false)] {
        let mut scene = scene(true);
        scene.change(|config| {
            let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
            lead.endpoint.logins.metered = vec!["sk-metered".to_owned()];
        });
        let bearer = format!("Bearer {login}");
        let response = scene.send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
            head.header("authorization", bearer)
        });
        text(response.await).await.unwrap();
        let exchange = scene.ended().await;
        let paid = exchange.attempts.iter().map(|a| a.by_subscription);
        let expected = [by_subscription, by_subscription, false];
        assert!(paid.eq(expected), "{login}: {:?}", exchange.attempts);
    }
}
