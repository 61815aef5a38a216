//! `scripts/bench` builds what this needs, and runs it.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use clap::Parser;
use gatepost_function_bench::contender::{self, Contender};
use gatepost_function_bench::engine;
use gatepost_function_bench::picture;
use gatepost_function_bench::report::Section;
use gatepost_function_bench::run::Plan;
use gatepost_function_bench::scenario::{Scenario, is_built};

/// Lambda's share of a core with 128 MB: a core comes with 1,769 MB.
///
/// Source: [Configure Lambda function memory](https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const CORE_PERCENT_WITH_128_MB: f64 = 7.2;

/// What stands before the tables.
const HEAD: &str = include_str!("head.md");

/// Measures the authorizer beside its peers and the floors.
#[derive(Parser)]
struct Args {
    /// One round with few calls, to see that everything runs
    #[arg(long)]
    short: bool,
    /// Only contenders whose names begin with this
    #[arg(long, default_value = "")]
    only: String,
    /// Only with this many groups
    #[arg(long)]
    groups: Option<usize>,
    /// How often each contender is run in each scenario
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where the results go
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// A DynamoDB engine to read from, instead of the stub that takes 0.2 ms: `gatepost dev` tells of one
    #[arg(long, value_name = "URL")]
    engine: Option<String>,
    /// What was measured, for the head of the results
    #[arg(long, hide = true)]
    about: String,
    #[arg(long, hide = true)]
    authorizer: PathBuf,
    #[arg(long, hide = true)]
    floor: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let root = std::env::current_dir()?;
    let all = contender::all(&root, &args.authorizer, &args.floor);
    let mut contenders: Vec<&Contender> = Vec::new();
    for contender in all.iter().filter(|contender| contender.name.starts_with(&args.only)) {
        if is_built(contender) {
            contenders.push(contender);
        } else {
            eprintln!("not built, left out: {}", contender.name);
        }
    }
    let scenarios = scenarios(&args);
    if let Some(url) = &args.engine {
        engine::seed(
            url,
            scenarios.iter().map(|scenario| scenario.groups).max().unwrap_or_default(),
        )?;
    }
    let mut sections = Vec::new();
    for scenario in scenarios {
        eprintln!("{}", scenario.title());
        // Python would take minutes for it, and is the slowest anyway.
        let is_asked = |contender: &&&Contender| {
            scenario.plan.core_percent.is_none() || contender.name != "Python"
        };
        let asked: Vec<&Contender> = contenders.iter().filter(is_asked).copied().collect();
        let rounds = scenario.rounds;
        let mut tell = |round: usize, name: &str| {
            progress(&format!("round {} of {rounds}: {name}", round + 1));
        };
        let figures = scenario
            .run(&asked, args.engine.as_deref(), &mut tell)
            .with_context(|| scenario.title());
        progress("");
        let section = Section::new(&scenario, figures?);
        println!("{}", section.table());
        sections.push(section);
    }
    write(&args, &sections)
}

fn scenarios(args: &Args) -> Vec<Scenario> {
    if args.short {
        let plan = Plan { warm_ups: &[20], calls: 50, core_percent: None };
        return [true, false].map(|https| Scenario { groups: 5, https, plan, rounds: 1 }).into();
    }
    let full = Plan { warm_ups: &[400, 5_000], calls: 1_000, core_percent: None };
    let warm = Plan { warm_ups: &[400], ..full };
    let throttled =
        Plan { warm_ups: &[100], calls: 200, core_percent: Some(CORE_PERCENT_WITH_128_MB) };
    let of = |groups, https, plan| Scenario { groups, https, plan, rounds: args.rounds };
    if args.engine.is_some() {
        return vec![of(args.groups.unwrap_or(5), false, warm)];
    }
    let mut all = vec![of(5, true, full), of(5, false, warm)];
    all.extend([1, 50, 100].map(|groups| of(groups, true, warm)));
    all.push(of(5, true, throttled));
    all.retain(|scenario| args.groups.is_none_or(|groups| groups == scenario.groups));
    all
}

fn write(args: &Args, sections: &[Section]) -> anyhow::Result<()> {
    fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    let file = |name: &str| -> PathBuf { Path::new(&args.out).join(name) };
    let tables: Vec<String> = sections.iter().map(Section::table).collect();
    let head = HEAD.replace("ABOUT", &args.about);
    fs::write(file("function.md"), format!("{head}\n{}", tables.join("\n")))?;
    let results = serde_json::json!({ "about": args.about, "sections": sections });
    fs::write(file("function.json"), format!("{results:#}\n"))?;
    if let Some(section) = sections.first() {
        fs::write(file("function.svg"), picture::svg(section))?;
    }
    eprintln!("written: {}", file("function.{md,json,svg}").display());
    Ok(())
}

/// One line that is written over, on a terminal only.
fn progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // That nobody sees it is no reason to stop.
        let _ = write!(stderr, "\r\x1b[K{line}");
        let _ = stderr.flush();
    }
}
