use ndarray::{ArrayD, Dimension, IxDyn};
use proptest::prelude::*;

use super::*;
use crate::entropy::Backend;

fn wave(shape: &[usize]) -> ArrayD<f64> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let x: usize = at
            .slice()
            .iter()
            .enumerate()
            .map(|(i, n)| n * (i + 1))
            .sum();
        280.0 + 9.0 * (x as f64 / 7.0).sin()
    })
}

fn bytes<T: Sample>(field: &ArrayD<T>) -> Vec<u8> {
    bytemuck::cast_slice(field.as_slice().unwrap()).to_vec()
}

fn absolute(bound: f64) -> Options {
    Options::new(Bound::Absolute(bound))
}

#[test]
fn a_chunk_is_the_stream_of_its_array() {
    let field = wave(&[4, 20, 30]).mapv(|x| x as f32);
    let filter = Filter::new(absolute(0.05), DType::F32, field.shape()).unwrap();
    let stream = filter.encode(&bytes(&field)).unwrap();
    let plain = compress(field.view(), &absolute(0.05)).unwrap();
    assert_eq!(stream, plain.bytes);
    let decoded = crate::decompress::<f32>(&stream).unwrap();
    assert_eq!(
        Chunk::open(&stream).unwrap().decode().unwrap(),
        bytes(&decoded)
    );
}

#[test]
fn bytes_may_be_of_the_other_order_and_lie_anyhow() {
    let field = wave(&[20, 30]);
    let (native, mut swapped) = (bytes(&field), bytes(&field));
    swapped.chunks_exact_mut(8).for_each(<[u8]>::reverse);
    let filter = Filter::new(absolute(0.05), DType::F64, field.shape()).unwrap();
    let here = filter.encode(&native).unwrap();
    let there = filter.big_endian(true).encode(&swapped).unwrap();
    let (here, there) = (Chunk::open(&here).unwrap(), Chunk::open(&there).unwrap());
    let mut again = there.decode().unwrap();
    again.chunks_exact_mut(8).for_each(<[u8]>::reverse);
    assert_eq!(again, here.decode().unwrap());
    let mut shifted = vec![0; native.len() + 1];
    let room = &mut shifted[1..];
    here.decode_into(room).unwrap();
    assert_eq!(room, again);
}

#[test]
fn what_looks_like_integers_loses_nothing() {
    let integers: Vec<i32> = (-300..300).map(|i| i * 1000).collect();
    let filter = Filter::new(absolute(10.0), DType::F32, [20, 30]).unwrap();
    let stream = filter.encode(bytemuck::cast_slice(&integers)).unwrap();
    let again = Chunk::open(&stream).unwrap().decode().unwrap();
    assert_eq!(again, bytemuck::cast_slice::<i32, u8>(&integers));
    let zeros = filter.encode(&[0; 2400]).unwrap();
    assert_eq!(
        crate::inspect(zeros.as_slice()).unwrap().asked,
        Bound::Absolute(10.0)
    );
}

#[test]
fn impossible_chunks_are_refused() {
    for shape in [&[][..], &[0], &[1; 9], &[1 << 30], &[usize::MAX, 3]] {
        assert!(
            Filter::new(absolute(1.0), DType::F32, shape).is_err(),
            "{shape:?}"
        );
    }
    let filter = Filter::new(absolute(1.0), DType::F32, [5, 5]).unwrap();
    let said = filter.encode(&[0; 99]).unwrap_err().to_string();
    assert!(said.contains("99") && said.contains("100"), "{said}");
    assert!(Filter::new(absolute(-1.0), DType::F32, [5, 5]).is_err());
}

#[test]
fn numbers_say_every_option() {
    let options = Options::new(Bound::PointwiseRelative(1e-3))
        .effort(crate::Effort::Best)
        .predictor("lorenzo:order=2")
        .unwrap()
        .backend(Backend::Huffman)
        .periodic(true)
        .fill(f64::from(-999.99_f32))
        .fill(9e36)
        .keep(0.0)
        .least(-5.0)
        .most(1e30)
        .dims(["zeit", "lat", "lon"])
        .chunk([1, 20, 30]);
    let filter = Filter::new(options, DType::F64, [4, 20, 30]).unwrap();
    let values = filter.big_endian(true).values().unwrap();
    let again = Filter::from_values(&values).unwrap();
    assert_eq!(again.values().unwrap(), values);
    let o = &again.options;
    assert_eq!(
        (o.bound, o.effort),
        (Bound::PointwiseRelative(1e-3), crate::Effort::Best)
    );
    assert_eq!(
        (o.backend, o.periodic),
        (Some(Backend::Huffman), Some(true))
    );
    assert_eq!(o.fills, [f64::from(-999.99_f32), 9e36]);
    assert_eq!(
        (o.least, o.most, o.exact.as_slice()),
        (Some(-5.0), Some(1e30), &[0.0][..])
    );
    assert_eq!(o.dims, ["zeit", "lat", "lon"]);
    assert_eq!(o.chunk, Some(vec![1, 20, 30]));
    assert!(again.big_endian && again.dtype == DType::F64);
    // Written down in docs/reference/hdf5.md.
    let plain = Filter::new(absolute(0.05), DType::F32, [8, 90, 180]).unwrap();
    let expected = [1, 262_400, 2_576_980_378, 1_068_079_513, 3, 8, 90, 180];
    assert_eq!(plain.values().unwrap(), expected);
    let lost = Filter::new(absolute(1.0).attribute("a", "b"), DType::F32, [9]).unwrap();
    assert!(lost.values().is_err());
}

#[test]
fn numbers_of_something_else_are_refused() {
    let good = Filter::new(absolute(0.05).fill(7.0), DType::F32, [8, 9]).unwrap();
    let good = good.values().unwrap();
    for cut in (0..7).chain(8..good.len()) {
        assert!(Filter::from_values(&good[..cut]).is_err(), "{cut}");
    }
    for (at, wrong) in [
        (0, 2),
        (1, 9),
        (1, 0x0002_0000),
        (1, 0x0504_0000),
        (4, 999),
        (5, 0),
        (7, 77),
    ] {
        let mut values = good.clone();
        values[at] = wrong;
        assert!(Filter::from_values(&values).is_err(), "{at} {wrong}");
    }
}

#[test]
fn a_stream_of_another_chunk_is_refused_where_numbers_say_so() {
    let filter = Filter::new(absolute(0.05), DType::F32, [8, 9]).unwrap();
    let stream = filter.encode(&[0; 288]).unwrap();
    let chunk = Chunk::open(&stream).unwrap();
    let mut values = filter.values().unwrap();
    assert!(chunk.expected_by(&values).is_ok() && chunk.expected_by(&[]).is_ok());
    values[5] = 9;
    assert!(chunk.expected_by(&values).is_err());
    assert!(chunk.decode_into(&mut [0; 287]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_numbers_are_read_or_refused(
        head in prop::collection::vec(0..6u32, 5),
        more in prop::collection::vec(prop_oneof![0..40u32, any::<u32>()], 0..30),
        first in prop_oneof![Just(1u32), any::<u32>()],
    ) {
        let packed = head[1].min(4) | head[2].min(2) << 8 | 4 << (16 + head[3] % 2) | (head[4] & 1) << 24;
        let mut values = vec![first, packed, more.len() as u32, 0x3fb9_9999, head[0]];
        values.extend(&more);
        let _ = values::bytes(&values);
        if let Ok(filter) = Filter::from_values(&values) {
            let again = Filter::from_values(&filter.values().unwrap()).unwrap();
            prop_assert_eq!(again.values().unwrap(), filter.values().unwrap());
            prop_assert!(filter.encode(&[0; 3]).is_err());
        }
    }

    #[test]
    fn damaged_chunks_are_errors(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let field = wave(&[12, 15]);
        let filter = Filter::new(absolute(0.05), DType::F64, field.shape()).unwrap();
        let mut stream = filter.encode(&bytes(&field)).unwrap();
        let at = at.index(stream.len());
        prop_assume!(cut || stream[at] != byte);
        if cut {
            stream.truncate(at);
        } else {
            stream[at] = byte;
        }
        prop_assert!(Chunk::open(&stream).and_then(|chunk| chunk.decode()).is_err());
    }
}
