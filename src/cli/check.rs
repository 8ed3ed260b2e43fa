//! `check`: reads the configuration and prints every problem.

use std::io::IsTerminal;

use anyhow::Result;
use serde::Serialize;

use super::args::Args;
use super::{Exit, output, setup};
use crate::config::{self, Severity};
use crate::daemon::{configuration, tone};
use crate::render::told_count;

#[derive(Serialize)]
struct CheckView<'a> {
    ok: bool,
    problems: Vec<ProblemView<'a>>,
}

#[derive(Serialize)]
struct ProblemView<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
}

pub fn run(args: &Args) -> Result<Exit> {
    let mut configuration = configuration::read(args.config.as_deref())?;
    let checked = &mut configuration.checked;
    if let Some(error) = checked.config.as_ref().and_then(|config| tone::model(config).err()) {
        let help = "the file must be an ONNX model of three classes over input_ids and attention_mask";
        checked.problems.push(config::wrong_model(&configuration.files, format!("{error:#}"), help));
        checked.config = None;
    }
    let problems = &configuration.checked.problems;
    let ok = configuration.checked.config.is_some();
    if args.json {
        output::print_json(&CheckView { ok, problems: problems.iter().map(view).collect() })?;
    } else {
        let colour = output::coloured(args.color, std::io::stdout().is_terminal());
        output::print(&config::show(problems, &configuration.files, colour))?;
        if let Some(config) = &configuration.checked.config {
            let tongue = setup::tongue(config);
            let counted = |count: usize, english, french| told_count(count as u64, english, french, tongue);
            output::print(&format!(
                "{}{} {}, {}, {}, {}, {}{}",
                configuration.path.display(),
                tongue.of(":", " :"),
                counted(config.brands.len(), ["brand", "brands"], ["marque", "marques"]),
                counted(config.sources.len(), ["source", "sources"], ["source", "sources"]),
                counted(
                    config.queries.len(),
                    ["saved query", "saved queries"],
                    ["requête enregistrée", "requêtes enregistrées"]
                ),
                counted(config.rules.len(), ["rule", "rules"], ["règle", "règles"]),
                counted(config.notifiers.len(), ["notifier", "notifiers"], ["destinataire", "destinataires"]),
                if problems.is_empty() { tongue.of("; no problems", " ; aucun problème") } else { "" },
            ))?;
        }
    }
    Ok(if ok { Exit::Done } else { Exit::Usage })
}

fn view(problem: &config::Problem) -> ProblemView<'_> {
    ProblemView {
        file: &problem.file,
        line: problem.line,
        column: problem.column,
        severity: match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &problem.message,
        help: problem.help.as_deref(),
    }
}
