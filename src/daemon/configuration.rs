//! feeds.toml on the disk: where it is, what it includes, and whether it has changed since.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};

use super::tone;
use crate::config::addition::{self, Addition};
use crate::config::{self, Checked, DEFAULT_DATA_DIR, File, Problem, Severity};

/// The name looked for.
pub const FILE_NAME: &str = "feeds.toml";

/// feeds.toml and its includes as they were read.
#[derive(Debug)]
pub struct Configuration {
    /// feeds.toml itself, absolute.
    pub path: PathBuf,
    pub files: Vec<File>,
    pub checked: Checked,
    /// Absolute; where data would be by default if the file is wrong.
    pub data_dir: PathBuf,
    /// What the files looked like when they were read.
    seen: Vec<Stamp>,
}

/// There is no configuration to be found.
#[derive(Debug, thiserror::Error)]
#[error("no {FILE_NAME} here or in a parent folder: `vigie init` writes one, `--config` names one")]
pub struct NotFound;

/// Finds and reads the configuration: `given`, else ./feeds.toml, else that of the nearest parent, else
/// `$XDG_CONFIG_HOME/vigie/feeds.toml`. What is wrong in the text is in `checked`, and so is a file that cannot
/// be read.
///
/// # Errors
/// [`NotFound`], or a current directory that is gone.
pub fn read(given: Option<&Path>) -> anyhow::Result<Configuration> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    read_from(given, &here, &Homes::from_environment())
}

/// Whether there is a configuration to [`read`].
pub fn exists(given: Option<&Path>) -> bool {
    given.is_some()
        || std::env::current_dir().is_ok_and(|here| find(&here, &Homes::from_environment()).is_some())
}

impl Configuration {
    /// Whether a file was edited, added or removed since it was read, told by modification times and sizes.
    pub fn changed(&self) -> bool {
        self.stamps() != self.seen
    }

    /// Writes `additions` into feeds.toml as sources, behind what stands there. The file is replaced in one step
    /// and keeps its permissions; a link to it stays one.
    ///
    /// # Errors
    /// If the file has errors, or would have with the additions: then nothing is written. If it was edited
    /// meanwhile, or cannot be written.
    pub fn add(&self, additions: &[Addition]) -> anyhow::Result<()> {
        let main = self.files.first().context("there is no configuration")?;
        let text = addition::with_sources(&main.text, additions);
        let mut files = self.files.clone();
        files[0].text.clone_from(&text);
        let checked = config::check(&files);
        if checked.config.is_none() {
            bail!(
                "{} would be wrong with it:\n{}",
                main.path,
                config::show(&checked.problems, &files, false)
            );
        }
        if self.changed() {
            bail!("{} was edited meanwhile and stays as it is; try again", main.path);
        }
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let aside = path.with_extension("toml.new");
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&aside)?;
            file.set_permissions(fs::metadata(&path)?.permissions())?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        write()
            .inspect_err(|_| drop(fs::remove_file(&aside)))
            .with_context(|| format!("cannot write {}", main.path))
    }

    fn stamps(&self) -> Vec<Stamp> {
        stamps(&self.path, &self.files.first().map_or(Vec::new(), |file| config::includes(&file.text)))
    }

    /// Reads the same file again.
    pub fn reread(&self) -> Self {
        let shown = self.files.first().map_or(self.path.as_path(), |file| Path::new(&file.path));
        read_at(&self.path, shown, &Homes::from_environment())
    }
}

/// `$XDG_CONFIG_HOME` and `$XDG_DATA_HOME`, or what stands in for them.
struct Homes {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
}

impl Homes {
    fn from_environment() -> Self {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME").or_else(|| absolute("USERPROFILE"));
        let under = |part: &str| home.as_ref().map(|home| home.join(part));
        Self {
            config: absolute("XDG_CONFIG_HOME").or_else(|| under(".config")),
            data: absolute("XDG_DATA_HOME").or_else(|| under(".local/share")),
        }
    }

    fn config_file(&self) -> Option<PathBuf> {
        self.config.as_ref().map(|home| home.join("vigie").join(FILE_NAME))
    }
}

/// A file's path, modification time and size; nothing but the path if it cannot be looked at.
type Stamp = (PathBuf, Option<(SystemTime, u64)>);

fn read_from(given: Option<&Path>, here: &Path, homes: &Homes) -> anyhow::Result<Configuration> {
    if let Some(given) = given {
        return Ok(read_at(&here.join(given), given, homes));
    }
    let path = find(here, homes).ok_or(NotFound)?;
    Ok(read_at(&path, path.strip_prefix(here).unwrap_or(&path), homes))
}

fn find(here: &Path, homes: &Homes) -> Option<PathBuf> {
    let nearby = here.ancestors().map(|folder| folder.join(FILE_NAME));
    nearby.chain(homes.config_file()).find(|path| path.is_file())
}

/// `shown` is how people are told of the file.
fn read_at(path: &Path, shown: &Path, homes: &Homes) -> Configuration {
    let folder = path.parent().unwrap_or(Path::new("/"));
    // Looked at before reading: an edit in between shows as a change, and is read again.
    let main_before = stamp(path);
    let mut unread = Vec::new();
    let main = read_file(path, shown, &mut unread);
    let shown_folder = shown.parent().unwrap_or(Path::new(""));
    let patterns = config::includes(&main.text);
    let mut seen = stamps(path, &patterns);
    seen[0] = main_before;
    let missing = patterns.iter().filter(|pattern| !pattern.contains('*') && !folder.join(pattern).is_file());
    unread.extend(missing.map(|pattern| config::missing_include(&main, pattern)));
    let mut files = vec![main];
    for (included, _) in &seen[1..] {
        let relative = included.strip_prefix(folder).map(|relative| shown_folder.join(relative));
        files.push(read_file(included, relative.as_deref().unwrap_or(included), &mut unread));
    }
    // What is wrong in half a configuration may be right in the whole one.
    let mut checked = match unread.is_empty() {
        true => config::check(&files),
        false => Checked { config: None, problems: unread },
    };
    for notifier in checked.config.iter_mut().flat_map(|config| &mut config.notifiers) {
        notifier.channel.secret_files().for_each(|file| *file = folder.join(&*file));
    }
    if let Some(model) = checked.config.as_mut().and_then(|config| config.settings.model.as_mut()) {
        *model = folder.join(&*model);
        let needed = [model.clone(), model.with_file_name(tone::TOKENIZER)];
        if let Some(missing) = needed.iter().find(|file| !file.is_file()) {
            let missing = missing.display();
            checked.problems.push(config::wrong_model(
                &files,
                format!("settings: `model` needs {missing}, which is no file"),
                "write the path of an ONNX file from the folder of this file; its tokenizer.json stands beside it",
            ));
            checked.config = None;
        }
    }
    let written =
        checked.config.as_ref().map_or(DEFAULT_DATA_DIR, |config| config.settings.data_dir.as_str());
    let data_dir = match &homes.data {
        // A configuration that is nobody's project keeps its data where users' data belong.
        Some(home) if written == DEFAULT_DATA_DIR && homes.config_file().as_deref() == Some(path) => {
            home.join("vigie")
        }
        _ => folder.join(written),
    };
    Configuration { path: path.to_path_buf(), files, checked, data_dir, seen }
}

/// A file that cannot be read is an empty one, and a problem.
fn read_file(path: &Path, shown: &Path, unread: &mut Vec<Problem>) -> File {
    let name = shown.display().to_string();
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
            let byte = error.utf8_error().valid_up_to() + 1;
            (format!("the file is not UTF-8 from byte {byte} on"), Some("save it as UTF-8"))
        }),
        Err(_) if path.is_dir() => Err(("this is a folder".into(), Some("name the file in it"))),
        Err(error) => Err((format!("the file cannot be read: {error}"), None)),
    };
    let text = text.unwrap_or_else(|(message, help)| {
        unread.push(Problem {
            file: name.clone(),
            line: 1,
            column: 1,
            length: 0,
            severity: Severity::Error,
            message,
            help: help.map(str::to_owned),
        });
        String::new()
    });
    let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
    File { path: name, text }
}

/// feeds.toml, then its includes in the order of the patterns and of their names; none twice.
fn stamps(path: &Path, patterns: &[String]) -> Vec<Stamp> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut paths = vec![path.to_path_buf()];
    for pattern in patterns {
        for included in expand(folder, pattern) {
            if !paths.contains(&included) {
                paths.push(included);
            }
        }
    }
    paths.iter().map(|path| stamp(path)).collect()
}

fn stamp(path: &Path) -> Stamp {
    let looks = fs::metadata(path).and_then(|facts| Ok((facts.modified()?, facts.len()))).ok();
    (path.to_path_buf(), looks)
}

/// The files a pattern names, sorted; `*` may stand in its last part.
fn expand(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let whole = folder.join(pattern);
    let (Some(folder), Some(name)) = (whole.parent(), whole.file_name().and_then(|name| name.to_str()))
    else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_str().is_some_and(|found| fits(name, found)));
    let mut paths: Vec<PathBuf> = named.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}

/// Whether a file name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    // As shells have it, a hidden file is meant only if it is named as such.
    if first.is_empty() && name.starts_with('.') {
        return false;
    }
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let (middles, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for middle in middles.split('*') {
        match left.find(middle) {
            Some(at) => left = &left[at + middle.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Homes = Homes { config: None, data: None };

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    const BASICS: &str =
        "brand = [{ id = \"acme\" }]\nsource = [{ id = \"news\", url = \"https://a.example/f\" }]\n";

    #[test]
    fn the_nearest_parent_is_found_and_its_includes_are_sorted() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        write(root, "feeds.toml", &format!("{BASICS}[settings]\ninclude = [\"rules.d/*.toml\"]\n"));
        write(root, "rules.d/b.toml", "[[rule]]\nid = \"b\"\nkind = \"spike\"\n");
        write(root, "rules.d/a.toml", "[[rule]]\nid = \"a\"\nkind = \"spike\"\n");
        write(root, "rules.d/.hidden.toml", "broken");
        write(root, "deep/er/x", "");
        let found = read_from(None, &root.join("deep/er"), &NOWHERE).unwrap();
        assert_eq!(found.path, root.join("feeds.toml"));
        assert_eq!(found.data_dir, root.join("index"));
        let rules = found.checked.config.as_ref().unwrap().rules.iter();
        assert_eq!(rules.map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(found.files[1].path.ends_with("rules.d/a.toml"), "{}", found.files[1].path);
        let found = read_from(None, root, &NOWHERE).unwrap();
        let shown: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(shown, ["feeds.toml", "rules.d/a.toml", "rules.d/b.toml"]);
    }

    #[test]
    fn an_edit_an_addition_and_a_removal_are_changes() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        write(root, "feeds.toml", &format!("{BASICS}[settings]\ninclude = [\"*.rules\"]\n"));
        let given = Path::new("feeds.toml");
        let found = read_from(Some(given), root, &NOWHERE).unwrap();
        assert!(!found.changed());
        write(root, "a.rules", "[[rule]]\nid = \"a\"\nkind = \"spike\"\n");
        assert!(found.changed());
        let found = found.reread();
        assert!(!found.changed());
        write(root, "a.rules", "[[rule]]\nid = \"a\"\nkind = \"pattern\"\n");
        assert!(found.changed());
        let found = found.reread();
        fs::remove_file(root.join("a.rules")).unwrap();
        assert!(found.changed());
    }

    #[test]
    fn the_users_own_configuration_keeps_its_data_apart() {
        let home = tempfile::tempdir().unwrap();
        let homes = Homes { config: Some(home.path().join("c")), data: Some(home.path().join("d")) };
        write(home.path(), "c/vigie/feeds.toml", BASICS);
        write(home.path(), "elsewhere/x", "");
        let found = read_from(None, &home.path().join("elsewhere"), &homes).unwrap();
        assert_eq!(found.data_dir, home.path().join("d/vigie"));
        write(home.path(), "c/vigie/feeds.toml", &format!("{BASICS}[settings]\ndata_dir = \"kept\"\n"));
        let found = read_from(None, &home.path().join("elsewhere"), &homes).unwrap();
        assert_eq!(found.data_dir, home.path().join("c/vigie/kept"));
    }

    #[test]
    fn what_the_disk_lacks_is_named() {
        let home = tempfile::tempdir().unwrap();
        let problems = |given: &str| {
            let found = read_from(Some(Path::new(given)), home.path(), &NOWHERE).unwrap();
            assert!(found.checked.config.is_none());
            config::show(&found.checked.problems, &found.files, false)
        };
        assert!(read_from(None, home.path(), &NOWHERE).unwrap_err().is::<NotFound>());
        assert!(problems("x.toml").starts_with("x.toml:1:1: the file cannot be read: "));
        write(home.path(), "folder/feeds.toml", "");
        assert!(problems("folder").starts_with("folder:1:1: this is a folder\n"));
        fs::write(home.path().join("latin.toml"), b"# caf\xe9").unwrap();
        assert!(problems("latin.toml").starts_with("latin.toml:1:1: the file is not UTF-8 from byte 6 on\n"));
        let text = "[settings]\ninclude = [\n  \"latin.toml\",\n  \"missing.toml\",\n]\n";
        write(home.path(), "feeds.toml", text);
        let both = problems("feeds.toml");
        assert!(
            both.starts_with("feeds.toml:4:3: `include` names `missing.toml`, which is no file\n"),
            "{both}"
        );
        assert!(both.contains("latin.toml:1:1: "), "{both}");
        // Once the file is there, it is taken in.
        let found = read_from(Some(Path::new("feeds.toml")), home.path(), &NOWHERE).unwrap();
        write(home.path(), "missing.toml", "");
        assert!(found.changed());
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, expected) in [
            ("*.toml", "a.toml", true),
            ("*.toml", ".toml", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXc", false),
            ("a*a", "a", false),
            ("a.toml", "a.toml", true),
            ("a*", "b", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
