//! Streams as they were written once: they decode to the same values for ever, and
//! the same options still write the same bytes.
//!
//! `FORESZ_BLESS=1 cargo test -p foresz --test suite golden` writes files that are missing or have
//! changed. A file that has to change is a change of the format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Once;

use crate::common::{array, assert_kept, names, pack};
use foresz::forecast::Shelf;
use foresz::predictors::Registry;
use foresz::{Backend, Bound, Choose, Decompressor, Effort, Options, Sample, inspect};
use ndarray::ArrayD;

/// Predictors that are written with every back end and type. Never change a line;
/// add new ones.
const SPECS: [&str; 12] = [
    "zero",
    "lorenzo",
    "lorenzo:order=2",
    "lorenzo:dims=2",
    "spline",
    "spline:kernel=linear,levels=2",
    "spline:alpha=1.25,beta=2",
    "raster",
    "pyramid",
    "persistence+zero",
    "persistence+lorenzo",
    "persistence+spline",
];

const SHAPE: [usize; 3] = [3, 10, 13];
const FILL: f64 = -999.0;

/// What is stored, and how.
#[derive(Clone, Copy)]
struct Golden {
    spec: &'static str,
    /// None is the fast codec, which has no other.
    backend: Option<Backend>,
    bound: Bound,
    data: Data,
    double: bool,
    /// Whether its model is in the stream.
    stored: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    Smooth,
    /// With NaN, an infinity and fills.
    Holes,
    /// Multiples of 1/64.
    Lattice,
    /// Rows that close on themselves.
    Closed,
    /// Enough frames to learn from.
    Long,
    /// Slopes and steps on tiles of 4 x 4.
    Tiles,
    /// Every bit by chance.
    Noise,
    /// Right above a least value and on both sides of a second fill value.
    Fenced,
    /// Multiples of another step in each frame.
    Messages,
    /// Multiples of a step, unpacked in the type itself.
    Unpacked,
}

/// Written before chunks could be stored, which take more than their values like this. They
/// are decoded, but not written any more.
const GREW: [&str; 7] = [
    "v1_raster_context_holes_f32_abs0.1",
    "v1_persistence+raster_context_holes_f32_abs0.1",
    "v1_persistence+raster_context_closed_f32_abs0.1",
    "v1_climatology-period-3+stencil+raster_context_holes_f32_abs0.1",
    "v1_climatology+stencil-fit-stored+raster_context_holes_f32_abs0.1",
    "v1_spline_context_smooth_f32_lossless",
    "v1_spline_context_holes_f32_lossless",
];

impl Data {
    fn shape(self) -> [usize; 3] {
        match self {
            Data::Long => [14, 10, 13],
            Data::Tiles => [3, 30, 37],
            _ => SHAPE,
        }
    }
}

/// Hills, a step and a few spikes, out of whole numbers only. Never change it.
fn build<T: Sample>(data: Data) -> ArrayD<T> {
    let mut noise = 12_345u32;
    let mut value = |i: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (t, y, x) = (i / 130, i / 13 % 10, i % 13);
        let hill = (x + t) * (13 - x) * 40 + y * y * 25 + t * 100;
        let step = if x > 8 { 3000 } else { 0 };
        let spike = if i % 97 == 41 { 1 << 20 } else { 0 };
        let whole = (hill + step + spike) as f64 + f64::from(noise >> 28) - 2000.0;
        match (data, i % 29) {
            (Data::Holes, 7) => f64::NAN,
            (Data::Holes, 8) => f64::INFINITY,
            (Data::Holes, 19) => FILL,
            (Data::Lattice, _) => whole / 64.0,
            (Data::Messages, _) => whole * (0.013 * (1 + t) as f64) + 7.7 * t as f64,
            (Data::Unpacked, _) => {
                let number = T::from_f64(whole % 400.0);
                let unpacked = number * T::from_f64(0.013) + T::from_f64(41.1);
                unpacked.to_f64()
            }
            (Data::Fenced, 7) => 300.0,
            (Data::Fenced, _) => (whole / 61.0).max(0.0).round() * 2.0,
            (Data::Tiles, _) => tiles(i) + f64::from(noise >> 8) / 16_777_259.0,
            _ => (whole + f64::from(noise >> 8) / 16_777_259.0) / 61.0,
        }
    };
    let shape = data.shape();
    let samples = shape.iter().product();
    let values = match data {
        Data::Noise => chance(samples),
        _ => (0..samples).map(|i| T::from_f64(value(i))).collect(),
    };
    array(&shape, values)
}

fn chance<T: Sample>(samples: usize) -> Vec<T> {
    let mut state = 1u64;
    let value = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        T::from_bits64(state.rotate_left(32))
    };
    (0..samples).map(value).collect()
}

/// Of each tile a height and a slope.
fn tiles(i: usize) -> f64 {
    let (t, y, x) = (i / 1110, i / 37 % 30, i % 37);
    let tile = (t * 8 + y / 4) * 10 + x / 4;
    let (height, slope) = (tile * 7919 % 97, tile * 104_729 % 31);
    (3 * height + (x % 4) * slope) as f64
}

const BACKENDS: [Backend; 2] = [Backend::Huffman, Backend::Context];

/// Never change what is there: names of files follow from it.
#[expect(clippy::too_many_lines, reason = "one table")]
fn all() -> Vec<Golden> {
    let mut all = Vec::new();
    let mut add = |spec, backend, bound, data| {
        all.extend([false, true].map(|double| Golden {
            spec,
            backend,
            bound,
            data,
            double,
            stored: false,
        }));
    };
    for backend in BACKENDS.map(Some) {
        for spec in SPECS {
            add(spec, backend, Bound::Absolute(0.25), Data::Smooth);
        }
        let bounds = [
            Bound::Absolute(0.01),
            Bound::RangeRelative(0.0001),
            Bound::PointwiseRelative(0.01),
            Bound::Lossless,
        ];
        for bound in bounds {
            for data in [Data::Smooth, Data::Holes, Data::Lattice] {
                add("spline", backend, bound, data);
            }
        }
        for spec in ["raster", "pyramid", "persistence+raster"] {
            add(spec, backend, Bound::Absolute(0.1), Data::Holes);
            add(spec, backend, Bound::Absolute(0.1), Data::Closed);
        }
    }
    let context = Some(Backend::Context);
    for spec in [
        "linear+lorenzo",
        "stencil+zero",
        "stencil:fit=stored+zero",
        "climatology:period=1+spline",
        "climatology:period=3+stencil+raster",
        "climatology+stencil:fit=stored+raster",
    ] {
        add(spec, context, Bound::Absolute(2.0), Data::Long);
        add(spec, context, Bound::Absolute(0.1), Data::Holes);
    }
    for spec in [
        "forecast:model=flow-filter+zero",
        "stencil+forecast:model=flow-filter+raster",
        "forecast:model=flow-filter,guard=0+lorenzo",
    ] {
        add(spec, context, Bound::Absolute(2.0), Data::Long);
    }
    for spec in [
        "ae:model=cosine-tiles+zero",
        "ae:model=cosine-tiles,guard=0+lorenzo",
        "ae:model=cosine-tiles+raster",
    ] {
        add(spec, context, Bound::Absolute(2.0), Data::Tiles);
    }
    let mixing = Some(Backend::Mixing);
    for (spec, bound, data) in [
        ("zero", Bound::Absolute(0.01), Data::Smooth),
        ("raster", Bound::Absolute(0.1), Data::Closed),
        ("pyramid", Bound::Absolute(0.1), Data::Holes),
        ("persistence+spline", Bound::Absolute(0.25), Data::Smooth),
        ("lorenzo", Bound::Lossless, Data::Lattice),
    ] {
        add(spec, mixing, bound, data);
    }
    add("lorenzo", context, Bound::Lossless, Data::Noise);
    add("raster", context, Bound::Lossless, Data::Messages);
    add("spline", context, Bound::Absolute(0.01), Data::Messages);
    add("lorenzo", context, Bound::Lossless, Data::Unpacked);
    for spec in ["zero", "raster"] {
        for bound in [Bound::Absolute(5.0), Bound::PointwiseRelative(0.3)] {
            add(spec, context, bound, Data::Fenced);
        }
    }
    for bound in [0.25, 0.01] {
        add("auto", None, Bound::Absolute(bound), Data::Smooth);
    }
    all.push(Golden {
        spec: "forecast:model=flow-filter+raster",
        backend: context,
        bound: Bound::Absolute(2.0),
        data: Data::Long,
        double: false,
        stored: true,
    });
    all
}

impl Golden {
    fn name(&self) -> String {
        let spec = self.spec.replace([':', ',', '='], "-");
        let backend = self.backend.map_or("fast", Backend::name);
        let kind = if self.double { "f64" } else { "f32" };
        let bound = match self.bound {
            Bound::Absolute(x) => format!("abs{x}"),
            Bound::RangeRelative(x) => format!("range{x}"),
            Bound::PointwiseRelative(x) => format!("pw{x}"),
            Bound::Psnr(x) => format!("psnr{x}"),
            Bound::Lossless => "lossless".into(),
        };
        let data = format!("{:?}", self.data).to_lowercase();
        let stored = if self.stored { "_stored" } else { "" };
        format!("v1_{spec}_{backend}_{data}_{kind}_{bound}{stored}")
    }

    fn has_grown(&self) -> bool {
        GREW.contains(&self.name().as_str())
    }

    fn file(&self) -> PathBuf {
        folder().join(self.name() + ".fsz")
    }

    fn encode<T: Sample>(&self) -> Vec<u8> {
        let options = Options::new(self.bound)
            .predictor(self.spec)
            .unwrap()
            .fill(FILL)
            .dims(["time", "lat", "lon"])
            .chunk(match self.data {
                Data::Long | Data::Tiles => self.data.shape(),
                _ => [2, 10, 13],
            })
            .periodic(self.data == Data::Closed)
            .attribute(
                "units",
                if self.spec.contains("forecast") {
                    "1/s"
                } else {
                    "m"
                },
            )
            .store_models(self.stored)
            .registry(models());
        let options = match self.data {
            Data::Fenced => options.fill(300.0).least(0.0).valid(10.0, 400.0),
            _ => options,
        };
        let options = match self.backend {
            Some(backend) => options.backend(backend),
            None => options.effort(Effort::Fast),
        };
        pack(&build::<T>(self.data), &options).bytes
    }

    fn encode_either(&self) -> Vec<u8> {
        if self.double {
            self.encode::<f64>()
        } else {
            self.encode::<f32>()
        }
    }

    /// The checksum of the decoded values, which keep the bound.
    fn decode<T: Sample>(&self, stream: &[u8]) -> u32 {
        let decoder = Decompressor::default().registry(models());
        let decoded = decoder.field::<T>(stream);
        let decoded = decoded.unwrap_or_else(|e| panic!("{}: {e}", self.name()));
        let bound = match self.bound {
            Bound::PointwiseRelative(_) => f64::INFINITY,
            _ => inspect(stream).unwrap().bound,
        };
        let field = build::<T>(self.data);
        assert_kept(&self.name(), &field, &decoded, Some(FILL), bound);
        let bytes = decoded
            .iter()
            .flat_map(|x| x.to_bits64().to_le_bytes().into_iter().take(T::BYTES));
        crc32fast::hash(&bytes.collect::<Vec<u8>>())
    }

    fn decode_either(&self, stream: &[u8]) -> u32 {
        if self.double {
            self.decode::<f64>(stream)
        } else {
            self.decode::<f32>(stream)
        }
    }
}

/// All predictors, and the models of the repository.
fn models() -> Registry {
    foresz::registry(Shelf::default().place("testdata/models").place("models"))
}

fn folder() -> PathBuf {
    PathBuf::from("testdata/golden")
}

/// The file of checksums of decoded values, a line each: name, checksum.
fn checksums() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(folder().join("v1_checksums.txt")).unwrap_or_default();
    let line = |line: &str| {
        let (name, sum) = line.split_once(' ').unwrap();
        (name.into(), u32::from_str_radix(sum, 16).unwrap())
    };
    text.lines().map(line).collect()
}

fn blessing() -> bool {
    std::env::var_os("FORESZ_BLESS").is_some_and(|v| v == "1")
}

/// Writes what is missing or has changed.
fn bless() {
    std::fs::create_dir_all(folder()).unwrap();
    let mut sums = checksums();
    for golden in all().iter().filter(|g| !g.has_grown()) {
        let stream = golden.encode_either();
        sums.insert(golden.name(), golden.decode_either(&stream));
        if std::fs::read(golden.file()).ok().as_ref() != Some(&stream) {
            std::fs::write(golden.file(), stream).unwrap();
        }
    }
    let text = sums.iter().fold(String::new(), |mut text, (name, sum)| {
        writeln!(text, "{name} {sum:08x}").unwrap();
        text
    });
    std::fs::write(folder().join("v1_checksums.txt"), text).unwrap();
}

/// All golden streams and their files, blessed first if asked to.
fn kept() -> Vec<(Golden, Vec<u8>)> {
    static BLESSED: Once = Once::new();
    if blessing() {
        BLESSED.call_once(bless);
    }
    let read = |golden: Golden| {
        let stream = std::fs::read(golden.file());
        let name = golden.name();
        let stream = stream.unwrap_or_else(|e| panic!("{name}: {e}; FORESZ_BLESS=1 writes it"));
        (golden, stream)
    };
    all().into_iter().map(read).collect()
}

#[test]
fn golden_streams_decode_to_the_same_values() {
    let (kept, sums) = (kept(), checksums());
    for (golden, stream) in kept {
        let name = golden.name();
        let sum = golden.decode_either(&stream);
        assert_eq!(Some(&sum), sums.get(&name), "{name} decodes differently");
    }
}

#[test]
fn golden_streams_are_written_again() {
    let mut other = Vec::new();
    for (golden, stream) in kept() {
        let again = golden.encode_either();
        if golden.has_grown() {
            assert!(
                again.len() < stream.len(),
                "{} has not grown",
                golden.name()
            );
        } else if again != stream {
            other.push(golden.name());
        }
    }
    assert!(other.is_empty(), "written differently: {other:?}");
}

#[test]
fn no_golden_file_is_without_a_test() {
    let known: BTreeSet<PathBuf> = all().iter().map(Golden::file).collect();
    assert_eq!(known.len(), all().len(), "two golden streams share a name");
    for entry in std::fs::read_dir(folder()).into_iter().flatten() {
        let path = entry.unwrap().path();
        let stream = path.extension().is_some_and(|e| e == "fsz");
        assert!(
            !stream || known.contains(&path),
            "{} is orphaned",
            path.display()
        );
    }
}

#[test]
fn every_predictor_and_back_end_has_a_golden_stream() {
    let all = all();
    let mut used = BTreeSet::new();
    for golden in &all {
        if let Choose::Spec(spec) = golden.spec.parse().unwrap() {
            used.extend(spec.parts.into_iter().map(|part| part.name));
        }
    }
    let (points, frames) = names(&Registry::default());
    for name in points.iter().chain(&frames) {
        assert!(used.contains(name), "{name} has no golden stream");
    }
    for backend in Backend::ALL {
        let known = all.iter().any(|g| g.backend == Some(backend));
        assert!(known, "{} has no golden stream", backend.name());
    }
}
