//! A year of many mentions, beside raw Tantivy and SQLite's FTS5 in the same run: what storing and indexing
//! cost, what lies on the disk, and how long questions take.
//!
//! The mentions come from a file of JSON lines with `ts` (Unix seconds, rising), `source`, `lang`, `brand`, `sent`,
//! `title`, `body`, `url` and `author`; their times are stretched over a year. What is built is kept in the folder given,
//! so that questions can be asked again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, PhraseQuery, TermQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TEXT};
use tantivy::{Order, ReloadPolicy, TantivyDocument, Term};
use vigie::enrich::fingerprint::Fingerprint;
use vigie::enrich::repeated::Repeated;
use vigie::index::{Facet, Options, Searcher, Sort};
use vigie::ingest::{Engines, INDEX_FOLDER};
use vigie::model::{BrandId, Entry, Language, Match, Sentiment, Skip, SourceId, Timestamp};
use vigie::prepare::{Batch, Prepared, PreparedMention, text_hash};
use vigie::query::{Context as Reading, parse};
use vigie::store::{Origin, Polled, Reader};
use vigie::views::search::search;

use crate::cpu_time;

pub const START: i64 = 1_761_955_200; // 2025-11-01
pub const YEAR_S: i64 = 365 * 86_400;
/// Mentions that are stored in one transaction, a batch for each source among them.
const CHUNK: usize = 5_000;
/// Mentions that arrive after the others, in commits of [`LIVE_COMMIT`]: an index of many small segments.
const LIVE: usize = 20_000;
const LIVE_COMMIT: usize = 100;
/// The saved query whose hits are counted as they come.
const SAVED: &str = "saved";

#[derive(serde::Deserialize)]
pub struct Line {
    pub ts: i64,
    pub source: String,
    lang: String,
    pub brand: String,
    sent: f32,
    pub title: String,
    pub body: String,
    url: String,
    author: String,
}

/// What is asked, chosen among the words of the file.
#[derive(Clone)]
struct Words {
    frequent: String,
    second: String,
    phrase: (String, String),
}

pub fn run(file: &str, folder: &str) -> Result<()> {
    let folder = Path::new(folder);
    let lines = read(file)?;
    let words = choose(&lines)?;
    println!(
        "{} mentions; `{}`, `{}`, \"{} {}\"",
        lines.len(),
        words.frequent,
        words.second,
        words.phrase.0,
        words.phrase.1
    );
    let (ours, raw, fts) = (folder.join("vigie"), folder.join("raw"), folder.join("fts.db"));
    let built = lines.len() - LIVE.min(lines.len() / 2);
    if !ours.exists() {
        fs::create_dir_all(&ours)?;
        build_ours(&lines[..built], &ours, &words)?;
    }
    if !raw.exists() {
        build_raw(&lines, &raw)?;
    }
    if !fts.exists() {
        build_fts(&lines, &fts)?;
    }
    sizes(built, lines.len(), folder)?;
    ask(&lines[..built], &words, folder, "built")?;
    live(&lines[built..], &ours, &words)?;
    ask(&lines, &words, folder, "live")
}

pub fn read(file: &str) -> Result<Vec<Line>> {
    let reader = BufReader::new(File::open(file).with_context(|| file.to_owned())?);
    let mut lines: Vec<Line> =
        reader.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<_>>()?;
    let (first, last) = (lines.first().map_or(0, |line| line.ts), lines.last().map_or(0, |line| line.ts));
    for line in &mut lines {
        line.ts = START + (line.ts - first) * YEAR_S / (last - first).max(1);
    }
    ensure!(lines.is_sorted_by_key(|line| line.ts), "the times of {file} do not rise");
    Ok(lines)
}

/// Two words of which each is in about one text of twenty, and the pair of longer words that is seen most often.
fn choose(lines: &[Line]) -> Result<Words> {
    let sample = &lines[..lines.len().min(20_000)];
    let mut holds: HashMap<&str, usize> = HashMap::new();
    let mut pairs: HashMap<(&str, &str), usize> = HashMap::new();
    for line in sample {
        let words: Vec<&str> =
            line.body.split(' ').filter(|word| word.bytes().all(|b| b.is_ascii_lowercase())).collect();
        let mut each = words.clone();
        each.sort_unstable();
        each.dedup();
        each.into_iter().filter(|word| word.len() > 4).for_each(|word| *holds.entry(word).or_default() += 1);
        for pair in line.body.split(' ').collect::<Vec<_>>().windows(2) {
            let plain = |word: &str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_lowercase());
            if plain(pair[0]) && plain(pair[1]) {
                *pairs.entry((pair[0], pair[1])).or_default() += 1;
            }
        }
    }
    let mut by_distance: Vec<_> =
        holds.into_iter().map(|(word, count)| (count.abs_diff(sample.len() / 20), word)).collect();
    by_distance.sort_unstable();
    let (pair, _) = pairs
        .into_iter()
        .max_by_key(|&(pair, count)| (count, pair))
        .context("no two words follow each other")?;
    ensure!(by_distance.len() > 1, "too few words");
    Ok(Words {
        frequent: by_distance[0].1.to_owned(),
        second: by_distance[1].1.to_owned(),
        phrase: (pair.0.to_owned(), pair.1.to_owned()),
    })
}

pub fn prepared(line: &Line, frequent: &str) -> Prepared {
    let at = Timestamp::from_second(line.ts).expect("a time of this century");
    let p = match line.sent {
        sent if sent < 0.0 => [0.8, 0.15, 0.05],
        sent if sent > 0.0 => [0.05, 0.15, 0.8],
        _ => [0.1, 0.8, 0.1],
    };
    let holds = line.body.split(' ').any(|word| word == frequent);
    Prepared {
        text_hash: text_hash(&line.title, &line.body),
        link_key: vigie::text::url::canonical(&line.url),
        language: Language::from_code(Some(&line.lang)),
        fingerprint: Fingerprint::of(&line.title, &line.body),
        mentions: vec![PreparedMention {
            matched: Match {
                brand: BrandId::new(line.brand.clone()),
                title_spans: Vec::new(),
                text_spans: Vec::new(),
                own_voice: false,
            },
            sentiment: Some(Sentiment { p }),
            model: None,
            queries: holds.then(|| SAVED.to_owned()).into_iter().collect(),
        }],
        entry: Entry {
            guid: Some(line.url.clone()),
            link: Some(line.url.clone()),
            title: Some(line.title.clone()),
            content: Some(line.body.clone()),
            author: Some(line.author.clone()),
            published: Some(at),
            language: Some(line.lang.clone()),
            ..Entry::default()
        },
    }
}

fn batches(lines: &[Line], words: &Words) -> Vec<Batch> {
    let mut by_source: HashMap<&str, Vec<Prepared>> = HashMap::new();
    for line in lines {
        by_source.entry(&line.source).or_default().push(prepared(line, &words.frequent));
    }
    by_source.into_iter().map(|(source, entries)| batch(SourceId::new(source), entries)).collect()
}

pub fn batch(source: SourceId, entries: Vec<Prepared>) -> Batch {
    Batch {
        source,
        read: entries.len(),
        reach: None,
        dates: Vec::new(),
        entries,
        repeated: Repeated::default(),
        problems: Vec::new(),
        wished_interval_s: None,
        skip: Skip::default(),
    }
}

fn store(engines: &mut Engines, lines: &[Line], words: &Words) -> Result<std::time::Duration> {
    let batches = batches(lines, words);
    let at = Timestamp::from_second(lines.last().context("no mentions")?.ts)?;
    let polled = Polled { at, origin: Origin::Import };
    let documents: Vec<_> = batches.iter().map(|batch| (batch, &polled)).collect();
    let before = cpu_time();
    engines.store.ingest_all(&documents)?;
    Ok(cpu_time() - before)
}

fn build_ours(lines: &[Line], folder: &Path, words: &Words) -> Result<()> {
    let mut engines = Engines::open(folder, &TimeZone::UTC)?;
    let (mut storing, mut indexing) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    for part in lines.chunks(20 * CHUNK) {
        for chunk in part.chunks(CHUNK) {
            storing += store(&mut engines, chunk, words)?;
        }
        let before = cpu_time();
        engines.catch_up()?;
        indexing += cpu_time() - before;
    }
    let before = cpu_time();
    engines.index.rest()?;
    indexing += cpu_time() - before;
    rate("vigie, storing", lines.len(), storing);
    rate("vigie, indexing", lines.len(), indexing);
    rate("vigie, both", lines.len(), storing + indexing);
    Ok(())
}

pub fn rate(name: &str, count: usize, cpu: std::time::Duration) {
    let seconds = cpu.as_secs_f64();
    println!("{name:<40} {:>9.0} mentions per CPU second ({seconds:.1} s)", count as f64 / seconds);
}

struct Raw {
    schema: Schema,
    title: Field,
    body: Field,
    ts: Field,
    brand: Field,
}

fn raw_schema() -> Raw {
    let mut builder = Schema::builder();
    let title = builder.add_text_field("title", TEXT);
    let body = builder.add_text_field("body", TEXT);
    let ts = builder.add_i64_field("ts", FAST | INDEXED);
    let brand = builder.add_text_field("brand", STRING | FAST);
    Raw { schema: builder.build(), title, body, ts, brand }
}

fn build_raw(lines: &[Line], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let raw = raw_schema();
    let before = cpu_time();
    let index = tantivy::Index::create_in_dir(folder, raw.schema)?;
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 50_000_000)?;
    for line in lines {
        let mut document = TantivyDocument::new();
        document.add_text(raw.title, &line.title);
        document.add_text(raw.body, &line.body);
        document.add_i64(raw.ts, line.ts);
        document.add_text(raw.brand, &line.brand);
        writer.add_document(document)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    rate("raw Tantivy, indexing", lines.len(), cpu_time() - before);
    Ok(())
}

fn build_fts(lines: &[Line], file: &Path) -> Result<()> {
    let before = cpu_time();
    let mut db = Connection::open(file)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE mentions (mention INTEGER PRIMARY KEY, at INTEGER, day INTEGER, brand TEXT, title TEXT, body TEXT);
         CREATE VIRTUAL TABLE words USING fts5(title, body, content = 'mentions', content_rowid = 'mention');",
    )?;
    for (number, chunk) in lines.chunks(CHUNK).enumerate() {
        let tx = db.transaction()?;
        {
            let mut row = tx.prepare_cached("INSERT INTO mentions VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            let mut text = tx.prepare_cached("INSERT INTO words (rowid, title, body) VALUES (?1, ?2, ?3)")?;
            for (at, line) in chunk.iter().enumerate() {
                let id = (number * CHUNK + at) as i64;
                row.execute(params![id, line.ts, line.ts / 86_400, line.brand, line.title, line.body])?;
                text.execute(params![id, line.title, line.body])?;
            }
        }
        tx.commit()?;
    }
    rate("SQLite with FTS5", lines.len(), cpu_time() - before);
    Ok(())
}

/// `ours` and `theirs`: how many mentions vigie's and the others' hold.
fn sizes(ours: usize, theirs: usize, folder: &Path) -> Result<()> {
    for (name, count, place) in [
        ("vigie, store", ours, folder.join("vigie").join(vigie::store::FILE_NAME)),
        ("vigie, index", ours, folder.join("vigie").join(INDEX_FOLDER)),
        ("raw Tantivy, without text", theirs, folder.join("raw")),
        ("SQLite with FTS5", theirs, folder.join("fts.db")),
    ] {
        let bytes = size(&place)?;
        let each = bytes as f64 / count as f64;
        println!("{name:<40} {:>9.1} MB, {each:.0} bytes a mention", bytes as f64 / 1e6);
    }
    Ok(())
}

fn size(place: &Path) -> Result<u64> {
    if place.is_file() {
        return Ok(place.metadata()?.len());
    }
    fs::read_dir(place)?.map(|entry| size(&entry?.path())).sum()
}

fn live(lines: &[Line], folder: &Path, words: &Words) -> Result<()> {
    let mut engines = Engines::open(folder, &TimeZone::UTC)?;
    for chunk in lines.chunks(LIVE_COMMIT) {
        store(&mut engines, chunk, words)?;
        engines.catch_up()?;
    }
    Ok(())
}

fn ask(lines: &[Line], words: &Words, folder: &Path, state: &str) -> Result<()> {
    let ours = folder.join("vigie");
    let searcher = Searcher::open(&ours.join(INDEX_FOLDER))?.context("the index was just written")?;
    let reader = Reader::open(&ours)?;
    let raw = raw_schema();
    let index = tantivy::Index::open_in_dir(folder.join("raw"))?;
    let tantivy = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?.searcher();
    let fts = Connection::open(folder.join("fts.db"))?;
    let week = lines.last().map_or(0, |line| line.ts) - 7 * 86_400;
    let since = Some(Timestamp::from_second(week)?);
    let Words { frequent, second, phrase: (one, two) } = words.clone();
    println!(
        "\n{state}: {} segments of vigie's, {} of raw Tantivy's",
        searcher.segments(),
        tantivy.segment_readers().len()
    );
    println!("{:<40} {:>9} {:>9} {:>9}", "median ms", "vigie", "tantivy", "FTS5");

    let query = |text: &str| parse(text, &Reading { saved: None, times: None });
    let newest = |text: &str, since| -> Result<f64> {
        let (query, options) = (query(text)?, Options { since, ..Options::default() });
        let found = searcher.first(&query.ast, &options)?;
        ensure!(!found.is_empty(), "{text}: nothing");
        ensure!(found == searcher.search(&query.ast, &options)?.ids, "{text}: not the newest");
        median(|| Ok(searcher.first(&query.ast, &options)?.len()))
    };
    let either = |word: &str| {
        let term = |field| {
            Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs)) as _
        };
        BooleanQuery::union(vec![term(raw.title), term(raw.body)])
    };
    let pair = |field| {
        let terms = [one.as_str(), two.as_str()].map(|word| Term::from_field_text(field, word));
        Box::new(PhraseQuery::new(terms.to_vec())) as _
    };
    let by_time = |query: &dyn tantivy::query::Query| {
        let top = || TopDocs::with_limit(20).order_by_fast_field::<i64>("ts", Order::Desc);
        median(|| Ok(tantivy.search(query, &top())?.len()))
    };
    let fts_rows = |sql: &str, text: &str, week: i64| -> Result<f64> {
        let mut statement = fts.prepare(sql)?;
        median(|| {
            let mut rows = statement.query(params![text, week])?;
            let mut count = 0;
            while rows.next()?.is_some() {
                count += 1;
            }
            Ok(count)
        })
    };
    const NEWEST: &str =
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 ORDER BY rowid DESC LIMIT 20";
    let first_of_week = lines.partition_point(|line| line.ts < week) as i64;

    let both = BooleanQuery::intersection(vec![Box::new(either(&frequent)), Box::new(either(&second))]);
    let phrase = BooleanQuery::union(vec![pair(raw.title), pair(raw.body)]);
    let quoted = format!("\"{one} {two}\"");
    row(
        "a term, newest 20",
        newest(&frequent, None)?,
        Some(by_time(&either(&frequent))?),
        fts_rows(NEWEST, &frequent, 0)?,
    );
    row(
        "two terms, newest 20",
        newest(&format!("{frequent} {second}"), None)?,
        Some(by_time(&both)?),
        fts_rows(NEWEST, &format!("{frequent} AND {second}"), 0)?,
    );
    row(
        "a phrase, newest 20",
        newest(&quoted, None)?,
        Some(by_time(&phrase)?),
        fts_rows(NEWEST, &quoted, 0)?,
    );
    let beginning = &frequent[..4];
    row(
        "a prefix, newest 20",
        newest(&format!("{beginning}*"), None)?,
        None,
        fts_rows(NEWEST, &format!("{beginning}*"), 0)?,
    );
    row(
        "a term in the last 7 days",
        newest(&frequent, since)?,
        None,
        fts_rows(NEWEST, &frequent, first_of_week)?,
    );

    let term = query(&frequent)?;
    let ranked = Options { sort: Sort::Relevance, ..Options::default() };
    row(
        "a term, by rank",
        median(|| Ok(searcher.search(&term.ast, &ranked)?.ids.len()))?,
        Some(median(|| {
            Ok(tantivy.search(&either(&frequent), &TopDocs::with_limit(20).order_by_score())?.len())
        })?),
        fts_rows(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 ORDER BY rank LIMIT 20",
            &frequent,
            0,
        )?,
    );
    let all = Options::default();
    row(
        "a term, how many",
        median(|| Ok(searcher.search(&term.ast, &all)?.total as usize))?,
        Some(median(|| Ok(tantivy.search(&either(&frequent), &tantivy::collector::Count)?))?),
        fts_rows("SELECT count(*) FROM words WHERE words MATCH ?1 AND rowid >= ?2", &frequent, 0)?,
    );
    let quoted_query = query(&quoted)?;
    row(
        "a phrase, how many",
        median(|| Ok(searcher.search(&quoted_query.ast, &all)?.total as usize))?,
        Some(median(|| Ok(tantivy.search(&phrase, &tantivy::collector::Count)?))?),
        fts_rows("SELECT count(*) FROM words WHERE words MATCH ?1 AND rowid >= ?2", &quoted, 0)?,
    );
    let facets = Options { facets: vec![Facet::Brand, Facet::Day], ..Options::default() };
    row(
        "a term, by brand and by day",
        median(|| Ok(searcher.search(&term.ast, &facets)?.facets.len()))?,
        None,
        fts_rows(
            "SELECT brand, day, count(*) FROM words JOIN mentions ON mention = words.rowid
             WHERE words MATCH ?1 AND words.rowid >= ?2 GROUP BY brand, day",
            &frequent,
            0,
        )?,
    );
    let year = (Timestamp::from_second(START)?, Timestamp::from_second(START + YEAR_S + 1)?);
    let brands: Vec<BrandId> = (0..5).map(|n| BrandId::new(format!("b{n}"))).collect();
    let counts = |saved: Option<&str>| median(|| Ok(reader.by_day(&brands, saved, year.0, year.1)?.len()));
    row(
        "5 brands by day",
        counts(None)?,
        None,
        fts_rows(
            "SELECT brand, day, count(*) FROM mentions WHERE ?1 != '' AND mention >= ?2
             AND brand IN ('b0', 'b1', 'b2', 'b3', 'b4') GROUP BY brand, day",
            "-",
            0,
        )?,
    );
    row(
        "5 brands by day, a saved query",
        counts(Some(SAVED))?,
        None,
        fts_rows(
            "SELECT brand, day, count(*) FROM words JOIN mentions ON mention = words.rowid
             WHERE words MATCH ?1 AND words.rowid >= ?2 AND brand IN ('b0', 'b1', 'b2', 'b3', 'b4') GROUP BY brand, day",
            &frequent,
            0,
        )?,
    );
    let shown = median(|| Ok(search(&reader, &searcher, &term, &all)?.hits.len()))?;
    println!("{:<40} {shown:>9.3}", "a term, 20 of them shown");
    Ok(())
}

fn row(name: &str, vigie: f64, tantivy: Option<f64>, fts: f64) {
    let tantivy = tantivy.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.3}"));
    println!("{name:<40} {vigie:>9.3} {tantivy:>9} {fts:>9.3}");
}

/// Milliseconds on the wall: somebody waits.
fn median(mut ask: impl FnMut() -> Result<usize>) -> Result<f64> {
    let started = Instant::now();
    let mut waits = Vec::new();
    while waits.len() < 5 || waits.len() < 501 && started.elapsed().as_secs() < 2 {
        let before = Instant::now();
        black_box(ask()?);
        waits.push(before.elapsed());
    }
    waits.sort_unstable();
    Ok(waits[waits.len() / 2].as_secs_f64() * 1e3)
}
