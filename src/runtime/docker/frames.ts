/** Where the bytes of one frame go. Piece by piece, as they come: a frame is never held as a whole. */
export interface FrameListener {
  onOutput(bytes: Buffer): void;
  onError(bytes: Buffer): void;
}

const headerBytes = 8;

/**
 * Reads the stream of an attached container: frames of one byte that says which stream it is (1 output, 2 errors; Docker also writes 0 for
 * output and 3 for its own errors), three zeros, four bytes of length, and so many bytes. Returned is what takes the next piece; it throws on
 * what is no frame, and the stream is of no use any more.
 */
export function frameReader(listener: FrameListener): (piece: Buffer) => void {
  const header = Buffer.alloc(headerBytes);
  let have = 0;
  let left = 0;
  const takeHeader = (piece: Buffer): number => {
    const copied = piece.copy(header, have, 0, headerBytes - have);
    have += copied;
    if (have === headerBytes) {
      if (header.readUInt8(0) > 3 || header.readUIntBE(1, 3) !== 0)
        throw new Error("The container's stream is not one of Docker's frames.");
      left = header.readUInt32BE(4);
      if (left === 0) have = 0;
    }
    return copied;
  };
  const takePayload = (piece: Buffer): number => {
    const part = piece.subarray(0, left);
    left -= part.length;
    if (left === 0) have = 0;
    if (header.readUInt8(0) < 2) listener.onOutput(part);
    else listener.onError(part);
    return part.length;
  };
  return (piece) => {
    for (let rest = piece; rest.length > 0; ) rest = rest.subarray(have < headerBytes ? takeHeader(rest) : takePayload(rest));
  };
}
