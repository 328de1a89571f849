//! Named tokens: created, listed and revoked. A change is in force for the next request, also on an open connection.

use api::{Accepted, ControlError, NewToken};
use chrono::{DateTime, Utc};
use gateway::NamedToken;

use super::MainLoop;
use crate::named_tokens::{Issued, NamedTokens};
use crate::{desk, network, token};

impl MainLoop {
    pub(super) fn add_token(
        &mut self,
        now: DateTime<Utc>,
        name: &str,
        pipeline: Option<&str>,
    ) -> Result<NewToken, ControlError> {
        self.check_tokens_file()?;
        let known = &self.state().tokens;
        let name = known.check_name(name).map_err(|why| ControlError {
            error: why.to_string(),
            fix: None,
        })?;
        let pipeline = pipeline.map(str::trim).filter(|name| !name.is_empty());
        if let Some(name) = pipeline {
            gateway::check_pipeline_name(name).map_err(|why| ControlError {
                error: why.to_string(),
                fix: None,
            })?;
        }
        let secret = token::random().map_err(|error| ControlError {
            error: error.to_string(),
            fix: None,
        })?;
        let token = NamedToken::new(&name, &secret);
        let issued = Issued {
            token: match pipeline {
                Some(pipeline) => token.of_pipeline(pipeline),
                None => token,
            },
            created: now,
        };
        let tokens = known.with(issued);
        self.put_tokens(tokens)?;
        tracing::info!(name, "a token was created");
        let state = self.state();
        let ports = network::ports(&state.settings, state.listening.bound(), true);
        let open: Vec<_> = ports
            .iter()
            .filter_map(|(_, port)| port.as_ref().ok())
            .collect();
        let mut urls = vec![format!("{}/t/{secret}", state.address)];
        urls.extend(network::urls(&open, &state.settings.allowed_hosts, &secret));
        let closed = ports.iter().filter_map(|(address, port)| {
            let why = port.as_ref().err()?;
            Some(format!("{address} is closed: {why}. {}", why.fix()))
        });
        Ok(NewToken {
            name,
            pipeline: pipeline.map(str::to_owned),
            token: secret,
            urls,
            closed: closed.collect(),
        })
    }

    pub(super) fn revoke_token(&mut self, name: &str) -> Result<Accepted, ControlError> {
        self.check_tokens_file()?;
        let known = &self.state().tokens;
        let Some(found) = known.find(name) else {
            return Err(ControlError {
                error: format!("there is no token \"{}\"", name.trim()),
                fix: Some("`understudyd token list` shows the names".into()),
            });
        };
        let name = found.token.name.to_string();
        self.put_tokens(known.without(&name))?;
        tracing::info!(name, "a token was revoked");
        Ok(Accepted {
            message: format!(
                "The token \"{name}\" is revoked: its next request is refused, also on an open connection. A response that has begun ends as usual."
            ),
        })
    }

    pub(super) fn put_tokens(&mut self, tokens: NamedTokens) -> Result<(), ControlError> {
        let file = &self.state().places.tokens;
        tokens.write(file).map_err(|error| ControlError {
            error: format!(
                "{} cannot be written: {error}; nothing was changed",
                file.display()
            ),
            fix: Some("check the permissions and the free space of its folder".into()),
        })?;
        self.decide(desk::Event::Tokens(tokens));
        self.publish();
        Ok(())
    }

    /// A file that cannot be read is not replaced.
    fn check_tokens_file(&self) -> Result<(), ControlError> {
        let Some(why) = &self.state().tokens_unreadable else {
            return Ok(());
        };
        Err(ControlError {
            error: why.clone(),
            fix: Some(crate::view::problem::TOKENS_FIX.into()),
        })
    }
}
