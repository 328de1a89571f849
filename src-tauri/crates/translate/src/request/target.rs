use catalog::{
    Ability, Allow, CallIds, ChatLimit, Dialect, Effort, Endpoint, Model, ReasoningContent,
    StreamUsage, ThoughtSignatures,
};

use super::dropped::{LeftOut, Why, leave_out};
use super::estimate::estimate_tokens;
use super::model::{Conversation, DocumentBody, Format, Part, ToolChoice, ToolInput};
use super::text::Pairs;
use super::untranslatable::Untranslatable;

/// The candidate with the facts from the catalogue. An ability that is not known to be missing is assumed to be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The id that the request must use.
    pub model: String,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Maximum output in tokens: used if the dialect requires a limit and the request has none, and as the upper limit for all
    /// requests.
    pub max_output: Option<u64>,
    pub lacks: Vec<Ability>,
    /// The efforts that the model accepts; empty: no effort is sent.
    pub efforts: Vec<Effort>,
    pub chat_limit: ChatLimit,
    /// [`crate::Names::with_nine_letter_ids`].
    pub ids: CallIds,
    pub stream_usage: StreamUsage,
    pub reasoning_content: ReasoningContent,
    pub thought_signatures: ThoughtSignatures,
    /// Its Chat endpoint accepts the address of a document.
    pub file_addresses: bool,
    /// The client's top-level fields that the endpoint's file allows.
    pub allow: Allow,
    pub home: Home,
}

/// Requirements of the client's own vendor for the calls in a conversation. That vendor gets the client's own bytes, so
/// responses of fallbacks must fulfil them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Home {
    pub ids: CallIds,
    pub reasoning_content: ReasoningContent,
}

impl Home {
    /// `endpoint`: the route's primary.
    pub fn of(endpoint: &Endpoint) -> Home {
        Home {
            ids: endpoint.call_ids,
            reasoning_content: endpoint.reasoning_content,
        }
    }
}

impl Target {
    /// A model without known facts.
    pub fn new(model: impl Into<String>) -> Target {
        Target {
            model: model.into(),
            context: None,
            max_output: None,
            lacks: Vec::new(),
            efforts: Vec::new(),
            chat_limit: ChatLimit::default(),
            ids: CallIds::default(),
            stream_usage: StreamUsage::default(),
            reasoning_content: ReasoningContent::default(),
            thought_signatures: ThoughtSignatures::default(),
            file_addresses: false,
            allow: Allow::default(),
            home: Home::default(),
        }
    }

    /// A model of an endpoint with its facts from the catalogue: its own entry, not the model vendor's, since resellers may
    /// allow less.
    pub fn of(endpoint: &Endpoint, models: &[Model], model: &str) -> Target {
        let known = Model::known(models, model);
        Target {
            model: model.to_owned(),
            context: known.and_then(|known| known.context).or(endpoint.context),
            max_output: known
                .and_then(|known| known.max_output)
                .or(endpoint.max_output),
            lacks: known.map_or_else(Vec::new, |known| known.lacks.clone()),
            efforts: known.map_or_else(Vec::new, |known| known.efforts.clone()),
            chat_limit: endpoint.chat_limit,
            ids: endpoint.call_ids,
            stream_usage: endpoint.stream_usage,
            reasoning_content: endpoint.reasoning_content,
            thought_signatures: endpoint.thought_signatures,
            file_addresses: endpoint.file_addresses,
            allow: endpoint.allow.clone(),
            home: Home::default(),
        }
    }

    /// For a fallback: sets the requirements of the vendor of the client that receives the response.
    pub fn for_client_of(self, home: Home) -> Target {
        Target { home, ..self }
    }

    /// # Errors The model is known to lack an ability that the conversation needs, or its context window is too small.
    pub fn can_serve(&self, conversation: &Conversation) -> Result<(), Untranslatable> {
        let lacking = needs(conversation)
            .into_iter()
            .find(|ability| self.lacks.contains(ability));
        if let Some(needs) = lacking {
            let model = self.model.clone();
            return Err(Untranslatable::ModelLacks { model, needs });
        }
        let tokens = estimate_tokens(conversation);
        match self.context {
            Some(context) if tokens > context => Err(Untranslatable::TooLong {
                model: self.model.clone(),
                tokens,
                context,
            }),
            _ => Ok(()),
        }
    }

    /// The conversation without options that this model is known to refuse, as close to the request as possible.
    pub(crate) fn fitted(&self, mut conversation: Conversation) -> Conversation {
        let left_out = &mut conversation.left_out;
        if self.lacks.contains(&Ability::Sampling) {
            for (what, value) in [
                ("temperature", &mut conversation.temperature),
                ("top_p", &mut conversation.top_p),
            ] {
                if value.take().is_some() {
                    leave_out(left_out, what, Why::Sampling);
                }
            }
        }
        if let (Some(requested), Some(most)) = (conversation.max_tokens, self.max_output)
            && requested > most
        {
            conversation.max_tokens = Some(most);
            leave_out(
                left_out,
                format!("max_tokens: {requested}"),
                Why::Approximate,
            );
        }
        if let Some(requested) = conversation.effort {
            conversation.effort = self.nearest(requested);
            if conversation.effort != Some(requested) {
                let what = format!("effort: {}", requested.as_str());
                leave_out(left_out, what, Why::Effort);
            }
        }
        conversation
    }

    /// The sampling parameters that this candidate gets in addition to temperature and `top_p`.
    pub(crate) fn sampling(
        &self,
        text: &Conversation,
        dialect: Dialect,
        left_out: &mut Vec<LeftOut>,
    ) -> Pairs {
        let refused = self.lacks.contains(&Ability::Sampling);
        let allowed = |name: &str| text.dialect == Some(dialect) && self.allow.allows_field(name);
        text.sampling.write(dialect, refused, allowed, left_out)
    }

    /// The lowest effort that is enough, or the highest that exists.
    fn nearest(&self, requested: Effort) -> Option<Effort> {
        let enough = self.efforts.iter().filter(|effort| **effort >= requested);
        enough.min().or_else(|| self.efforts.iter().max()).copied()
    }
}

fn needs(conversation: &Conversation) -> Vec<Ability> {
    let strict = |input: &ToolInput| matches!(input, ToolInput::Function { strict: true, .. });
    let mut needs = Vec::new();
    if !conversation.tools.is_empty() {
        needs.push(Ability::Tools);
    }
    if matches!(
        conversation.tool_choice,
        ToolChoice::Any | ToolChoice::Tool { .. }
    ) {
        needs.push(Ability::ForcedTool);
    }
    if matches!(conversation.format, Format::Schema { .. } | Format::Json)
        || conversation.tools.iter().any(|tool| strict(&tool.input))
    {
        needs.push(Ability::StructuredOutput);
    }
    for turn in &conversation.turns {
        needs_of(&turn.parts, &mut needs);
    }
    needs
}

fn needs_of(parts: &[Part], needs: &mut Vec<Ability>) {
    for part in parts {
        match part {
            Part::Image(_) => needs.push(Ability::Images),
            Part::Document(document) => match document.body {
                DocumentBody::File(_) => needs.push(Ability::Documents),
                DocumentBody::Text(_) => {}
            },
            Part::Call(_) => needs.push(Ability::Tools),
            Part::Result(result) => needs_of(&result.parts, needs),
            Part::Text(_) => {}
        }
    }
}
