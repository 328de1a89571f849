use ::translate::{AnswerTranslator, Form, Names, UntranslatableResponse, complete_document};
use catalog::Dialect;
use wire::{BodyEnd, Completion, Framing, Validator};

use crate::pieces;

/// Translates a response into both other dialects: any split gives the same complete events, and only a complete response gets
/// an end.
pub fn translate(data: &[u8]) {
    directions(data, |from, to| from != to);
}

/// The same for a client and a provider of one dialect and different model families.
pub fn same_dialect(data: &[u8]) {
    directions(data, |from, to| from == to);
    crate::request::between(data, |from, to| from == to);
}

fn directions(data: &[u8], wanted: impl Fn(Dialect, Dialect) -> bool) {
    for from in Dialect::ALL {
        let provider = judge(from, Framing::Stream, data);
        let document = judge(from, Framing::Document, data);
        for to in Dialect::ALL.into_iter().filter(|to| wanted(from, *to)) {
            let (out, outcome) = translate_stream(from, to, &[data]);
            assert_eq!(
                translate_stream(from, to, &pieces(data)),
                (out.clone(), outcome.clone()),
                "another split gives another result"
            );
            assert!(
                out.is_empty() || out.ends_with(b"\n\n"),
                "the output ends within an event"
            );
            follows(&judge(to, Framing::Stream, &out), &provider);
            if outcome.is_ok() {
                // The translation can be read, and translated back.
                let (back, outcome) = translate_stream(to, from, &[&out]);
                assert!(!matches!(
                    outcome,
                    Err(UntranslatableResponse::Unsayable(_))
                ));
                follows(&judge(from, Framing::Stream, &back), &provider);
            }
            if let Ok(translated) =
                complete_document(from, to, data, &names(from, to), &Form::default())
            {
                follows(&judge(to, Framing::Document, &translated), &document);
            }
        }
    }
}

fn follows(translated: &Completion, original: &Completion) {
    assert!(
        !translated.is_answer() || translated == original,
        "{original:?} was translated as {translated:?}"
    );
}

fn names(from: Dialect, to: Dialect) -> Names {
    Names::new(to, from, [], [])
}

fn translate_stream(
    from: Dialect,
    to: Dialect,
    slices: &[&[u8]],
) -> (Vec<u8>, Result<(), UntranslatableResponse>) {
    let mut translator = AnswerTranslator::new(from, to, names(from, to), Form::default());
    let mut out = Vec::new();
    for slice in slices {
        if translator.push(slice, &mut out).is_err() {
            break;
        }
    }
    let outcome = translator.end(&mut out);
    (out, outcome)
}

fn judge(dialect: Dialect, framing: Framing, bytes: &[u8]) -> Completion {
    let mut validator = Validator::new(dialect, framing);
    validator.push(bytes, &mut Vec::new());
    validator.judge(BodyEnd::Clean)
}
