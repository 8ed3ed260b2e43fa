//! For whom we listen, and the queries saved for it.

use super::id_type;
use crate::query::Query;

id_type!(
    /// The id of a brand as written in `feeds.toml`.
    BrandId
);

/// What a brand is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Own,
    Competitor,
    Partner,
    Topic,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Own, Role::Competitor, Role::Partner, Role::Topic];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Own => "own",
            Role::Competitor => "competitor",
            Role::Partner => "partner",
            Role::Topic => "topic",
        }
    }
}

/// A brand: an entry is its mention if (an alias or `exact` holds, and `context` if given) or
/// `query` holds, and `exclude` does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Brand {
    pub id: BrandId,
    pub name: String,
    pub role: Role,
    /// Whole words, case and accents folded; never empty unless `exact` or `query` is given.
    pub aliases: Vec<String>,
    /// Whole words, as written.
    pub exact: Vec<String>,
    pub query: Option<Query>,
    pub context: Option<Query>,
    pub exclude: Option<Query>,
    /// What these hosts publish is the brand's own voice.
    pub domains: Vec<String>,
    pub accounts: Vec<String>,
}

impl Brand {
    /// What it is called: its name, aliases and exact spellings.
    pub fn names(&self) -> Vec<&str> {
        let names = std::iter::once(&self.name).chain(&self.aliases).chain(&self.exact);
        names.map(String::as_str).collect()
    }
}

/// A query kept under a name, for search, rules and benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedQuery {
    pub id: String,
    /// Citations of other saved queries are already resolved in it.
    pub query: Query,
    /// For the benchmark; `None`: own and competitors.
    pub brands: Option<Vec<BrandId>>,
}
