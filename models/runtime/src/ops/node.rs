use std::cell::{Cell, RefCell};
use std::path::Path;

use crate::error::{Problem, stop};
use crate::onnx::message::{self, Attribute};
use crate::tensor::Tensor;

/// A node of a model while its operator is made: attributes and constant inputs.
pub(crate) struct Node<'a> {
    pub(crate) proto: &'a message::Node<'a>,
    pub(crate) opset: i64,
    pub(crate) constants: Vec<Option<Tensor>>,
    pub(crate) folder: Option<&'a Path>,
    /// Names of attributes that were looked at.
    read: RefCell<Vec<&'static str>>,
    /// Bytes that there still are for packed weights.
    room: Cell<usize>,
    /// A bit for each input that the operator has made its own.
    absorbed: Cell<u64>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(
        proto: &'a message::Node<'a>,
        opset: i64,
        constants: Vec<Option<Tensor>>,
        folder: Option<&'a Path>,
        room: usize,
    ) -> Self {
        Self {
            proto,
            opset,
            constants,
            folder,
            read: RefCell::default(),
            room: Cell::new(room),
            absorbed: Cell::new(0),
        }
    }

    /// The number of inputs, those left out at the end not counted.
    pub(crate) fn inputs(&self) -> usize {
        self.proto.inputs.len()
    }

    /// An input that is known already.
    pub(crate) fn constant(&self, i: usize) -> Option<&Tensor> {
        self.constants.get(i).and_then(Option::as_ref)
    }

    /// Whether there is room for weights of so many bytes, which is then taken. Operators
    /// use them as they are if there is not.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        let left = self.room.get().checked_sub(bytes);
        left.map(|left| self.room.set(left)).is_some()
    }

    /// Bytes that are left.
    pub(crate) fn room(&self) -> usize {
        self.room.get()
    }

    /// Says that the operator will not look at an input again.
    pub(crate) fn absorb(&self, i: usize) {
        self.absorbed.set(self.absorbed.get() | 1 << i);
    }

    pub(crate) fn has_absorbed(&self, i: usize) -> bool {
        i < 64 && self.absorbed.get() >> i & 1 == 1
    }

    fn attribute(&self, name: &'static str) -> Option<&'a Attribute<'a>> {
        self.read.borrow_mut().push(name);
        self.proto.attributes.iter().find(|a| a.name == name)
    }

    /// An attribute of one of the kinds that ONNX numbers.
    fn of_kind(&self, name: &'static str, kind: i64) -> Result<Option<&'a Attribute<'a>>, Problem> {
        match self.attribute(name) {
            Some(found) if found.kind != kind => {
                stop!(
                    "attribute {name} is of kind {} instead of {kind}",
                    found.kind
                )
            }
            found => Ok(found),
        }
    }

    pub(crate) fn float(&self, name: &'static str, default: f32) -> Result<f32, Problem> {
        Ok(self.of_kind(name, 1)?.map_or(default, |a| a.float))
    }

    pub(crate) fn optional_float(&self, name: &'static str) -> Result<Option<f32>, Problem> {
        Ok(self.of_kind(name, 1)?.map(|a| a.float))
    }

    pub(crate) fn integer(&self, name: &'static str, default: i64) -> Result<i64, Problem> {
        Ok(self.optional_integer(name)?.unwrap_or(default))
    }

    pub(crate) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        Ok(self.of_kind(name, 2)?.map(|a| a.integer))
    }

    pub(crate) fn text(
        &self,
        name: &'static str,
        default: &'static str,
    ) -> Result<&'a str, Problem> {
        let Some(found) = self.of_kind(name, 3)? else {
            return Ok(default);
        };
        str::from_utf8(found.text)
            .map_err(|_| Problem::Said(format!("attribute {name} is not UTF-8")))
    }

    pub(crate) fn tensor(&self, name: &'static str) -> Result<Option<Tensor>, Problem> {
        let Some(found) = self.of_kind(name, 4)? else {
            return Ok(None);
        };
        let Some(proto) = &found.tensor else {
            stop!("attribute {name} has no tensor");
        };
        Ok(Some(proto.tensor(self.folder)?))
    }

    pub(crate) fn floats(&self, name: &'static str) -> Result<Option<&'a [f32]>, Problem> {
        Ok(self.of_kind(name, 6)?.map(|a| a.floats.as_slice()))
    }

    pub(crate) fn integers(&self, name: &'static str) -> Result<Option<&'a [i64]>, Problem> {
        Ok(self.of_kind(name, 7)?.map(|a| a.integers.as_slice()))
    }

    /// Says that an attribute does not matter here.
    pub(crate) fn ignore(&self, names: &[&'static str]) {
        self.read.borrow_mut().extend(names);
    }

    /// An attribute that nobody looked at could mean anything.
    pub(crate) fn check_all_read(&self) -> Result<(), Problem> {
        let read = self.read.borrow();
        let attributes = &self.proto.attributes;
        match (attributes.iter()).find(|a| !read.contains(&a.name.as_str())) {
            Some(unread) => stop!("attribute {} is not supported", unread.name),
            None => Ok(()),
        }
    }
}
