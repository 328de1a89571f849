//! The error of each family for each trouble, and its class.

use catalog::Dialect;
use wire::FailureClass;
use wire::FailureClass::{
    ContentPolicy, ContextTooLong, Credential, Limit, Quota, RateLimit, Transient,
};

use super::class;
use crate::{Family, Trouble};

/// In the order of the columns: overflow, rate limit, no money, refused key, overload. `None`: no source documents such an
/// error of this vendor.
type Row = (Family, [Option<FailureClass>; 5]);

const COLUMNS: [Trouble; 5] = [
    Trouble::Overflow,
    Trouble::RateLimit,
    Trouble::Quota,
    Trouble::KeyRefused,
    Trouble::Overload,
];

const ROWS: [Row; 13] = [
    (
        Family::Anthropic,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::OpenAi,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::Gemini,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::DeepSeek,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::Mistral,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            None,
            Some(Credential),
            Some(RateLimit),
        ],
    ),
    (
        Family::Groq,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            None,
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::Xai,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    // Its overload is a 429, for which waiting helps as for a limit.
    (
        Family::Moonshot,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(RateLimit),
        ],
    ),
    (
        Family::Zai,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(RateLimit),
        ],
    ),
    (
        Family::OpenRouter,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::Together,
        [
            Some(ContextTooLong),
            Some(RateLimit),
            Some(Quota),
            Some(Credential),
            Some(Transient),
        ],
    ),
    (
        Family::Vllm,
        [Some(ContextTooLong), None, None, Some(Credential), None],
    ),
    (
        Family::Ollama,
        [Some(ContextTooLong), None, None, None, Some(Transient)],
    ),
];

#[tokio::test(start_paused = true)]
async fn each_trouble_has_its_expected_class() {
    let mut wrong = Vec::new();
    for (family, classes) in ROWS {
        for (trouble, expected) in COLUMNS.into_iter().zip(classes) {
            for dialect in family.dialects().iter().copied() {
                let found = class(family, dialect, trouble.as_str()).await;
                if found != expected {
                    wrong.push((family, dialect, trouble, found, expected));
                }
            }
        }
    }
    assert_eq!(
        wrong,
        Vec::<(
            Family,
            Dialect,
            Trouble,
            Option<FailureClass>,
            Option<FailureClass>
        )>::new()
    );
}

/// A daily limit without a stated reset is a quota, with one a limit. Declined content is a content policy error.
const DAY_AND_CONTENT: [(Family, Option<FailureClass>, Option<FailureClass>); 13] = [
    (Family::Anthropic, None, Some(ContentPolicy)),
    (Family::OpenAi, Some(Limit), Some(ContentPolicy)),
    (Family::Gemini, Some(Limit), None),
    (Family::DeepSeek, None, Some(ContentPolicy)),
    (Family::Mistral, None, None),
    (Family::Groq, Some(Limit), None),
    (Family::Xai, None, Some(ContentPolicy)),
    (Family::Moonshot, Some(Quota), Some(ContentPolicy)),
    (Family::Zai, Some(Quota), Some(ContentPolicy)),
    (Family::OpenRouter, Some(Limit), Some(ContentPolicy)),
    (Family::Together, None, None),
    (Family::Vllm, None, None),
    (Family::Ollama, None, None),
];

#[tokio::test(start_paused = true)]
async fn a_daily_limit_and_declined_content_have_their_expected_classes() {
    let mut wrong = Vec::new();
    for (family, day, content) in DAY_AND_CONTENT {
        for (trouble, expected) in [(Trouble::RateLimitDay, day), (Trouble::Declined, content)] {
            for dialect in family.dialects().iter().copied() {
                let found = class(family, dialect, trouble.as_str()).await;
                if found != expected {
                    wrong.push((family, dialect, trouble, found, expected));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
