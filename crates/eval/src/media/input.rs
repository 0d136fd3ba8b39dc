//! A buffered reader for captures: counts bytes against the limit and wipes its buffer.

use std::io::{self, BufRead, Read};

use zeroize::Zeroizing;

use super::MediaError;

/// The most bytes one encoded frame (a JPEG, an H.264 access unit, a PNG) may have: 64 MiB.
/// A 40 megapixel PNG of noise is 120 MB, any photograph is far below.
pub(super) const MAX_ENCODED_BYTES: usize = 64 << 20;

/// How far the formats look ahead to recognise themselves, bytes.
pub(super) const SNIFF_BYTES: usize = 4096;

const BUFFER_BYTES: usize = 64 << 10;

/// A reader whose buffer is wiped when dropped and which fails once more than `max_bytes` have been read.
pub(super) struct Input<'a> {
    reader: Box<dyn Read + Send + 'a>,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    bytes_left: u64,
}

impl<'a> Input<'a> {
    pub(super) fn new(reader: impl Read + Send + 'a, max_bytes: u64) -> Self {
        Self {
            reader: Box::new(reader),
            buffer: Zeroizing::new(vec![0; BUFFER_BYTES]),
            start: 0,
            end: 0,
            bytes_left: max_bytes,
        }
    }

    /// The next bytes without taking them: `count`, or fewer at the end of the input.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        debug_assert!(count <= BUFFER_BYTES);
        if self.start + count > BUFFER_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        while self.end - self.start < count && self.refill()? > 0 {}
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// Appends more bytes to the buffer; 0 at the end of the input.
    fn refill(&mut self) -> io::Result<usize> {
        let read = loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.bytes_left = self.bytes_left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, "the input has more bytes than the limit allows")
        })?;
        self.end += read;
        Ok(read)
    }

    /// Reads exactly `len` bytes into a wiped buffer that grows only as the bytes arrive.
    pub(super) fn read_block(&mut self, len: usize) -> Result<Zeroizing<Vec<u8>>, MediaError> {
        let mut block = Zeroizing::new(Vec::new());
        self.read_into(&mut block, len)?;
        Ok(block)
    }

    /// Appends exactly `len` bytes.
    pub(super) fn read_into(&mut self, block: &mut Zeroizing<Vec<u8>>, len: usize) -> Result<(), MediaError> {
        let mut left = len;
        while left > 0 {
            let chunk = self.fill_buf().map_err(MediaError::from_io)?;
            if chunk.is_empty() {
                return Err(MediaError::from_io(io::ErrorKind::UnexpectedEof.into()));
            }
            let taken = chunk.len().min(left);
            append_wiping(block, &chunk[..taken]);
            self.consume(taken);
            left -= taken;
        }
        Ok(())
    }

    /// Passes over `len` bytes; `false` where the input ends before.
    pub(super) fn skip(&mut self, mut len: u64) -> Result<bool, MediaError> {
        while len > 0 {
            let available = self.fill_buf().map_err(MediaError::from_io)?.len();
            if available == 0 {
                return Ok(false);
            }
            let taken = usize::try_from(len).map_or(available, |len| len.min(available));
            self.consume(taken);
            len -= taken as u64;
        }
        Ok(true)
    }

    /// The next byte, `None` at the end of the input.
    pub(super) fn next_byte(&mut self) -> Result<Option<u8>, MediaError> {
        let byte = self.fill_buf().map_err(MediaError::from_io)?.first().copied();
        self.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let taken = chunk.len().min(out.len());
        out[..taken].copy_from_slice(&chunk[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}

/// Appends, and where the vector must move, wipes the place it leaves.
pub(super) fn append_wiping(block: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    if block.capacity() - block.len() < bytes.len() {
        let mut grown = Vec::with_capacity((block.len() + bytes.len()).next_power_of_two());
        grown.extend_from_slice(block);
        *block = Zeroizing::new(grown);
    }
    block.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peeking_takes_nothing_and_the_limit_holds() {
        let mut input = Input::new(io::Cursor::new(vec![7; 100_000]), 99_999);
        assert_eq!(input.peek(10).unwrap(), [7; 10]);
        assert_eq!(input.read_block(50_000).unwrap().len(), 50_000);
        assert_eq!(input.peek(4096).unwrap().len(), 4096);
        let error = input.read_block(50_000).unwrap_err();
        assert_eq!(error.code(), "input_too_large");
    }

    #[test]
    fn a_block_past_the_end_is_truncated() {
        let mut input = Input::new(io::Cursor::new(vec![1, 2, 3]), 100);
        assert_eq!(input.read_block(4).unwrap_err().code(), "truncated");
        assert!(!input.skip(1).unwrap());
    }
}
