//! Autoencoders: bounds hold whatever they say, on every shape, and streams of nonsense
//! are refused.

use std::sync::Arc;

use crate::common::{array, assert_kept, pack};
use foresz::forecast::autoencoder::{Autoencoding, Model};
use foresz::forecast::{Array, Care, Engine, Port, Result, Runtime, Session, Shelf, Step};
use foresz::predictors::{
    Built, Entry, FramePredictor, Originals, Past, Place, Registry, Scene, Side, Teller,
};
use foresz::{Bound, Decompressor, Options};
use ndarray::ArrayD;

/// Cells to means of groups of them, or back.
#[derive(Clone, Copy)]
struct Means {
    decodes: bool,
    cells: usize,
    latents: usize,
    /// What results are off by.
    off: f32,
    otherwise: f32,
}

impl Runtime for Means {
    fn name(&self) -> &'static str {
        "means"
    }

    fn is_exact(&self) -> bool {
        self.otherwise == 0.0
    }

    fn about(&self) -> String {
        "means of the tests".into()
    }

    fn inputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Port> {
        Vec::new()
    }

    fn start(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(*self))
    }

    fn start_otherwise(&self) -> Result<Option<Box<dyn Session>>> {
        let other = Means {
            off: self.otherwise,
            ..*self
        };
        Ok(Some(Box::new(other)))
    }
}

impl Session for Means {
    fn run(&mut self, _: Step, inputs: &[(&str, Array)]) -> Result<Vec<(String, Array)>> {
        let (rows, values) = (inputs[0].1.shape()[0], inputs[0].1.values());
        let group = self.cells / self.latents;
        let (name, row, given): (_, _, Vec<f32>) = if self.decodes {
            let cell = |i: usize| values[i / self.cells * self.latents + i % self.cells / group];
            let all = (0..rows * self.cells).map(|i| cell(i) + self.off);
            ("y", self.cells, all.collect())
        } else {
            let mean = |group: &[f32]| group.iter().sum::<f32>() / group.len() as f32;
            ("z", self.latents, values.chunks(group).map(mean).collect())
        };
        Ok(vec![(name.into(), Array::new(&[rows, row], given)?)])
    }
}

/// An autoencoder of two cells a latent.
fn model(tile: &[usize], normalise: &str, code: &str, otherwise: f32) -> Arc<Model> {
    let cells: usize = tile.iter().product();
    let latents = cells / 2;
    let hash = "0".repeat(64);
    let text = format!(
        "format = 1\nkind = \"autoencoder\"\nname = \"means\"\ntile = {tile:?}\nlatents = {latents}\n[normalise]\n{normalise}\n[encoder]\nfile = \"e\"\nsha256 = \"{hash}\"\n[decoder]\nfile = \"d\"\nsha256 = \"{hash}\"\n[code]\n{code}\nstep = 0.1\n"
    );
    let run = |decodes| {
        Box::new(Means {
            decodes,
            cells,
            latents,
            off: 0.0,
            otherwise,
        })
    };
    Arc::new(Model::of_text(&text, run(false), run(true)).unwrap())
}

const SCALINGS: [&str; 3] = [
    "kind = \"field\"",
    "kind = \"tile\"",
    "kind = \"fixed\"\nmean = 3.0\nstd = 20.0",
];
const CODES: [&str; 3] = [
    "kind = \"dense\"",
    "kind = \"sparse\"",
    "kind = \"sparse\"\ndifferences = true",
];

fn registry(model: &Arc<Model>, care: Care) -> Registry {
    let model = Arc::clone(model);
    let mut registry = Registry::default();
    registry.register(Entry::new("means", "frame: of the tests", move |_| {
        Ok(Built::frame(Autoencoding::new(Arc::clone(&model), care)))
    }));
    registry
}

/// Steps two cells wide, which such autoencoders know by heart, and some noise.
fn steps(shape: &[usize], noise: f64) -> ArrayD<f64> {
    let mut state = 5u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    let mut level = 0.0;
    let columns = shape[shape.len() - 1];
    let value = |i: usize| {
        if (i % columns).is_multiple_of(2) {
            level = 40.0 * next();
        }
        level + noise * next()
    };
    array(shape, (0..shape.iter().product()).map(value).collect())
}

fn kept(what: &str, field: &ArrayD<f64>, options: &Options, registry: &Registry) -> usize {
    let stream = pack(field, options).bytes;
    let decoder = Decompressor::default().registry(registry.clone());
    let decoded = decoder.threads(1).field::<f64>(&stream).unwrap();
    if let Bound::PointwiseRelative(part) = foresz::inspect(&stream).unwrap().asked {
        for (x, y) in field.iter().zip(&decoded) {
            let same = x.to_bits() == y.to_bits();
            assert!(
                same || (x - y).abs() <= part * x.abs(),
                "{what}: {x} is {y}"
            );
        }
    } else {
        let bound = foresz::inspect(&stream).unwrap().bound;
        assert_kept(what, field, &decoded, None, bound);
    }
    stream.len()
}

#[test]
fn bounds_hold_on_every_shape() {
    let shapes: [&[usize]; 8] = [
        &[70],
        &[3],
        &[9, 33],
        &[2, 2],
        &[5, 12, 30],
        &[1, 1, 7],
        &[3, 2, 9, 20],
        &[4, 5, 40],
    ];
    let tiles: [&[usize]; 3] = [&[16], &[4, 8], &[2, 4, 8]];
    for (k, shape) in shapes.into_iter().enumerate() {
        for tile in tiles.into_iter().filter(|t| t.len() <= shape.len()) {
            let mut field = steps(shape, 0.3);
            if k % 2 == 1 {
                let whole = field.len();
                let holes = field.iter_mut().step_by(5).take(whole / 9);
                holes.for_each(|x| *x = f64::NAN);
            }
            let model = model(tile, SCALINGS[k % 3], CODES[k / 2 % 3], 0.0);
            let registry = registry(&model, Care::Exact);
            for spec in [
                "means+zero",
                "means+spline",
                "means+lorenzo",
                "means+raster",
            ] {
                for bound in [
                    Bound::Absolute(0.5),
                    Bound::Lossless,
                    Bound::PointwiseRelative(0.1),
                ] {
                    let options = Options::new(bound).registry(registry.clone());
                    let options = options.predictor(spec).unwrap();
                    kept(
                        &format!("{shape:?} {tile:?} {spec}"),
                        &field,
                        &options,
                        &registry,
                    );
                    if shape.len() > 1 {
                        let dims = ["time", "a", "b", "c"];
                        let options = options.dims(dims.into_iter().take(shape.len()));
                        kept(
                            &format!("series {shape:?} {tile:?} {spec}"),
                            &field,
                            &options,
                            &registry,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_it_knows_gets_small() {
    let field = steps(&[64, 96], 0.1);
    let size = |spec: &str, registry: &Registry| {
        let options = Options::new(Bound::Absolute(0.5)).registry(registry.clone());
        kept(spec, &field, &options.predictor(spec).unwrap(), registry)
    };
    let plain = size("spline", &Registry::default());
    for (scaling, code) in [(0, 0), (1, 0), (2, 2), (1, 1)] {
        let model = model(&[4, 8], SCALINGS[scaling], CODES[code], 0.0);
        let with = size("means+spline", &registry(&model, Care::Exact));
        assert!(
            10 * with < 9 * plain,
            "{with} of {plain}, {scaling}, {code}"
        );
    }
}

#[test]
fn constant_and_empty_fields_have_no_latents() {
    let model = model(&[4, 8], SCALINGS[1], CODES[0], 0.0);
    let registry = registry(&model, Care::Exact);
    for value in [0.0, 7.5, f64::NAN, 1e300] {
        let field = ArrayD::from_elem(vec![20, 30], value);
        let options = Options::new(Bound::Absolute(0.5)).registry(registry.clone());
        let options = options.predictor("means+spline").unwrap();
        let length = kept("constant", &field, &options, &registry);
        assert!(length < 250, "{value}: {length}");
    }
}

fn scene(shape: &[usize]) -> Scene {
    Scene {
        shape: shape.to_vec(),
        time: None,
        periodic: false,
        bound: 0.5,
        share: 1.0,
        place: Place::default(),
    }
}

/// What a decoder paints of a chunk that is one frame, or an encoder.
fn painted(
    predictor: &Autoencoding,
    scene: &Scene,
    teller: &mut Teller<f64>,
) -> foresz::predictors::Result<Option<Vec<f64>>> {
    let past = Past {
        frames: &[],
        shape: &scene.shape,
        index: 0,
    };
    let mut frame = vec![0.0; scene.shape.iter().product()];
    let any = predictor.start(scene)?.next(&past, teller, &mut frame)?;
    Ok(any.then_some(frame))
}

fn learned(predictor: &Autoencoding, field: &ArrayD<f64>, scene: &Scene) -> Side {
    let originals = Originals {
        field: field.as_slice().unwrap(),
        shape: &scene.shape,
        time: None,
        bound: scene.bound,
    };
    let mut teller = Teller::learning(originals);
    painted(predictor, scene, &mut teller).unwrap();
    teller.finish().unwrap().0
}

#[test]
fn damaged_latents_are_refused_or_some_latents() {
    let scene = scene(&[24, 40]);
    let field = steps(&scene.shape, 0.1);
    for (care, otherwise) in [(Care::Exact, 0.0), (Care::Guarded(None), 1e-6)] {
        for code in CODES {
            let model = model(&[4, 8], SCALINGS[1], code, otherwise);
            let side = learned(&Autoencoding::new(Arc::clone(&model), care), &field, &scene);
            assert!(side.0.len() > 20);
            let decoder = Autoencoding::new(model, care);
            let decode =
                |side: Vec<u8>| painted(&decoder, &scene, &mut Teller::given(Side(side), false));
            assert!(decode(side.0.clone()).unwrap().is_some());
            for at in 0..side.0.len() {
                // Whatever comes of it, it ends.
                let _ = decode(side.0[..at].to_vec());
                for flip in [1, 0x80, 0xff] {
                    let mut damaged = side.0.clone();
                    damaged[at] ^= flip;
                    let _ = decode(damaged);
                }
            }
            // A guard band may end with what decides nothing, and so may the four bytes that
            // a reader is ahead.
            if care == Care::Exact {
                let longer = [&side.0[..], &[1; 8]].concat();
                assert!(decode(longer).is_err());
            }
        }
    }
}

#[test]
fn other_runtimes_decode_within_the_guard_band() {
    let scene = scene(&[24, 40]);
    let field = steps(&scene.shape, 0.1);
    let here = model(&[4, 8], SCALINGS[0], CODES[0], 1e-6);
    let side = learned(
        &Autoencoding::new(here, Care::Guarded(None)),
        &field,
        &scene,
    );
    let decode = |off: f32| {
        let there = model(&[4, 8], SCALINGS[0], CODES[0], 1e-6);
        let text = there.contract();
        let run = |decodes, off| {
            Box::new(Means {
                decodes,
                cells: 32,
                latents: 16,
                off,
                otherwise: 1e-6,
            })
        };
        let text = toml_of(text);
        let there = Arc::new(Model::of_text(&text, run(false, 0.0), run(true, off)).unwrap());
        let decoder = Autoencoding::new(there, Care::Guarded(None));
        let painted = painted(&decoder, &scene, &mut Teller::given(side.clone(), false));
        let bits = |frame: Vec<f64>| frame.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        painted.map(|frame| bits(frame.unwrap()))
    };
    let same = decode(0.0).unwrap();
    assert_eq!(decode(2e-6).unwrap(), same);
    assert_eq!(decode(-7e-6).unwrap(), same);
    let error = decode(1e-2).unwrap_err().to_string();
    assert!(error.contains("guard band"), "{error}");
}

fn toml_of(contract: &foresz::forecast::autoencoder::Contract) -> String {
    let hash = &contract.encoder.sha256;
    format!(
        "format = 1\nkind = \"autoencoder\"\nname = \"means\"\ntile = {:?}\nlatents = {}\n[normalise]\n{}\n[encoder]\nfile = \"e\"\nsha256 = \"{hash}\"\n[decoder]\nfile = \"d\"\nsha256 = \"{hash}\"\n[code]\n{}\nstep = 0.1\n",
        contract.tile, contract.latents, SCALINGS[0], CODES[0]
    )
}

#[test]
fn a_field_of_fewer_dimensions_is_refused() {
    let model = model(&[2, 4, 8], SCALINGS[0], CODES[0], 0.0);
    let registry = registry(&model, Care::Exact);
    let options = Options::new(Bound::Absolute(0.5)).registry(registry);
    let options = options.predictor("means+spline").unwrap();
    let error = foresz::compress(steps(&[20, 20], 0.1).view(), &options).unwrap_err();
    assert!(error.to_string().contains("3 dimensions"), "{error}");
}

/// The model of the repository's tests, by its folder and its other name.
#[test]
fn a_folder_is_an_autoencoder_and_runtimes_agree() {
    let slopes = |i: usize| {
        let tile = i / 160 * 10 + i % 40 / 4;
        (3 * (tile * 7919 % 97) + i % 4 * (tile * 104_729 % 31)) as f64
    };
    let field = array(&[5, 24, 40], (0..4800).map(slopes).collect());
    let folder = "testdata/models/cosine-tiles";
    let mut sizes = Vec::new();
    for engine in [Engine::Exact, Engine::Ort] {
        let registry = foresz::registry(Shelf::default().engine(engine));
        let options = Options::new(Bound::Absolute(2.0)).registry(registry.clone());
        let options = options
            .predictor(&format!("ae:model={folder}+lorenzo"))
            .unwrap();
        if engine == Engine::Ort
            && let Err(error) = foresz::compress(field.view(), &options)
        {
            println!("skipped: {error}");
            continue;
        }
        sizes.push(kept("cosine-tiles", &field, &options, &registry));
        let info = foresz::inspect(&pack(&field, &options).bytes).unwrap();
        assert!(
            info.predictors[0]
                .0
                .starts_with("autoencoder:model=cosine-tiles,sha256=")
        );
        assert!(info.latent_bytes > 0 && info.models[0].bytes > 500);
    }
    println!("{sizes:?}");
}

#[test]
fn an_offer_without_latents_is_not_taken() {
    // Noise, of which no tile can be told in a few numbers, and which `raster` codes best.
    let mut field = steps(&[6, 24, 40], 40.0);
    field.iter_mut().for_each(|x| *x *= 0.01);
    let options = Options::new(Bound::Absolute(0.05)).dims(["time", "y", "x"]);
    let offered = options
        .offer("ae:model=testdata/models/cosine-tiles+raster")
        .unwrap();
    let info = foresz::inspect(&pack(&field, &offered).bytes).unwrap();
    assert!(info.models.is_empty(), "{:?}", info.predictors);
}
