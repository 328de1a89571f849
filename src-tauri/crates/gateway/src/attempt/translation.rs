//! One attempt at a candidate of another dialect: the request is translated into it, and the response into the client's.

use bytes::Bytes;
use catalog::Dialect;
use translate::{
    self, AnswerTranslator, Conversation, Form, LeftOut, Names, Target, Untranslatable,
    UntranslatableResponse, Wanted,
};
use wire::{Framing, Report, Validator};

use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::headers;
use crate::kept::SignatureSink;

/// How the response of one attempt is translated for the client.
#[derive(Clone, Debug)]
pub(crate) struct Translation {
    /// The provider's dialect.
    pub(crate) spoken: Dialect,
    names: Names,
    form: Form,
    pub(crate) sink: SignatureSink,
}

/// A request in the form of a candidate of another dialect.
#[derive(Debug)]
pub(crate) struct TranslatedRequest {
    pub(crate) body: Bytes,
    pub(crate) translation: Translation,
    /// Fields that the candidate does not get, or not exactly.
    pub(crate) left_out: Vec<LeftOut>,
    /// A form that must be checked on the complete response.
    pub(crate) wanted: Option<Wanted>,
}

/// `created`: the time of the response in seconds since 1970.
///
/// # Errors
/// [`Untranslatable`]: the candidate does not support this request.
pub(crate) fn translate_request(
    (client, spoken): (Dialect, Dialect),
    conversation: &Conversation,
    target: &Target,
    created: u64,
) -> Result<TranslatedRequest, Untranslatable> {
    let request = translate::write(client, spoken, conversation, target)?;
    Ok(TranslatedRequest {
        body: request.body.into(),
        translation: Translation {
            spoken,
            names: request.names,
            form: Form {
                usage_chunk: request.usage_chunk,
                created,
                json: request.wanted.is_some(),
                echo: request.echo,
                reasoning_content: request.reasoning_content,
            },
            sink: SignatureSink::default(),
        },
        left_out: request.left_out,
        wanted: request.wanted,
    })
}

impl Translation {
    pub(crate) fn with_sink(mut self, sink: SignatureSink) -> Self {
        self.sink = sink;
        self
    }

    /// For a streamed response.
    pub(crate) fn answer(&self, client: Dialect) -> AnswerTranslator {
        AnswerTranslator::new(self.spoken, client, self.names.clone(), self.form.clone())
    }

    /// A response in one document. `report`: with the provider's own values.
    ///
    /// # Errors
    /// It is not translatable.
    pub(crate) fn document(
        &self,
        client: Dialect,
        bytes: &Bytes,
        report: Report,
    ) -> Result<(Bytes, Report), UntranslatableResponse> {
        let document = translate::complete_document_signed(
            self.spoken,
            client,
            bytes,
            &self.names,
            &self.form,
        )?;
        self.sink.keep(&document.signatures);
        let translated = document.body;
        // Stored in the client's form, if the provider's calls are stored.
        let kept = |call: &wire::ToolCall| call.arguments.is_some();
        let keep = report.tool_calls.iter().any(kept);
        let mut validator = Validator::new(client, Framing::Document).keeping_arguments(keep);
        validator.push(&translated, &mut Vec::new());
        // The client sends results with the ids that it received.
        let tool_calls = validator.report().tool_calls.clone();
        let report = Report {
            tool_calls,
            ..report
        };
        Ok((translated.into(), report))
    }

    /// The provider's error in the client's dialect.
    pub(crate) fn refusal(&self, client: Dialect, failed_attempt: FailedAttempt) -> FailedAttempt {
        let answer = failed_attempt.answer.map(|(status, headers, body)| {
            let (status, body) = translate::error(client, status, &body);
            (status, headers::of_error(&headers), body.into())
        });
        FailedAttempt {
            answer,
            ..failed_attempt
        }
    }
}
