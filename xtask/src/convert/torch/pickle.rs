//! A pickle interpreter for the opcodes of a state dictionary and no others.
//!
//! Every composite value lives in one flat table and is named by its index, so no input can build a structure whose
//! printing, comparing or dropping recurses. Work is bounded by the input's length, since each step consumes a byte.

use anyhow::{Context as _, Result, bail, ensure};

use super::Element;

/// Deeper than any state dictionary; a nested tuple costs one place each.
const MAX_STACK: usize = 1 << 16;
/// More than the composite values of any model here.
const MAX_OBJECTS: usize = 1 << 17;
/// More than the memo entries of any model here.
const MAX_MEMO: usize = 1 << 17;
/// No weight tensor has more dimensions.
const MAX_RANK: usize = 8;

/// A value on the stack. Composite values are places in the table of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// `None`.
    Nothing,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer of arbitrary length, little-endian.
    LongBytes(&'a [u8]),
    /// A string.
    Text(&'a str),
    /// One of the globals a state dictionary names.
    Global(Global),
    /// A place in the table of objects.
    Object(usize),
}

/// What a pickle may refer to outside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`.
    RebuildTensor,
    /// A `torch` storage class.
    Storage(Element),
}

/// A composite value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Object<'a> {
    /// An immutable sequence.
    Tuple(Vec<Value<'a>>),
    /// A list.
    List(Vec<Value<'a>>),
    /// A dictionary, in insertion order.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// A storage that follows the pickles.
    Storage {
        /// Its key in the list of storages.
        key: &'a str,
        /// Its element type.
        element: Element,
        /// Its length in elements.
        len: usize,
    },
    /// A view of a storage; offset and strides in elements.
    Tensor {
        /// The storage it views.
        storage: Value<'a>,
        /// Its first element.
        offset: usize,
        /// Its dimensions.
        shape: Vec<usize>,
        /// The step of each dimension.
        strides: Vec<usize>,
    },
}

/// What a pickle evaluated to.
#[derive(Debug)]
pub(super) struct Program<'a> {
    objects: Vec<Object<'a>>,
    root: Value<'a>,
}

impl<'a> Program<'a> {
    /// The result.
    pub(super) fn root(&self) -> Value<'a> {
        self.root
    }

    /// Every composite value.
    pub(super) fn objects(&self) -> &[Object<'a>] {
        &self.objects
    }

    /// The composite value behind `value`.
    pub(super) fn object(&self, value: Value<'_>) -> Option<&Object<'a>> {
        object(&self.objects, value)
    }

    /// The items of a list.
    pub(super) fn list(&self, value: Value<'_>) -> Option<&[Value<'a>]> {
        match self.object(value)? {
            Object::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a dictionary.
    pub(super) fn dict(&self, value: Value<'_>) -> Option<&[(Value<'a>, Value<'a>)]> {
        match self.object(value)? {
            Object::Dict(entries) => Some(entries),
            _ => None,
        }
    }
}

/// Interprets one pickle at the start of `input` and leaves what follows it.
pub(super) fn load<'a>(input: &mut &'a [u8]) -> Result<Program<'a>> {
    let mut machine = Machine { input, stack: vec![], marks: vec![], memo: vec![], objects: vec![] };
    while machine.step()? {}
    *input = machine.input;
    let root = machine.pop()?;
    ensure!(machine.stack.is_empty(), "a pickle leaves more than one value");
    Ok(Program { objects: machine.objects, root })
}

fn object<'a, 'o>(objects: &'o [Object<'a>], value: Value<'_>) -> Option<&'o Object<'a>> {
    match value {
        Value::Object(place) => objects.get(place),
        _ => None,
    }
}

struct Machine<'a> {
    input: &'a [u8],
    stack: Vec<Value<'a>>,
    /// Heights of the stack where a `MARK` was set.
    marks: Vec<usize>,
    memo: Vec<Option<Value<'a>>>,
    objects: Vec<Object<'a>>,
}

impl<'a> Machine<'a> {
    /// Runs one opcode; false after `STOP`.
    fn step(&mut self) -> Result<bool> {
        let opcode = self.byte()?;
        match opcode {
            b'.' => return Ok(false),
            0x80 => {
                let protocol = self.byte()?;
                ensure!(protocol == 2, "the pickle protocol {protocol} is not supported");
            }
            b'N' => self.push(Value::Nothing)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'K' => {
                let value = self.byte()?;
                self.push(Value::Int(value.into()))?;
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.push(Value::Int(value.into()))?;
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.push(Value::Int(value.into()))?;
            }
            0x8a => {
                let len = self.byte()?;
                let number = self.take(len.into())?;
                self.push(Value::LongBytes(number))?;
            }
            b'X' => self.text()?,
            b'c' => self.global()?,
            b'(' => {
                ensure!(self.marks.len() < MAX_STACK, "the pickle nests too deeply");
                self.marks.push(self.stack.len());
            }
            b')' => self.push_object(Object::Tuple(vec![]))?,
            b']' => self.push_object(Object::List(vec![]))?,
            b'}' => self.push_object(Object::Dict(vec![]))?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            b't' => {
                let items = self.pop_to_mark()?;
                self.push_object(Object::Tuple(items))?;
            }
            b'q' | b'r' | b'h' | b'j' => self.memo(opcode)?,
            b'Q' => self.persistent()?,
            b'R' => self.reduce()?,
            b's' | b'u' => self.set_items(opcode)?,
            b'e' => self.append()?,
            b'b' => self.build()?,
            _ => bail!("the pickle opcode {opcode:#04x} is not supported"),
        }
        Ok(true)
    }

    fn text(&mut self) -> Result<()> {
        let len = u32::from_le_bytes(self.array()?);
        let bytes = self.take(usize::try_from(len).context("a string is too long")?)?;
        let text = std::str::from_utf8(bytes).context("a string is not UTF-8")?;
        self.push(Value::Text(text))
    }

    fn global(&mut self) -> Result<()> {
        let module = self.line()?;
        let name = self.line()?;
        let global = match (module, name) {
            (b"collections", b"OrderedDict") => Global::OrderedDict,
            (b"torch._utils", b"_rebuild_tensor_v2") => Global::RebuildTensor,
            (b"torch", b"FloatStorage") => Global::Storage(Element::Float32),
            (b"torch", b"LongStorage") => Global::Storage(Element::Int64),
            _ => bail!(
                "the pickle asks for {}.{}, which a state dictionary does not need",
                module.escape_ascii(),
                name.escape_ascii()
            ),
        };
        self.push(Value::Global(global))
    }

    fn tuple(&mut self, len: usize) -> Result<()> {
        let start = self.stack.len().checked_sub(len).context("the pickle's stack is empty")?;
        let items = self.stack.split_off(start);
        self.push_object(Object::Tuple(items))
    }

    fn memo(&mut self, opcode: u8) -> Result<()> {
        let place = match opcode {
            b'q' | b'h' => usize::from(self.byte()?),
            _ => usize::try_from(u32::from_le_bytes(self.array()?)).context("a memo place is too large")?,
        };
        ensure!(place < MAX_MEMO, "the pickle's memo is too large");
        if matches!(opcode, b'q' | b'r') {
            let top = *self.stack.last().context("the pickle's stack is empty")?;
            if self.memo.len() <= place {
                self.memo.resize(place + 1, None);
            }
            if let Some(slot) = self.memo.get_mut(place) {
                *slot = Some(top);
            }
            return Ok(());
        }
        let value = self.memo.get(place).copied().flatten();
        self.push(value.context("the pickle reads an empty memo place")?)
    }

    /// `('storage', class, key, device, length, view)` becomes a storage.
    fn persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let storage = match self.tuple_items(id)? {
            [
                Value::Text("storage"),
                Value::Global(Global::Storage(element)),
                Value::Text(key),
                Value::Text(_),
                Value::Int(len),
                Value::Nothing,
            ] => Object::Storage {
                key,
                element: *element,
                len: usize::try_from(*len).context("a storage has a negative length")?,
            },
            _ => bail!("a persistent reference is not a plain storage"),
        };
        self.push_object(storage)
    }

    fn reduce(&mut self) -> Result<()> {
        let arguments = self.pop()?;
        let callable = self.pop()?;
        let arguments = self.tuple_items(arguments)?;
        let object = match (callable, arguments) {
            (Value::Global(Global::OrderedDict), []) => Object::Dict(vec![]),
            (
                Value::Global(Global::RebuildTensor),
                &[storage, Value::Int(offset), shape, strides, Value::Bool(_), _hooks],
            ) => Object::Tensor {
                storage,
                offset: usize::try_from(offset).context("a tensor has a negative offset")?,
                shape: self.sizes(shape)?,
                strides: self.sizes(strides)?,
            },
            _ => bail!("the pickle calls something a state dictionary does not need"),
        };
        self.push_object(object)
    }

    fn set_items(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            b's' => {
                let start = self.stack.len().checked_sub(2).context("the pickle's stack is empty")?;
                self.stack.split_off(start)
            }
            _ => self.pop_to_mark()?,
        };
        let (pairs, odd) = items.as_chunks::<2>();
        ensure!(odd.is_empty(), "a dictionary key has no value");
        let Object::Dict(entries) = self.top_object()? else { bail!("items are set on no dictionary") };
        entries.extend(pairs.iter().map(|[key, value]| (*key, *value)));
        Ok(())
    }

    fn append(&mut self) -> Result<()> {
        let items = self.pop_to_mark()?;
        let Object::List(list) = self.top_object()? else { bail!("items are appended to no list") };
        list.extend(items);
        Ok(())
    }

    /// Attributes of a dictionary are metadata about module versions: dropped.
    fn build(&mut self) -> Result<()> {
        self.pop()?;
        ensure!(matches!(self.top_object()?, Object::Dict(_)), "attributes are set on no dictionary");
        Ok(())
    }

    fn sizes(&self, value: Value<'_>) -> Result<Vec<usize>> {
        let size = |item: &Value<'_>| match item {
            Value::Int(size) => usize::try_from(*size).context("a size is negative"),
            _ => bail!("a size is not an integer"),
        };
        let items = self.tuple_items(value)?;
        ensure!(items.len() <= MAX_RANK, "a tensor has too many dimensions");
        items.iter().map(size).collect()
    }

    fn tuple_items(&self, value: Value<'_>) -> Result<&[Value<'a>]> {
        match object(&self.objects, value) {
            Some(Object::Tuple(items)) => Ok(items),
            _ => bail!("the pickle needs a tuple where there is none"),
        }
    }

    fn top_object(&mut self) -> Result<&mut Object<'a>> {
        let top = self.stack.last().context("the pickle's stack is empty")?;
        let Value::Object(place) = *top else { bail!("the pickle changes a plain value") };
        self.objects.get_mut(place).context("the pickle names an unknown object")
    }

    fn push(&mut self, value: Value<'a>) -> Result<()> {
        ensure!(self.stack.len() < MAX_STACK, "the pickle's stack is too deep");
        self.stack.push(value);
        Ok(())
    }

    fn push_object(&mut self, object: Object<'a>) -> Result<()> {
        ensure!(self.objects.len() < MAX_OBJECTS, "the pickle holds too many objects");
        self.objects.push(object);
        self.push(Value::Object(self.objects.len() - 1))
    }

    fn pop(&mut self) -> Result<Value<'a>> {
        self.stack.pop().context("the pickle's stack is empty")
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self.marks.pop().context("the pickle closes a mark that was never set")?;
        ensure!(mark <= self.stack.len(), "the pickle's stack is empty");
        Ok(self.stack.split_off(mark))
    }

    fn byte(&mut self) -> Result<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.input.split_first_chunk().context("the pickle ends early")?;
        self.input = rest;
        Ok(*head)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.input.split_at_checked(len).context("the pickle ends early")?;
        self.input = rest;
        Ok(head)
    }

    fn line(&mut self) -> Result<&'a [u8]> {
        let end = self.input.iter().position(|&byte| byte == b'\n').context("the pickle ends early")?;
        let line = self.take(end)?;
        self.byte()?;
        Ok(line)
    }
}
