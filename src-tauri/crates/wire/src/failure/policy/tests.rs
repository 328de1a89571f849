//! Vendors' texts for refused content.

use http::{HeaderMap, StatusCode};

use super::super::{ErrorText, FailureClass, class_of, classify_broken, classify_by};
use crate::Broken;

/// Source, status, body.
const DECLINED: &[(&str, u16, &str)] = &[
    (
        "OpenAI, error codes",
        400,
        r#"{"error":{"message":"Your request was rejected as a result of our safety system.","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}"#,
    ),
    (
        "Anthropic, errors",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
    ),
    (
        "Azure OpenAI, content filtering",
        400,
        r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}"#,
    ),
    (
        "DeepSeek, 666ghj/BettaFish#108",
        400,
        r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
    ),
    (
        "DeepSeek, deepseek-ai/DeepSeek-V2#30",
        400,
        r#"{"detail":"Content Exists Risk"}"#,
    ),
    (
        "DeepSeek, its Messages endpoint",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Content Exists Risk"}}"#,
    ),
    (
        "DeepSeek behind OpenRouter",
        400,
        r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"Content Exists Risk\",\"type\":\"invalid_request_error\"}}","provider_name":"DeepSeek"}}}"#,
    ),
    (
        "Z.ai, errors",
        400,
        r#"{"error":{"code":"1301","message":"System detected potentially unsafe or sensitive content in input or generation. Please avoid using prompts that may generate sensitive content."}}"#,
    ),
    (
        "Z.ai, its Messages endpoint",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","code":"1301","message":"[1301][System detected potentially unsafe or sensitive content in input or generation.][20260622]"}}"#,
    ),
    (
        "BigModel, API code",
        400,
        r#"{"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。"}}"#,
    ),
    (
        "Z.ai, the code alone",
        400,
        r#"{"error":{"code":"1301","message":"API call blocked by policy"}}"#,
    ),
    (
        "Z.ai, the code as a number",
        400,
        r#"{"error":{"code":1301,"message":"blocked"}}"#,
    ),
    (
        "Kimi, error codes",
        400,
        r#"{"error":{"message":"The request was rejected because it was considered high risk","type":"content_filter"}}"#,
    ),
    (
        "xAI, UKGovernmentBEIS/inspect_ai#2267",
        403,
        r#"{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines. Team: t, API key ID: k, Model: grok-4-0709, Failed check: SAFETY_CHECK_TYPE_BIO"}"#,
    ),
    (
        "Alibaba, camel-ai/owl#432",
        400,
        r#"{"error":{"code":"data_inspection_failed","param":null,"message":"Input data may contain inappropriate content.","type":"data_inspection_failed"}}"#,
    ),
    (
        "Alibaba, QwenLM/qwen-code#2905",
        400,
        r#"{"error":{"message":"<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.","type":"invalid_request_error"}}"#,
    ),
    (
        "OpenRouter, errors",
        403,
        r#"{"error":{"code":403,"message":"google/gemini-3-pro requires moderation on OpenRouter. Your input was flagged","metadata":{"reasons":["violence"]}}}"#,
    ),
];

fn read(status: u16, body: &str) -> FailureClass {
    let status = StatusCode::from_u16(status).unwrap();
    let (headers, now) = (HeaderMap::new(), Default::default());
    let class = classify_by(&[], status, &headers, body.as_bytes(), now).class;
    let by_words = class_of(status, &ErrorText::of_body(body.as_bytes()));
    assert_eq!(class, by_words, "{body}");
    class
}

#[test]
fn every_vendors_content_refusal_is_recognized_with_a_status_and_in_a_stream() {
    for (source, status, body) in DECLINED {
        assert_eq!(read(*status, body), FailureClass::ContentPolicy, "{source}");
        let words = ErrorText::of_body(body.as_bytes());
        let broken = Broken::ErrorEvent {
            kind: words.name().to_owned(),
            message: words.message.clone(),
        };
        // A kind that is a number counts as the status.
        assert_eq!(
            classify_broken(&[], &broken).0,
            FailureClass::ContentPolicy,
            "{source} in a stream"
        );
    }
}

#[test]
fn a_numeric_code_counts_only_as_the_code_of_an_unknown_error() {
    for (status, body, class) in [
        (
            400,
            r#"{"error":{"message":"max_tokens: 1301 is too low"}}"#,
            FailureClass::Caller,
        ),
        (
            400,
            r#"{"error":{"code":"1302","message":"unknown"}}"#,
            FailureClass::Caller,
        ),
        (
            500,
            r#"{"error":{"code":"1301","message":"internal"}}"#,
            FailureClass::Transient,
        ),
        (
            401,
            r#"{"error":{"code":"1301","message":"token expired"}}"#,
            FailureClass::Credential,
        ),
        (
            400,
            r#"{"error":{"message":"Rate limit risk exists in content"}}"#,
            FailureClass::Caller,
        ),
    ] {
        assert_eq!(read(status, body), class, "{body}");
    }
}
