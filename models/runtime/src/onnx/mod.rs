//! Reading ONNX files.

pub(crate) mod external;
pub(crate) mod message;
pub(crate) mod protobuf;
pub(crate) mod tensor;
