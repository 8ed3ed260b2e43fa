//! Places whose addresses vigie knows: what is asked of them.

/// The known places, by the word that stands after `kind =`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PresetName {
    HackerNews,
    Mastodon,
    Bluesky,
    /// The one stream among them: a connection that stays open.
    BlueskyJetstream,
    Reddit,
    Lemmy,
    Lobsters,
    StackExchange,
    Discourse,
    GitHub,
    YouTube,
    WordPress,
    Medium,
    DevTo,
    Substack,
    GoogleAlerts,
    GoogleNews,
    BingNews,
    Gdelt,
    AppStore,
    Wikipedia,
}

impl PresetName {
    /// In the order people are shown them.
    pub const ALL: [PresetName; 21] = [
        PresetName::HackerNews,
        PresetName::Mastodon,
        PresetName::Bluesky,
        PresetName::BlueskyJetstream,
        PresetName::Reddit,
        PresetName::Lemmy,
        PresetName::Lobsters,
        PresetName::StackExchange,
        PresetName::Discourse,
        PresetName::GitHub,
        PresetName::YouTube,
        PresetName::WordPress,
        PresetName::Medium,
        PresetName::DevTo,
        PresetName::Substack,
        PresetName::GoogleAlerts,
        PresetName::GoogleNews,
        PresetName::BingNews,
        PresetName::Gdelt,
        PresetName::AppStore,
        PresetName::Wikipedia,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            PresetName::HackerNews => "hacker-news",
            PresetName::Mastodon => "mastodon",
            PresetName::Bluesky => "bluesky",
            PresetName::BlueskyJetstream => "bluesky-jetstream",
            PresetName::Reddit => "reddit",
            PresetName::Lemmy => "lemmy",
            PresetName::Lobsters => "lobsters",
            PresetName::StackExchange => "stack-exchange",
            PresetName::Discourse => "discourse",
            PresetName::GitHub => "github",
            PresetName::YouTube => "youtube",
            PresetName::WordPress => "wordpress",
            PresetName::Medium => "medium",
            PresetName::DevTo => "dev-to",
            PresetName::Substack => "substack",
            PresetName::GoogleAlerts => "google-alerts",
            PresetName::GoogleNews => "google-news",
            PresetName::BingNews => "bing-news",
            PresetName::Gdelt => "gdelt",
            PresetName::AppStore => "app-store",
            PresetName::Wikipedia => "wikipedia",
        }
    }
}

/// A known place and what is wanted of it; each place takes some of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Preset {
    pub name: PresetName,
    pub search: Option<Search>,
    /// Where the place lives, without a slash at the end; of a stream also several, with commas between.
    /// `None`: where everybody finds it.
    pub host: Option<String>,
    pub tags: Vec<String>,
    pub accounts: Vec<String>,
    pub communities: Vec<String>,
    pub repos: Vec<String>,
    pub apps: Vec<String>,
    /// The environment variable that holds the user's token; the token itself never is in here.
    pub token_env: Option<String>,
}

impl std::fmt::Display for Preset {
    /// `mastodon https://piaille.fr: tag velo, account acme`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name.as_str())?;
        if let Some(host) = &self.host {
            write!(f, " {host}")?;
        }
        let search = self.search.as_ref().map(|search| search.terms(str::to_owned)).unwrap_or_default();
        let mut before = ": ";
        for (key, values) in [
            ("search", &search),
            ("tag", &self.tags),
            ("account", &self.accounts),
            ("community", &self.communities),
            ("repo", &self.repos),
            ("app", &self.apps),
        ] {
            if !values.is_empty() {
                write!(f, "{before}{key} {}", values.join(", "))?;
                before = "; ";
            }
        }
        Ok(())
    }
}

/// What a place is searched for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Search {
    /// As written: words, or `{brand}`, or both.
    pub text: String,
    /// The names `{brand}` stands for; a name that contains another one is left out, since whoever finds the
    /// shorter finds it too.
    pub names: Vec<String>,
}

impl Search {
    /// What `{brand}` stands for in a search.
    pub const BRAND: &str = "{brand}";

    /// The searches to make, each written as the place wants it: `quote` makes a name of several words one.
    pub fn terms(&self, quote: impl Fn(&str) -> String) -> Vec<String> {
        if !self.text.contains(Self::BRAND) {
            return vec![self.text.clone()];
        }
        self.names.iter().map(|name| self.text.replace(Self::BRAND, &quote(name))).collect()
    }
}
