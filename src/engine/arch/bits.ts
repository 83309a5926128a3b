/** Bit ranges of registers and of the little-endian 64-bit words of structures. */

export const MASK64 = 0xffff_ffff_ffff_ffffn;

/** A field of a structure: bit numbers count from bit 0 of the first word, as the specification numbers them. */
export interface FieldSpec {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  /** What it means, for the page. */
  readonly text: string;
}

/** Mask of `width` ones. */
export function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

/** The field's value. A field never crosses a 64-bit word. */
export function getField(words: readonly bigint[], f: FieldSpec): bigint {
  const word = words[f.lo >>> 6] ?? 0n;
  return (word >> BigInt(f.lo & 63)) & ones(f.hi - f.lo + 1);
}

/** New words with the field replaced; bits of `value` that do not fit are cut off. */
export function setField(words: readonly bigint[], f: FieldSpec, value: bigint): bigint[] {
  const out = words.slice();
  const i = f.lo >>> 6;
  const shift = BigInt(f.lo & 63);
  const mask = ones(f.hi - f.lo + 1);
  out[i] = ((out[i] ?? 0n) & ~(mask << shift)) | ((value & mask) << shift);
  return out;
}

/**
 * An address field keeps its bits in place: its value is the address itself, not the bits shifted down. `address` marks
 * it in a table.
 */
export interface StructField extends FieldSpec {
  readonly address?: true;
}

/** Field value as people read it: an address field gives the address. */
export function readField(words: readonly bigint[], f: StructField): bigint {
  const raw = getField(words, f);
  return f.address === true ? raw << BigInt(addressShift(f)) : raw;
}

export function writeField(words: readonly bigint[], f: StructField, value: bigint): bigint[] {
  return setField(words, f, f.address === true ? value >> BigInt(addressShift(f)) : value);
}

/** Address fields start at their own bit of the word: S1ContextPtr 55:6 is the address's bits 55:6. */
function addressShift(f: FieldSpec): number {
  return f.lo & 63;
}

/** All fields of a table by name. */
export function decodeStruct(
  table: readonly StructField[],
  words: readonly bigint[],
): Readonly<Record<string, bigint>> {
  const out: Record<string, bigint> = {};
  for (const f of table) out[f.name] = readField(words, f);
  return out;
}

/**
 * Words from named values (names are matched without regard to case); the rest stays as in `base`. Throws RangeError on
 * an unknown name or a value that does not fit.
 */
export function encodeStruct(
  table: readonly StructField[],
  values: Readonly<Record<string, bigint>>,
  base: readonly bigint[],
): bigint[] {
  let words = base.slice();
  for (const [name, value] of Object.entries(values)) {
    const f = findField(table, name);
    if (f === null) throw new RangeError(`no field ${name}`);
    const next = writeField(words, f, value);
    if (readField(next, f) !== value) throw new RangeError(`${f.name}: value does not fit in its bits`);
    words = next;
  }
  return words;
}

export function findField(table: readonly StructField[], name: string): StructField | null {
  const key = name.toLowerCase().replaceAll("_", "");
  return table.find((f) => f.name.toLowerCase().replaceAll("_", "") === key) ?? null;
}
