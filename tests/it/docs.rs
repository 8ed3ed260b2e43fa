//! The documents are true: their configurations pass `check`, and the reference of commands is the program's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use vigie::config::{self, File, Severity};

#[test]
fn configurations_in_documents_have_no_errors() {
    let mut blocks = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, block) in toml_blocks(&text) {
            blocks += 1;
            let files =
                [File { path: format!("{}, block at line {line}", path.display()), text: whole(block) }];
            if block.contains("[[test]]") {
                let beside = [File { path: String::new(), text: whole("") }];
                let config = config::check(&beside).config.expect("a brand is a configuration");
                let tests = [File { text: block.to_owned(), ..files[0].clone() }];
                let read = config::written_tests(&tests[0], &config);
                assert_eq!(read.map_err(|problems| config::show(&problems, &tests, false)).err(), None);
                continue;
            }
            let mut problems = config::check(&files).problems;
            problems.retain(|problem| problem.severity == Severity::Error);
            assert_eq!(config::show(&problems, &files, false), "");
        }
    }
    assert!(blocks >= 5, "only {blocks} blocks were found");
}

#[test]
fn the_reference_of_commands_is_that_of_the_program() {
    let mut expected = String::new();
    let mut command = vigie::cli::command().disable_help_subcommand(true).term_width(100);
    command.build();
    describe(&mut command, 2, &mut expected);
    generated("docs/commands.md", &expected);
}

#[test]
fn the_reference_of_known_places_is_that_of_the_program() {
    let mut expected = String::new();
    for preset in vigie::views::presets::presets().presets {
        let block = vigie::render::presets::block(&preset);
        let asked = vigie::render::presets::asked(&preset);
        let asked = asked.split(',').next().expect("a part");
        let (kind, hears, state, limits) = (preset.kind, preset.hears, preset.state, preset.limits);
        write!(expected, "\n### {kind}\n\n{}. State: {state}", capital(hears)).expect("a string");
        let notice = preset.notice.map(|notice| format!(" ({notice})")).unwrap_or_default();
        write!(expected, "{notice}. Limits: {limits}. Asked {asked}. Checked {}.", preset.checked)
            .expect("a string");
        write!(expected, "\n\n```toml\n{block}```\n").expect("a string");
    }
    generated("docs/sources.md", &expected);
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Compares what follows the mark in a document with what the program says, or writes it.
#[track_caller]
fn generated(document: &str, expected: &str) {
    let path = root().join(document);
    let kept = std::fs::read_to_string(&path).expect("the document exists");
    let (by_hand, _) = kept.split_once(GENERATED).expect("the document has lost its mark");
    let expected = format!("{by_hand}{GENERATED}{expected}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).expect("it can be written");
    } else {
        assert!(kept == expected, "{document} is not up to date: UPDATE_DOCS=1 cargo test --test it docs");
    }
}

/// Whatever follows it in docs/commands.md and docs/sources.md is generated.
const GENERATED: &str = "<!-- Generated from here on: UPDATE_DOCS=1 cargo test --test it docs -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README.md and docs/*.md.
fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("the folder of documents exists");
    let docs = docs.map(|entry| entry.expect("it can be listed").path());
    let pages = docs.filter(|path| path.extension() == Some(Path::new("md").as_os_str()));
    [root().join("README.md")].into_iter().chain(pages).collect()
}

/// The blocks marked as TOML, with the line each begins after.
fn toml_blocks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("```toml\n").map(|(at, fence)| {
        let block = &text[at + fence.len()..];
        let end = block.find("```").expect("a block that is never closed");
        (text[..at].lines().count() + 1, &block[..end])
    })
}

/// A part of a configuration, made whole by what it leaves out: a rule needs an own brand.
fn whole(block: &str) -> String {
    if block.contains("[[brand]]") {
        return block.to_owned();
    }
    format!("{block}\n[[brand]]\nid = \"acme\"\n")
}

/// The long help of a command and of those below it. What every command takes is told once, at the top.
fn describe(command: &mut clap::Command, level: usize, out: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let common =
        |arg: &clap::Arg| arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str());
    let told = level == 2;
    let mut shown = command.clone().mut_args(|arg| if !told && common(&arg) { arg.hide(true) } else { arg });
    let help = shown.render_long_help().to_string();
    let help: Vec<&str> = help.trim().lines().map(str::trim_end).collect();
    writeln!(out, "\n{} {name}\n\n```text\n{}\n```", "#".repeat(level), help.join("\n"))
        .expect("writing to a string cannot fail");
    for sub in command.get_subcommands_mut() {
        describe(sub, (level + 1).min(4), out);
    }
}
