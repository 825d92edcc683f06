use foresz::dataset::{Coder, DatasetReader, Recipe, View};
use foresz::files::{Dataset, Dimension, Kind, Memory, Values, Variable};
use foresz::predictors::Registry;
use foresz::{
    Backend, Bound, Decompressor, Effort, Error, Options, Result, Writer, compress, decompress,
    decompress_preview, decompress_region, inspect,
};
use ndarray::{Array, Array2, Array3, s};

pub fn whole_field() -> Result<()> {
    let field = Array2::from_shape_fn((90, 180), |(i, j)| 250.0 + (i * j) as f32 * 0.001);
    let options = Options::new(Bound::Absolute(0.05)).attribute("units", "K");

    let stream = compress(field.view().into_dyn(), &options)?;
    println!(
        "{:.1} to 1 by {}",
        stream.report.ratio, stream.report.predictor
    );
    assert!(stream.report.max_error <= 0.05);

    let again = decompress::<f32>(&stream.bytes)?;
    assert!(field.iter().zip(&again).all(|(x, y)| (x - y).abs() <= 0.05));
    Ok(())
}

pub fn region() -> Result<()> {
    let series = Array3::from_shape_fn((8, 60, 120), |(t, i, j)| (t + i + j) as f64);
    let options = Options::new(Bound::Absolute(0.1))
        .dims(["time", "lat", "lon"])
        .chunk([4, 60, 120]);
    let stream = compress(series.view().into_dyn(), &options)?;

    // Times 5 and 6, ten rows, all columns: only the second chunk is decoded.
    let part = decompress_region::<f64>(&stream.bytes, &[5..7, 20..30, 0..120])?;
    assert_eq!(part.shape(), [2, 10, 120]);
    let original = series.slice(s![5..7, 20..30, ..]).into_dyn();
    assert!(
        original
            .iter()
            .zip(&part)
            .all(|(x, y)| (x - y).abs() <= 0.1)
    );
    Ok(())
}

pub fn into_memory_of_ones_own() -> Result<()> {
    let series = Array3::from_shape_fn((8, 60, 120), |(t, i, j)| (t + i + j) as f64);
    let options = Options::new(Bound::Absolute(0.1)).chunk([2, 60, 120]);
    let stream = compress(series.view().into_dyn(), &options)?;

    // A buffer that is used for one time after the other.
    let decoder = Decompressor::default();
    let mut frame = Array2::zeros((60, 120));
    for time in 0..8 {
        let region = [time..time + 1, 0..60, 0..120];
        if let Some(values) = frame.as_slice_mut() {
            decoder.decode_into::<f64>(&stream.bytes, Some(&region), values)?;
        }
        assert!((frame[[3, 4]] - (time + 7) as f64).abs() <= 0.1);
    }
    Ok(())
}

pub fn preview() -> Result<()> {
    let series = Array3::from_shape_fn((8, 60, 120), |(t, i, j)| (t + i + j) as f64);
    let options = Options::new(Bound::Absolute(0.1)).predictor("pyramid")?;
    let stream = compress(series.view().into_dyn(), &options)?;
    // Up to this level a preview takes its share of the time only.
    assert_eq!(inspect(&stream.bytes)?.preview_levels, 3);

    // Every fourth row and column of all frames, with the values of the whole field.
    let small = decompress_preview::<f64>(&stream.bytes, 2)?;
    assert_eq!(small.shape(), [8, 15, 30]);
    let whole = decompress::<f64>(&stream.bytes)?;
    assert_eq!(small, whole.slice(s![.., ..;4, ..;4]).into_dyn());

    // Of a region: rows 20, 24 and 28.
    let decoder = Decompressor::default().preview(2);
    let part = decoder.region::<f64>(&stream.bytes, &[5..7, 18..30, 0..120])?;
    assert_eq!(part.shape(), [2, 3, 30]);
    Ok(())
}

pub fn what_a_stream_holds() -> Result<()> {
    let field = Array::from_elem((10, 20), 1.5f32);
    let options = Options::new(Bound::Lossless).attribute("name", "ones and a half");
    let stream = compress(field.view().into_dyn(), &options)?;

    // Decodes no values.
    let info = inspect(&stream.bytes)?;
    assert_eq!(
        (info.dtype.name(), info.shape.as_slice()),
        ("f32", &[10, 20][..])
    );
    assert_eq!(info.asked, Bound::Lossless);
    assert_eq!(info.attributes, [("name".into(), "ones and a half".into())]);
    Ok(())
}

pub fn frame_by_frame() -> Result<()> {
    let options = Options::new(Bound::Absolute(0.01)).dims(["time", "lat", "lon"]);
    let mut writer = Writer::new(Vec::new(), &[20, 30], options)?;
    for hour in 0..5 {
        let frame = Array::from_elem((20, 30), hour as f32);
        writer.push(frame.view().into_dyn())?;
    }
    let (stream, report) = writer.finish()?;
    assert_eq!(decompress::<f32>(&stream)?.shape(), [5, 20, 30]);
    assert_eq!(report.output_bytes, stream.len() as u64);
    Ok(())
}

pub fn data_set() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let dimension = |name: &str, length| Dimension {
        name: name.into(),
        length,
        unlimited: false,
    };
    let variable = |name: &str, dimensions: &[usize]| Variable {
        name: name.into(),
        kind: Kind::F32,
        dimensions: dimensions.to_vec(),
        attributes: Vec::new(),
    };
    let dataset = Dataset {
        dimensions: vec![dimension("time", 8), dimension("latitude", 60)],
        attributes: Vec::new(),
        variables: vec![variable("latitude", &[1]), variable("t2m", &[0, 1])],
    };
    let latitudes = (0..60).map(|i| 60.0 - i as f32 * 0.25).collect();
    let temperatures = (0..480).map(|k| 280.0 + (k % 60) as f32 * 0.1).collect();
    let values = vec![Values::F32(latitudes), Values::F32(temperatures)];
    // Of a file it is foresz::files::open("era5.nc".as_ref())?
    let mut source = Memory::new(dataset, values)?;

    // The axis travels with the temperature, and loses nothing.
    let recipes = [Recipe::new("t2m", Bound::Absolute(0.05))];
    let mut stream = Vec::new();
    Coder::new(&recipes, Options::new(Bound::Lossless)).compress(&mut source, &mut stream)?;

    let reader = DatasetReader::open(stream)?;
    let dataset = reader.dataset(View::Unpacked);
    let t2m = dataset.position("t2m").ok_or("no t2m")?;
    let decoder = Decompressor::default();
    let part = reader.read(t2m, &[2..4, 10..20], View::Unpacked, &decoder)?;
    assert_eq!((part.kind(), part.len()), (Kind::F32, 20));
    assert!(reader.about(t2m)?.max_error <= 0.05);
    let found = reader.verify(t2m, &mut source, t2m, &decoder)?;
    assert_eq!(found.broken, 0);
    Ok(())
}

pub fn every_option() -> Result<()> {
    let mut field = Array3::from_shape_fn((6, 24, 48), |(t, i, j)| (t * i + j) as f32);
    field[[0, 3, 5]] = 1e20;
    field[[1, 2, 2]] = f32::NAN;

    let options = Options::new(Bound::RangeRelative(1e-3)) // or Psnr(80.0), PointwiseRelative(0.01) …
        .predictor("persistence+spline")? // instead of auto
        .effort(Effort::Default) // Fast is for streaming, Best mixes contexts
        .backend(Backend::Huffman) // instead of the effort's own
        .dims(["time", "lat", "lon"]) // the one called time is time
        .periodic(true) // longitude closes on itself
        .fill(1e20) // comes back exactly, as NaN does
        .keep(0.0) // so do zeros
        .least(0.0) // and nothing comes back negative
        .most(400.0) // or above this
        .valid(10.0, 200.0) // and nothing gets into this range, or out of it
        .chunk([3, 24, 48]) // the unit of random access and of threads
        .attribute("standard_name", "air_temperature")
        .registry(Registry::default()) // predictors of your own go in here
        .threads(2) // never changes a byte
        .progress(std::sync::Arc::new(|samples| println!("{samples} more")));
    let stream = compress(field.view().into_dyn(), &options)?;

    let decoder = Decompressor::default()
        .registry(Registry::default())
        .threads(2);
    let again = decoder.field::<f32>(&stream.bytes)?;
    assert_eq!(again[[0, 3, 5]], 1e20);
    assert!(again[[1, 2, 2]].is_nan());
    Ok(())
}

pub fn errors() {
    // Each kind says who has to act.
    match decompress::<f32>(b"not a stream") {
        Err(Error::Invalid(why)) => println!("ask for something else: {why}"),
        Err(Error::Predictor(why)) => println!("the predictor: {why}"),
        Err(Error::Corrupt { at, reason }) => println!("damaged in its {at}: {reason}"),
        Err(Error::Unsupported(why)) => println!("needs a newer foresz: {why}"),
        Err(why) => println!("{why}"),
        Ok(_) => unreachable!("that was no stream"),
    }
}
