/** One line of the log that is an event of the table. */
import type { EventName } from "../events/table.ts";
import type { Fields } from "../events/template.ts";

export interface LogEvent {
  readonly name: EventName;
  readonly f: Fields;
  readonly line: number;
}

export function num(f: Fields, key: string): number {
  const v = f[key];
  return typeof v === "number" ? v : typeof v === "bigint" ? Number(v) : 0;
}

export function big(f: Fields, key: string): bigint {
  const v = f[key];
  return typeof v === "bigint" ? v : typeof v === "number" ? BigInt(v) : 0n;
}

export function str(f: Fields, key: string): string {
  const v = f[key];
  return v === undefined ? "" : String(v);
}
