/**
 * Rules of the host kernel: every check and every decision a reader would ask about. Where a rule is a row of a
 * table in the kernel specification (section 2), its number is that row.
 */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { defineRules } from "../rules.ts";
import { OBJECT_RULES } from "./rules-objects.ts";
import { SMMU_RULES } from "./rules-smmu.ts";

export const KERNEL_RULES = defineRules({ ...OBJECT_RULES, ...SMMU_RULES });

export type KernelRuleId = keyof typeof KERNEL_RULES;

/** A refusal: traces the rule and hands the errno on. */
export function refuse(cx: Cx, id: KernelRuleId, errno: Errno): Errno {
  cx.t.rule(id, errno);
  return errno;
}
