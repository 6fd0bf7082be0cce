//! Stores damaged at random are read without panic, hang or hunger, and every item is accounted
//! for.
//!
//! `cargo test --test damage` takes a slice; `benches/damage.sh` all 10,000. One case again:
//! `AIRBRIDGE_DAMAGE_SEED=n cargo test --test damage at_random -- --nocapture`, which also keeps
//! the damaged store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod child;
mod harm;
mod image;
mod loops;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airbridge::pst::Format;

use child::Run;
use harm::{KINDS, Random};
use image::Image;

/// Stores damaged by default.
const SLICE: u64 = 150;
/// Each n-th is exported to a bundle, too, and the bundle verified.
const BUNDLE_EACH: u64 = 5;
/// No store takes longer; a build without optimization has more.
const TIME: Duration = Duration::from_secs(5);
const TIME_UNOPTIMIZED: Duration = Duration::from_secs(30);
/// No store takes as much memory, in KiB.
const MEMORY: u64 = 256 << 10;
/// Larger stores of the corpus are left out,
const SIZE: u64 = 300_000;
/// except for these: `.ost` files, one of them with 4096-byte pages.
const OST_SIZE: u64 = 20_000_000;

const EVERYTHING: &str = "version = 1\nprivate = true\nexport_unlinked = [\"contact\", \
     \"distribution_list\", \"meeting\", \"task\", \"email\", \"note\", \"journal\", \"other\"]\n";

pub(crate) fn sample() -> Image {
    Image::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mailbox.pst"))
}

/// The stores to damage: the sample, and the small ones of the corpus.
fn images() -> Vec<Image> {
    let mut images = vec![sample()];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(&corpus)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| {
            let path = entry.path();
            let limit = match path.extension().and_then(|ending| ending.to_str()) {
                Some("pst") => SIZE,
                Some("ost") => OST_SIZE,
                _ => 0,
            };
            entry.file_type().is_file() && entry.metadata().is_ok_and(|data| data.len() <= limit)
        })
        .map(walkdir::DirEntry::into_path)
        .collect();
    paths.sort();
    if paths.is_empty() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no corpus at {}",
            corpus.display()
        );
        println!(
            "SKIPPED: no corpus at {}; only the sample is damaged",
            corpus.display()
        );
    }
    images.extend(paths.iter().map(|path| Image::load(path)));
    for format in Format::ALL {
        let some = images
            .iter()
            .any(|image| image.format == format && !image.pages.is_empty());
        assert!(some || paths.is_empty(), "no store of {format:?}");
    }
    images
}

/// Which store of all, so that each format has its share.
fn choose<'i>(images: &'i [Image], random: &mut Random) -> &'i Image {
    let format = match random.below(16) {
        0 => Format::Unicode4k,
        1..=4 => Format::Ansi,
        _ => Format::Unicode,
    };
    let usable = |image: &&Image| !image.pages.is_empty() && !image.blocks.is_empty();
    let mut of: Vec<_> = images
        .iter()
        .filter(|image| image.format == format)
        .filter(usable)
        .collect();
    if of.is_empty() {
        of = images.iter().filter(usable).collect();
    }
    of[random.below(of.len())]
}

/// How long the program that is tested may take.
fn limit() -> Duration {
    if cfg!(debug_assertions) && !child::is_other_build() {
        TIME_UNOPTIMIZED
    } else {
        TIME
    }
}

/// What was seen in all runs.
#[derive(Default)]
struct Sums {
    codes: BTreeMap<i32, u64>,
    kinds: BTreeMap<&'static str, u64>,
    formats: BTreeMap<String, u64>,
    repaired: u64,
    items: u64,
    bundles: u64,
    slowest: (Duration, u64),
    peak: (u64, u64),
    faults: Vec<String>,
}

fn arguments(words: &[&str], paths: &[(&str, &Path)]) -> Vec<OsString> {
    let mut all: Vec<OsString> = words.iter().map(OsString::from).collect();
    for (option, path) in paths {
        all.extend([OsString::from(option), path.as_os_str().to_owned()]);
    }
    all
}

/// Items seen, when the run is as it must be.
pub(crate) fn judge(run: &Run, limit: Duration) -> Result<u64, String> {
    let told: String = run.err.chars().take(600).collect();
    if run.err.contains("panicked") {
        return Err(format!("panic: {told}"));
    }
    if run.killed || run.took > limit {
        return Err(format!("hang: {:?}", run.took));
    }
    if run.peak >= MEMORY {
        return Err(format!("memory: {} KiB", run.peak));
    }
    let lines = run
        .out
        .lines()
        .map(serde_json::from_str::<serde_json::Value>);
    let lines: Vec<_> = lines
        .collect::<Result<_, _>>()
        .map_err(|e| format!("output: {e}"))?;
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count() as u64;
    match run.code {
        Some(1) if of("summary") > 0 => Err("failed with a summary".into()),
        Some(1) if !run.err.contains("airbridge: ") => Err("failed without a word".into()),
        Some(1) => Ok(0),
        Some(0 | 3) => {
            let last = lines.last().filter(|line| line["type"] == "summary");
            let sums = last.ok_or("no summary at the end")?;
            let sum = |name: &str| {
                sums[name]
                    .as_u64()
                    .ok_or(format!("{name} is missing: {sums}"))
            };
            let seen = sum("seen")?;
            let parts = sum("exported")? + sum("unchanged")? + sum("excluded")? + sum("failed")?;
            if seen != parts || seen != of("item") {
                return Err(format!(
                    "{} item lines; does not add up: {sums}",
                    of("item")
                ));
            }
            let lost = sum("losses")? + sum("failed")? > 0;
            if lost && run.code == Some(0) {
                return Err(format!("losses, but success: {sums}"));
            }
            Ok(seen)
        }
        code => Err(format!("exit code {code:?}: {told}")),
    }
}

/// Reads one damaged store, and exports some.
fn try_one(images: &[Image], seed: u64, room: &Path, sums: &Mutex<Sums>) {
    let mut random = Random::new(seed);
    let image = choose(images, &mut random);
    let kind = random.below(KINDS.len());
    let repaired = random.below(2) == 0;
    let store = room.join("damaged.pst");
    let bytes = harm::harm(image, kind, repaired, &mut random);
    fs::write(&store, &bytes).unwrap();

    let home = room.join("home");
    let words = ["export", store.to_str().unwrap(), "--json"];
    let mut args = arguments(&words, &[("--home", &home)]);
    args.push("--dry-run".into());
    let run = child::run(room, &args, limit());
    let mut verdict = judge(&run, limit());
    if home.exists() {
        verdict = Err("a dry run made the home".into());
    }
    let mut runs = vec![run];
    let bundles = verdict.is_ok() && seed.is_multiple_of(BUNDLE_EACH);
    if bundles {
        verdict = verdict.and_then(|seen| {
            let again = export(room, &words, &home, &mut runs)?;
            if again == seen {
                Ok(seen)
            } else {
                Err(format!("{seen} items in the dry run, {again} exported"))
            }
        });
    }
    let mut sums = sums.lock().unwrap();
    *sums.kinds.entry(KINDS[kind]).or_default() += 1;
    *sums
        .formats
        .entry(format!("{:?}", image.format))
        .or_default() += 1;
    *sums.codes.entry(runs[0].code.unwrap_or(-1)).or_default() += 1;
    sums.repaired += u64::from(repaired);
    sums.bundles += u64::from(runs.len() == 3);
    for run in &runs {
        sums.slowest = sums.slowest.max((run.took, seed));
        sums.peak = sums.peak.max((run.peak, seed));
    }
    match verdict {
        Ok(seen) => sums.items += seen,
        Err(fault) => {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("damage-{seed}.pst"));
            fs::write(&kept, &bytes).unwrap();
            let (name, kind) = (&image.name, KINDS[kind]);
            sums.faults.push(format!(
                "seed {seed}: {name}, {kind}, repaired: {repaired}: {fault}; {}",
                kept.display()
            ));
        }
    }
}

/// Exports everything to a bundle, and verifies that.
fn export(room: &Path, words: &[&str], home: &Path, runs: &mut Vec<Run>) -> Result<u64, String> {
    let (profile, bundle) = (room.join("profile.toml"), room.join("out.abx"));
    fs::write(&profile, EVERYTHING).unwrap();
    let args = arguments(
        words,
        &[("--home", home), ("--profile", &profile), ("-o", &bundle)],
    );
    let run = child::run(room, &args, limit());
    let seen = judge(&run, limit()).map_err(|fault| format!("export: {fault}"));
    let failed = run.code == Some(1);
    runs.push(run);
    let seen = seen?;
    if failed {
        return if bundle.exists() {
            Err("failed, with a bundle".into())
        } else {
            Ok(seen)
        };
    }
    let words = ["verify", bundle.to_str().unwrap(), "--json"];
    let run = child::run(room, &arguments(&words, &[("--home", home)]), limit());
    let (code, told) = (run.code, run.err.clone());
    runs.push(run);
    if code == Some(0) {
        Ok(seen)
    } else {
        Err(format!("verify: {code:?}: {told}"))
    }
}

#[test]
fn stores_damaged_at_random() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let only = number("AIRBRIDGE_DAMAGE_SEED");
    let count = number("AIRBRIDGE_DAMAGE").unwrap_or(SLICE);
    let seeds = only.map_or(0..count, |seed| seed..seed + 1);
    let images = images();
    let sums = Mutex::new(Sums::default());
    let next = AtomicU64::new(seeds.start);
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        return;
                    }
                    let room = tempfile::tempdir().unwrap();
                    try_one(&images, seed, room.path(), &sums);
                }
            });
        }
    });
    let sums = sums.into_inner().unwrap();
    println!(
        "{} stores of {} damaged, {} of them with checksums made right, in {:.0?}",
        sums.kinds.values().sum::<u64>(),
        images.len(),
        sums.repaired,
        begin.elapsed()
    );
    println!("formats: {:?}\nkinds: {:?}", sums.formats, sums.kinds);
    println!("exit codes: {:?}; {} items seen", sums.codes, sums.items);
    println!("{} exported to bundles and verified", sums.bundles);
    println!("slowest {:?} (seed {})", sums.slowest.0, sums.slowest.1);
    println!("peak memory {} KiB (seed {})", sums.peak.0, sums.peak.1);
    assert!(sums.faults.is_empty(), "{}", sums.faults.join("\n"));
    let read = sums.codes.get(&0).unwrap_or(&0) + sums.codes.get(&3).unwrap_or(&0);
    assert!(
        only.is_some() || read * 2 > count,
        "most damaged stores must still be read"
    );
    if cfg!(target_os = "linux") {
        assert!(sums.peak.0 > 0, "memory was not measured");
    }
}
