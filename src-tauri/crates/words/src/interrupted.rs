//! Agent sessions that an outage interrupted, in one sentence for all UIs.

use crate::list;

/// "2 Claude Code sessions and 1 Codex session were interrupted within a turn." `sessions`: their number by client. `None`: no
/// session.
pub fn interrupted(sessions: &[(String, u64)]) -> Option<String> {
    let total: u64 = sessions.iter().map(|(_, number)| number).sum();
    let parts: Vec<String> = sessions
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(client, number)| match number {
            1 => format!("1 {client} session"),
            n => format!("{n} {client} sessions"),
        })
        .collect();
    let were = match total {
        0 => return None,
        1 => "was",
        _ => "were",
    };
    Some(format!(
        "{} {were} interrupted within a turn.",
        list(&parts)
    ))
}

#[cfg(test)]
mod tests {
    use super::interrupted;

    #[test]
    fn sessions_are_counted_by_client() {
        let sentence = |sessions: &[(&str, u64)]| {
            let sessions: Vec<_> = sessions
                .iter()
                .map(|(c, n)| ((*c).to_owned(), *n))
                .collect();
            interrupted(&sessions)
        };
        for (sessions, expected) in [
            (&[][..], None),
            (&[("Codex", 0)], None),
            (
                &[("Codex", 1)],
                Some("1 Codex session was interrupted within a turn."),
            ),
            (
                &[("Claude Code", 2)],
                Some("2 Claude Code sessions were interrupted within a turn."),
            ),
            (
                &[("Claude Code", 2), ("Codex", 1)],
                Some("2 Claude Code sessions and 1 Codex session were interrupted within a turn."),
            ),
        ] {
            assert_eq!(sentence(sessions).as_deref(), expected);
        }
    }
}
