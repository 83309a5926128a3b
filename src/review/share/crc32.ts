/** CRC-32 (the one of PNG and gzip), to tell a link or a picture that lost characters on its way. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = (TABLE[(c ^ b) & 0xff] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Seven characters of [0-9a-z]. */
export const checksum = (text: string): string =>
  crc32(new TextEncoder().encode(text)).toString(36).padStart(7, "0");
