//! From a document's bytes to what is stored and searchable.

use jiff::tz::TimeZone;
use vigie::enrich::sentiment::Model;
use vigie::ingest::Engines;
use vigie::model::Timestamp;
use vigie::prepare::{Batch, Listening, prepare};
use vigie::sources::{self, Limits};
use vigie::store::{Origin, Polled};

use crate::{Bench, corpus};

const ENTRIES: usize = 40;
const BRANDS: usize = 100;

pub fn run(bench: &Bench) -> anyhow::Result<()> {
    let texts = corpus::documents(bench.size(250, 5), ENTRIES, BRANDS);
    let entries = texts.len() * ENTRIES;
    let naming = entries.div_ceil(corpus::NAMING);
    bench.each(
        "parse, per entry",
        || (),
        |()| {
            let read =
                texts.iter().map(|text| sources::parse(document(text), &Limits::default()).entries.len());
            assert_eq!(read.sum::<usize>(), entries);
            (entries, ())
        },
    );
    let listening = listening();
    bench.each(
        "prepare (parse, match, enrich), per entry",
        || (),
        |()| {
            let batches = batches(&texts, &listening);
            assert_eq!(batches.iter().map(|batch| batch.entries.len()).sum::<usize>(), naming);
            (entries, ())
        },
    );
    let batches = batches(&texts, &listening);
    bench.each("store a document, per mention", engines, |(home, mut engines)| {
        assert_eq!(ingest(&mut engines, &batches), naming);
        (naming, (home, engines))
    });
    let stored = || {
        let (home, mut engines) = engines();
        ingest(&mut engines, &batches);
        (home, engines)
    };
    bench.each("index, per mention", stored, |(home, mut engines)| {
        assert_eq!(engines.catch_up().expect("a fresh index can be written"), naming as u64);
        (naming, (home, engines))
    });
    bench.each("store a known document, per document", stored, |(home, mut engines)| {
        assert_eq!(ingest(&mut engines, &batches), 0);
        (batches.len(), (home, engines))
    });
    Ok(())
}

pub fn listening() -> Listening {
    Listening::new(&corpus::brands(BRANDS), &[], Model::new(&[], &[]))
}

pub fn batches(texts: &[String], listening: &Listening) -> Vec<Batch> {
    let prepared = texts.iter().enumerate().map(|(number, text)| {
        prepare(&corpus::source(number), document(text), listening, &Limits::default())
    });
    prepared.collect()
}

/// In a folder that is removed when it is dropped.
pub fn engines() -> (tempfile::TempDir, Engines) {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let engines = Engines::open(home.path(), &TimeZone::UTC).expect("engines open in an empty folder");
    (home, engines)
}

/// How many mentions were new.
pub fn ingest(engines: &mut Engines, batches: &[Batch]) -> usize {
    let at: Timestamp = "2026-02-01T00:00:00Z".parse().expect("a valid time");
    let polled = Polled { at, origin: Origin::Import };
    let stored = batches.iter().map(|batch| engines.store.ingest(batch, &polled));
    stored.map(|done| done.expect("a fresh store can be written").new_mentions.len()).sum()
}

fn document(text: &str) -> sources::Document<'_> {
    sources::Document { bytes: text.as_bytes(), content_type: None, base_url: Some(corpus::BASE) }
}
