//! What a route demands of an answer, as the settings write it.

use gateway::{Delivery, Demand, Schema};
use toml::Spanned;

use super::file::{self, DemandWord};
use super::reading::Reading;

impl Reading<'_> {
    /// An answer that is shown as it comes cannot be taken back, so that only a held one can be looked at first.
    pub(super) fn demand(
        &mut self,
        written: Option<Spanned<file::Demand>>,
        delivery: Option<Delivery>,
    ) -> Option<Demand> {
        let written = written?;
        if let Some(Delivery::Guarded | Delivery::Live) = delivery {
            self.err(
                &written,
                "a demand is looked at before anything is shown: set delivery = \"verified\", or leave it out".into(),
            );
        }
        match written.get_ref() {
            file::Demand::Word(DemandWord::Text) => Some(Demand::Text),
            file::Demand::Word(DemandWord::Json) => Some(Demand::Json),
            file::Demand::Schema(schema) => match Schema::new(&schema.schema) {
                Ok(schema) => Some(Demand::Schema(schema)),
                Err(why) => {
                    self.err(&written, why);
                    None
                }
            },
        }
    }
}
