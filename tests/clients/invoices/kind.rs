//! The workflows of the documentation.

/// A workflow of the documentation, by the node that calls the model.
pub(super) struct Kind {
    pub(super) title: &'static str,
    /// In `docs/n8n`.
    pub(super) file: &'static str,
    pub(super) id: &'static str,
    pub(super) pipeline: &'static str,
    /// Of its webhook.
    pub(super) path: &'static str,
    pub(super) model: &'static str,
    /// Where other programs request the same model.
    pub(super) other: &'static str,
}

/// Its requests have an input, and no messages.
pub(super) const RESPONSES: &str = "/v1/responses";

impl Kind {
    pub(super) const ALL: [&'static Kind; 3] = [
        &Kind {
            title: "HTTP Request",
            file: "invoices.json",
            id: "invoicesHttp",
            pipeline: "Invoices",
            path: "invoices",
            model: "gpt-6-sol",
            other: "/v1/chat/completions",
        },
        &Kind {
            title: "Basic LLM Chain, OpenAI Chat Model",
            file: "invoices-openai.json",
            id: "invoicesOpenAi",
            pipeline: "Invoices with OpenAI",
            path: "invoices-openai",
            model: "gpt-6-sol",
            other: RESPONSES,
        },
        &Kind {
            title: "AI Agent, Anthropic Chat Model",
            file: "invoices-anthropic.json",
            id: "invoicesAnthropic",
            pipeline: "Invoices with Anthropic",
            path: "invoices-anthropic",
            model: "claude-opus-5-5",
            other: "/v1/messages",
        },
    ];
}
