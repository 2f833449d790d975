// Pictures out of nothing.
import { deflateSync } from "node:zlib";

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = table[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

/** An RGB picture whose pixels `color(x, y)` gives. */
export function png(width, height, color) {
  const raw = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) raw.set(color(x, y), y * (width * 3 + 1) + 1 + x * 3);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** What looks like a QR code and is none: the page shows it, phones here get the text. */
export function fakeQr(text) {
  const modules = 49;
  const scale = 6;
  let seed = [...text].reduce((sum, char) => (sum * 33 + char.charCodeAt(0)) >>> 0, 5381);
  const cells = Array.from({ length: modules * modules }, () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return (seed >>> 16) & 1;
  });
  const finder = (x, y) => {
    for (const [left, top] of [
      [0, 0],
      [modules - 7, 0],
      [0, modules - 7],
    ]) {
      const dx = x - left;
      const dy = y - top;
      if (dx < -1 || dy < -1 || dx > 7 || dy > 7) continue;
      if (dx < 0 || dy < 0 || dx > 6 || dy > 6) return 0;
      const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3));
      return ring === 2 ? 0 : 1;
    }
    return null;
  };
  return png(modules * scale, modules * scale, (px, py) => {
    const x = Math.floor(px / scale);
    const y = Math.floor(py / scale);
    const dark = finder(x, y) ?? cells[y * modules + x];
    return dark ? [0, 0, 0] : [255, 255, 255];
  });
}

/** A landscape of sorts, so that there is something to look at. */
export function picture(hue) {
  return png(480, 320, (x, y) => {
    const hill = 190 + Math.sin(x / 60 + hue) * 26 + Math.sin(x / 23) * 8;
    const far = 150 + Math.sin(x / 90 + hue * 2) * 30;
    if (y > hill) return [40 + hue * 9, 92, 74];
    if (y > far) return [92, 140, 128];
    const sun = Math.hypot(x - 350, y - 80) < 34;
    return sun ? [252, 222, 150] : [190 - y / 4, 214 - y / 6, 226];
  });
}
