"""Hostile files: from good ones by changes at every level, with checksums and sizes put right, so
that what is behind the first checks is reached too."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import msgpack
import zstandard

from gabagool import container, snapshot
from gabagool.api.suspending import about
from gabagool.container import Source, framed, preface
from gabagool.history import recording
from gabagool.history.family import Branch
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.native.layout import REF_SHIFT
from gabagool.runtime.entities import MemoryInst
from gabagool.runtime.instantiate import Extern
from gabagool.types import FUNCREF, I32, FuncType, GlobalType
from tests.machines import Guest, wat

Chunks = list[tuple[bytes, bytes]]
_ZSTD = b"\x28\xb5\x2f\xfd"

# Calls of every kind, a memory that grows, references in tables, globals and locals, host calls
# that return things and write.
PROGRAM = """(module
  (import "env" "tell" (func $tell (param i32) (result i32)))
  (import "env" "find" (func $find (param i32) (result funcref)))
  (import "env" "base" (global $base i32)) (import "env" "f" (global $given funcref))
  (memory (export "memory") 1 8) (data (global.get $base) "some data of the program's own")
  (data $passive "dropped later")
  (table $t 4 10 funcref) (elem (i32.const 1) $leaf $twice)
  (elem $late funcref (global.get $given))
  (global $count (mut i32) (i32.const 0)) (global $ref (mut funcref) (ref.null func))
  (type $unary (func (param i32) (result i32)))
  (func $leaf (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (i32.mul (local.get 0) (i32.const 8)) (global.get $count))
    (i32.add (local.get 0) (i32.const 3)))
  (func $twice (param i32) (result i32) (local $f funcref) (local $x f64)
    (local.set $f (table.get $t (i32.const 1)))
    (global.set $ref (local.get $f))
    (i32.add (call $leaf (local.get 0)) (call $tell (local.get 0))))
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call_indirect (type $unary)
        (local.get $n) (i32.add (i32.and (local.get $n) (i32.const 1)) (i32.const 1)))))
      (if (i32.eq (local.get $n) (i32.const 5)) (then
        (drop (memory.grow (i32.const 1))) (data.drop $passive)
        (table.set $t (i32.const 3) (call $find (i32.const 1)))
        (table.init $t $late (i32.const 0) (i32.const 0) (i32.const 1))
        (drop (table.grow $t (ref.func $leaf) (i32.const 2)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"""


@cache
def module() -> bytes:
    return wat(PROGRAM)


def guest() -> Guest:
    """The program, linked with hosts that write into it."""
    from gabagool.runtime.store import Store
    store = Store()
    made: list[Guest] = []

    def tell(caller: object, x: int) -> int:
        memory: MemoryInst = store.memories[0]
        memory.write(100 + x, b"told")
        caller.output(1, b"line %d\n" % x)  # type: ignore[attr-defined]
        return x * 3

    def find(_caller: object, _which: int) -> object:
        return store.funcs[made[0].instance.funcs[2]]

    telling = store.new_host_func(FuncType((I32,), (I32,)), tell, "env.tell")
    given = store.new_global(GlobalType(FUNCREF), telling.addr << REF_SHIFT)
    imports: dict[tuple[str, str], Extern] = {
        ("env", "tell"): telling,
        ("env", "find"): store.new_host_func(FuncType((I32,), (FUNCREF,)), find, "env.find"),
        ("env", "base"): store.new_global(GlobalType(I32), 16), ("env", "f"): given}
    made.append(Guest(module(), imports, store))
    return made[0]


@cache
def originals() -> tuple[bytes, ...]:
    """Good files: snapshots within a call, at a host call and at the end; recordings."""
    files = []
    whole = guest()
    steps = whole.begin("run", 30).run(1 << 40).step
    for at in (steps // 3, steps - 40, steps):
        one = guest()
        one.begin("run", 30).run(at)
        files.append(snapshot.dump(one.machine, about(one.machine, "prog", "run(30)")))
    for end in (steps // 2, None):
        one = guest()
        recorder = Recorder(one.begin("run", 30))
        recorder.record(steps // 4)
        recorder.pin()
        recorder.record(end)
        files.append(_recorded(recorder, one))
    return (*files, branched())


@cache
def branched() -> bytes:
    """A recording with branches, one of which nobody has a name for, and notes."""
    one = guest()
    main = Recorder(one.begin("run", 30))
    total = main.record().step
    branches = []
    for name, before, at, change in (
            ("b1", main, total // 3, ("memory", 0, 100, b"other")),
            ("", None, total // 2, ("global", _count(one), 7)),
            ("b2", None, total // 2 + 30, ("local", 1, 0, 9)),
            ("b3", main, total // 4, ("operand", 1, 0, 5))):
        left = before or branches[-1].recorder
        left.activate()
        left.seek(at)
        while change[0] == "operand" and not (one.machine.depth == 1 and one.machine.operands()):
            left.seek(one.machine.step + 1)
        made = left.branch([change])
        made.record(None if name else at + 60)
        branches.append(Branch(name, f"{name} changed", made, [Note(at, "a", "")]))
    main.activate()
    named = [branch for branch in branches if branch.name]
    return _recorded(main, one, [Note(3, "m", ""), Note(9, "", "nine")], named)


def _count(one: Guest) -> int:
    """The address of the program's counter."""
    return next(g.addr for g in one.machine.store.globals if g.type.mutable)


def _recorded(recorder: Recorder, one: Guest, written: Sequence[Note] = (),
              branches: Sequence[Branch] = ()) -> bytes:
    apart, recording._NEAREST = recording._NEAREST, 50
    try:
        return b"".join(recording.pieces(recorder, one.machine, about(one.machine, "prog", "run"),
                                         written, branches))
    finally:
        recording._NEAREST = apart


def hostile(seed: int, of: Sequence[bytes] = ()) -> bytes:
    """The hostile file of a number, made of one of some good ones."""
    rng = random.Random(seed)
    data = rng.choice(of or originals())
    if rng.random() < 0.1:
        return changed(data, rng)
    source = Source(data)
    chunks: Chunks = [(chunk.tag, source.read(chunk)) for chunk in source.chunks]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice(_WAYS)(chunks, rng)
    return preface() + b"".join(b"".join(framed(tag, payload)) for tag, payload in chunks)


def changed(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut out or put in."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at:at + rng.choice((1, 4, 100))]
        elif kind == 2:
            out[at:at] = rng.randbytes(rng.choice((1, 4, 30)))
        elif kind == 3:
            value = rng.choice((0, 1, 255, 0x7F, 0xFFFFFFFF, 1 << 31, 1 << 63, (1 << 64) - 1))
            size = rng.choice((1, 4, 8))
            out[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        else:
            del out[at:]
    return bytes(out)


def _payload(chunks: Chunks, rng: random.Random) -> None:
    if chunks:
        i = rng.randrange(len(chunks))
        chunks[i] = (chunks[i][0], changed(chunks[i][1], rng))


def _order(chunks: Chunks, rng: random.Random) -> None:
    if not chunks:
        return
    i, j = rng.randrange(len(chunks)), rng.randrange(len(chunks))
    kind = rng.randrange(4)
    if kind == 0:
        del chunks[i]
    elif kind == 1:
        chunks.insert(j, chunks[i])
    elif kind == 2:
        chunks[i], chunks[j] = chunks[j], chunks[i]
    else:
        chunks[i] = (chunks[j][0], chunks[i][1])


def _inside(chunks: Chunks, rng: random.Random) -> None:
    """Change what a compressed part unpacks to; a head before it is put right where it can be."""
    found = [i for i, (_, data) in enumerate(chunks) if _ZSTD in data]
    if not found:
        return
    i = rng.choice(found)
    tag, data = chunks[i]
    at = data.find(_ZSTD)
    try:
        raw = container.unpack(data[at:], 1 << 26, "it")
    except Exception:
        return
    new = changed(raw, rng)
    if tag.upper() in (snapshot.STATE, recording.FIRST, recording.SNAPSHOT) and (
            rng.random() < 0.9):
        new = (new + bytes(len(raw)))[:len(raw)]
    head = data[:at]
    if tag == snapshot.MODULE:
        import hashlib
        old, fresh = head[:32], hashlib.sha256(new).digest()
        head = fresh
        chunks[:] = [(t, d.replace(old, fresh) if t == snapshot.STORE else d) for t, d in chunks]
    chunks[i] = (tag, head + zstandard.ZstdCompressor(level=1).compress(new))


def _values(chunks: Chunks, rng: random.Random) -> None:
    """Change values of a msgpack part: right in form, wrong in meaning."""
    i = rng.randrange(len(chunks)) if chunks else 0
    if not chunks:
        return
    tag, data = chunks[i]
    number, data = (data[:4], data[4:]) if tag.islower() else (b"", data)      # of a branch
    start = {snapshot.STATE: 4, recording.FIRST: 4, recording.SNAPSHOT: 20}.get(tag.upper(), 0)
    end = len(data)
    if start:
        end = start + int.from_bytes(data[start - 4:start], "little")
    if tag.upper() == recording.JOURNAL:
        _journal(chunks, i, rng, len(number))
        return
    try:
        value = msgpack.unpackb(data[start:end], use_list=True, raw=False)
    except Exception:
        return
    packed = msgpack.packb(_twisted(value, rng), use_bin_type=True)
    size = len(packed).to_bytes(4, "little") if start else b""
    chunks[i] = (tag, number + data[:max(start - 4, 0)] + size + packed + data[end:])


def _journal(chunks: Chunks, i: int, rng: random.Random, skip: int) -> None:
    tag, data = chunks[i]
    head = skip + recording.JOURNAL_HEAD.size
    try:
        raw = container.unpack(data[head:], 1 << 26, "it")
        parts = list(msgpack.Unpacker(_file(raw), use_list=True, raw=False))
    except Exception:
        return
    if parts:
        at = rng.randrange(len(parts))
        parts[at] = _twisted(parts[at], rng)
    new = b"".join(msgpack.packb(part, use_bin_type=True) for part in parts)
    chunks[i] = (tag, data[:head] + container.pack(new))


def _file(data: bytes) -> object:
    import io
    return io.BytesIO(data)


_NUMBERS = (0, 1, -1, 2, 3, 7, 255, 65535, 65536, (1 << 31) - 1, (1 << 32) - 1, 1 << 32, 1 << 40,
            (1 << 63) - 1, (1 << 64) - 1)


def _twisted(value: object, rng: random.Random) -> object:
    """A value with one thing in it changed."""
    if isinstance(value, list) and value and rng.random() < 0.95:
        out = list(value)
        i = rng.randrange(len(out))
        out[i] = _twisted(out[i], rng)
        return out
    if isinstance(value, bytes) and rng.random() < 0.8:
        return changed(value, rng)
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.9:
        near = value + rng.choice((-8, -4, -1, 1, 4, 8, 1 << 16))
        return rng.choice((*_NUMBERS, max(near, 0), max(near, 0), max(near, 0)))
    if isinstance(value, list):
        return [*value, *value][:rng.randrange(2 * len(value) + 1)]
    if isinstance(value, str) and rng.random() < 0.7:
        return rng.choice(("", value + "x", "memory 9", "stack", "globals", "data", "exit"))
    return rng.choice((None, True, b"", b"\0" * 40, "", [], [[]], 1.5, 0))


_WAYS: tuple[Callable[[Chunks, random.Random], None], ...] = (
    _payload, _order, _inside, _inside, _values, _values, _values)
