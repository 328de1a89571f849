//! Whether a request's prompt is larger than its bytes show.

use memchr::memchr_iter;

/// Beginnings of JSON strings that name content outside the body, or content whose tokens do not depend on its bytes: images,
/// documents, addresses, stored conversations and prompts, and tools that the provider runs.
const MARKS: [&[u8]; 17] = [
    b"image",
    b"input_image",
    b"file",
    b"input_file",
    b"document",
    b"audio",
    b"input_audio",
    b"video",
    b"url\"",
    b"previous_response_id",
    b"conversation\"",
    b"item_reference",
    b"prompt\"",
    b"container",
    b"mcp",
    b"web_",
    b"code_",
];

/// False: every token of the prompt is in these bytes. A mark inside the text of a message counts too, so true means only that
/// the bytes give no limit.
pub fn has_prompt_elsewhere(body: &[u8]) -> bool {
    memchr_iter(b'"', body).any(|quote| {
        let text = &body[quote + 1..];
        MARKS.iter().any(|mark| text.starts_with(mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_and_the_clients_own_tools_are_complete_in_their_bytes() {
        let rows = [
            (r#"{"messages":[{"role":"user","content":"hi"}]}"#, false),
            (
                r#"{"tools":[{"type":"function","function":{"name":"bash"}}]}"#,
                false,
            ),
            (
                r#"{"prompt_cache_key":"a","prompt_cache_retention":"24h"}"#,
                false,
            ),
            (
                r#"{"content":[{"type":"image","source":{"type":"base64"}}]}"#,
                true,
            ),
            (r#"{"content":[{"type":"image_url"}]}"#, true),
            (r#"{"source":{"type":"url","url":"https://x"}}"#, true),
            (r#"{"previous_response_id":"resp_1","input":"hi"}"#, true),
            (r#"{"tools":[{"type":"web_search_20250305"}]}"#, true),
            (r#"{"prompt":{"id":"pmpt_1"}}"#, true),
        ];
        for (body, expected) in rows {
            assert_eq!(has_prompt_elsewhere(body.as_bytes()), expected, "{body}");
        }
    }
}
