//! `doctor`: checks the store, the index and the surroundings.

use anyhow::Result;
use serde::Serialize;

use super::args::Args;
use super::setup::{Loaded, load};
use super::{Exit, output};
use crate::model::HealthState;
use crate::render::counted;
use crate::store::Lock;

#[derive(Serialize)]
struct DoctorView {
    ok: bool,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    ok: bool,
    what: String,
}

pub fn run(args: &Args) -> Result<Exit> {
    let loaded = load(args)?;
    let findings = examine(&loaded)?;
    let view = DoctorView { ok: findings.iter().all(|f| f.ok), findings };
    if args.json {
        output::print_json(&view)?;
    } else {
        let lines =
            view.findings.iter().map(|f| format!("{} {}\n", if f.ok { "ok   " } else { "WRONG" }, f.what));
        output::print(&lines.collect::<String>())?;
    }
    Ok(if view.ok { Exit::Done } else { Exit::Failed })
}

fn examine(loaded: &Loaded) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut find = |ok: bool, what: String| findings.push(Finding { ok, what });
    let folder = &loaded.configuration.data_dir;
    find(true, format!("configuration {}", loaded.configuration.path.display()));
    let Some(reader) = loaded.reader_if_any()? else {
        find(true, format!("nothing is stored in {} yet", folder.display()));
        return Ok(findings);
    };
    let damage = reader.quick_check()?;
    find(damage.is_empty(), or_all_well("store: readable", damage));
    let differences = reader.recount()?;
    find(differences.is_empty(), or_all_well("store: counts equal their mentions", differences));
    if let Some(tones) = tones(&reader.tones_by_model()?) {
        find(true, tones);
    }
    let running = Lock::is_held(folder)?;
    find(true, if running { "a vigie is running on it" } else { "no vigie is running on it" }.into());
    let searcher = loaded.searcher()?;
    let (stored, indexed) = (reader.mention_ids()?, searcher.all_ids()?);
    let equal = stored == indexed;
    let numbers =
        format!("{} stored, {} indexed", counted(stored.len(), "mention", "mentions"), indexed.len());
    // A running vigie may be about to index what it has just stored.
    find(equal || running, format!("index: {numbers}{}", if equal { "" } else { ", not the same ones" }));
    for health in reader.health()? {
        let well = health.state.is_good() || matches!(health.state, HealthState::New | HealthState::Disabled);
        if !well || matches!(health.state, HealthState::Silent | HealthState::Moved) {
            let note = health.note.as_deref().unwrap_or("");
            find(well, format!("source `{}` is {}: {note}", health.source, health.state.as_str()));
        }
    }
    Ok(findings)
}

/// Who told the tones of mentions; `None` before there is one.
fn tones(by_model: &[(Option<String>, u64)]) -> Option<String> {
    let told = |(model, count): &(Option<String>, u64)| {
        format!("{count} by {}", model.as_deref().unwrap_or("a model that is not known"))
    };
    let all = by_model.iter().map(told).collect::<Vec<_>>().join(", ");
    match by_model {
        [] => None,
        [(Some(_), _)] => Some(format!("tones: {all}")),
        _ => Some(format!("tones: {all}; `vigie rescore` has all told by the model of today")),
    }
}

fn or_all_well(well: &str, faults: Vec<String>) -> String {
    if faults.is_empty() { well.to_owned() } else { faults.join("; ") }
}
