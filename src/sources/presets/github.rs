//! GitHub: releases and discussions of repositories, as feeds.

use std::time::Duration;

use super::{About, Ask, HOST, HOUR, Key, MINUTE, Standing, Unfit, address, any_of, base, step, terms};
use crate::model::Preset;

pub(super) const ABOUT: About = About {
    hears: "releases and discussions of GitHub repositories",
    keys: &[Key { name: "repo", example: "acme/widget" }, super::SEARCH, HOST],
    needs: &[&["repo"]],
    standing: Standing::Open,
    notice: None,
    limits: "the newest 10 releases and 25 discussions (`search` narrows those); issues have no feed",
    back: None,
    every: HOUR,
    least: MINUTE,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

pub(super) fn check(preset: &Preset) -> Result<(), Unfit> {
    let good = |repo: &&String| repo.split('/').filter(|part| !part.is_empty()).count() == 2;
    match preset.repos.iter().find(|repo| !good(repo)) {
        Some(repo) => Err(("repo", format!("`{repo}` is no repository; write `owner/name`"))),
        None => Ok(()),
    }
}

pub(super) fn requests(preset: &Preset) -> Vec<Ask> {
    let base = base(preset, "https://github.com");
    let search = any_of(&terms(preset));
    let asks = preset.repos.iter().flat_map(|repo| {
        let path: Vec<String> = repo.split('/').map(step).collect();
        let path = format!("/{}", path.join("/"));
        let discussions = match search.is_empty() {
            true => format!("{base}{path}/discussions.atom"),
            false => address(base, &format!("{path}/discussions.atom"), &[("discussions_q", &search)]),
        };
        let releases = format!("{base}{path}/releases.atom");
        [
            Ask::newest(format!("{repo} releases"), releases),
            Ask { optional: true, ..Ask::newest(format!("{repo} discussions"), discussions) },
        ]
    });
    asks.collect()
}
