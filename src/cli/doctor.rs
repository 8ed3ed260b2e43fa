//! `doctor`: checks the store, the index and the surroundings.

use anyhow::Result;
use serde::Serialize;

use super::args::Args;
use super::setup::{Loaded, load};
use super::{Exit, output};
use crate::model::{HealthState, SourceId, Tongue};
use crate::render::causes::{cause, state};
use crate::render::mentions;
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
    // Programs read English.
    let tongue = if args.json { Tongue::English } else { loaded.tongue() };
    let findings = examine(&loaded, tongue)?;
    let view = DoctorView { ok: findings.iter().all(|f| f.ok), findings };
    if args.json {
        output::print_json(&view)?;
    } else {
        let wrong = tongue.of("WRONG", "FAUX ");
        let lines =
            view.findings.iter().map(|f| format!("{} {}\n", if f.ok { "ok   " } else { wrong }, f.what));
        output::print(&lines.collect::<String>())?;
    }
    Ok(if view.ok { Exit::Done } else { Exit::Failed })
}

fn examine(loaded: &Loaded, tongue: Tongue) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut find = |ok: bool, what: String| findings.push(Finding { ok, what });
    let folder = &loaded.configuration.data_dir;
    find(true, format!("configuration {}", loaded.configuration.path.display()));
    let Some(reader) = loaded.reader_if_any()? else {
        let folder = folder.display();
        find(
            true,
            match tongue {
                Tongue::English => format!("nothing is stored in {folder} yet"),
                Tongue::French => format!("rien n’est encore enregistré dans {folder}"),
            },
        );
        return Ok(findings);
    };
    let damage = reader.quick_check()?;
    find(damage.is_empty(), or_all_well(tongue.of("store: readable", "base : lisible"), damage));
    let differences = reader.recount()?;
    let equal =
        tongue.of("store: counts equal their mentions", "base : les comptes correspondent aux mentions");
    find(differences.is_empty(), or_all_well(equal, differences));
    if let Some(tones) = tones(&reader.tones_by_model()?, tongue) {
        find(true, tones);
    }
    let running = Lock::is_held(folder)?;
    let is_running = match running {
        true => tongue.of("a vigie is running on it", "un vigie y tourne"),
        false => tongue.of("no vigie is running on it", "aucun vigie n’y tourne"),
    };
    find(true, is_running.to_owned());
    let searcher = loaded.searcher()?;
    let (stored, indexed) = (reader.mention_ids()?, searcher.all_ids()?);
    let equal = stored == indexed;
    let (all, found) = (mentions(stored.len() as u64, tongue), indexed.len());
    let numbers = match tongue {
        Tongue::English => format!("index: {all} stored, {found} indexed"),
        Tongue::French => format!("index : {all} en base, {found} dans l’index"),
    };
    let others = tongue.of(
        ", not the same ones; `vigie reindex` builds it anew",
        ", pas les mêmes ; `vigie reindex` le reconstruit",
    );
    // A running vigie may be about to index what it has just stored.
    find(equal || running, format!("{numbers}{}", if equal { "" } else { others }));
    let configured = |id: &SourceId| loaded.config.sources.iter().any(|source| source.id == *id);
    for health in reader.health()?.into_iter().filter(|health| configured(&health.source)) {
        let well = health.state.is_good() || matches!(health.state, HealthState::New | HealthState::Disabled);
        if !well || matches!(health.state, HealthState::Silent | HealthState::Moved) {
            let note = cause(health.note.as_deref().unwrap_or(""), tongue).into_owned();
            let (source, state) = (&health.source, state(health.state.as_str(), tongue));
            find(
                well,
                match tongue {
                    Tongue::English => format!("source `{source}` is {state}: {note}"),
                    Tongue::French => format!("source `{source}` {state} : {note}"),
                },
            );
        }
    }
    Ok(findings)
}

/// Who told the tones of mentions; `None` before there is one.
fn tones(by_model: &[(Option<String>, u64)], tongue: Tongue) -> Option<String> {
    let told = |(model, count): &(Option<String>, u64)| {
        let unknown = tongue.of("a model that is not known", "un modèle inconnu");
        format!("{count} {} {}", tongue.of("by", "par"), model.as_deref().unwrap_or(unknown))
    };
    let all = by_model.iter().map(told).collect::<Vec<_>>().join(", ");
    let anew = tongue.of(
        "; `vigie rescore` has all told by the model of today",
        " ; `vigie rescore` les fait tous dire par le modèle d’aujourd’hui",
    );
    let anew = if matches!(by_model, [(Some(_), _)]) { "" } else { anew };
    (!by_model.is_empty()).then(|| format!("{} {all}{anew}", tongue.of("tones:", "tons :")))
}

fn or_all_well(well: &str, faults: Vec<String>) -> String {
    if faults.is_empty() { well.to_owned() } else { faults.join("; ") }
}
