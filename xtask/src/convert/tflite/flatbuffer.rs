//! A bounded reader of flatbuffers: every offset is checked before use, and nothing is copied.
//!
//! The format: a table starts with a signed offset back to its vtable; the vtable holds its own size, the table's size
//! and one 16-bit offset per field, zero where the field is absent. Strings, vectors and sub-tables are reached by an
//! unsigned offset relative to where that offset stands.

use anyhow::{Context as _, Result, ensure};

/// Bytes of a vtable before the first field: its own size and the table's.
const VTABLE_HEADER: usize = 4;

/// The whole buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flatbuffer<'a> {
    bytes: &'a [u8],
}

/// One table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    buffer: Flatbuffer<'a>,
    position: usize,
    vtable: &'a [u8],
}

/// A vector whose elements lie inside the buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector<'a> {
    buffer: Flatbuffer<'a>,
    /// Where the first element stands.
    start: usize,
    len: usize,
}

impl<'a> Flatbuffer<'a> {
    /// Wraps `bytes`, which must carry the file identifier.
    pub(super) fn new(bytes: &'a [u8], identifier: [u8; 4]) -> Result<Self> {
        ensure!(bytes.get(4..8) == Some(&identifier), "the file identifier is missing");
        Ok(Self { bytes })
    }

    /// The root table.
    pub(super) fn root(self) -> Result<Table<'a>> {
        self.table(0)
    }

    /// The table that the offset at `position` points to.
    fn table(self, position: usize) -> Result<Table<'a>> {
        let position = self.follow(position)?;
        let back = i64::from(i32::from_le_bytes(self.array(position)?));
        let vtable = i64::try_from(position)
            .ok()
            .and_then(|position| usize::try_from(position - back).ok())
            .context("a vtable lies outside the file")?;
        let size = usize::from(u16::from_le_bytes(self.array(vtable)?));
        let table_size = usize::from(u16::from_le_bytes(self.array(vtable + 2)?));
        ensure!(size >= VTABLE_HEADER, "a vtable is too short");
        let fields = vtable + VTABLE_HEADER..vtable + size;
        let vtable = self.bytes.get(fields).context("a vtable lies outside the file")?;
        ensure!(self.bytes.len() - position >= table_size, "a table reaches past the end of the file");
        Ok(Table { buffer: self, position, vtable })
    }

    /// The vector that the offset at `position` points to.
    fn vector(self, position: usize, element_size: usize) -> Result<Vector<'a>> {
        let position = self.follow(position)?;
        let len =
            usize::try_from(u32::from_le_bytes(self.array(position)?)).context("a vector is too long")?;
        let start = position + 4;
        let fits = len.checked_mul(element_size).is_some_and(|size| size <= self.bytes.len() - start);
        ensure!(fits, "a vector reaches past the end of the file");
        Ok(Vector { buffer: self, start, len })
    }

    /// Where the unsigned offset at `position` leads; always inside the file.
    fn follow(self, position: usize) -> Result<usize> {
        let offset =
            usize::try_from(u32::from_le_bytes(self.array(position)?)).context("an offset is too large")?;
        let target = position.checked_add(offset).filter(|&target| target < self.bytes.len());
        target.context("an offset leads outside the file")
    }

    fn array<const N: usize>(self, position: usize) -> Result<[u8; N]> {
        let tail = self.bytes.get(position..).and_then(<[u8]>::first_chunk);
        tail.copied().context("the file ends inside a value")
    }
}

impl<'a> Table<'a> {
    /// Where field `index` stands, if the table has it.
    fn field(&self, index: usize) -> Option<usize> {
        let entry = self.vtable.get(2 * index..)?.first_chunk()?;
        let offset = usize::from(u16::from_le_bytes(*entry));
        (offset != 0).then(|| self.position + offset)
    }

    fn scalar<const N: usize>(&self, index: usize) -> Result<Option<[u8; N]>> {
        self.field(index).map(|position| self.buffer.array(position)).transpose()
    }

    /// A byte, or `default` where it is absent.
    pub(super) fn u8(&self, index: usize, default: u8) -> Result<u8> {
        Ok(self.scalar(index)?.map_or(default, |[byte]: [u8; 1]| byte))
    }

    /// A boolean, false where it is absent.
    pub(super) fn bool(&self, index: usize) -> Result<bool> {
        Ok(self.u8(index, 0)? != 0)
    }

    /// A signed integer, or `default` where it is absent.
    pub(super) fn i32(&self, index: usize, default: i32) -> Result<i32> {
        Ok(self.scalar(index)?.map_or(default, i32::from_le_bytes))
    }

    /// An unsigned integer used as an index or a size, zero where it is absent.
    pub(super) fn index(&self, index: usize) -> Result<usize> {
        let value = self.scalar(index)?.map_or(0, u32::from_le_bytes);
        usize::try_from(value).context("an index is too large")
    }

    /// A sub-table.
    pub(super) fn table(&self, index: usize) -> Result<Option<Table<'a>>> {
        self.field(index).map(|position| self.buffer.table(position)).transpose()
    }

    /// A vector of `element_size`-byte elements; empty where it is absent.
    pub(super) fn vector(&self, index: usize, element_size: usize) -> Result<Vector<'a>> {
        match self.field(index) {
            Some(position) => self.buffer.vector(position, element_size),
            None => Ok(Vector { buffer: self.buffer, start: 0, len: 0 }),
        }
    }

    /// A vector of bytes; empty where it is absent.
    pub(super) fn bytes(&self, index: usize) -> Result<&'a [u8]> {
        let vector = self.vector(index, 1)?;
        self.buffer
            .bytes
            .get(vector.start..vector.start + vector.len)
            .context("a vector lies outside the file")
    }

    /// A string; empty where it is absent.
    pub(super) fn text(&self, index: usize) -> Result<&'a str> {
        std::str::from_utf8(self.bytes(index)?).context("a name is not UTF-8")
    }
}

impl<'a> Vector<'a> {
    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The elements as signed integers; the vector must have been read with four bytes an element.
    pub(super) fn integers(&self) -> Result<Vec<i32>> {
        (0..self.len)
            .map(|place| Ok(i32::from_le_bytes(self.buffer.array(self.start + 4 * place)?)))
            .collect()
    }

    /// The elements as tables; the vector must have been read with four bytes an element.
    pub(super) fn tables(&self) -> Result<Vec<Table<'a>>> {
        (0..self.len).map(|place| self.buffer.table(self.start + 4 * place)).collect()
    }
}
