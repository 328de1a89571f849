use std::sync::OnceLock;

use catalog::Dialect;
use serde::de::IgnoredAny;

use super::bounds::LIMIT;
use super::foreign::not_json;
use super::shown::Shown;
use super::{anthropic, openai_chat, openai_responses};
use crate::{BodyEnd, Broken, Completion, text};

/// A JSON document, parsed when it is complete.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) dialect: Dialect,
    bytes: Vec<u8>,
    pub(super) broken: Option<Broken>,
    pub(super) keeps_arguments: bool,
    read: OnceLock<Read>,
}

#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) shown: Shown,
    completion: Option<Completion>,
}

impl Document {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            bytes: Vec::new(),
            broken: None,
            keeps_arguments: false,
            read: OnceLock::new(),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_some() || bytes.is_empty() {
            return;
        }
        self.read = OnceLock::new();
        if self.bytes.len() + bytes.len() > LIMIT {
            self.broken = Some(Broken::Oversize(LIMIT));
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(super) fn judge(&self, end: BodyEnd) -> Completion {
        if let Some(broken) = &self.broken {
            return Completion::Broken(broken.clone());
        }
        match (end, &self.read().completion) {
            (_, Some(completion)) => completion.clone(),
            (BodyEnd::Cut, None) => Completion::Broken(Broken::Cut),
            (BodyEnd::Clean, None) => Completion::Broken(match not_json(&self.bytes) {
                Some(broken) => broken,
                None => Broken::Malformed("the body ends in the middle of its JSON".to_owned()),
            }),
        }
    }

    pub(super) fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            // Without its last brace the document is incomplete, not malformed.
            let text = self
                .bytes
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(&self.bytes);
            let parsed = serde_json::from_slice::<IgnoredAny>(text);
            if parsed.as_ref().is_err_and(serde_json::Error::is_eof) || not_json(text).is_some() {
                return Read::default();
            }
            let text = text::without_lone_surrogates(text);
            let mut shown = Shown::default();
            shown.keeps_arguments = self.keeps_arguments;
            let completion = match self.dialect {
                Dialect::Anthropic => anthropic::document(&text, &mut shown),
                Dialect::OpenaiChat => openai_chat::document(&text, &mut shown),
                Dialect::OpenaiResponses => openai_responses::document(&text, &mut shown),
            };
            Read {
                shown,
                completion: Some(completion.unwrap_or_else(Completion::Broken)),
            }
        })
    }
}
