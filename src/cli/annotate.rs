//! `annotate`: a launch, a post, an event, to be named beside alerts. Rows of their own, short enough to be written
//! beside a running vigie.

use anyhow::{Result, bail};

use super::args::{Annotate, AnnotateCommand, Args};
use super::setup::{Loaded, load};
use super::{Exit, UsageError, output};
use crate::model::{Annotation, BrandId};
use crate::render;
use crate::store::Store;
use crate::views::annotations::{self, AnnotationView};

pub fn run(args: &Args, options: &Annotate) -> Result<Exit> {
    let loaded = load(args)?;
    match options.command {
        None => add(args, &loaded, options),
        Some(AnnotateCommand::List) => list(args, &loaded),
        Some(AnnotateCommand::Remove { number }) => remove(&loaded, number),
    }
}

fn add(args: &Args, loaded: &Loaded, options: &Annotate) -> Result<Exit> {
    options.brand.as_deref().map(|id| loaded.brand(id)).transpose()?;
    let text = options.text.as_deref().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(UsageError("the annotation says nothing".to_owned()).into());
    }
    loaded.require_store()?;
    let at = output::optional_time(options.at.as_deref(), loaded.zone(), args.now())?;
    let mut annotation = Annotation {
        number: 0,
        at: at.unwrap_or_else(|| args.now()),
        brand: options.brand.as_deref().map(BrandId::new),
        text: text.to_owned(),
    };
    annotation.number = Store::open(&loaded.configuration.data_dir)?.annotate(&annotation)?;
    let view = AnnotationView::from(&annotation);
    if args.json {
        output::print_json(&view)?;
    } else {
        let at = render::minute(view.at, loaded.zone());
        let tongue = loaded.tongue();
        let (on, colon) = (tongue.of("at", "le"), tongue.of(":", " :"));
        output::print(&format!("annotation {} {on} {at}{colon} {}", view.id, view.text))?;
    }
    Ok(Exit::Done)
}

fn list(args: &Args, loaded: &Loaded) -> Result<Exit> {
    let view = annotations::list(&loaded.reader()?)?;
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&render::annotations::list(&view, loaded.zone(), loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

fn remove(loaded: &Loaded, number: i64) -> Result<Exit> {
    loaded.require_store()?;
    if !Store::open(&loaded.configuration.data_dir)?.remove_annotation(number)? {
        bail!("there is no annotation `{number}`; `vigie annotate list` shows them all");
    }
    output::print(&format!("annotation {number} {}", loaded.tongue().of("removed", "retirée")))?;
    Ok(Exit::Done)
}
