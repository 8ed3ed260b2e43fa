//! What a failed request means for its source: the word for its health, and when to ask again.

use std::time::Duration;

use crate::fetch::{self, FetchError};
use crate::model::HealthState;

pub(super) struct Failure {
    pub state: HealthState,
    pub outcome: fetch::Outcome,
    pub why: String,
}

impl Failure {
    pub fn broken(why: String) -> Self {
        Failure { state: HealthState::Broken, outcome: fetch::Outcome::Failed, why }
    }

    /// Reading what the server sent ended in a panic.
    pub fn of_vigie() -> Self {
        Self::broken("the document could not be read: a fault of vigie".to_owned())
    }

    /// What a server that asks to wait said.
    pub fn after(&self) -> Option<Duration> {
        match self.outcome {
            fetch::Outcome::RateLimited { after } => after,
            fetch::Outcome::HostWaits { after } => Some(after),
            fetch::Outcome::Good | fetch::Outcome::Failed => None,
        }
    }
}

impl From<&FetchError> for Failure {
    fn from(error: &FetchError) -> Self {
        let failed = fetch::Outcome::Failed;
        let (state, outcome) = match error {
            FetchError::RateLimited { after } => {
                (HealthState::Throttled, fetch::Outcome::RateLimited { after: *after })
            }
            FetchError::HostWaits { after } => {
                (HealthState::Throttled, fetch::Outcome::HostWaits { after: *after })
            }
            FetchError::Gone => (HealthState::Gone, failed),
            FetchError::Refused(_) | FetchError::Status(401 | 403 | 451) => (HealthState::Blocked, failed),
            FetchError::Encoding(_)
            | FetchError::Status(_)
            | FetchError::TooManyRedirects(_)
            | FetchError::Timeout(_)
            | FetchError::Network(_) => (HealthState::Broken, failed),
        };
        Failure { state, outcome, why: error.to_string() }
    }
}
