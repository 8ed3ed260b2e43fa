//! A query over one document in memory; agrees with the index on every query and document.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use jiff::Timestamp;

use super::ast::{Ast, Fact, Part};
use super::places::{Place, Spot};
use crate::text::Span;
use crate::text::fold::fold;
use crate::text::tokens::{self, Stemmer, Token};
use crate::text::url;

/// What a query can ask about. Unknown facts are `None` or empty and match nothing.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub author: Option<&'a str>,
    pub link: Option<&'a str>,
    pub source: &'a str,
    pub tags: &'a [String],
    /// ISO 639-1 code.
    pub language: Option<&'a str>,
    pub sentiment: Option<&'a str>,
    pub brand: Option<&'a str>,
    pub story: Option<&'a str>,
    pub status: Option<&'a str>,
    pub at: Option<Timestamp>,
}

/// Where a query's words stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    pub title: Vec<Span>,
    pub text: Vec<Span>,
}

pub fn matches(ast: &Ast, document: &Document<'_>) -> bool {
    Compiled::new(ast).matches(&Prepared::new(document))
}

/// The words that made it match (negated parts excluded), in order, not overlapping; none if it does not.
pub fn spans(ast: &Ast, document: &Document<'_>) -> Spans {
    Compiled::new(ast).spans(&Prepared::new(document))
}

/// A document whose words are read once for many queries, and only if one asks for them.
pub struct Prepared<'d> {
    document: &'d Document<'d>,
    title: Place<'d>,
    text: Place<'d>,
    language: OnceCell<Option<String>>,
    ask: Option<RefCell<&'d mut dyn FnMut() -> Option<String>>>,
}

impl<'d> Prepared<'d> {
    pub fn new(document: &'d Document<'d>) -> Self {
        let (title, text) = (Place::new(document.title), Place::new(document.text));
        Self { document, title, text, language: OnceCell::new(), ask: None }
    }

    /// Its language is asked for at most once, and only if a query needs it; `document.language` is not read.
    pub fn asking(document: &'d Document<'d>, language: &'d mut dyn FnMut() -> Option<String>) -> Self {
        Self { ask: Some(RefCell::new(language)), ..Self::new(document) }
    }

    pub fn text(&self, part: Part) -> &'d str {
        self.place(part).text
    }

    /// Folded words, as of [`tokens::words`].
    pub fn words(&self, part: Part) -> &[Token<'d>] {
        self.place(part).words()
    }

    /// Tokens as of [`tokens::written`].
    pub fn written(&self, part: Part) -> &[Token<'d>] {
        self.place(part).written()
    }

    fn place(&self, part: Part) -> &Place<'d> {
        match part {
            Part::Title => &self.title,
            Part::Text => &self.text,
        }
    }

    fn language(&self) -> Option<&str> {
        let asked = || match &self.ask {
            Some(ask) => (ask.borrow_mut())(),
            None => self.document.language.map(str::to_owned),
        };
        self.language.get_or_init(asked).as_deref()
    }

    fn stemmer(&self) -> Option<Stemmer> {
        Stemmer::of(self.language())
    }
}

/// A query whose words were folded and stemmed once for many documents.
#[derive(Clone, Debug)]
pub struct Compiled(Node);

impl Compiled {
    pub fn new(ast: &Ast) -> Self {
        Self(Node::compile(ast))
    }

    pub fn matches(&self, document: &Prepared<'_>) -> bool {
        self.0.matches(document, &BOTH)
    }

    /// As [`spans`].
    pub fn spans(&self, document: &Prepared<'_>) -> Spans {
        let mut found = Found::default();
        if self.matches(document) {
            self.0.collect(document, &BOTH, &mut found);
        }
        Spans {
            title: merged(document.title.text, found.title),
            text: merged(document.text.text, found.text),
        }
    }
}

/// Byte ranges of `text`, in any order and overlapping, as ordered spans that do not overlap.
pub fn merged(text: &str, mut ranges: Vec<Range<usize>>) -> Vec<Span> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    tokens::char_spans(text, &apart)
}

const BOTH: [Part; 2] = [Part::Title, Part::Text];

#[derive(Clone, Debug)]
enum Node {
    All,
    Words(Spot),
    In(Part, Box<Node>),
    Fact(Fact, String),
    Time { since: Option<Timestamp>, until: Option<Timestamp> },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

/// Bytes of the words that made a query match.
#[derive(Default)]
struct Found {
    title: Vec<Range<usize>>,
    text: Vec<Range<usize>>,
}

impl Node {
    fn compile(ast: &Ast) -> Self {
        if let Some(spot) = Spot::compile(ast) {
            return Node::Words(spot);
        }
        match ast {
            Ast::In(part, inner) => Node::In(*part, Box::new(Node::compile(inner))),
            Ast::Fact(fact, value) => Node::Fact(*fact, fact_key(*fact, value)),
            Ast::Time { since, until } => Node::Time { since: *since, until: *until },
            Ast::And(parts) => Node::And(parts.iter().map(Node::compile).collect()),
            Ast::Or(parts) => Node::Or(parts.iter().map(Node::compile).collect()),
            Ast::Not(inner) => Node::Not(Box::new(Node::compile(inner))),
            // What is over words became a spot above, unless it holds what the grammar forbids there.
            Ast::Word(_) | Ast::Prefix(_) | Ast::Phrase { .. } | Ast::Raw(_) | Ast::Near { .. } => {
                Node::Or(Vec::new())
            }
            Ast::All => Node::All,
        }
    }

    fn matches(&self, document: &Prepared<'_>, parts: &[Part]) -> bool {
        match self {
            Node::All => true,
            Node::Words(spot) => {
                parts.iter().any(|&part| spot.holds(document.place(part), &|| document.stemmer()))
            }
            Node::In(part, inner) => inner.matches(document, &[*part]),
            Node::Fact(fact, value) => fact_holds(*fact, value, document),
            Node::Time { since, until } => document.document.at.is_some_and(|at| {
                since.is_none_or(|since| since <= at) && until.is_none_or(|until| at < until)
            }),
            Node::And(all) => all.iter().all(|node| node.matches(document, parts)),
            Node::Or(any) => any.iter().any(|node| node.matches(document, parts)),
            Node::Not(inner) => !inner.matches(document, parts),
        }
    }

    /// Adds the words of a node that matches.
    fn collect(&self, document: &Prepared<'_>, parts: &[Part], found: &mut Found) {
        match self {
            Node::Words(spot) => {
                for &part in parts {
                    let hits = spot.hits(document.place(part), &|| document.stemmer());
                    let ranges = hits.into_iter().flat_map(|hit| hit.ranges);
                    match part {
                        Part::Title => found.title.extend(ranges),
                        Part::Text => found.text.extend(ranges),
                    }
                }
            }
            Node::In(part, inner) => inner.collect(document, &[*part], found),
            Node::And(nodes) | Node::Or(nodes) => {
                for node in nodes.iter().filter(|node| node.matches(document, parts)) {
                    node.collect(document, parts, found);
                }
            }
            Node::All | Node::Fact(..) | Node::Time { .. } | Node::Not(_) => {}
        }
    }
}

/// The form in which values of a fact are compared, for all but `author:`, which is compared by words.
pub fn fact_key(fact: Fact, value: &str) -> String {
    match fact {
        Fact::Author => spaced_words(value),
        Fact::Site => site_key(value),
        Fact::Link => url::canonical(value).unwrap_or_else(|| value.to_owned()),
        _ => fold(value).into_owned(),
    }
}

/// Folded words, a space before and behind each, so that names are found within names on whole words.
fn spaced_words(text: &str) -> String {
    let mut spaced = String::from(" ");
    for token in tokens::words(text) {
        spaced.push_str(&token.word);
        spaced.push(' ');
    }
    spaced
}

/// A host as it was typed, or the host of an address.
fn site_key(value: &str) -> String {
    let value = value.trim().trim_matches('.');
    url::host(value).unwrap_or_else(|| {
        let host = value.to_lowercase();
        host.strip_prefix("www.").map(str::to_owned).unwrap_or(host)
    })
}

fn fact_holds(fact: Fact, key: &str, document: &Prepared<'_>) -> bool {
    let facts = document.document;
    let equals = |value: Option<&str>| value.is_some_and(|value| fold(value) == key);
    match fact {
        // A name of signs alone is nobody's.
        Fact::Author => {
            key.len() > 1 && facts.author.is_some_and(|author| spaced_words(author).contains(key))
        }
        Fact::Site => facts.link.and_then(url::host).is_some_and(|host| is_within(&host, key)),
        Fact::Link => facts.link.is_some_and(|link| fact_key(Fact::Link, link) == key),
        Fact::Source => equals(Some(facts.source)),
        Fact::Tag => facts.tags.iter().any(|tag| fold(tag) == key),
        Fact::Language => equals(document.language()),
        Fact::Sentiment => equals(facts.sentiment),
        Fact::Brand => equals(facts.brand),
        Fact::Story => equals(facts.story),
        Fact::Status => equals(facts.status),
    }
}

/// Whether a host is a domain or lies under it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Context, parse};

    /// The title in brackets where the query's words stand, `-` where it does not match.
    #[track_caller]
    fn check(language: &str, query: &str, title: &str, expected: &str) {
        let language = Some(language).filter(|language| !language.is_empty());
        let document = Document { title, language, ..Document::default() };
        let ast = parse(query, &Context::default()).unwrap().ast;
        let spans = spans(&ast, &document);
        let mut shown = String::new();
        for (at, c) in title.chars().chain(['\0']).enumerate() {
            let at = at as u32;
            shown.extend(spans.title.iter().filter(|span| span.end == at).map(|_| ']'));
            shown.extend(spans.title.iter().filter(|span| span.start == at).map(|_| '['));
            shown.extend((c != '\0').then_some(c));
        }
        let shown = if matches(&ast, &document) { shown.as_str() } else { "-" };
        assert_eq!(shown, expected, "{query} over {title}");
    }

    #[test]
    fn words_match_folded_or_by_stem() {
        check("", "elan", "L'Élan du vélo", "L'[Élan] du vélo");
        check("", "ÉLAN", "e\u{301}lan", "[e\u{301}lan]");
        check("", "panne", "des pannes", "-");
        check("fr", "panne", "des pannes", "des [pannes]");
        check("fr", "pannes", "la panne", "la [panne]");
        check("fr", "annoncer", "hausse annoncée", "hausse [annoncée]");
        check("en", "company", "Two companies", "Two [companies]");
        check("de", "company", "Two companies", "-");
        check("en", "l'appli", "appli", "[appli]");
        check("", "go-sport", "chez Go Sport", "chez [Go] [Sport]");
        check("", "go-sport", "Sport Go", "-");
        check("", "rec*", "il recrute, Recrutement", "il [recrute], [Recrutement]");
        check("", "rec*", "direct", "-");
    }

    #[test]
    fn phrases_keep_their_order() {
        check("", "\"data breach\"", "a Data-Breach here", "a [Data]-[Breach] here");
        check("", "\"data breach\"", "data of breach", "-");
        check("", "\"data breach\"~1", "data of breach", "[data] of [breach]");
        check("", "\"data breach\"~1", "data of the breach", "-");
        check("", "\"data breach\"~5", "breach data", "-");
        check("", "\"a b c\"~1", "a x b c", "[a] x [b] [c]");
        check("", "\"a b c\"~1", "a x b x c", "-");
        check("", "\"a b c\"~2", "a a b c", "[a] [a] [b] [c]");
        check("fr", "\"offre d’emploi\"", "les offres d'emplois", "les [offres] d'[emplois]");
        check("fr", "\"l'offre\"", "une offre", "une [offre]");
    }

    #[test]
    fn near_counts_words_between_the_nearest_ends() {
        check("", "a NEAR/1 b", "b a", "[b] [a]");
        check("", "a NEAR/1 b", "a x b", "-");
        check("", "a NEAR/2 b", "a x b", "[a] x [b]");
        check("", "a NEAR/2f b", "b x a", "-");
        check("", "a NEAR/2f b", "a x b", "[a] x [b]");
        check("", "a NEAR/3 a", "a", "-");
        check("", "a NEAR/3 a", "a x a", "[a] x [a]");
        check("", "(a OR c) NEAR/1 (b OR d)", "c d x x a x b", "[c] [d] x x a x b");
        check("", "\"a b\"~1 NEAR/1 c", "a b b c", "[a] b [b] [c]");
        check("", "\"a b\" NEAR/1 b", "a b", "-");
        check("", "v* NEAR/2 casse", "vélo très cassé", "[vélo] très [cassé]");
        check("", "raw:\"C++\" NEAR/2 bug", "C++ has bug", "[C++] has [bug]");
        check("", "raw:\"C++\" NEAR/2 bug", "C has bug", "-");
        check("", "title:(a NEAR/1 b)", "a b", "[a] [b]");
    }

    #[test]
    fn raw_is_as_written() {
        check("", "raw:\"C++\"", "C, c++ and C++.", "C, c++ and [C++].");
        check("", "raw:@acme", "@Acme @acme: acme", "@Acme [@acme]: acme");
        check("", "raw:\"AT&T Inc\"", "AT&T, Inc.", "[AT&T, Inc].");
        check("", "raw:élan", "e\u{301}lan", "[e\u{301}lan]");
        check("", "raw:R", "R&D, l'R", "R&D, l'[R]");
    }

    #[test]
    fn operators_hold() {
        check("", "a b", "a c", "-");
        check("", "a OR b", "a c", "[a] c");
        check("", "a -c", "a b", "[a] b");
        check("", "a -c", "a c", "-");
        check("", "NOT a", "b", "b");
        check("", "(a c) OR b", "a b", "a [b]");
        check("", "*", "b", "b");
        check("", "text:a", "a", "-");
        check("", "-text:a title:a", "a", "[a]");
    }

    #[test]
    fn facts_compare_as_wholes() {
        let tags = ["Presse".to_owned(), "fr".to_owned()];
        let document = Document {
            text: "a",
            author: Some("Jean-Paul d'Été"),
            link: Some("https://www.News.example.org/x?utm_source=y"),
            source: "EcoDaily",
            tags: &tags,
            language: Some("fr"),
            sentiment: Some("negative"),
            brand: Some("acme"),
            story: Some("s_1"),
            status: Some("new"),
            at: Some("2026-01-02T00:00:00Z".parse().unwrap()),
            ..Document::default()
        };
        let times = crate::query::Times {
            now: "2026-01-03T12:00:00Z".parse().unwrap(),
            zone: jiff::tz::TimeZone::UTC,
        };
        let context = Context { saved: None, times: Some(times) };
        for (query, expected) in [
            ("author:\"paul ete\"", true),
            ("author:pau", false),
            ("author:\"ete jean\"", false),
            ("author:\"--\"", false),
            ("site:example.org", true),
            ("site:news.example.org", true),
            ("site:www.news.example.org", true),
            ("site:https://example.org/", true),
            ("site:ample.org", false),
            ("site:news.example", false),
            ("source:ecodaily", true),
            ("source:eco", false),
            ("tag:presse", true),
            ("tag:(x OR FR)", true),
            ("tag:x", false),
            ("lang:FR", true),
            ("lang:en", false),
            ("sentiment:negative", true),
            ("brand:Acme", true),
            ("brand:globex", false),
            ("story:s_1", true),
            ("status:open", false),
            ("link:\"https://www.news.example.org/x\"", true),
            ("link:\"https://www.news.example.org/\"", false),
            ("since:2026-01-02", true),
            ("until:2026-01-02", false),
            ("date:2026-01-02", true),
            ("date:2026-01-01", false),
            ("date:P1D", false),
            ("since:2d", true),
            ("a NOT lang:en", true),
        ] {
            let ast = parse(query, &context).unwrap().ast;
            assert_eq!(matches(&ast, &document), expected, "{query}");
            let unknown = matches!(ast, Ast::Fact(..)) && matches(&ast, &Document::default());
            assert!(!unknown, "{query} over nothing");
        }
    }

    #[test]
    fn the_language_is_asked_for_once_and_only_if_words_differ() {
        let document = Document { title: "pannes hier", ..Document::default() };
        for (query, expected, times_asked) in
            [("pannes", true, 0), ("zut", false, 0), ("panne", true, 1), ("panne NEAR/1 lang", false, 1)]
        {
            let mut asked = 0;
            let mut language = || {
                asked += 1;
                Some("fr".to_owned())
            };
            let compiled = Compiled::new(&parse(query, &Context::default()).unwrap().ast);
            let holds = compiled.matches(&Prepared::asking(&document, &mut language));
            assert_eq!((holds, asked), (expected, times_asked), "{query}");
        }
    }
}
