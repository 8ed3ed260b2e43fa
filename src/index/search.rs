//! Questions to the index: which mentions, how many, and how they divide.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use tantivy::query::{BooleanQuery, EnableScoring, Query};
use tantivy::{DocAddress, DocSet, ReloadPolicy, TERMINATED};

use super::collect::{Best, Counts, Gather, Gathered, Hit, Key};
use super::compile::{self, Compiler, IdColumns};
use super::repair::{self, Payload, Trouble};
use super::schema::{self, Fields, column};
use crate::model::{MentionId, Timestamp};
use crate::query::Ast;

/// A reader over the commit that was last when it was opened.
pub struct Searcher {
    searcher: tantivy::Searcher,
    fields: Fields,
    rev: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    #[default]
    New,
    /// By how much the words say, title before text; newest first among equals.
    Relevance,
}

/// What stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The first mention of each story, in the order asked.
    Story,
}

/// What hits are counted by. Times are of [`Options::zone`]: days are `2026-01-01`, hours
/// `2026-01-01T08`, weeks `2026-W01`, months `2026-01`, hours of the week `1-Mon-08` (Monday is 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    Brand,
    Source,
    Site,
    Author,
    Language,
    Sentiment,
    Tag,
    Status,
    Story,
    Hour,
    Day,
    Week,
    Month,
    HourOfWeek,
}

impl Facet {
    pub const ALL: [Facet; 14] = [
        Facet::Brand,
        Facet::Source,
        Facet::Site,
        Facet::Author,
        Facet::Language,
        Facet::Sentiment,
        Facet::Tag,
        Facet::Status,
        Facet::Story,
        Facet::Hour,
        Facet::Day,
        Facet::Week,
        Facet::Month,
        Facet::HourOfWeek,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Facet::Brand => "brand",
            Facet::Source => "source",
            Facet::Site => "site",
            Facet::Author => "author",
            Facet::Language => "language",
            Facet::Sentiment => "sentiment",
            Facet::Tag => "tag",
            Facet::Status => "status",
            Facet::Story => "story",
            Facet::Hour => "hour",
            Facet::Day => "day",
            Facet::Week => "week",
            Facet::Month => "month",
            Facet::HourOfWeek => "hour-of-week",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Published (else observed) in `[since, until)`, beside what the query says.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub sort: Sort,
    /// Hits to skip, and how many to give after them.
    pub offset: usize,
    pub limit: usize,
    pub fold: Option<Fold>,
    pub facets: Vec<Facet>,
    /// The most values of one facet; those of time are all given.
    pub facet_limit: usize,
    pub zone: TimeZone,
    /// The tags `feeds.toml` gives a source, by its id: they are not in the index, so that a change of
    /// them is heard at once.
    pub source_tags: BTreeMap<String, Vec<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            since: None,
            until: None,
            sort: Sort::New,
            offset: 0,
            limit: 20,
            fold: None,
            facets: Vec::new(),
            facet_limit: 20,
            zone: TimeZone::UTC,
            source_tags: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Mentions that match, in all.
    pub total: u64,
    /// At most `limit`, after `offset`; equal times and scores are in the order of their ids.
    pub ids: Vec<MentionId>,
    /// In the order asked; values by count, those of time in their own order.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
}

impl Searcher {
    /// `None` where there is none that can answer: not built yet, damaged, or of another version. Opening it
    /// for writing mends that.
    pub fn open(dir: &Path) -> Result<Option<Searcher>> {
        if !repair::exists(dir)? {
            return Ok(None);
        }
        let (schema, fields) = schema::schema();
        let read = || -> tantivy::Result<_> {
            let index = repair::open(dir)?;
            // Before the segments, so that it never claims more than they hold.
            let payload = index.load_metas()?.payload;
            let reader: tantivy::IndexReader =
                index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
            Ok((index.schema(), payload, reader.searcher()))
        };
        match read().map_err(Trouble::from) {
            Ok((found, payload, searcher)) => {
                let rev = payload.as_deref().and_then(Payload::read).map_or(0, |payload| payload.rev);
                Ok((found == schema).then_some(Searcher { searcher, fields, rev }))
            }
            Err(Trouble::Damage(_)) => Ok(None),
            Err(Trouble::Moment(error)) => {
                Err(error).with_context(|| format!("the text index in {} cannot be read", dir.display()))
            }
        }
    }

    /// The rev up to which it knows the store's changes.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// In how many pieces it lies on the disk.
    pub fn segments(&self) -> usize {
        self.searcher.segment_readers().len()
    }

    pub fn search(&self, ast: &Ast, options: &Options) -> Result<Hits> {
        let matching = self.within(self.compiler(options).matching(ast), options);
        if options.fold.is_some() {
            return self.folded(ast, options);
        }
        let ids = self.first(ast, options)?;
        if options.facets.is_empty() {
            let total = matching.count(&self.searcher)? as u64;
            return Ok(Hits { total, ids, facets: Vec::new() });
        }
        let gather = Gather { keep: 0, ranked: false, facets: options.facets.clone() };
        let found = self.searcher.search(&matching, &gather)?;
        Ok(Hits { total: found.total, ids, facets: facets(found.facets, options) })
    }

    /// [`Searcher::search`] where one hit stands for many, of which all are looked at.
    fn folded(&self, ast: &Ast, options: &Options) -> Result<Hits> {
        let compiler = self.compiler(options);
        let ranked = options.sort == Sort::Relevance;
        let query = if ranked { compiler.ranking(ast) } else { compiler.matching(ast) };
        let gather = Gather { keep: usize::MAX, ranked, facets: options.facets.clone() };
        let found: Gathered = self.searcher.search(&self.within(query, options), &gather)?;
        let wanted = options.offset.saturating_add(options.limit);
        let ids = self.ids_in_order(found.hits, wanted, options.fold)?;
        Ok(Hits {
            total: found.total,
            ids: ids.into_iter().skip(options.offset).collect(),
            facets: facets(found.facets, options),
        })
    }

    /// The first mentions that match, as `ids` of [`Searcher::search`], found without going through all those
    /// behind them: for whoever needs no count.
    pub fn first(&self, ast: &Ast, options: &Options) -> Result<Vec<MentionId>> {
        let wanted = options.offset.saturating_add(options.limit);
        if options.fold.is_some() {
            return Ok(self.folded(ast, options)?.ids);
        }
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let hits = match options.sort {
            Sort::New => self.newest(&*self.within(self.compiler(options).matching(ast), options), wanted)?,
            Sort::Relevance => {
                self.best(&*self.within(self.compiler(options).ranking(ast), options), wanted)?
            }
        };
        let ids = self.ids_in_order(hits, wanted, None)?;
        Ok(ids.into_iter().skip(options.offset).collect())
    }

    /// The best hits by score, then time, and with the last of them all that equal it. What cannot come to the score
    /// of those found is passed over.
    fn best(&self, query: &dyn Query, wanted: usize) -> Result<Vec<Hit>> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?;
        let mut best = Best::new(wanted);
        for (ordinal, segment) in (0..).zip(self.searcher.segment_readers()) {
            let at = segment.fast_fields().i64(column::AT)?;
            let alive = segment.alive_bitset();
            weight.for_each_pruning(best.enough(), segment, &mut |doc, score| {
                if alive.is_none_or(|alive| alive.is_alive(doc)) {
                    let key = Key::of_score(score, at.first(doc).unwrap_or(i64::MIN));
                    best.push(Hit { key, address: DocAddress::new(ordinal, doc) });
                }
                best.enough()
            })?;
        }
        Ok(best.hits)
    }

    /// The newest hits, and with the last of them all that equal it.
    fn newest(&self, query: &dyn Query, wanted: usize) -> Result<Vec<Hit>> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        // Segments by their newest mention, so that those of long ago are not even opened.
        let mut segments = Vec::new();
        for (ordinal, segment) in (0..).zip(self.searcher.segment_readers()) {
            let at = segment.fast_fields().i64(column::AT)?;
            if let Some(newest) = at.first(0) {
                segments.push((newest, ordinal, segment, at));
            }
        }
        segments.sort_unstable_by_key(|&(newest, ordinal, ..)| (std::cmp::Reverse(newest), ordinal));
        let mut hits: Vec<Hit> = Vec::new();
        for (newest, ordinal, segment, at) in segments {
            let last = hits.get(wanted - 1).map(|last| last.key);
            if last.is_some_and(|last| Key::of_time(newest) < last) {
                break;
            }
            let mut scorer = weight.scorer(segment, 1.0)?;
            let mut taken = 0;
            let mut doc = scorer.doc();
            while doc != TERMINATED {
                if !segment.is_deleted(doc) {
                    let key = Key::of_time(at.first(doc).unwrap_or(i64::MIN));
                    let settled = taken >= wanted && hits.last().is_some_and(|hit| hit.key > key);
                    if settled || last.is_some_and(|last| key < last) {
                        break;
                    }
                    hits.push(Hit { key, address: DocAddress::new(ordinal, doc) });
                    taken += 1;
                }
                doc = scorer.advance();
            }
            hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.key));
        }
        Ok(hits)
    }

    /// Every mention it holds, sorted: to compare with the store.
    pub fn all_ids(&self) -> Result<Vec<MentionId>> {
        let mut ids = Vec::new();
        for segment in self.searcher.segment_readers() {
            let columns = IdColumns::open(segment, ID)?;
            ids.extend(segment.doc_ids_alive().map(|doc| schema::mention_id(columns.id(doc))));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn compiler<'a>(&'a self, options: &'a Options) -> Compiler<'a> {
        Compiler { fields: &self.fields, source_tags: &options.source_tags }
    }

    fn within(&self, query: Box<dyn Query>, options: &Options) -> Box<dyn Query> {
        if options.since.is_none() && options.until.is_none() {
            return query;
        }
        Box::new(BooleanQuery::intersection(vec![query, compile::between(options.since, options.until)]))
    }

    /// The first `wanted` of the hits, best first, equals in the order of their ids. Names are read only as far
    /// as needed: when folding, a few more at a time.
    fn ids_in_order(&self, mut hits: Vec<Hit>, wanted: usize, fold: Option<Fold>) -> Result<Vec<MentionId>> {
        hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.key));
        let mut looked_at = wanted;
        loop {
            let equals = |last: &Hit| hits.partition_point(|hit| hit.key >= last.key);
            let end = looked_at.checked_sub(1).map_or(0, |last| hits.get(last).map_or(hits.len(), equals));
            let ids = self.names_of(&hits[..end], fold)?;
            if ids.len() >= wanted || end == hits.len() {
                return Ok(ids.into_iter().take(wanted).collect());
            }
            looked_at = end.saturating_mul(4);
        }
    }

    fn names_of(&self, hits: &[Hit], fold: Option<Fold>) -> Result<Vec<MentionId>> {
        let ids = self.numbers(hits, ID)?;
        let stories = match fold {
            None => Vec::new(),
            Some(Fold::Story) => self.numbers(hits, [column::STORY_HIGH, column::STORY_LOW])?,
        };
        let mut order: Vec<usize> = (0..hits.len()).collect();
        order.sort_unstable_by(|&a, &b| hits[b].key.cmp(&hits[a].key).then_with(|| ids[a].cmp(&ids[b])));
        let mut told = HashSet::new();
        order.retain(|&at| stories.get(at).is_none_or(|story| told.insert(story)));
        Ok(order.into_iter().map(|at| schema::mention_id(ids[at])).collect())
    }

    fn numbers(&self, hits: &[Hit], halves: [&str; 2]) -> Result<Vec<u128>> {
        let mut opened: Vec<Option<IdColumns>> = Vec::new();
        opened.resize_with(self.searcher.segment_readers().len(), || None);
        hits.iter()
            .map(|hit| {
                let ordinal = hit.address.segment_ord;
                let columns = match &mut opened[ordinal as usize] {
                    Some(columns) => columns,
                    closed => closed.insert(IdColumns::open(self.searcher.segment_reader(ordinal), halves)?),
                };
                Ok(columns.id(hit.address.doc_id))
            })
            .collect()
    }
}

/// The columns of a mention's id.
const ID: [&str; 2] = [column::ID_HIGH, column::ID_LOW];

fn facets(counts: Vec<Counts>, options: &Options) -> Vec<(Facet, Vec<(String, u64)>)> {
    std::iter::zip(&options.facets, counts)
        .map(|(&facet, counts)| (facet, counts.into_values(&options.zone, options.facet_limit)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Index;
    use super::super::testing::{mention, put};
    use super::*;
    use crate::model::{BrandId, Language, Mention, MentionStatus, Sentiment, StoryId};
    use crate::query::{Fact, Part};

    /// Indexes mentions in three commits, so that there are several segments.
    fn searcher(mentions: Vec<Mention>) -> (tempfile::TempDir, Searcher) {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        let (mut index, _) = Index::open(&dir, "store", 0).unwrap();
        let changes: Vec<_> = (1..).zip(mentions).map(|(rev, mention)| put(rev, mention)).collect();
        for some in changes.chunks(changes.len().div_ceil(3)) {
            index.apply(some).unwrap();
            index.commit(some.last().unwrap().0).unwrap();
        }
        let searcher = Searcher::open(&dir).unwrap().expect("an index");
        (home, searcher)
    }

    fn numbers(hits: &Hits) -> String {
        let numbers = hits.ids.iter().map(|id| id.as_str().trim_start_matches("m_").trim_start_matches('0'));
        numbers.collect::<Vec<_>>().join(" ")
    }

    fn word(word: &str) -> Ast {
        Ast::Word(word.into())
    }

    fn phrase(text: &str, slop: u32) -> Ast {
        Ast::Phrase { words: text.split(' ').map(Into::into).collect(), slop }
    }

    fn near(left: Ast, right: Ast, distance: u32, ordered: bool) -> Ast {
        Ast::Near { left: Box::new(left), right: Box::new(right), distance, ordered }
    }

    #[test]
    fn each_kind_of_query_finds_what_it_means() {
        let mut press =
            mention(1, "L'Oréal annonce des résultats", "Une panne chez le porte-parole de l'Oréal.");
        press.language = Language::French;
        press.author = Some("Jeanne d'Arc Dupont".into());
        press.link = Some("https://www.eco.news.example/a?utm_source=x".into());
        press.entry_tags = vec!["Économie".into()];
        let mut forum = mention(2, "Acme outages", "C++ services of Acme were down; parole, porte.");
        forum.sentiment = Some(Sentiment { p: [0.8, 0.1, 0.1] });
        forum.status = MentionStatus::Done;
        forum.tags = vec!["vip".into()];
        let mut other = mention(3, "", "L'annonce de résultat: C services, Acme inc. is up");
        other.language = Language::Unknown;
        other.brand = BrandId::new("globex");
        other.story = StoryId::new("s_00000000000000000000000000000abc");
        let (_home, searcher) = searcher(vec![press, forum, other]);
        let tagged = BTreeMap::from([("ecodaily".to_owned(), vec!["Presse".to_owned()])]);
        let at = |second: i64| Some(Timestamp::from_second(1_767_225_600 + second).unwrap());
        let in_title = |ast| Ast::In(Part::Title, Box::new(ast));
        let fact = |fact, value: &str| Ast::Fact(fact, value.into());
        for (ast, expected) in [
            (Ast::All, "3 2 1"),
            (word("OREAL"), "1"),
            (word("résultat"), "3 1"),
            (word("outage"), "2"),
            (word("service"), "2"),
            (word("porte-parole"), "1"),
            (word("--"), ""),
            (Ast::Prefix("résu".into()), "3 1"),
            (Ast::Prefix("porte-par".into()), "1"),
            (Ast::Prefix("z".into()), ""),
            (phrase("annonces résultat", 1), "1"),
            (phrase("annonce résultat", 0), ""),
            (phrase("annonce résultat", 1), "3 1"),
            (phrase("résultat annonce", 3), ""),
            (Ast::Raw("C++ services".into()), "2"),
            (Ast::Raw("c++".into()), ""),
            (Ast::Raw("C".into()), "3"),
            (near(word("acme"), word("service"), 2, false), "2"),
            (near(word("acme"), word("service"), 2, true), ""),
            (near(word("service"), Ast::Or(vec![word("up"), word("down")]), 4, true), "2"),
            (near(phrase("porte parole", 0), word("oréal"), 2, true), "1"),
            (in_title(word("acme")), "2"),
            (in_title(Ast::Not(Box::new(word("acme")))), "3 1"),
            (Ast::And(vec![word("acme"), Ast::Not(Box::new(word("down")))]), "3"),
            (Ast::And(vec![Ast::Not(Box::new(word("down"))), Ast::Not(Box::new(word("up")))]), "1"),
            (Ast::Or(vec![word("down"), Ast::Not(Box::new(word("acme")))]), "2 1"),
            (Ast::And(vec![]), "3 2 1"),
            (Ast::Or(vec![]), ""),
            (fact(Fact::Author, "jeanne d'arc"), "1"),
            (fact(Fact::Author, "jeanne dupont"), ""),
            (fact(Fact::Site, "news.example"), "1"),
            (fact(Fact::Site, "www.eco.news.example"), "1"),
            (fact(Fact::Site, "ews.example"), ""),
            (fact(Fact::Tag, "economie"), "1"),
            (fact(Fact::Tag, "VIP"), "2"),
            (fact(Fact::Tag, "presse"), "3 2 1"),
            (fact(Fact::Source, "ecodaily"), "3 2 1"),
            (fact(Fact::Language, "fr"), "1"),
            (fact(Fact::Sentiment, "negative"), "2"),
            (fact(Fact::Brand, "Globex"), "3"),
            (fact(Fact::Story, "s_00000000000000000000000000000abc"), "3"),
            (fact(Fact::Status, "done"), "2"),
            (fact(Fact::Link, "https://www.eco.news.example/a"), "1"),
            (Ast::Time { since: at(2), until: None }, "3 2"),
            (Ast::Time { since: at(1), until: at(3) }, "2 1"),
            (Ast::Time { since: None, until: at(1) }, ""),
        ] {
            let options = Options { source_tags: tagged.clone(), ..Options::default() };
            let hits = searcher.search(&ast, &options).unwrap();
            assert_eq!(numbers(&hits), expected, "{ast:?}");
            assert_eq!(hits.total, hits.ids.len() as u64);
            let ranked = Options { sort: Sort::Relevance, ..options };
            let mut ids = searcher.search(&ast, &ranked).unwrap().ids;
            ids.sort_by(|a, b| b.cmp(a));
            assert_eq!(ids, hits.ids, "the same by relevance: {ast:?}");
        }
    }

    #[test]
    fn pages_are_newest_first_and_equals_in_the_order_of_their_ids() {
        let mentions = [(1, 5), (2, 3), (3, 5), (4, 5), (5, 9), (6, 5), (7, 1)].map(|(n, at)| {
            let mut mention = mention(n, "Acme", "");
            mention.published = Some(Timestamp::from_second(at).unwrap());
            mention
        });
        let (_home, searcher) = searcher(mentions.to_vec());
        for (offset, limit, expected) in [
            (0, 9, "5 1 3 4 6 2 7"),
            (0, 2, "5 1"),
            (1, 2, "1 3"),
            (3, 2, "4 6"),
            (5, 9, "2 7"),
            (7, 2, ""),
            (0, 0, ""),
        ] {
            let hits =
                searcher.search(&word("acme"), &Options { offset, limit, ..Options::default() }).unwrap();
            assert_eq!((numbers(&hits).as_str(), hits.total), (expected, 7), "{offset} {limit}");
        }
    }

    #[test]
    fn relevance_puts_the_title_first_and_then_the_newest() {
        let mut mentions: Vec<_> = (1..=200).map(|n| mention(n, "News", "acme")).collect();
        mentions[49].title = Some("Acme".into());
        mentions[99].text = "acme acme acme".into();
        let (_home, searcher) = searcher(mentions);
        let options = Options { sort: Sort::Relevance, limit: 4, ..Options::default() };
        let hits = searcher.search(&word("acme"), &options).unwrap();
        assert_eq!((numbers(&hits).as_str(), hits.total), ("50 100 200 199", 200));
    }

    #[test]
    fn a_story_is_folded_to_its_first_hit() {
        let mentions = (1..=6).map(|n| {
            let mut mention = mention(n, "Acme", "");
            mention.story = StoryId::new(format!("s_{:032}", n % 2));
            mention
        });
        let (_home, searcher) = searcher(mentions.collect());
        let options = Options { fold: Some(Fold::Story), ..Options::default() };
        let hits = searcher.search(&Ast::All, &options).unwrap();
        assert_eq!((numbers(&hits).as_str(), hits.total), ("6 5", 6));
        let hits = searcher.search(&Ast::All, &Options { offset: 1, limit: 1, ..options }).unwrap();
        assert_eq!(numbers(&hits), "5");
    }

    #[test]
    fn facets_count_all_hits_in_the_users_zone() {
        let mentions = (0..6).map(|n| {
            let mut mention = mention(n, "Acme", "");
            let hour = 20 * 3600 + n as i64 * 3600;
            mention.published = Some(Timestamp::from_second(1_767_225_600 + hour).unwrap());
            mention.author = (n > 1).then(|| "Zoé".into());
            mention.entry_tags = if n == 3 { vec!["B".into(), "a".into()] } else { vec!["a".into()] };
            mention.link = Some(format!("https://{}.example/{n}", if n < 2 { "x" } else { "www.y" }));
            mention
        });
        let (_home, searcher) = searcher(mentions.collect());
        let options = Options {
            limit: 1,
            facets: vec![
                Facet::Author,
                Facet::Tag,
                Facet::Site,
                Facet::Day,
                Facet::Hour,
                Facet::Week,
                Facet::Month,
            ],
            facet_limit: 1,
            zone: TimeZone::get("Europe/Paris").unwrap(),
            since: Some(Timestamp::from_second(1_767_225_600 + 21 * 3600).unwrap()),
            ..Options::default()
        };
        let hits = searcher.search(&Ast::All, &options).unwrap();
        let shown: Vec<String> = hits.facets.iter().map(|facet| format!("{facet:?}")).collect();
        expect_test::expect![[r#"
            (Author, [("Zoé", 4)])
            (Tag, [("a", 5)])
            (Site, [("y.example", 4)])
            (Day, [("2026-01-01", 2), ("2026-01-02", 3)])
            (Hour, [("2026-01-01T22", 1), ("2026-01-01T23", 1), ("2026-01-02T00", 1), ("2026-01-02T01", 1), ("2026-01-02T02", 1)])
            (Week, [("2026-W01", 5)])
            (Month, [("2026-01", 5)])"#]]
        .assert_eq(&shown.join("\n"));
        assert_eq!(hits.total, 5);
    }

    #[test]
    fn what_cannot_answer_is_none() {
        let home = tempfile::tempdir().unwrap();
        assert!(Searcher::open(&home.path().join("none")).unwrap().is_none());
        let (home, searcher) = searcher(vec![mention(1, "", "")]);
        drop(searcher);
        let dir = home.path().join("tantivy");
        std::fs::write(dir.join("meta.json"), "{").unwrap();
        assert!(Searcher::open(&dir).unwrap().is_none());
    }
}
