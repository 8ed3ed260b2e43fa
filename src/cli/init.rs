//! `init`: writes a feeds.toml for one's own brand.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::args::{Args, Init};
use super::{Exit, UsageError, output, setup};
use crate::config::template;
use crate::model::Tongue;

#[derive(Serialize)]
struct Written<'a> {
    file: String,
    brand: &'a str,
    competitors: &'a [&'a str],
}

pub fn run(args: &Args, options: &Init) -> Result<Exit> {
    let (tongue, zone) = (setup::environment_tongue(), TimeZone::system());
    let path = options.dir.join("feeds.toml");
    if path.exists() {
        let stays = tongue.of("exists already and stays as it is", "existe déjà et reste tel quel");
        return Err(UsageError(format!("{} {stays}", path.display())).into());
    }
    let (brand, competitors) = match &options.brand {
        Some(brand) => (brand.clone(), options.competitor.clone()),
        None if io::stdin().is_terminal() => ask(&options.competitor, tongue)?,
        None => {
            let example = "vigie init --brand \"Acme\" --competitor \"Globex\"";
            let whose =
                tongue.of("whose mentions shall be listened for?", "de quelle marque écouter les mentions ?");
            return Err(UsageError(format!("{whose} {example}")).into());
        }
    };
    let text = template::starter(&brand, &competitors, tongue, zone.iana_name())
        .map_err(|error| UsageError(error.say(tongue)))?;
    std::fs::create_dir_all(&options.dir)
        .with_context(|| format!("{} could not be made", options.dir.display()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("{} could not be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    let place = match options.dir.as_os_str() == "." {
        true => String::new(),
        false => format!(" --config {}", in_shell(&path.display().to_string())),
    };
    let names: Vec<&str> = std::iter::once(&brand).chain(&competitors).map(|name| name.trim()).collect();
    if args.json {
        let file = path.display().to_string();
        output::print_json(&Written { file, brand: names[0], competitors: &names[1..] })?;
        return Ok(Exit::Done);
    }
    let (file, names) = (path.display(), listed(&names, tongue));
    let next = tongue.of(
        [
            ("check", "reads it and says what is wrong"),
            ("poll", "listens once and shows what was heard"),
            ("run", "keeps listening and tells you"),
        ],
        [
            ("check", "le relit et dit ce qui ne va pas"),
            ("poll", "écoute une fois et montre ce qui a été entendu"),
            ("run", "continue d’écouter et vous prévient"),
        ],
    );
    let mut text = match tongue {
        Tongue::English => format!("{file} listens for {names}.\nNext:\n"),
        Tongue::French => format!("{file} écoute pour {names}.\nEnsuite :\n"),
    };
    for (command, what) in next {
        text.push_str(&format!("  vigie{place} {command:<8} {what}\n"));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// Asks for a brand, then for competitors, until there are names that can be listened for. The end of the input ends it.
fn ask(given: &[String], tongue: Tongue) -> Result<(String, Vec<String>)> {
    let mut lines = io::stdin().lock().lines();
    let mut question = |text: &str| -> Result<Option<String>> {
        eprint!("{text} ");
        let line = lines.next().transpose()?;
        if line.is_none() {
            eprintln!();
        }
        Ok(line)
    };
    let brand = loop {
        let Some(brand) = question(tongue.of("Your brand's name:", "Le nom de votre marque :"))? else {
            let none = tongue.of(
                "no brand was named; nothing was written",
                "aucune marque n’est nommée ; rien n’a été écrit",
            );
            return Err(UsageError(none.into()).into());
        };
        match template::starter(&brand, given, tongue, None) {
            Ok(_) => break brand,
            Err(error) => eprintln!("  {}", error.say(tongue)),
        }
    };
    if !given.is_empty() {
        return Ok((brand, given.to_vec()));
    }
    let text = tongue.of(
        "Its competitors, separated by commas (or nothing):",
        "Ses concurrents, séparés par des virgules (ou rien) :",
    );
    loop {
        let competitors = question(text)?.unwrap_or_default();
        let names = competitors.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        match template::starter(&brand, &names, tongue, None) {
            Ok(_) => return Ok((brand, names)),
            Err(error) => eprintln!("  {}", error.say(tongue)),
        }
    }
}

/// `A`, `A and B`, `A, B and C`.
fn listed(names: &[&str], tongue: Tongue) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("{} {} {last}", others.join(", "), tongue.of("and", "et"))
        }
        _ => names.concat(),
    }
}

/// A path as it can be pasted into a shell.
fn in_shell(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    match path.chars().all(plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_and_paths_can_be_pasted() {
        assert_eq!(listed(&["A"], Tongue::English), "A");
        assert_eq!(listed(&["A", "B"], Tongue::French), "A et B");
        assert_eq!(listed(&["A", "B", "C"], Tongue::English), "A, B and C");
        assert_eq!(in_shell("/tmp/été/feeds.toml"), "/tmp/été/feeds.toml");
        assert_eq!(in_shell("my brand/feeds.toml"), "'my brand/feeds.toml'");
        assert_eq!(in_shell("l'eau/feeds.toml"), "'l'\\''eau/feeds.toml'");
    }
}
