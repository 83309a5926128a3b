/**
 * The one table of all verbs, put together from its families. Nothing else lists verbs: the parser, the printer,
 * completion, the reference page, the palette and `lab help` read it.
 */

import type { CommandSpec, VerbLayer, VerbSpec } from "./verb.ts";
import { EXPECT_VERB } from "./verb-expect.ts";
import { FAULT_VERBS } from "./verbs-fault.ts";
import { GUEST_VERBS } from "./verbs-guest.ts";
import { HEADER_VERBS, type HeaderSpec } from "./verbs-header.ts";
import { HOST_VERBS } from "./verbs-host.ts";
import { LINUX_VERBS } from "./verbs-linux.ts";
import { MACHINE_VERBS } from "./verbs-machine.ts";
import { MEMORY_VERBS } from "./verbs-memory.ts";

const commands: readonly CommandSpec[] = [
  ...MACHINE_VERBS,
  ...GUEST_VERBS,
  ...MEMORY_VERBS,
  ...LINUX_VERBS,
  ...HOST_VERBS,
  ...FAULT_VERBS,
];

/** In the order of the reference page. */
export const VERBS: readonly VerbSpec[] = [...HEADER_VERBS, ...commands, EXPECT_VERB];

export const HEADERS: ReadonlyMap<string, HeaderSpec> = new Map(HEADER_VERBS.map((v) => [v.name, v]));
export const COMMANDS: ReadonlyMap<string, CommandSpec> = new Map(commands.map((v) => [v.name, v]));
export const VERB_NAMES: readonly string[] = VERBS.map((v) => v.name);

const BY_NAME = new Map(VERBS.map((v) => [v.name, v]));

export function findVerb(name: string): VerbSpec | null {
  return BY_NAME.get(name) ?? null;
}

/** Headings of the layers, in order. */
export const LAYER_TITLES: Readonly<Record<VerbLayer, string>> = {
  header: "Header and topology",
  machine: "Virtual machine",
  guest: "Guest",
  host: "Host, raw",
  fault: "Faults",
  expect: "Expectations",
};
