use super::{
    Build, activation, arithmetic, blocks, compare, constant, convert, convolution, einsum, gather,
    join, matmul, normalise, pad, pooling, reduce, reshape, resize, scatter, slice, transposed,
    turn, variadic,
};

/// An operator: its name, how many outputs we can give, and what makes it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) outputs: usize,
    pub(crate) build: Build,
}

const fn row(name: &'static str, build: Build) -> Row {
    Row {
        name,
        outputs: 1,
        build,
    }
}

const fn several(name: &'static str, outputs: usize, build: Build) -> Row {
    Row {
        name,
        outputs,
        build,
    }
}

pub(crate) fn find(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

const TABLE: &[Row] = &[
    row("Abs", activation::abs),
    row("Add", arithmetic::add),
    row("And", compare::and),
    row("AveragePool", pooling::average),
    row("BatchNormalization", normalise::batch),
    row("Cast", convert::cast),
    row("Ceil", activation::ceil),
    row("Clip", activation::clip),
    row("Concat", join::concat),
    row("Constant", constant::constant),
    row("ConstantOfShape", constant::constant_of_shape),
    row("Conv", convolution::convolution),
    row("ConvTranspose", transposed::convolution),
    row("Cos", activation::cos),
    row("DepthToSpace", blocks::depth_to_space),
    row("Div", arithmetic::divide),
    several("Dropout", 2, constant::dropout),
    row("Einsum", einsum::einsum),
    row("Equal", compare::equal),
    row("Erf", activation::erf),
    row("Exp", activation::exp),
    row("Expand", join::expand),
    row("Flatten", reshape::flatten),
    row("Floor", activation::floor),
    row("Gather", gather::gather),
    row("GatherND", gather::gather_nd),
    row("Gelu", activation::gelu),
    row("Gemm", matmul::gemm),
    row("GlobalAveragePool", pooling::global_average),
    row("Greater", compare::greater),
    row("GreaterOrEqual", compare::greater_or_equal),
    row("GroupNormalization", normalise::group),
    row("Identity", constant::identity),
    row("InstanceNormalization", normalise::instance),
    several("LayerNormalization", 3, normalise::layer),
    row("LeakyRelu", activation::leaky_relu),
    row("Less", compare::less),
    row("LessOrEqual", compare::less_or_equal),
    row("Log", activation::log),
    row("MatMul", matmul::matmul),
    row("Max", variadic::largest),
    row("MaxPool", pooling::largest),
    row("Min", variadic::smallest),
    row("Mod", arithmetic::modulo),
    row("Mul", arithmetic::multiply),
    row("Neg", activation::negate),
    row("Not", compare::not),
    row("Or", compare::or),
    row("Pad", pad::pad),
    row("Pow", arithmetic::power),
    row("Range", constant::range),
    row("Reciprocal", activation::reciprocal),
    row("ReduceL2", reduce::length),
    row("ReduceMax", reduce::largest),
    row("ReduceMean", reduce::mean),
    row("ReduceMin", reduce::smallest),
    row("ReduceProd", reduce::product),
    row("ReduceSum", reduce::sum),
    row("ReduceSumSquare", reduce::sum_of_squares),
    row("Relu", activation::relu),
    row("Reshape", reshape::reshape),
    row("Resize", resize::resize),
    row("Round", activation::round),
    row("ScatterND", scatter::scatter_nd),
    row("Shape", reshape::shape),
    row("Sigmoid", activation::sigmoid),
    row("Sin", activation::sin),
    row("Slice", slice::slice),
    row("Softmax", normalise::softmax),
    row("SpaceToDepth", blocks::space_to_depth),
    several("Split", usize::MAX, slice::split),
    row("Sqrt", activation::sqrt),
    row("Squeeze", reshape::squeeze),
    row("Sub", arithmetic::subtract),
    row("Sum", variadic::sum),
    row("Tanh", activation::tanh),
    row("Tile", join::tile),
    row("Transpose", turn::transpose),
    row("Unsqueeze", reshape::unsqueeze),
    row("Where", compare::choose),
    row("Xor", compare::xor),
];
