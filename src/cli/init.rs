//! `init`: writes a feeds.toml for one's own brand.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;

use super::args::{Args, Init};
use super::{Exit, UsageError, output, setup};
use crate::config::template;

pub fn run(_args: &Args, options: &Init) -> Result<Exit> {
    let path = options.dir.join("feeds.toml");
    if path.exists() {
        return Err(UsageError(format!("{} exists already and stays as it is", path.display())).into());
    }
    let (brand, competitors) = match &options.brand {
        Some(brand) => (brand.clone(), options.competitor.clone()),
        None if io::stdin().is_terminal() => ask(&options.competitor)?,
        None => {
            let example = "vigie init --brand \"Acme\" --competitor \"Globex\"";
            return Err(UsageError(format!("whose mentions shall be listened for? {example}")).into());
        }
    };
    let zone = TimeZone::system();
    let text = template::starter(&brand, &competitors, setup::environment_tongue(), zone.iana_name())
        .map_err(|error| UsageError(error.to_string()))?;
    std::fs::create_dir_all(&options.dir)
        .with_context(|| format!("{} could not be made", options.dir.display()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("{} could not be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    let place =
        if options.dir.as_os_str() == "." { String::new() } else { format!(" --config {}", path.display()) };
    output::print(&format!(
        "{} listens for {brand}{}.\nNext:\n  vigie{place} check    reads it and says what is wrong\n  vigie{place} poll     \
         listens once and shows what was heard\n  vigie{place} run      keeps listening and tells you",
        path.display(),
        if competitors.is_empty() { String::new() } else { format!(" and {}", competitors.join(", ")) },
    ))?;
    Ok(Exit::Done)
}

fn ask(given: &[String]) -> Result<(String, Vec<String>)> {
    let mut lines = io::stdin().lock().lines();
    let mut question = |text: &str| -> Result<String> {
        eprint!("{text} ");
        Ok(lines.next().transpose()?.unwrap_or_default().trim().to_owned())
    };
    let brand = question("Your brand's name:")?;
    if !given.is_empty() {
        return Ok((brand, given.to_vec()));
    }
    let competitors = question("Its competitors, separated by commas (or nothing):")?;
    let names = competitors.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok((brand, names.map(str::to_owned).collect()))
}
