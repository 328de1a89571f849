//! What each family answers to each trouble, and the class that it is of.

use catalog::Dialect;
use wire::Class;
use wire::Class::{ContextTooLong, Credential, Quota, RateLimit, Transient};

use super::{class, to_come};
use crate::{Family, Trouble};

/// In the order of the columns: overflow, limit of a minute, no money, refused key, overload. `None`: no source says that
/// the vendor has such a refusal.
type Row = (Family, [Option<Class>; 5]);

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
    // Its engine's overload is a 429, which a wait ends as it ends a limit.
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
async fn troubles_are_of_the_class_that_they_are() {
    let mut wrong = Vec::new();
    for (family, classes) in ROWS {
        for (trouble, expected) in COLUMNS.into_iter().zip(classes) {
            for dialect in family.dialects().iter().copied() {
                let found = class(family, dialect, trouble.as_str()).await;
                let known = to_come::class(family, dialect, trouble);
                if found != expected && !known {
                    wrong.push((family, dialect, trouble, found, expected));
                }
            }
        }
    }
    assert_eq!(
        wrong,
        Vec::<(Family, Dialect, Trouble, Option<Class>, Option<Class>)>::new()
    );
}
