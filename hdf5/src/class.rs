//! What HDF5 asks a plugin for, as its headers `H5Zpublic.h` and `H5PLextern.h` have it.
#![expect(unsafe_code, reason = "HDF5 calls this, with pointers to its memory")]

use std::ffi::{c_char, c_int, c_uint, c_void};

use foresz::hdf5::FILTER;

use crate::filter::{Way, through};

/// `H5PL_TYPE_FILTER`.
const PLUGIN_IS_FILTER: c_int = 0;
/// `H5Z_CLASS_T_VERS`.
const VERSION: c_int = 1;
/// `H5Z_FLAG_REVERSE`.
const REVERSE: c_uint = 0x0100;

/// `H5Z_func_t`.
type Function = unsafe extern "C" fn(
    flags: c_uint,
    count: usize,
    values: *const c_uint,
    length: usize,
    size: *mut usize,
    buffer: *mut *mut c_void,
) -> usize;

/// `H5Z_can_apply_func_t` and `H5Z_set_local_func_t`. They could only ask HDF5.
type Question = extern "C" fn(i64, i64, i64) -> c_int;

/// `H5Z_class2_t`.
#[repr(C)]
#[derive(Debug)]
pub struct Class {
    version: c_int,
    id: c_int,
    encoder_present: c_uint,
    decoder_present: c_uint,
    name: *const c_char,
    can_apply: Option<Question>,
    set_local: Option<Question>,
    filter: Function,
}

// SAFETY: nothing changes it, nor the name that it points to.
unsafe impl Sync for Class {}

/// The filter.
pub static CLASS: Class = Class {
    version: VERSION,
    id: FILTER as c_int,
    encoder_present: 1,
    decoder_present: 1,
    name: c"foresz".as_ptr(),
    can_apply: None,
    set_local: None,
    filter,
};

/// What kind of plugin this is.
// SAFETY: the name is that of HDF5 for this, and no library but a plugin has it.
#[unsafe(no_mangle)]
pub extern "C" fn H5PLget_plugin_type() -> c_int {
    PLUGIN_IS_FILTER
}

/// The filter that it has.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn H5PLget_plugin_info() -> *const c_void {
    (&raw const CLASS).cast()
}

/// Puts another buffer in the place of that of HDF5, and returns how many bytes it has; 0, and
/// all is as before, if it fails.
unsafe extern "C" fn filter(
    flags: c_uint,
    count: usize,
    values: *const c_uint,
    length: usize,
    size: *mut usize,
    buffer: *mut *mut c_void,
) -> usize {
    // SAFETY: HDF5 lends `count` numbers and `length` bytes for the time of the call.
    let (values, chunk) = unsafe { (lent(values, count), lent((*buffer).cast::<u8>(), length)) };
    let way = if flags & REVERSE == 0 {
        Way::Encode
    } else {
        Way::Decode
    };
    let Some(done) = through(way, values, chunk) else {
        return 0;
    };
    let length = done.len();
    // SAFETY: HDF5 takes a buffer from `malloc` in the place of its own, which is from there
    // too. Nothing that was lent is used any more.
    unsafe {
        libc::free(*buffer);
        *buffer = done.leave();
        *size = length;
    }
    length
}

/// # Safety
///
/// There are so many values there, for as long as they are used.
unsafe fn lent<'a, T>(start: *const T, length: usize) -> &'a [T] {
    if start.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: the caller says so.
    unsafe { std::slice::from_raw_parts(start, length) }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn fields_lie_where_the_headers_have_them() {
        let offsets = [
            offset_of!(Class, version),
            offset_of!(Class, id),
            offset_of!(Class, encoder_present),
            offset_of!(Class, decoder_present),
            offset_of!(Class, name),
            offset_of!(Class, can_apply),
            offset_of!(Class, set_local),
            offset_of!(Class, filter),
        ];
        assert_eq!(offsets, [0, 4, 8, 12, 16, 24, 32, 40]);
        assert_eq!(size_of::<Class>(), 48);
    }
}
