//! What a look of a thousand rules takes when a minute of mentions has come in.
//!
//! One in ten of the mentions of the file that `--million` takes, of a hundred brands, are a year's past; each brand has ten
//! rules, of all kinds and windows. Then some minutes bring mentions, and after each the rules look.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use vigie::alerting::{Memory, Standing, evaluate};
use vigie::daemon::configuration;
use vigie::model::{Timestamp, Tongue};
use vigie::store::Store;

use crate::{million, year};

const BRANDS: usize = 100;
/// Of the file, one line in so many.
const ONE_IN: usize = 10;
const MINUTES: usize = 21;
/// Mentions that come in a minute.
const A_MINUTE: usize = 10;
/// The rules of each brand.
const RULES: [&str; 10] = [
    "kind = \"spike\"",
    "kind = \"spike\"\nwindow = \"15m\"",
    "kind = \"spike\"\nwindow = \"1h\"",
    "kind = \"spike\"\nwindow = \"6h\"",
    "kind = \"spike\"\nwindow = \"1d\"",
    "kind = \"spike\"\nwindow = \"5d\"\ncount = \"mentions\"",
    "kind = \"negative-buzz\"",
    "kind = \"negative-buzz\"\nwindow = \"6h\"",
    "kind = \"positive-buzz\"",
    "kind = \"pattern\"\ntext = \"recall OR rappel\"\nmin = 3",
];

pub fn run(file: &str, folder: &str) -> Result<()> {
    let folder = Path::new(folder);
    let mut lines = million::read(file)?;
    let mut at = 0;
    lines.retain(|_| {
        at += 1;
        at % ONE_IN == 0
    });
    let mut fresh = lines.split_off(lines.len() - MINUTES * A_MINUTE);
    let begin = lines.last().context("too few mentions")?.ts / 60 * 60 + 60;
    let (built, used) = (folder.join("index"), folder.join("used"));
    if !built.exists() {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("feeds.toml"), feeds())?;
        year::build(lines, folder, BRANDS)?;
    }
    if used.exists() {
        fs::remove_dir_all(&used)?;
    }
    fs::create_dir(&used)?;
    for file in fs::read_dir(&built)? {
        let file = file?;
        fs::copy(file.path(), used.join(file.file_name()))?;
    }
    let config = configuration::read(Some(&folder.join("feeds.toml")))?.checked.config;
    let standing = Standing::new(&config.context("feeds.toml has errors")?, Tongue::English);
    let (mut store, mut memory) = (Store::open(&used)?, Memory::default());
    let mut look = |store: &mut Store, at: i64| -> Result<f64> {
        let before = thread_time_ms()?;
        evaluate(store, &standing, &mut memory, Timestamp::from_second(at)?)?;
        Ok(thread_time_ms()? - before)
    };
    println!("the first look: {:.0} ms of CPU", look(&mut store, begin)?);
    let mut looks = Vec::new();
    for (number, minute) in fresh.chunks_mut(A_MINUTE).enumerate() {
        let start = begin + 60 * number as i64;
        minute.iter_mut().zip(0..).for_each(|(line, second)| line.ts = start + second);
        year::take(&mut store, minute)?;
        looks.push(look(&mut store, start + 60)?);
    }
    looks.sort_by(f64::total_cmp);
    let (median, longest) = (looks[looks.len() / 2], looks[looks.len() - 1]);
    println!(
        "a look after a minute of {A_MINUTE} mentions: median {median:.1}, longest {longest:.1} ms of CPU"
    );
    Ok(())
}

fn feeds() -> String {
    let mut text = year::feeds(BRANDS);
    for (number, rule) in RULES.iter().enumerate() {
        for brand in 0..BRANDS {
            write!(text, "\n[[rule]]\nid = \"r{number}-{brand}\"\nbrands = [\"b{brand}\"]\n{rule}\n")
                .expect("writing to a string cannot fail");
        }
    }
    text
}

/// CPU time of this thread (`proc_pid_schedstat`: the first figure, in nanoseconds).
fn thread_time_ms() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent: f64 = text.split(' ').next().context("an empty schedstat")?.parse()?;
    Ok(spent / 1e6)
}
