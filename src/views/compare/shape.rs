//! What a comparison says: the shape of `benchmark --json`, and what a report draws.

use jiff::Timestamp;
use serde::Serialize;

use crate::stats::Interval;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonView {
    pub query: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub count: &'static str,
    /// What changes are against.
    pub against: AgainstView,
    /// Which sources the figures are of.
    pub basis: BasisView,
    pub brands: Vec<BrandView>,
    /// What people praise and blame in us and in them; `None` without an own brand.
    pub swot: Option<SwotView>,
    /// Of a comparison without a saved query.
    pub goals: Vec<GoalView>,
    /// What each enabled source brought, of all brands together, the least last.
    pub yields: Vec<YieldView>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgainstView {
    /// `previous`, or the name of a frozen baseline.
    pub name: String,
    pub since: Timestamp,
    pub until: Timestamp,
    /// When the baseline was frozen.
    pub saved: Option<Timestamp>,
    /// The sources heard for all of both windows, which changes are counted in.
    pub sources: Vec<String>,
    /// Why there are no changes, where there are none.
    pub problem: Option<AgainstProblem>,
}

/// Why nothing can be said of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgainstProblem {
    /// Nothing was counted then.
    Nothing,
    /// Sources heard for all of both windows bring less than half of what is counted now.
    OtherSources,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BasisView {
    /// `steady`: sources heard for all of the window. `all`: those bring less than half of what is counted, so
    /// that every source is.
    pub sources: &'static str,
    /// Sources with mentions in the window that were heard for a part of it only.
    pub uneven: Vec<UnevenView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnevenView {
    pub source: String,
    /// Which part of the window it was heard for.
    pub heard: f64,
    /// Heard from then on only.
    pub from: Option<Timestamp>,
    /// Whether the figures hold it all the same.
    pub counted: bool,
    pub mentions: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BrandView {
    pub brand: String,
    pub name: String,
    pub role: &'static str,
    pub mentions: u64,
    pub stories: u64,
    /// Fewer than 30 stories: the intervals say more than the figures.
    pub small: bool,
    /// In the count asked; `None` when all brands are at zero.
    pub share: Option<IntervalView>,
    pub share_mentions: Option<IntervalView>,
    /// Of the share.
    pub change: Option<ChangeView>,
    /// In the count asked.
    pub per_day: Option<IntervalView>,
    /// Of `per_day`.
    pub change_per_day: Option<ChangeView>,
    pub sentiment: SentimentCounts,
    /// Where it is talked of, the most first.
    pub sources: Vec<PlaceView>,
    /// By the tags of sources; a source with two counts under both.
    pub tags: Vec<PlaceView>,
    pub languages: Vec<PlaceView>,
    /// By what an entry carries: text, image, audio, video. Of what was read.
    pub formats: Vec<FormatView>,
    /// Who speaks of it, the most first. Of what was read.
    pub authors: Vec<AuthorView>,
    /// Words that set the brand apart from the others, the strongest first.
    pub themes: Vec<String>,
    /// The same, weighed.
    pub theme_weights: Vec<ThemeView>,
    /// The day with the most stories, then mentions.
    pub peak: Option<PeakView>,
    /// Stories per day, oldest first.
    pub days: Vec<DayView>,
    /// Mentions by hour of the week, from Monday 0:00 in the user's zone; 168 of them.
    pub hours: Vec<u32>,
    /// How many weeks `hours` are of: a long window's are drawn from weeks spread over it.
    pub hours_weeks: f64,
    /// How many mentions were read for formats, authors, themes and the four fields: all, or a sample spread
    /// over the window by what each day brought.
    pub read: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalView {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl From<Interval> for IntervalView {
    fn from(interval: Interval) -> Self {
        let Interval { value, low, high } = interval;
        IntervalView { value, low, high }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChangeView {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// More than chance, all brands compared considered together.
    pub significant: bool,
    /// What it was.
    pub before: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SentimentCounts {
    pub negative: u64,
    pub neutral: u64,
    pub positive: u64,
    /// `None` when nothing was scored.
    pub net: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of `net`.
    pub change: Option<ChangeView>,
}

/// A source, a tag, a language, and what was said there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlaceView {
    pub value: String,
    pub mentions: u64,
    pub stories: u64,
    /// Of the brand's mentions, how many are here.
    pub of_brand: f64,
    /// Of what is said here of all brands compared, how much is of this one.
    pub of_place: f64,
    pub net: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormatView {
    pub format: &'static str,
    pub mentions: u64,
    /// Of those whose source tells.
    pub reactions: Vec<ReactionView>,
}

/// What readers did, in the word of the source: likes, reposts, comments, points, views, stars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReactionView {
    pub kind: String,
    /// Mentions of which it is known.
    pub mentions: u64,
    pub median: u64,
    pub sum: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthorView {
    pub value: String,
    pub mentions: u64,
    /// Stories that it began: its mention is the earliest of the brand.
    pub first: u64,
    /// Mentions in these stories, on average: how far they spread.
    pub spread: Option<f64>,
    /// Mentions that praise.
    pub positive: u64,
    /// Mentions that complain.
    pub negative: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThemeView {
    pub word: String,
    /// Standard deviations of its log-odds against the others.
    pub weight: f64,
    /// Texts of this brand with it, and of the others.
    pub mentions: u64,
    pub others: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeakView {
    pub at: Timestamp,
    pub mentions: u64,
    pub stories: u64,
    /// What most of it was about.
    pub story: Option<ExampleView>,
}

/// A mention to read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExampleView {
    pub id: String,
    pub title: String,
    pub link: Option<String>,
    pub source: String,
    pub author: Option<String>,
    pub at: Timestamp,
    pub story: String,
    /// Mentions of the brand in the story.
    pub copies: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DayView {
    /// Start of the day in the user's zone.
    pub day: Timestamp,
    pub mentions: u64,
    pub stories: u64,
}

/// Drawn from evidence: each point is a word that stands out in what is praised or blamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SwotView {
    /// Of which own brands.
    pub brands: Vec<String>,
    /// Praised in us.
    pub strengths: Vec<PointView>,
    /// Blamed in us.
    pub weaknesses: Vec<PointView>,
    /// Blamed in them.
    pub opportunities: Vec<PointView>,
    /// Praised in them.
    pub threats: Vec<PointView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointView {
    pub theme: String,
    /// Whom most of it is said of.
    pub brand: String,
    /// Mentions of this tone with the word, and all of this tone that were read.
    pub mentions: u64,
    pub of: u64,
    /// Stories among them.
    pub stories: u64,
    /// The one that spread furthest.
    pub example: ExampleView,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoalView {
    pub brand: String,
    /// `share`, `net` or `volume`: in the count asked, in 30 days.
    pub metric: &'static str,
    pub target: f64,
    pub by: Timestamp,
    /// `reached`, `on-track` or `behind`; `None` while nothing is known.
    pub state: Option<&'static str>,
    /// Whether the interval leaves no doubt of it.
    pub sure: bool,
    pub now: Option<IntervalView>,
    /// Where it would be at its date if it went on as it has changed; `None` where the date is past or no
    /// change is known.
    pub then: Option<IntervalView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct YieldView {
    pub source: String,
    pub tags: Vec<String>,
    /// Of all brands compared.
    pub mentions: u64,
    /// Stories that began there.
    pub stories: u64,
    /// For how much of the window it was heard.
    pub heard: f64,
    /// When it was last heard to name a brand.
    pub latest: Option<Timestamp>,
    /// `earns` its polling; `echoes`: all it brings is told elsewhere first; `nothing` in a window of four weeks
    /// or more; `unknown`: heard for too short a time to say.
    pub verdict: &'static str,
}
