use ::translate::{Target, Untranslatable, read, request as translated};
use catalog::{Dialect, Effort};

#[path = "../../../src-tauri/crates/translate/tests/translated_requests/acted.rs"]
mod acted;
#[path = "../../../src-tauri/crates/translate/tests/translated_requests/rules.rs"]
mod rules;

use acted::acted;
use rules::lawful;

/// Translates a request into both other dialects. If it succeeds, the vendor accepts the result, and its content is unchanged.
pub fn request(data: &[u8]) {
    between(data, |from, to| from != to);
}

pub(crate) fn between(data: &[u8], wanted: impl Fn(Dialect, Dialect) -> bool) {
    for from in Dialect::ALL {
        let Ok(before) = read(from, data) else {
            continue;
        };
        for to in Dialect::ALL.into_iter().filter(|to| wanted(from, *to)) {
            let Ok(there) = translated(from, to, data, &target()) else {
                continue;
            };
            assert_eq!(lawful(to, &there.body), Ok(()), "{from} to {to}");
            match translated(to, from, &there.body, &target()) {
                Ok(back) => {
                    let after = read(from, &back.body);
                    let after =
                        after.unwrap_or_else(|why| panic!("{from} to {to} and back: {why}"));
                    let (before, after) = (acted(&before, None), acted(&after, Some(&there.names)));
                    assert_eq!(before, after, "{from} to {to} and back");
                }
                // A dialect can have features that another lacks.
                Err(Untranslatable::Malformed { what, .. }) => {
                    panic!("{from} to {to} gave a malformed request: {what}")
                }
                Err(_) => {}
            }
        }
    }
}

fn target() -> Target {
    Target {
        max_output: Some(32_000),
        efforts: vec![Effort::Low, Effort::Medium, Effort::High],
        ..Target::new("stand-in")
    }
}
