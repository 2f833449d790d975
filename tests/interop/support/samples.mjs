// Files to send.
import { createHash, randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** A picture of noise: no two are alike, and none gets smaller by being packed. */
export function picture(size = 128) {
  const rows = Array.from({ length: size }, () => Buffer.concat([Buffer.from([0]), randomBytes(3 * size)]));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
