use std::collections::BTreeMap;

use health::OurFault;
use watch::rhythm::Look;
use watch::{LookOutcome, Round};

use super::Names;

fn page(provider: &str, outcome: LookOutcome) -> (Look, LookOutcome) {
    (Look::Page(provider.into()), outcome)
}

fn probe(model: &str, outcome: LookOutcome) -> (Look, LookOutcome) {
    (Look::Probe("Claude".into(), model.into()), outcome)
}

fn failed(why: &str) -> LookOutcome {
    LookOutcome::Failed(why.into())
}

fn answer(offline: bool, checks: &[(Look, LookOutcome)], unkeyed: &[&str]) -> String {
    let round = Round {
        id: 0,
        offline,
        checks: checks.iter().cloned().collect::<BTreeMap<_, _>>(),
    };
    Names {
        of_provider: &|id| id.to_string(),
        of_endpoint: &|id| id.to_string(),
    }
    .answer(&round, unkeyed.iter().map(|&name| name.into()).collect())
}

#[test]
fn the_reply_lists_checked_and_unchecked_items() {
    use LookOutcome::{BudgetSpent, Good, Ours, Reached, Unfinished};
    /// The checks, the providers without a key, the expected reply.
    type Row<'a> = (&'a [(Look, LookOutcome)], &'a [&'a str], &'a str);
    let table: &[Row<'_>] = &[
        (
            &[
                page("A", Good),
                page("B", Good),
                page("C", Good),
                page("OpenRouter", failed("timed out")),
                probe("claude-opus-5-5", Good),
            ],
            &["OpenAI"],
            "Read 3 status pages; OpenRouter's could not be read (timed out). Probed Claude Opus: works. \
             No key for OpenAI: cannot probe it.",
        ),
        (
            &[
                page("A", Good),
                probe("claude-opus-5-5", Good),
                probe("gpt-sol-6", Good),
            ],
            &["Groq", "xAI"],
            "Read 1 status page. Probed Claude Opus and GPT Sol: both work. No key for Groq and xAI: cannot probe them.",
        ),
        (
            &[
                page("A", failed("timed out")),
                probe("claude-opus-5-5", failed("status 529: Overloaded")),
            ],
            &[],
            "Read no status page; A's could not be read (timed out). Probed Claude Opus: failed (status 529: Overloaded).",
        ),
        (
            &["A", "B", "C", "D", "E"].map(|id| page(id, failed("x"))),
            &[],
            "Read no status page; A's could not be read (x); B's could not be read (x); C's could not be read (x); \
             2 more could not be read.",
        ),
        (
            &[probe("claude-opus-5-5", Reached)],
            &[],
            "Probed Claude: can be reached; without a key its models are not tested.",
        ),
        (
            &[
                probe("claude-opus-5-5", Ours(OurFault::Credential)),
                probe("gpt-sol-6", BudgetSpent),
            ],
            &[],
            "Probed Claude Opus: not tested, the provider refused the key. \
             Probed GPT Sol: not sent, today's probe budget is spent.",
        ),
        (
            &[page("A", Unfinished), probe("claude-opus-5-5", Unfinished)],
            &[],
            "No response within 10 s from A's status page and Claude Opus; the result appears when it arrives.",
        ),
        (
            &[],
            &[],
            "Nothing to check: status pages and probes are off in the settings.",
        ),
        (&[], &["OpenAI"], "No key for OpenAI: cannot probe it."),
    ];
    for (checks, unkeyed, expected) in table {
        assert_eq!(answer(false, checks, unkeyed), *expected);
    }
    assert_eq!(
        answer(true, &[page("A", Unfinished)], &["OpenAI"]),
        "You're offline, so nothing could be checked. `understudyd doctor` names the check that failed."
    );
}
