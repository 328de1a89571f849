//! Verdicts on Claude, for the golden files.

use catalog::ProviderId;
use chrono::{DateTime, TimeZone, Utc};
use health::{
    Basis, Blame, Evidence, FailedCalls, FailureKind, Failures, LastRequest, Level, OurFault,
    PageClaim, PageEvidence, ProviderVerdict, Unknown, Unreadable, Verdict,
};

/// Thursday, 26 November 2026, UTC.
pub(crate) fn at(hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, hour, minute, 0).unwrap()
}

pub(crate) fn claude() -> ProviderId {
    "anthropic".into()
}

fn claim(level: Level, since: DateTime<Utc>) -> PageEvidence {
    PageEvidence::Claim(PageClaim {
        level,
        since: Some(since),
        read_at: at(16, 20),
    })
}

fn green() -> PageEvidence {
    claim(Level::Operational, at(9, 0))
}

fn page(level: Level) -> Evidence {
    Evidence {
        page: claim(level, at(16, 41)),
        ..Evidence::default()
    }
}

fn failures(failed: u32, total: u32, kind: Option<FailureKind>) -> Failures {
    Failures {
        failed,
        total,
        kind,
    }
}

/// 12 probes and 11 requests, all with 529.
fn overloaded() -> FailedCalls {
    let kind = Some(FailureKind::Status(529));
    FailedCalls {
        probes: failures(12, 12, kind),
        requests: failures(11, 11, kind),
        since: at(16, 57),
        last: at(17, 19),
    }
}

fn requests(failed: u32, total: u32, kind: Option<FailureKind>) -> FailedCalls {
    FailedCalls {
        probes: Failures::default(),
        requests: failures(failed, total, kind),
        ..overloaded()
    }
}

fn failing(page: PageEvidence) -> Evidence {
    Evidence {
        page,
        calls: Some(overloaded()),
        failing: ["claude-opus-5-5".into()].into(),
        network_up: true,
        ..Evidence::default()
    }
}

/// A page without an outage, and a healthy model.
fn well() -> Evidence {
    Evidence {
        page: green(),
        answering: ["haiku".into()].into(),
        ..Evidence::default()
    }
}

fn verdict(verdict: Verdict, basis: Basis, blame: Blame, evidence: Evidence) -> ProviderVerdict {
    ProviderVerdict {
        verdict,
        since: Some(at(16, 57)),
        basis,
        blame,
        evidence,
        unstable: false,
        surfaces: Default::default(),
        models: Default::default(),
    }
}

fn measured(level: Level, blame: Blame, evidence: Evidence) -> ProviderVerdict {
    verdict(Verdict::Known(level), Basis::Measured, blame, evidence)
}

fn by_page(level: Level, blame: Blame) -> ProviderVerdict {
    let known = Verdict::Known(level);
    verdict(known, Basis::PageOnly, blame, page(level))
}

fn unknown(why: Unknown, page: PageEvidence) -> ProviderVerdict {
    let evidence = Evidence {
        page,
        ..Evidence::default()
    };
    let why = Verdict::Unknown(why);
    verdict(why, Basis::Nothing, Blame::Undetermined, evidence)
}

/// The last failure was at 17:19.
fn faded(at_last: DateTime<Utc>, answered: bool) -> ProviderVerdict {
    let why = Unknown::Faded {
        last_failure: at(17, 19),
    };
    let mut faded = unknown(why, green());
    faded.evidence.last_request = Some(LastRequest {
        at: at_last,
        answered,
    });
    faded
}

/// The page is the only evidence, and the last request was at 15:58.
fn last_request(answered: bool) -> ProviderVerdict {
    let mut known = by_page(Level::Operational, Blame::Undetermined);
    known.evidence.last_request = Some(LastRequest {
        at: at(15, 58),
        answered,
    });
    known
}

fn ours(fault: OurFault) -> ProviderVerdict {
    let evidence = Evidence {
        ours: Some(("anthropic".into(), fault)),
        ..well()
    };
    measured(Level::Operational, Blame::Undetermined, evidence)
}

pub(crate) fn scenes() -> Vec<(&'static str, ProviderVerdict)> {
    let mut scenes = healthy();
    scenes.extend(outages());
    scenes.extend(unknowns());
    scenes.extend(ours_to_repair());
    scenes
}

fn healthy() -> Vec<(&'static str, ProviderVerdict)> {
    let without_page = Evidence {
        page: PageEvidence::NoPage,
        ..well()
    };
    vec![
        (
            "operational",
            measured(Level::Operational, Blame::Undetermined, well()),
        ),
        (
            "operational, without a page",
            measured(Level::Operational, Blame::Undetermined, without_page),
        ),
        (
            "page only",
            by_page(Level::Operational, Blame::Undetermined),
        ),
        ("page only, and an old request", last_request(true)),
        ("page only, and an old request failed", last_request(false)),
        (
            "maintenance",
            by_page(Level::Maintenance, Blame::Undetermined),
        ),
    ]
}

fn outages() -> Vec<(&'static str, ProviderVerdict)> {
    use Level::{Degraded, MajorOutage, PartialOutage};
    let unreadable = PageEvidence::Unreadable(Unreadable::Unreachable("502".into()));
    let some_answer = Evidence {
        calls: Some(requests(12, 14, None)),
        answering: ["haiku".into(), "sonnet".into()].into(),
        ..failing(green())
    };
    let reached = Evidence {
        answering: ["haiku".into()].into(),
        ..page(PartialOutage)
    };
    let together = Evidence {
        together: ["api".into(), "claude-code".into()].into(),
        ..page(PartialOutage)
    };
    let shared = Evidence {
        shared: [claude(), "openai".into(), "openrouter".into()].into(),
        ..failing(green())
    };
    let in_doubt = Evidence {
        calls: Some(requests(3, 3, Some(FailureKind::Connect))),
        network_up: false,
        ..failing(green())
    };
    let declared = claim(MajorOutage, at(16, 41));
    vec![
        ("degraded, by the page", by_page(Degraded, Blame::Them)),
        (
            "declared, and our calls get through",
            measured(PartialOutage, Blame::Undetermined, reached),
        ),
        (
            "partly down: one model fails",
            measured(PartialOutage, Blame::Them, some_answer),
        ),
        (
            "down, and the page does not confirm it",
            measured(MajorOutage, Blame::Them, failing(green())),
        ),
        (
            "down, and the page confirms it",
            measured(MajorOutage, Blame::Them, failing(declared)),
        ),
        (
            "down, and the page cannot be read",
            measured(MajorOutage, Blame::Them, failing(unreadable)),
        ),
        (
            "both surfaces together",
            measured(PartialOutage, Blame::Them, together),
        ),
        (
            "shared infrastructure",
            measured(MajorOutage, Blame::SharedInfrastructure, shared),
        ),
        (
            "down, and our own network is not known",
            measured(MajorOutage, Blame::Undetermined, in_doubt),
        ),
    ]
}

fn unknowns() -> Vec<(&'static str, ProviderVerdict)> {
    let blocked = PageEvidence::Unreadable(Unreadable::Blocked("403".into()));
    vec![
        ("offline", unknown(Unknown::Offline, PageEvidence::NotRead)),
        ("page unreadable", unknown(Unknown::PageUnreadable, blocked)),
        ("stale", unknown(Unknown::Stale, PageEvidence::Stale)),
        ("faded", faded(at(17, 19), false)),
        ("faded, after one answer", faded(at(17, 20), true)),
        (
            "page not read yet",
            unknown(Unknown::NotYetRead, PageEvidence::NotRead),
        ),
        (
            "page states nothing",
            unknown(Unknown::NotYetRead, PageEvidence::NoState),
        ),
        (
            "no page, and no request yet",
            unknown(Unknown::NotYetRead, PageEvidence::NoPage),
        ),
    ]
}

fn ours_to_repair() -> Vec<(&'static str, ProviderVerdict)> {
    let until = Some(at(17, 40));
    vec![
        ("key refused", ours(OurFault::Credential)),
        ("quota", ours(OurFault::Quota)),
        ("limit with reset", ours(OurFault::Limit { until })),
    ]
}
