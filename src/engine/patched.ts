/**
 * A copy of a record with some fields changed, as `{ ...record, ...fields }` is. A record that follows who reads it
 * (the explorer's) can be copied without all of it being read: it brings a way of its own.
 */
export const PATCH: unique symbol = Symbol("patched");

interface CopiesItself<T> {
  readonly [PATCH]?: (fields: Partial<T>) => T;
}

export function patched<T extends object>(record: T, fields: Partial<T>): T {
  const own = (record as CopiesItself<T>)[PATCH];
  return own === undefined ? { ...record, ...fields } : own(fields);
}
