//! Whole chunks.

use std::any::Any;
use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use foresz::DType;
use serde_json::Value;
use zarrs_codec::{
    ArrayBytes, ArrayBytesRaw, ArrayCodecTraits, ArrayPartialDecoderTraits,
    ArrayToBytesCodecTraits, BytesPartialDecoderTraits, BytesRepresentation, Codec, CodecError,
    CodecMetadataOptions, CodecOptions, CodecPluginV3, CodecTraits, CodecTraitsV3,
    PartialDecoderCapability, PartialEncoderCapability, RecommendedConcurrency,
};
use zarrs_data_type::{DataType, FillValue};
use zarrs_metadata::Configuration;
use zarrs_metadata::v3::MetadataV3;
use zarrs_plugin::{PluginCreateError, ZarrVersion};

use crate::config::Config;
use crate::partial::Partial;
use crate::values;

/// Arrays of `float32` and `float64` with a bound on the error.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeszCodec {
    config: Config,
}

zarrs_plugin::impl_extension_aliases!(ForeszCodec, v3: "foresz");

inventory::submit! {
    CodecPluginV3::new::<ForeszCodec>()
}

impl ForeszCodec {
    /// The codec with a configuration, if that means something.
    pub fn new(config: Config) -> foresz::Result<Self> {
        // What is wrong shows at once, but for what can still be read.
        let read = Config {
            rewritable: false,
            ..config.clone()
        };
        read.options(None)?;
        Ok(ForeszCodec { config })
    }
}

impl CodecTraitsV3 for ForeszCodec {
    fn create(metadata: &MetadataV3) -> Result<Codec, PluginCreateError> {
        let config = metadata.to_typed_configuration()?;
        let codec = ForeszCodec::new(config).map_err(|e| e.to_string())?;
        Ok(Codec::ArrayToBytes(Arc::new(codec)))
    }
}

impl CodecTraits for ForeszCodec {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn configuration(&self, _: ZarrVersion, _: &CodecMetadataOptions) -> Option<Configuration> {
        match serde_json::to_value(&self.config) {
            Ok(Value::Object(map)) => Some(map.into()),
            _ => None,
        }
    }

    fn partial_decoder_capability(&self) -> PartialDecoderCapability {
        PartialDecoderCapability {
            partial_read: false,
            partial_decode: true,
        }
    }

    fn partial_encoder_capability(&self) -> PartialEncoderCapability {
        PartialEncoderCapability {
            partial_encode: false,
        }
    }
}

impl ArrayCodecTraits for ForeszCodec {
    fn recommended_concurrency(
        &self,
        _: &[NonZeroU64],
        _: &DataType,
    ) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }
}

impl ArrayToBytesCodecTraits for ForeszCodec {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn ArrayToBytesCodecTraits> {
        self
    }

    fn encoded_representation(
        &self,
        _: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
    ) -> Result<BytesRepresentation, CodecError> {
        values::dtype(data_type)?;
        Ok(BytesRepresentation::UnboundedSize)
    }

    fn encode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill_value: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        let bytes = bytes.into_fixed()?;
        let options = self.config.options(values::fill(fill_value));
        let options = options.map_err(|e| values::said(&e))?;
        let shape = values::shape(shape)?;
        let stream = match values::dtype(data_type)? {
            DType::F32 => values::encode::<f32>(&bytes, &shape, &options),
            DType::F64 => values::encode::<f64>(&bytes, &shape, &options),
        };
        stream.map(Cow::Owned)
    }

    fn decode<'a>(
        &self,
        bytes: ArrayBytesRaw<'a>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        let shape = values::shape(shape)?;
        let values = match values::dtype(data_type)? {
            DType::F32 => values::decode::<f32>(&bytes, &shape, None),
            DType::F64 => values::decode::<f64>(&bytes, &shape, None),
        };
        values.map(ArrayBytes::new_flen)
    }

    fn partial_decoder(
        self: Arc<Self>,
        input_handle: Arc<dyn BytesPartialDecoderTraits>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill_value: &FillValue,
        _: &CodecOptions,
    ) -> Result<Arc<dyn ArrayPartialDecoderTraits>, CodecError> {
        Ok(Arc::new(Partial::new(
            input_handle,
            shape,
            data_type,
            fill_value,
        )?))
    }
}
