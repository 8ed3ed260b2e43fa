//! The newest twenty mentions that answer a question.

use std::time::Instant;

use vigie::index::{Options, Searcher};
use vigie::ingest::INDEX_FOLDER;
use vigie::query::{Context, parse};

use crate::{Bench, corpus, ingest};

const BRANDS: usize = 100;

/// Here time on the wall counts: somebody waits.
pub fn run(bench: &Bench) -> anyhow::Result<()> {
    let texts = corpus::documents(bench.size(5_000, 5), 40, BRANDS);
    let (home, mut engines) = ingest::engines();
    let mentions = ingest::ingest(&mut engines, &ingest::batches(&texts, &ingest::listening()));
    engines.catch_up()?;
    let searcher = Searcher::open(&home.path().join(INDEX_FOLDER))?.expect("the index was just written");
    for (name, text, least) in [
        ("nearly_every_mention", "the", mentions as u64 * 9 / 10),
        ("two_terms", "the AND ba", 1),
        ("phrase", "\"the of\"", 1),
    ] {
        let query = parse(text, &Context { saved: None, times: None })?;
        let mut waits: Vec<_> = (0..bench.size(501, 1))
            .map(|_| {
                let started = Instant::now();
                let hits = searcher.search(&query.ast, &Options::default()).expect("the index is whole");
                assert!(hits.total >= least && !hits.ids.is_empty(), "{text}: {}", hits.total);
                started.elapsed()
            })
            .collect();
        waits.sort_unstable();
        if bench.size(1, 0) == 1 {
            let p50 = waits[waits.len() / 2].as_secs_f64() * 1e3;
            println!("{:<40} {p50:>9.3} ms", format!("search/{name} in {mentions}, p50"));
        }
    }
    Ok(())
}
