//! The arguments, as INTERFACE promises them.

use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

/// A lookout for what is said of your brand.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, about, max_term_width = 100, propagate_version = true)]
pub struct Args {
    /// The configuration [default: ./feeds.toml, then parent folders, then ~/.config/vigie/feeds.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Print one JSON document instead of text for people
    #[arg(long, global = true)]
    pub json: bool,

    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,

    /// Say more on stderr (-vv for even more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Fix the clock (RFC 3339 or a date)
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_now)]
    pub now: Option<Timestamp>,

    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// The instant a command that looks at the clock once works with.
    pub fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a feeds.toml for your brand, with live sources that need no key
    Init(Init),
    /// Read the configuration and print every problem
    Check,
    /// Show everything on made-up feeds: no network, no configuration
    Demo(Demo),
    /// Poll the sources that are due, once, and evaluate the rules
    Poll(Poll),
    /// Keep polling, evaluating and telling, until stopped
    Run,
    /// The configured sources and how they are doing
    Sources(Sources),
    /// The configured notifiers
    Notifiers(Notifiers),
    /// Take over the feeds of another reader, or hand yours on
    Opml(Opml),
    /// Take in entries from elsewhere: JSON lines, tables, saved feeds
    Import(Import),
    /// Search all stored mentions
    Search(Search),
    /// Write all matching entries as JSON lines or a table
    Export(Export),
    /// Try a query before it is saved
    Query(QueryArgs),
    /// One mention: all of it, and what was done with it
    Mention(MentionArgs),
    /// Your brand beside its competitors
    Benchmark(Benchmark),
    /// What was called out, why, and what became of it
    Alerts(Alerts),
    /// Mark a launch, a post, an event: a likely cause beside alerts
    Annotate(Annotate),
    /// The configured rules
    Rules(Rules),
    /// Build the full-text index anew from the stored mentions
    Reindex,
    /// Score the tone of kept mentions anew, with the model of today
    Rescore(Rescore),
    /// Check the store, the index and the surroundings
    Doctor,
    /// The entries of feed documents, as JSON lines
    Parse(Parse),
    /// Language, tone and matches of lines on stdin, as JSON lines
    Analyze,
    /// The spike rule over any CSV series
    Detect(Detect),
}

#[derive(Debug, ClapArgs)]
pub struct Init {
    /// The folder to write feeds.toml into
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Your brand's name; asked on a terminal where it is missing
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// A competitor's name; repeat for more
    #[arg(long, value_name = "NAME")]
    pub competitor: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Where to keep the demo's configuration and mentions [default: a new temporary folder]
    #[arg(long, value_name = "D")]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Poll {
    /// Only this source, due or not; repeat for more
    #[arg(long, value_name = "ID")]
    pub source: Vec<String>,
    /// All enabled sources, due or not
    #[arg(long, conflicts_with = "source")]
    pub all: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Sources {
    #[command(subcommand)]
    pub command: Option<SourcesCommand>,
}

#[derive(Debug, Subcommand)]
pub enum SourcesCommand {
    /// The configured sources
    List,
    /// How each source is doing
    Health,
    /// The known places that `kind` names, or all about one of them
    Presets { kind: Option<String> },
    /// How often the articles of `wikipedia` sources are read
    Attention {
        /// So many days back from now
        #[arg(long, value_name = "N", default_value_t = 29, value_parser = clap::value_parser!(u32).range(1..=4000))]
        days: u32,
    },
    /// Fetch one source now and show what it holds; stores nothing
    Test {
        /// A source of feeds.toml, or the address of a feed that is not there yet
        id: String,
        /// The address may be on this machine or the local network
        #[arg(long)]
        allow_private: bool,
    },
    /// The feeds that belong to an address
    Discover(DiscoverSources),
    /// Add a feed to feeds.toml
    Add(AddSource),
}

#[derive(Debug, ClapArgs)]
pub struct DiscoverSources {
    /// The address of a page or a feed
    pub url: String,
    /// It may be on this machine or the local network
    #[arg(long)]
    pub allow_private: bool,
}

#[derive(Debug, ClapArgs)]
pub struct AddSource {
    /// The address of a feed, or of a page that offers one
    pub url: String,
    /// The source's id [default: made from the feed's title]
    #[arg(long)]
    pub id: Option<String>,
    /// A tag of the source; repeat for more
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// It may be on this machine or the local network
    #[arg(long)]
    pub allow_private: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Opml {
    #[command(subcommand)]
    pub command: OpmlCommand,
}

#[derive(Debug, Subcommand)]
pub enum OpmlCommand {
    /// Add the feeds of a list to feeds.toml; folders become tags
    Import {
        /// The list; `-` for standard input
        file: PathBuf,
    },
    /// Print the configured feeds as a list
    Export,
}

#[derive(Debug, ClapArgs)]
pub struct Notifiers {
    #[command(subcommand)]
    pub command: Option<NotifiersCommand>,
}

#[derive(Debug, Subcommand)]
pub enum NotifiersCommand {
    /// The configured notifiers
    List,
    /// Send a test notification
    Test { id: String },
}

#[derive(Debug, ClapArgs)]
pub struct Import {
    /// Files; `-` for standard input
    #[arg(default_value = "-")]
    pub files: Vec<PathBuf>,
    /// What they hold [default: by their names, else by how they begin]
    #[arg(long)]
    pub format: Option<Format>,
    /// The source of entries that name none
    #[arg(long, value_name = "ID", default_value = "import")]
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object a line, as `export` writes them
    Jsonl,
    /// A table whose first line names the columns
    Csv,
    /// Saved RSS, Atom or JSON Feed documents
    Feed,
}

#[derive(Debug, ClapArgs)]
pub struct Search {
    /// The query; several words must all be there
    #[arg(required = true, num_args = 1..)]
    pub query: Vec<String>,
    /// From this time on (a date, RFC 3339, or a duration back from now such as 7d)
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    #[arg(long, default_value = "new")]
    pub sort: Sort,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Count by these: brand, source, site, author, language, sentiment, tag, status, story, hour, day, week, month, hour-of-week
    #[arg(long, value_name = "F,…", value_delimiter = ',')]
    pub facets: Vec<String>,
    /// Show each story once, with its copies counted
    #[arg(long, value_name = "story", value_parser = ["story"])]
    pub fold: Option<String>,
    /// No limit
    #[arg(long)]
    pub all: bool,
    /// One JSON document per hit
    #[arg(long, conflicts_with = "json")]
    pub jsonl: bool,
    /// A table, one row per hit
    #[arg(long, conflicts_with_all = ["json", "jsonl"])]
    pub csv: bool,
}

#[derive(Debug, ClapArgs)]
pub struct QueryArgs {
    #[command(subcommand)]
    pub command: QueryCommand,
}

#[derive(Debug, Subcommand)]
pub enum QueryCommand {
    /// What is wrong with a query, with its place, and how it is read
    Lint {
        #[arg(required = true, num_args = 1..)]
        text: Vec<String>,
    },
    /// How much it finds week by week, and ten examples
    Preview {
        #[arg(required = true, num_args = 1..)]
        text: Vec<String>,
    },
}

#[derive(Debug, ClapArgs)]
pub struct MentionArgs {
    #[command(subcommand)]
    pub command: MentionCommand,
}

#[derive(Debug, Subcommand)]
pub enum MentionCommand {
    /// Its whole text, and what was done with it
    Show {
        /// As `search` shows it; the beginning is enough
        id: String,
    },
    /// Tag it; `tag:` finds it again
    Tag {
        id: String,
        #[arg(required = true, num_args = 1..)]
        tag: Vec<String>,
        /// Take the tags away
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        by: By,
    },
    /// Write something down beside it
    Note {
        id: String,
        #[arg(required = true, num_args = 1..)]
        text: Vec<String>,
        #[command(flatten)]
        by: By,
    },
    /// Say how far the work on it is; `status:` finds it again
    Status {
        id: String,
        /// new, open, done or ignored
        status: String,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Debug, ClapArgs)]
pub struct By {
    /// Who does it [default: the name of the user]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    New,
    Relevance,
}

#[derive(Debug, ClapArgs)]
pub struct Export {
    /// The query; `*` for everything
    #[arg(required = true, num_args = 1..)]
    pub query: Vec<String>,
    #[arg(long, default_value = "jsonl")]
    pub format: ExportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A JSON object a line
    Jsonl,
    /// A table whose first line names the columns
    Csv,
}

#[derive(Debug, ClapArgs)]
pub struct Benchmark {
    /// A saved query that narrows what is compared
    pub query: Option<String>,
    /// From this time on [default: 30 days ago]
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Before this time [default: now]
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    #[arg(long, default_value = "stories")]
    pub count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Count {
    Stories,
    Mentions,
}

#[derive(Debug, ClapArgs)]
pub struct Alerts {
    #[command(subcommand)]
    pub command: Option<AlertsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// The newest alerts, newest first
    List(AlertsList),
    /// One alert as a colleague would tell it, with what to read
    Show { id: String },
    /// Every number of an alert, and the same recomputed
    Explain { id: String },
    /// Someone looks after it: no more notices of it
    Ack {
        id: String,
        /// It was a false alarm
        #[arg(long = "false")]
        false_alarm: bool,
        /// Who looks after it
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// What was found
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
    /// Notices not to be told for a while; rules look on as ever
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Silence(Silence),
}

#[derive(Debug, Default, ClapArgs)]
pub struct AlertsList {
    /// Only alerts in this state
    #[arg(long, value_enum)]
    pub state: Option<State>,
    /// Only alerts of this rule
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// Only alerts for this brand
    #[arg(long, value_name = "ID")]
    pub brand: Option<String>,
    /// Only alerts that began at this time or later (a date, RFC 3339, or a duration back from now such as 7d)
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// All of them, not only the newest 20
    #[arg(long)]
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// The condition holds, but not yet for as long as the rule asks; shown only when asked for
    Pending,
    Firing,
    Resolved,
}

#[derive(Debug, ClapArgs)]
pub struct Silence {
    #[command(subcommand)]
    pub command: Option<SilenceCommand>,
    /// Only notices of this rule [default: of all]
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// Only notices for this brand [default: for all]
    #[arg(long, value_name = "ID")]
    pub brand: Option<String>,
    /// How long, such as 2h or 7d
    #[arg(long = "for", value_name = "D", conflicts_with = "until", required_unless_present = "until")]
    pub lasting: Option<String>,
    /// Up to when (a date, or RFC 3339)
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Who asks for it
    #[arg(long, value_name = "NAME", required = true)]
    pub by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", required = true)]
    pub comment: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum SilenceCommand {
    /// The silences that last, and those that are over
    List,
    /// End one now; what it muted is told if it still fires
    End {
        #[arg(value_name = "ID")]
        number: i64,
    },
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Annotate {
    #[command(subcommand)]
    pub command: Option<AnnotateCommand>,
    /// What it was: a launch, a post, an event
    #[arg(required = true)]
    pub text: Option<String>,
    /// When it was (a date, RFC 3339, or a duration back from now such as 2h) [default: now]
    #[arg(long, value_name = "T")]
    pub at: Option<String>,
    /// The brand it concerns [default: all]
    #[arg(long, value_name = "ID")]
    pub brand: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum AnnotateCommand {
    /// All annotations, newest first
    List,
    /// Take one back
    Remove {
        #[arg(value_name = "ID")]
        number: i64,
    },
}

#[derive(Debug, ClapArgs)]
pub struct Rules {
    #[command(subcommand)]
    pub command: Option<RulesCommand>,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// The configured rules and their state
    List,
    /// What rules would have said of the past: each alert, and how many a week
    Backtest {
        /// One rule; all by default. To try a rule, write it into feeds.toml with `notify = []`
        id: Option<String>,
        /// From this time on (a date, RFC 3339, or a duration back from now such as 90d)
        #[arg(long, value_name = "T")]
        since: String,
        /// Before this time [default: now]
        #[arg(long, value_name = "T")]
        until: Option<String>,
    },
    /// What another budget, or another `min`, would have changed on your own past
    Tune {
        id: String,
        /// From this time on [default: all that is kept]
        #[arg(long, value_name = "T")]
        since: Option<String>,
        /// Before this time [default: now]
        #[arg(long, value_name = "T")]
        until: Option<String>,
    },
    /// Run rules over written series, and compare with what is expected
    Test {
        /// A TOML file of `[[test]]`s; see docs/configuration.md
        file: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub struct Rescore {
    /// Only mentions from this time on (a date, RFC 3339, or a duration back from now such as 7d)
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Only mentions before this time
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Parse {
    /// Files, addresses, or `-` for standard input
    #[arg(required = true)]
    pub documents: Vec<String>,
    /// Stands in for what HTTP would have said
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// The address that relative links are resolved against
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Detect {
    /// A CSV file with the columns `timestamp` and `value`; standard input by default
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// False alarms tolerated: N/day, N/week or N/month
    #[arg(long, default_value = "1/week")]
    pub budget: String,
    /// Time between rows [default: the median gap so far]
    #[arg(long, value_name = "D")]
    pub step: Option<String>,
}

/// How the program was called, for commands a person may copy.
pub fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "vigie".into())
}

/// The whole command line, for the reference in the docs.
pub fn command() -> clap::Command {
    Args::command()
}

fn parse_now(text: &str) -> Result<Timestamp, String> {
    super::output::parse_time(text, &jiff::tz::TimeZone::UTC, Timestamp::UNIX_EPOCH)
        .map_err(|error| error.to_string())
}
