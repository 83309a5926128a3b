/** Values told apart by what they are, without writing them down: a hash that takes fields in any order, and equality. */

const names = new Map<string, number>();

function textHash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** Names of fields are few and come again and again. */
function nameHash(name: string): number {
  let h = names.get(name);
  if (h === undefined) {
    h = textHash(name) | 1;
    names.set(name, h);
  }
  return h;
}

const mixed = (h: number): number => {
  const x = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return x ^ (x >>> 13);
};

/** 32 bits; equal values (slots.ts:keyOf) have equal ones. */
export function hashOf(value: unknown): number {
  switch (typeof value) {
    case "number":
      return mixed((value | 0) ^ 0x1234567);
    case "bigint":
      return mixed(Number(BigInt.asIntN(32, value ^ (value >> 32n))) ^ 0x2345678);
    case "string":
      return mixed(textHash(value) ^ 0x3456789);
    case "boolean":
      return value ? 0x456789a : 0x56789ab;
    case "object": {
      if (value === null) return 0x6789abc;
      if (Array.isArray(value)) {
        let h = value.length;
        for (let i = 0; i < value.length; i++) h = mixed(Math.imul(h, 31) ^ hashOf(value[i]));
        return h;
      }
      let h = 0;
      const o = value as Record<string, unknown>;
      for (const k in o) if (o[k] !== undefined) h = (h + Math.imul(nameHash(k), hashOf(o[k]))) | 0;
      return h;
    }
    default:
      return 0;
  }
}

/** True if the values are written alike (slots.ts:keyOf): fields in any order, undefined ones as if they were not there. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!isSame(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  let left = 0;
  for (const k in x) {
    if (x[k] === undefined) continue;
    if (!isSame(x[k], y[k])) return false;
    left++;
  }
  for (const k in y) if (y[k] !== undefined) left--;
  return left === 0;
}
