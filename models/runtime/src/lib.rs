//! Neural inference with the same bits on every CPU: an executor for ONNX models.
//!
//! A decoder has to repeat the predictions of an encoder to the bit, on machines that
//! nobody has yet. Here every sum has a fixed order, nothing is fused, and no function
//! comes from the system's mathematical library; so results depend on the model and
//! its inputs alone, not on the CPU, the number of threads or the optimisation level.
//!
//! ```no_run
//! use std::sync::Arc;
//! use foresz_exact::{Model, Options, Session, Tensor};
//!
//! let options = Options::default();
//! let model = Arc::new(Model::load("model.onnx", &options)?);
//! let mut session = Session::new(model, &options)?;
//! let frame = Tensor::new(&[1, 3, 64, 128], vec![0.0f32; 3 * 64 * 128])?;
//! let outputs = session.run(&[("frame", frame)])?;
//! # Ok::<(), foresz_exact::Error>(())
//! ```
//!
//! `docs/reference/exact-runtime.md` lists the operators and says what the rules are.

mod clock;
mod cpu;
mod error;
pub mod functions;
mod graph;
mod kernels;
mod math;
mod memory;
mod model;
mod onnx;
#[expect(
    clippy::unnecessary_wraps,
    reason = "all makers of operators have one signature, also those that cannot fail"
)]
mod ops;
mod session;
mod shape;
mod tensor;
mod threads;
mod work;

pub use error::{Error, Result};
pub use model::{Model, Options, Port};
pub use onnx::message::Dim;
pub use session::Session;
pub use tensor::{Dtype, Element, Tensor};
