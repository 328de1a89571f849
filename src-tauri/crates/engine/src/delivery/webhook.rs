//! What a webhook's answer means: the error classes of an outbox. Pure.

use super::meaning::Step;

pub(super) fn answered(status: u16) -> Step {
    match status {
        200..=299 => Step::Done,
        300..=399 => Step::Stop("The webhook redirects, which is not followed."),
        401 | 403 => Step::Stop("The webhook refused the signature or the caller (401, 403)."),
        404 => Step::Stop("There is no webhook at this URL (404)."),
        410 => Step::Stop("The webhook was switched off by its owner (410)."),
        429 | 502..=504 => Step::Again("The webhook does not accept calls at this time."),
        408 | 425 | 500..=599 => {
            Step::Unclear("The webhook answered with an error of its own (5xx).")
        }
        _ => Step::Stop("The webhook does not accept this content."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_answers() {
        for (statuses, expected) in [
            (&[200, 201, 202, 204][..], "done"),
            (&[429, 502, 503, 504], "again"),
            (&[408, 500, 501, 505], "unclear"),
            (&[301, 307, 400, 401, 403, 404, 410, 413, 422], "stop"),
        ] {
            for status in statuses {
                let word = match answered(*status) {
                    Step::Done => "done",
                    Step::Again(_) => "again",
                    Step::Unclear(_) => "unclear",
                    Step::Stop(_) => "stop",
                };
                assert_eq!(word, expected, "{status}");
            }
        }
    }
}
