//! An interrupted agent session, for `incidents` and `status`.

use ::words::Clock;
use api::Interruption;

use super::show::{local, text_of};

pub(super) fn lines(clock: &Clock, session: &Interruption, incident: i64) -> Vec<String> {
    let checked = match session.checked {
        Some(at) => format!("checked {}", local(at)),
        None => format!(
            "not checked (`understudyd incidents {incident} --checked {}`)",
            session.id
        ),
    };
    let mut lines = vec![format!(
        "Interrupted: {} session {}, {}; {checked}",
        session.client,
        session.session,
        local(session.last)
    )];
    let message = text_of(clock, &session.spans, &session.message);
    lines.push(format!("  {message}"));
    for call in &session.calls {
        lines.push(format!("  {}", text_of(clock, &call.spans, &call.message)));
    }
    if let Some(resume) = &session.resume {
        lines.push(format!(
            "  To continue it, in the folder where it began: {resume}"
        ));
    }
    lines
}
