//! One line in the first text after a change of the answering model, if there is neither a tray nor a window. Never in a
//! required document, in a response without text, or in an application's text.

use bytes::Bytes;
use wire::{FailureClass, FirstLine, Kind, with_first_line};

use crate::Candidate;
use crate::admitted::Admitted;
use crate::attempt::fallback::Fallback;
use crate::plan::session::SessionKey;
use crate::services::Services;

/// A line that is not written yet.
pub(super) struct Announcement {
    line: String,
    services: Services,
    /// `None`: the client sends no session id, and the line is repeated in each turn of its user.
    session: Option<SessionKey>,
}

/// The line before `candidate`'s response; `None`: nothing has changed, or the client gets no line.
pub(super) fn announcement(fallback: &Fallback, candidate: &Candidate) -> Option<Announcement> {
    let admitted = &*fallback.admitted;
    if !wanted(admitted) {
        return None;
    }
    let services = &fallback.services;
    let news = match &admitted.session {
        Some(session) => services.is_unannounced(session),
        None => !candidate.is_primary() && !admitted.in_tool_loop,
    };
    news.then(|| Announcement {
        line: line(fallback, candidate),
        services: services.clone(),
        session: admitted.session.clone(),
    })
}

fn wanted(admitted: &Admitted) -> bool {
    let Admitted {
        config, ask, kind, ..
    } = admitted;
    // The owner made the choice, so it is not announced.
    config.announce
        && !admitted.plan.chosen
        && admitted.agent
        && *kind == Kind::Generate
        && !ask.requires_schema
}

fn line(fallback: &Fallback, candidate: &Candidate) -> String {
    let name = |of: &Candidate| {
        let endpoint = fallback.admitted.config.endpoints.get(&of.endpoint);
        let at = endpoint.map_or(of.endpoint.as_str(), |endpoint| &endpoint.name);
        format!("{} at {at}", of.model)
    };
    let by = name(candidate);
    if candidate.is_primary() {
        return format!("[Understudy: {by} answers again.]");
    }
    let primary = fallback
        .admitted
        .plan
        .primary()
        .map_or_else(|| fallback.admitted.ask.model.clone(), name);
    let how = match fallback
        .failure
        .of_primary()
        .map(|(_, failed_attempt)| failed_attempt.class)
    {
        Some(FailureClass::Limit | FailureClass::RateLimit | FailureClass::Quota) => {
            "has reached a limit"
        }
        Some(FailureClass::ContextTooLong) => "cannot take a request of this length",
        Some(_) if fallback.admitted.plan.is_drilled() => "fails on purpose, because a drill runs",
        Some(_) | None => "does not answer",
    };
    format!("[Understudy: {primary} {how}; {by} answers instead.]")
}

impl Announcement {
    /// In a response that is one document.
    pub(super) fn into_complete(self, fallback: &Fallback, body: Bytes) -> Bytes {
        match with_first_line(fallback.admitted.plan.dialect, &body, &self.line) {
            Some(with_line) => {
                self.mark_announced();
                with_line.into()
            }
            None => body,
        }
    }

    pub(super) fn into_stream(self, fallback: &Fallback) -> Announcing {
        Announcing {
            line: FirstLine::new(fallback.admitted.plan.dialect, &self.line),
            pending: Some(self),
        }
    }

    fn mark_announced(self) {
        if let Some(session) = &self.session {
            self.services.announced(session);
        }
    }
}

/// A stream that begins with a line.
pub(super) struct Announcing {
    line: FirstLine,
    /// `None`: it was written.
    pending: Option<Announcement>,
}

impl Announcing {
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Bytes {
        let with_line = self.line.pass(bytes);
        if self.line.is_written()
            && let Some(announcement) = self.pending.take()
        {
            announcement.mark_announced();
        }
        with_line.into()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.line.is_finished()
    }

    /// The held bytes of an incomplete event.
    pub(super) fn rest(&mut self) -> Bytes {
        self.line.rest().into()
    }
}
