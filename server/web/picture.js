/**
 * How large a picture is, from its first bytes. A picture is only decoded when it is what it says, and when that takes a bounded amount
 * of memory: a few kilobytes can hold gigabytes of pixels. Pure.
 *
 * The formats: PNG (W3C, 11.2.1), GIF89a (18 and 20), WebP (RFC 9649), JPEG (ITU T.81, B.2.2).
 */

/** So much of a file is enough, unless somebody has hidden it behind a long comment. */
export const HEAD_BYTES = 256 * 1024;

const PIXELS_MAX = 64e6;
const SIDE_MAX = 20_000;

const READERS = { "image/png": png, "image/gif": gif, "image/webp": webp, "image/jpeg": jpeg };

/**
 * @param {Uint8Array} bytes The beginning of the file.
 * @param {string} type What it is said to be.
 * @returns {{width: number, height: number} | null} Nothing when it is not what it says, or too large to be shown.
 */
export function sizeOf(bytes, type) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = READERS[type]?.(view);
    return size && isBounded(size) ? size : null;
  } catch (error) {
    // It ends before its size is told.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isBounded({ width, height }) {
  return width > 0 && height > 0 && Math.max(width, height) <= SIDE_MAX && width * height <= PIXELS_MAX;
}

function has(view, at, text) {
  for (let index = 0; index < text.length; index += 1) {
    if (view.getUint8(at + index) !== text.charCodeAt(index)) return false;
  }
  return true;
}

function png(view) {
  if (!has(view, 0, "\x89PNG\r\n\x1a\n") || !has(view, 12, "IHDR")) return null;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gif(view) {
  if (!has(view, 0, "GIF87a") && !has(view, 0, "GIF89a")) return null;
  const screen = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  let at = 13 + paletteBytes(view.getUint8(10));
  // Past the extensions, to the first frame: a browser makes the picture as large as that, if it is larger.
  while (view.getUint8(at) === 0x21) at = afterBlocks(view, at + 2);
  if (view.getUint8(at) !== 0x2c) return null;
  const right = view.getUint16(at + 1, true) + view.getUint16(at + 5, true);
  const bottom = view.getUint16(at + 3, true) + view.getUint16(at + 7, true);
  return { width: Math.max(screen.width, right), height: Math.max(screen.height, bottom) };
}

function paletteBytes(flags) {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function afterBlocks(view, at) {
  while (view.getUint8(at) > 0) at += view.getUint8(at) + 1;
  return at + 1;
}

function webp(view) {
  if (!has(view, 0, "RIFF") || !has(view, 8, "WEBP")) return null;
  if (has(view, 12, "VP8X")) return { width: 1 + uint24(view, 24), height: 1 + uint24(view, 27) };
  if (has(view, 12, "VP8L") && view.getUint8(20) === 0x2f) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (has(view, 12, "VP8 ") && has(view, 23, "\x9d\x01\x2a")) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  return null;
}

function uint24(view, at) {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** A start of frame; three of the numbers between are something else. */
function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
