// The binary messages of the Live page; mien.web.live.protocol says what is in them.

const NUMBER = 0; // unsigned, 32 bits
const TIME = 4; // 64-bit float, seconds
const HEADER = 12; // bytes, all little-endian

/** A frame as it is sent. */
export function packed(number, seconds, jpeg) {
  const message = new Uint8Array(HEADER + jpeg.byteLength);
  const header = new DataView(message.buffer);
  header.setUint32(NUMBER, number, true);
  header.setFloat64(TIME, seconds, true);
  message.set(new Uint8Array(jpeg), HEADER);
  return message;
}

/** {number, jpeg} of a frame that came. */
export function unpacked(buffer) {
  return { number: new DataView(buffer).getUint32(NUMBER, true), jpeg: buffer.slice(HEADER) };
}
