use catalog::Dialect;
use wire::{
    BodyEnd, Broken, Completion, Framing, ReleasedResponse, RequestFields, Restart, Validator,
};

use crate::pieces;

/// More cuts of one input find nothing new and only take time.
const MOST_CUTS: usize = 12;

/// For each event: the stream ends there, gets a keep-alive, and continues with itself as the second response.
pub fn restart(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let data = text.as_bytes();
    for dialect in Dialect::ALL {
        let alone = judge(dialect, data);
        let ends = text
            .match_indices("\n\n")
            .map(|(at, blank)| at + blank.len());
        for end in ends.take(MOST_CUTS) {
            restart_at(dialect, &data[..end], data, &alone);
        }
    }
}

fn restart_at(dialect: Dialect, first: &[u8], second: &[u8], alone: &Completion) {
    let Ok(mut ask) = RequestFields::read(dialect, br#"{"model":"m","stream":true}"#) else {
        return;
    };
    ask.thinking = first.len().is_multiple_of(2);
    let mut client = ReleasedResponse::new(dialect);
    for piece in pieces(first) {
        client.push(piece);
    }
    let alive = client.keep_alive();
    let before = client
        .restart(&ask)
        .map(|restart| restart.open(Some("lost")).0);
    client.push(&alive);
    assert_eq!(
        client.keep_alive(),
        alive,
        "a keep-alive changed the open blocks"
    );
    let restart = match client.restart(&ask) {
        Ok(restart) => restart,
        Err(why) => {
            assert_eq!(before, Err(why));
            return;
        }
    };
    let (opening, out, outcome) = pass(restart, &[second]);
    assert_eq!(
        before.as_ref(),
        Ok(&opening),
        "a keep-alive changed the restart"
    );
    if let Ok(again) = client.restart(&ask) {
        assert_eq!(
            pass(again, &pieces(second)),
            (opening.clone(), out.clone(), outcome.clone())
        );
    }
    let valid_so_far =
        !matches!(judge(dialect, first), Completion::Broken(broken) if broken != Broken::Cut);
    if outcome.is_ok() && valid_so_far && alone.is_answer() {
        let stream = [first, &opening, &out].concat();
        assert!(
            judge(dialect, &stream).is_answer(),
            "the splice broke a complete second response"
        );
    }
}

type Passed = (Vec<u8>, Vec<u8>, Result<(), wire::CannotRestart>);

fn pass(restart: Restart, slices: &[&[u8]]) -> Passed {
    let (opening, mut splice) = restart.open(Some("lost"));
    let mut out = Vec::new();
    let mut outcome = Ok(());
    for slice in slices {
        let passed = splice.pass(slice, &mut out);
        assert!(
            outcome.is_ok() || passed == outcome,
            "a failed restart continued"
        );
        outcome = outcome.and(passed);
    }
    (opening, out, outcome)
}

fn judge(dialect: Dialect, stream: &[u8]) -> Completion {
    let mut validator = Validator::new(dialect, Framing::Stream);
    validator.push(stream, &mut Vec::new());
    validator.judge(BodyEnd::Cut)
}
