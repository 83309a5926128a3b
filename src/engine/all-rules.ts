/** Every rule of the model in one table, for explanations, the reference and the check that each has a test. */
import { ARCH_RULES } from "./arch/rules.ts";
import { GUEST_RULES } from "./guest/rules.ts";
import { HARDWARE_RULES } from "./hardware/rules.ts";
import { KERNEL_RULES } from "./kernel/rules.ts";
import { QEMU_RULES } from "./qemu/rules.ts";
import type { Rule } from "./rules.ts";

const ALL: Readonly<Record<string, Rule>> = Object.freeze({
  ...KERNEL_RULES,
  ...QEMU_RULES,
  ...ARCH_RULES,
  ...GUEST_RULES,
  ...HARDWARE_RULES,
});

/** Id -> rule, all areas. */
export function allRules(): Readonly<Record<string, Rule>> {
  return ALL;
}

/** The rule of that id, or null. */
export function ruleOf(id: string): Rule | null {
  return ALL[id] ?? null;
}
