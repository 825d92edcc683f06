//! Attributes beside the header of an object, where they may have any size.
//!
//! They are objects of a fractal heap, found by a tree of the hashes of their names or one of
//! their order. All of them are what HDF5 calls *huge*: each lies on its own, and a third tree
//! says where. So the heap has no blocks, and each tree is a single leaf.

use hdf5_reader::checksum::jenkins_lookup3;

use super::encode::{NOWHERE, sealed};

/// Bytes that name an object of the heap.
const ID: usize = 8;
const HUGE: u8 = 0x10;
const BY_NUMBER: u8 = 1;
const BY_NAME: u8 = 8;
const BY_ORDER: u8 = 9;
/// Nodes of trees are at least as large as HDF5 makes them.
const SMALLEST_NODE: usize = 512;

/// An attribute: its name, and the message that it would be in a header.
pub(super) type Attribute<'a> = (&'a [u8], &'a [u8]);

/// Attributes on their way to a place in the file.
struct Store {
    address: u64,
    bytes: Vec<u8>,
}

/// Attributes as bytes for a place in the file, and where the heap, the tree of names and that
/// of their order lie then.
pub(super) fn store(attributes: &[Attribute], address: u64) -> (Vec<u8>, [u64; 3]) {
    let mut store = Store {
        address,
        bytes: Vec::new(),
    };
    let mut places = Vec::new();
    let (mut names, mut orders) = (Vec::new(), Vec::new());
    let mut total = 0;
    for (order, (name, message)) in attributes.iter().enumerate() {
        let number = order as u64 + 1;
        let place = [store.put(message), message.len() as u64, number];
        places.push(place.map(u64::to_le_bytes).concat());
        let mut record = vec![HUGE];
        record.extend(&number.to_le_bytes()[..ID - 1]);
        // No flags.
        record.push(0);
        record.extend((order as u32).to_le_bytes());
        orders.push(record.clone());
        let hash = jenkins_lookup3(name);
        record.extend(hash.to_le_bytes());
        names.push((hash, *name, record));
        total += message.len() as u64;
    }
    names.sort();
    let places = store.tree(BY_NUMBER, &places);
    let heap = heap(attributes.len() as u64, total, places);
    let heap = store.put(&heap);
    let names: Vec<Vec<u8>> = names.into_iter().map(|(_, _, record)| record).collect();
    let names = store.tree(BY_NAME, &names);
    let orders = store.tree(BY_ORDER, &orders);
    (store.bytes, [heap, names, orders])
}

impl Store {
    /// Says where it lies.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        let place = self.address.wrapping_add(self.bytes.len() as u64);
        self.bytes.extend(bytes);
        let end = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(end, 0);
        place
    }

    /// A tree of records that are all as long as each other.
    fn tree(&mut self, kind: u8, records: &[Vec<u8>]) -> u64 {
        const SPLIT_AND_MERGE: [u8; 2] = [100, 40];
        let mut leaf = b"BTLF\0".to_vec();
        leaf.push(kind);
        leaf.extend(records.concat());
        let mut leaf = sealed(leaf);
        leaf.resize(leaf.len().max(SMALLEST_NODE), 0);
        let root = self.put(&leaf);
        let mut head = b"BTHD\0".to_vec();
        head.push(kind);
        head.extend((leaf.len() as u32).to_le_bytes());
        head.extend((records.first().map_or(0, Vec::len) as u16).to_le_bytes());
        // Its depth: the root is a leaf.
        head.extend([0, 0]);
        head.extend(SPLIT_AND_MERGE);
        head.extend(root.to_le_bytes());
        head.extend((records.len() as u16).to_le_bytes());
        head.extend((records.len() as u64).to_le_bytes());
        self.put(&sealed(head))
    }
}

/// The head of a heap that has so many objects, all huge and found by a tree, of so many
/// bytes. Widths and sizes of blocks are those that HDF5 has for attributes.
fn heap(count: u64, bytes: u64, places: u64) -> Vec<u8> {
    const CHECKED_BLOCKS: u8 = 2;
    const LARGEST_IN_BLOCKS: u32 = 4096;
    const TABLE_WIDTH: u16 = 4;
    const BLOCKS: [u64; 2] = [1024, 1 << 16];
    const BITS_OF_SIZE: u16 = 40;
    let mut head = b"FRHP\0".to_vec();
    head.extend((ID as u16).to_le_bytes());
    // No filters.
    head.extend([0, 0]);
    head.push(CHECKED_BLOCKS);
    head.extend(LARGEST_IN_BLOCKS.to_le_bytes());
    // The last number of a huge object, and their tree.
    head.extend([count, places].map(u64::to_le_bytes).concat());
    // Of blocks: free space and where it is listed, sizes, the next one, objects.
    head.extend([0, NOWHERE, 0, 0, 0, 0].map(u64::to_le_bytes).concat());
    head.extend([bytes, count].map(u64::to_le_bytes).concat());
    // Tiny objects.
    head.extend([0; 16]);
    head.extend(TABLE_WIDTH.to_le_bytes());
    head.extend(BLOCKS.map(u64::to_le_bytes).concat());
    head.extend(BITS_OF_SIZE.to_le_bytes());
    // Rows to begin with, the first block, and how many rows there are.
    head.extend(1u16.to_le_bytes());
    head.extend(NOWHERE.to_le_bytes());
    head.extend([0, 0]);
    sealed(head)
}
