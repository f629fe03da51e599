import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  /** With `/` between names. */
  readonly name: string;
  readonly bytes: Buffer;
}

interface Written {
  readonly name: Buffer;
  readonly crc: number;
  readonly packedBytes: number;
  readonly wholeBytes: number;
  readonly at: number;
}

/** What fits into the fields of the first form of the format; beyond it the numbers are in records of their own (Zip64). */
const most32 = 0xffffffff;
const most16 = 0xffff;
const needed = 20;
const needed64 = 45;
const isUtf8 = 0x0800;
const deflated = 8;
/** 1 January 1980, from when on the format counts. */
const noTime = 0;
const noDate = 0x21;

/** A zip file in pieces, made as they are asked for. Each entry is in memory as a whole, and must have less than 4 GB. */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let at = 0;
  for await (const { name: given, bytes } of entries) {
    const name = Buffer.from(given);
    const packed = deflateRawSync(bytes);
    const entry = { name, crc: crc32(bytes), packedBytes: packed.length, wholeBytes: bytes.length, at };
    const head = localHead(entry);
    written.push(entry);
    at += head.length + packed.length;
    yield Buffer.concat([head, packed]);
  }
  const start = at;
  for (const entry of written) {
    const row = centralRow(entry);
    at += row.length;
    yield row;
  }
  yield ending({ count: written.length, start, sizeBytes: at - start });
}

function localHead({ name, crc, packedBytes, wholeBytes }: Written): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  writeFacts(head, 4, { crc, packedBytes, wholeBytes, nameBytes: name.length });
  return Buffer.concat([head, name]);
}

function centralRow(entry: Written): Buffer {
  const { name, at } = entry;
  const isFar = at >= most32;
  const row = Buffer.alloc(46);
  row.writeUInt32LE(0x02014b50, 0);
  row.writeUInt16LE(isFar ? needed64 : needed, 4);
  writeFacts(row, 6, { ...entry, nameBytes: name.length });
  row.writeUInt16LE(isFar ? 12 : 0, 30);
  row.writeUInt32LE(isFar ? most32 : at, 42);
  return Buffer.concat([row, name, ...(isFar ? [farPlace(at)] : [])]);
}

function farPlace(at: number): Buffer {
  const extra = Buffer.alloc(12);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8, 2);
  extra.writeBigUInt64LE(BigInt(at), 4);
  return extra;
}

interface Facts {
  readonly crc: number;
  readonly packedBytes: number;
  readonly wholeBytes: number;
  readonly nameBytes: number;
}

/** The fields that an entry's head and its row in the directory have in common. */
function writeFacts(into: Buffer, from: number, { crc, packedBytes, wholeBytes, nameBytes }: Facts): void {
  into.writeUInt16LE(needed, from);
  into.writeUInt16LE(isUtf8, from + 2);
  into.writeUInt16LE(deflated, from + 4);
  into.writeUInt16LE(noTime, from + 6);
  into.writeUInt16LE(noDate, from + 8);
  into.writeUInt32LE(crc, from + 10);
  into.writeUInt32LE(packedBytes, from + 14);
  into.writeUInt32LE(wholeBytes, from + 18);
  into.writeUInt16LE(nameBytes, from + 22);
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly sizeBytes: number;
}

function ending(directory: Directory): Buffer {
  const { count, start, sizeBytes } = directory;
  const isLarge = count >= most16 || start >= most32 || sizeBytes >= most32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, most16), 8);
  end.writeUInt16LE(Math.min(count, most16), 10);
  end.writeUInt32LE(Math.min(sizeBytes, most32), 12);
  end.writeUInt32LE(Math.min(start, most32), 16);
  return isLarge ? Buffer.concat([largeEnding(directory), end]) : end;
}

function largeEnding({ count, start, sizeBytes }: Directory): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(needed64, 12);
  end.writeUInt16LE(needed64, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(sizeBytes), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + sizeBytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
