//! The words of commands that answer a question.

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum YesOrNo {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum YesNoOrAsk {
    Yes,
    No,
    /// Ask when one would help
    Ask,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Siblings {
    #[value(alias = "yes")]
    On,
    #[value(alias = "no")]
    Off,
    /// Ask when a sibling is available
    Ask,
}

pub(super) fn may_go_to(word: &str) -> api::MayGoTo {
    match word {
        "keep" => api::MayGoTo::Keep,
        "named" => api::MayGoTo::Named,
        "same-vendor" => api::MayGoTo::SameVendor,
        "any" => api::MayGoTo::Any,
        endpoints => {
            let ids = endpoints.split(',').map(|id| id.trim().to_owned());
            api::MayGoTo::Endpoints(ids.filter(|id| !id.is_empty()).collect())
        }
    }
}
