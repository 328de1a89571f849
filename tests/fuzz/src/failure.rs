use std::time::Duration;

use catalog::Dialect;
use chrono::DateTime;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use wire::{Broken, FailureClass, Rule, classify, classify_broken, classify_by};

const LONGEST_WAIT: Duration = Duration::from_secs(3600);
const LONGEST_LIMIT: Duration = Duration::from_secs(35 * 24 * 3600);
const LONGEST_MESSAGE: usize = 500;

/// An HTTP response: the status (`429` or `HTTP/1.1 429`), headers, a blank line, the body. It has one class for all vendors,
/// bounded texts and a bounded wait, and the user's rule applies first.
pub fn failure(data: &[u8]) {
    let (status, headers, body) = read(data);
    let now = DateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let [first, rest @ ..] = Dialect::ALL;
    let failure = classify(first, status, &headers, body, now);
    for dialect in rest {
        assert_eq!(classify(dialect, status, &headers, body, now), failure);
    }
    assert!(failure.message.chars().count() <= LONGEST_MESSAGE);
    match failure.class {
        FailureClass::Limit => {
            let latest = now + LONGEST_LIMIT;
            assert!(failure.retry_after.is_none_or(|wait| wait <= LONGEST_LIMIT));
            assert!(failure.resets_at.is_none_or(|at| now < at && at <= latest));
        }
        FailureClass::Transient
        | FailureClass::RateLimit
        | FailureClass::Timeout
        | FailureClass::Quota
        | FailureClass::Credential
        | FailureClass::ModelGone
        | FailureClass::Caller
        | FailureClass::ContextTooLong
        | FailureClass::ContentPolicy => {
            assert!(failure.retry_after.is_none_or(|wait| wait <= LONGEST_WAIT));
            assert_eq!(failure.resets_at, None);
        }
    }
    let rule = |status, contains, class| Rule {
        number: 1,
        status,
        contains,
        class,
    };
    for class in FailureClass::ALL {
        let any = [rule(Some(status.as_u16()), None, class)];
        let ruled = classify_by(&any, status, &headers, body, now);
        assert_eq!(ruled.class, class, "the user's rule applies");
        assert!(ruled.message.chars().count() <= LONGEST_MESSAGE);
    }
    let text = String::from_utf8_lossy(body).into_owned();
    let broken = Broken::ErrorEvent {
        kind: status.as_str().to_owned(),
        message: text.clone(),
    };
    let rules = [rule(None, Some(text), FailureClass::Quota)];
    let (_, by_table) = classify_broken(&[], &broken);
    assert_eq!(by_table, None);
    classify_broken(&rules, &broken);
}

fn read(data: &[u8]) -> (StatusCode, HeaderMap, &[u8]) {
    let head = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = head.map_or((data, &b""[..]), |at| (&data[..at], &data[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().unwrap_or_default();
    let words = status.split(|byte| *byte == b' ');
    let status = words
        .filter_map(|word| StatusCode::from_bytes(word).ok())
        .next();
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    (
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers,
        body,
    )
}
