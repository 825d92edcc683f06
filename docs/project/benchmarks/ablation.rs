//! What each part of the codec gains, as the tables of `docs/project/benchmarks/ablation.md`.
//!
//! ```sh
//! cargo run --release --example ablation -- [FILES…]
//! ```
//!
//! Files are raw little-endian `f32` with the shape at the end of their name, as in
//! `t2m__721x1440.f32`. Without files, fields come from the generator of `testdata`.

#[path = "../../../testdata/generate/flow.rs"]
mod flow;
#[path = "../../../testdata/generate/modes.rs"]
mod modes;
#[path = "../../../testdata/generate/noise.rs"]
mod noise;
#[path = "../../../testdata/generate/numbers.rs"]
mod numbers;
#[path = "../../../testdata/generate/poisson.rs"]
mod poisson;
#[path = "../../../testdata/generate/resample.rs"]
mod resample;
#[path = "../../../testdata/generate/surface.rs"]
mod surface;
#[path = "../../../testdata/generate/tracers.rs"]
mod tracers;
#[expect(dead_code, reason = "here nothing is listed, and all is f32")]
#[path = "../../../testdata/generate/variables.rs"]
mod variables;
#[path = "../../../testdata/generate/world.rs"]
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};

use foresz::{Backend, Bound, Effort, Options, compress};
use ndarray::{ArrayD, IxDyn};

use crate::variables::VARIABLES;
use crate::world::{Model, World};

const BOUNDS: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// What the generated fields hold where there is nothing.
const FILL: f32 = 1e20;

/// A way to compress, and the row of the table that it is an addition or a change to.
struct Variant {
    row: char,
    what: &'static str,
    over: char,
    ask: fn(Options) -> foresz::Result<Options>,
}

const fn variant(
    row: char,
    what: &'static str,
    over: char,
    ask: fn(Options) -> foresz::Result<Options>,
) -> Variant {
    Variant {
        row,
        what,
        over,
        ask,
    }
}

/// Parts added one at a time, from the baseline on.
const PARTS: [Variant; 9] = [
    variant('a', "`spline`, `huffman`", 'a', |o| {
        Ok(o.predictor("spline")?.backend(Backend::Huffman))
    }),
    variant(
        'b',
        "choice among classic predictors, `huffman`",
        'a',
        |o| Ok(o.backend(Backend::Huffman)),
    ),
    variant('c', "`spline`, `context`", 'a', |o| o.predictor("spline")),
    variant('d', "`raster:past=0`, `context`", 'c', |o| {
        o.predictor("raster:past=0")
    }),
    variant('e', "`raster`, `context`", 'd', |o| o.predictor("raster")),
    variant('f', "`pyramid`, `context`", 'c', |o| o.predictor("pyramid")),
    variant(
        'g',
        "choice by sample, `context`: `--effort default`",
        'e',
        Ok,
    ),
    variant('h', "the same with `mixing`", 'g', |o| {
        Ok(o.backend(Backend::Mixing))
    }),
    variant(
        'i',
        "more candidates and a last round: `--effort best`",
        'h',
        |o| Ok(o.effort(Effort::Best)),
    ),
];

/// Parts taken away.
const CHANGES: [Variant; 7] = [
    variant('j', "`raster:bands=1`", 'e', |o| {
        o.predictor("raster:bands=1")
    }),
    variant('k', "`raster:past=1`", 'e', |o| {
        o.predictor("raster:past=1")
    }),
    variant('l', "`pyramid:bands=1`", 'f', |o| {
        o.predictor("pyramid:bands=1")
    }),
    variant('m', "`pyramid:past=1`", 'f', |o| {
        o.predictor("pyramid:past=1")
    }),
    variant('n', "`pyramid:past=0`", 'f', |o| {
        o.predictor("pyramid:past=0")
    }),
    variant('o', "`pyramid:alpha=1`", 'f', |o| {
        o.predictor("pyramid:alpha=1")
    }),
    variant('p', "default, rows never periodic", 'g', |o| {
        Ok(o.periodic(false))
    }),
];

struct Field {
    name: String,
    values: ArrayD<f32>,
}

/// A field from a raw file.
fn load(path: &Path) -> Result<Field, Box<dyn Error>> {
    let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    let shape = name.rsplit_once("__").map(|(_, shape)| {
        let lengths = shape.split('x').map(str::parse);
        lengths.collect::<Result<Vec<usize>, _>>()
    });
    let (Some(Ok(shape)), Some("f32")) = (shape, path.extension().and_then(|e| e.to_str())) else {
        return Err(format!("{}: expected a name like t2m__721x1440.f32", path.display()).into());
    };
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (fours, _) = bytes.as_chunks::<4>();
    let values = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
    Ok(Field {
        name: name.to_owned(),
        values: ArrayD::from_shape_vec(IxDyn(&shape), values)
            .map_err(|e| format!("{}: {e}", path.display()))?,
    })
}

/// Every variable of the generator, eight frames each.
fn generate() -> Result<Vec<Field>, Box<dyn Error>> {
    const FRAMES: usize = 8;
    const SIZE: [usize; 2] = [96, 192];
    const HOURS: usize = 3;
    const SEED: u64 = 1;
    let world = World::new(SIZE[0], SIZE[1], SEED);
    let mut model = Model::new(SIZE[1], SEED);
    let mut values = vec![Vec::new(); VARIABLES.len()];
    for index in 0..FRAMES {
        if index > 0 {
            model.advance(HOURS);
        }
        let frame = world.frame(&mut model);
        if !frame.is_plausible() {
            return Err(format!("the flow model became unstable at frame {index}").into());
        }
        for (values, variable) in values.iter_mut().zip(&VARIABLES) {
            let frame = (variable.values)(&world, &frame);
            values.extend(frame.into_iter().map(|x| x as f32));
        }
    }
    let fields = VARIABLES.iter().zip(values).map(|(variable, values)| {
        let outer = [FRAMES].into_iter().chain(variable.levels);
        let shape: Vec<usize> = outer.chain(SIZE).collect();
        Ok(Field {
            name: variable.name.to_owned(),
            values: ArrayD::from_shape_vec(IxDyn(&shape), values)?,
        })
    });
    fields.collect()
}

/// Logarithms of the ratios of a variant: field by field, a bound each.
type Logs = Vec<[f64; BOUNDS.len()]>;

fn measure(variant: &Variant, fields: &[Field]) -> Result<Logs, Box<dyn Error>> {
    let log = |field: &Field, bound: f64| -> Result<f64, Box<dyn Error>> {
        let mut options = Options::new(Bound::RangeRelative(bound)).threads(1);
        if field.values.iter().any(|x| *x == FILL) {
            options = options.fill(f64::from(FILL));
        }
        let packed = compress(field.values.view(), &(variant.ask)(options)?)
            .map_err(|e| format!("{} of {}: {e}", variant.what, field.name))?;
        Ok(packed.report.ratio.ln())
    };
    let mut logs = Logs::new();
    for field in fields {
        let [a, b, c] = BOUNDS;
        logs.push([log(field, a)?, log(field, b)?, log(field, c)?]);
    }
    eprintln!("{}: {}", variant.row, variant.what);
    Ok(logs)
}

/// What was measured, row by row.
struct Table(Vec<(&'static Variant, Logs)>);

impl Table {
    fn logs(&self, row: char) -> &[[f64; BOUNDS.len()]] {
        let found = self.0.iter().find(|(variant, _)| variant.row == row);
        found.map_or(&[], |(_, logs)| logs)
    }

    /// The gain in the geometric mean of the ratio from one row to another, over the
    /// cases that are wanted: number of the field, counted from 1, and of the bound.
    fn gain(&self, row: char, over: char, wanted: impl Fn(usize, usize) -> bool) -> String {
        let (mut sum, mut cases) = (0.0, 0);
        for (field, (a, b)) in (1..).zip(self.logs(row).iter().zip(self.logs(over))) {
            for k in (0..BOUNDS.len()).filter(|k| wanted(field, *k)) {
                sum += a[k] - b[k];
                cases += 1;
            }
        }
        match cases {
            0 => "–".to_owned(),
            _ => {
                let gain = format!("{:+.1} %", 100.0 * (sum / f64::from(cases)).exp_m1());
                gain.replace('-', "−")
            }
        }
    }

    /// Gains at each bound, at all, and there over the even and the odd fields.
    fn cells(&self, row: char, over: char) -> Vec<String> {
        let each = (0..BOUNDS.len()).map(|k| self.gain(row, over, |_, bound| bound == k));
        let mut cells: Vec<String> = each.collect();
        cells.push(self.gain(row, over, |_, _| true));
        cells.push(self.gain(row, over, |field, _| field % 2 == 0));
        cells.push(self.gain(row, over, |field, _| field % 2 == 1));
        cells
    }
}

const HEAD: &str = "| 1e-2 | 1e-3 | 1e-4 | all | even | odd |";

fn print(table: &Table) {
    println!("Gain in ratio over (a), and of the part itself over the row it is added to:\n");
    println!("| | what {HEAD} the part itself |\n|---|---|---|---|---|---|---|---|---|");
    for Variant {
        row, what, over, ..
    } in &PARTS
    {
        let cells = table.cells(*row, 'a').join(" | ");
        let own = if row == over {
            String::new()
        } else {
            format!("{} over ({over})", table.gain(*row, *over, |_, _| true))
        };
        println!("| ({row}) | {what} | {cells} | {own} |");
    }
    println!("\nChange in ratio where a part is taken away:\n");
    println!("| | from {HEAD}\n|---|---|---|---|---|---|---|---|");
    for Variant {
        row, what, over, ..
    } in &CHANGES
    {
        let cells = table.cells(*row, *over).join(" | ");
        println!("| {what} | ({over}) | {cells} |");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    paths.sort();
    let mut fields = if paths.is_empty() {
        generate()?
    } else {
        let fields = paths.iter().map(|path| load(path));
        fields.collect::<Result<Vec<_>, _>>()?
    };
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = Table(Vec::new());
    for variant in PARTS.iter().chain(&CHANGES) {
        table.0.push((variant, measure(variant, &fields)?));
    }
    println!("{} fields.", fields.len());
    print(&table);
    Ok(())
}
