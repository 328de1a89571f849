//! The real Codex with the login of a ChatGPT account: it is sent only to its own address.

use tokio::task::block_in_place;

use super::{CODEX, Real, stage};
use crate::desk::{Upstream, text};

/// Logged in with a ChatGPT account instead of a key.
const WITH_ACCOUNT: Real = Real {
    environment: &[],
    ..CODEX
};

/// As Codex stores the login: not due for a refresh. The token's claims are an account's; its signature is none.
const ACCOUNT: &str = r#"{
  "auth_mode": "chatgpt",
  "OPENAI_API_KEY": null,
  "tokens": {
    "id_token": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsImV4cCI6NDEwMjQ0NDgwMCwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicHJvIiwiY2hhdGdwdF91c2VyX2lkIjoidXNlci0xIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjb3VudC0xIn19.c2lnbmF0dXJl",
    "access_token": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsImV4cCI6NDEwMjQ0NDgwMCwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicHJvIiwiY2hhdGdwdF91c2VyX2lkIjoidXNlci0xIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiYWNjb3VudC0xIn19.c2lnbmF0dXJl",
    "refresh_token": "refresh",
    "account_id": "account-1"
  },
  "last_refresh": "2099-01-01T00:00:00Z"
}"#;

/// OpenAI's own endpoint with a simulated server of ChatGPT, and a fallback.
fn settings(chatgpt: &Upstream, fallback: &Upstream) -> String {
    format!(
        r#"[[endpoint]]
id = "openai"
account_base = "{}/backend-api/codex"

[[endpoint]]
id = "second"
base = "{}"
dialects = ["openai-responses"]
serves = ["*"]

[[route]]
name = "work"
dialect = "openai-responses"
models = "*"
candidates = ["openai", "second"]
"#,
        chatgpt.address, fallback.address
    )
}

/// In healthy times and when a fallback carries.
#[tokio::test(flavor = "multi_thread")]
async fn the_real_codex_with_a_chatgpt_account_passes_with_its_login() {
    let Some(stage) = stage(&WITH_ACCOUNT, None).await else {
        return;
    };
    let (desk, chatgpt, fallback) = (&stage.desk, &stage.ours, Upstream::start().await);
    desk.save_settings(&settings(chatgpt, &fallback)).await;
    std::fs::write(desk.file(".codex/auth.json"), ACCOUNT).unwrap();
    block_in_place(|| desk.printed(&["connect", "codex", "--yes"]));

    block_in_place(|| desk.printed(&["connect", "codex", "--test"]));
    assert_eq!(chatgpt.posts(), 0, "the rehearsal model needs no login");
    let printed = block_in_place(|| stage.turn(&[]));
    let received = chatgpt.stage.received();
    let request = received.iter().find(|it| it.method == "POST");
    let request = request.unwrap_or_else(|| panic!("{printed}\n{}", desk.log()));
    assert_eq!(request.path, "/backend-api/codex/responses");
    let header = |name: &str| request.headers[name].to_str().unwrap();
    assert_eq!(header("chatgpt-account-id"), "account-1");
    assert!(header("authorization").starts_with("Bearer eyJ"));
    assert_eq!(request.model.as_deref(), Some("gpt-5"));
    assert!(printed.contains("This is a rehearsal answer"), "{printed}");
    // Its list of models has a form of its own.
    let lists = received.iter().filter(|it| it.method == "GET");
    let lists: Vec<&str> = lists.map(|it| it.path.as_str()).collect();
    let own = "/backend-api/codex/models?client_version=";
    assert!(lists.iter().all(|path| path.starts_with(own)), "{lists:?}");
    assert!(!lists.is_empty());
    assert_eq!((fallback.posts(), stage.theirs.posts()), (0, 0));

    chatgpt.stage.outage(Some("503".parse().unwrap()));
    let printed = block_in_place(|| stage.turn(&[]));
    let received = fallback.stage.received();
    assert!(fallback.posts() > 0, "{printed}\n{}", desk.log());
    assert!(printed.contains("This is a rehearsal answer"), "{printed}");
    for request in received {
        assert!(!request.headers.contains_key("chatgpt-account-id"));
        let headers = format!("{:?}", request.headers);
        let body = text(&request.body);
        for part in ["account-1", "eyJ", "user-1", "ada@"] {
            assert!(
                !headers.contains(part) && !body.contains(part),
                "{part}: {headers} {body}"
            );
        }
    }
    assert_eq!(stage.theirs.posts(), 0);
}
