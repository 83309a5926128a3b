/** What QEMU refuses before a guest runs: properties and buses of the SMMUs (model/qemu.md section 2). */
import type { Setup, VsmmuSpec } from "../setup.ts";

export interface TopologyProblem {
  readonly rule: string;
  readonly text: string;
}

/** smmuv3.c:smmu_validate_property. */
function smmuValidateProperty(v: VsmmuSpec, autoProps: boolean): TopologyProblem | null {
  const refuse = (rule: string, why: string): TopologyProblem => ({
    rule,
    text: `arm-smmuv3 ${v.name}: ${why}`,
  });
  if (v.oas !== 44 && v.oas !== 48) return refuse("Q-TOP-OAS", `oas is 44 or 48 bits, not ${v.oas}`);
  if (v.ssidsize !== "auto" && (v.ssidsize < 0 || v.ssidsize > 20))
    return refuse("Q-TOP-SSIDSIZE", `ssidsize is 0 to 20 bits, not ${v.ssidsize}`);
  const auto = v.ats === "auto" || v.ril === "auto" || v.ssidsize === "auto";
  if (auto && !autoProps) return refuse("Q-TOP-NO-AUTO", "this release has no auto properties");
  if (v.accel) {
    if (v.stage === "nested") return refuse("Q-TOP-STAGE", "accel supports stage 1 only");
    return null;
  }
  if (v.ril === "off") return refuse("Q-TOP-NEEDS-ACCEL", "ril=off needs accel=on");
  if (v.ats === "on") return refuse("Q-TOP-NEEDS-ACCEL", "ats=on needs accel=on");
  if (v.oas > 44) return refuse("Q-TOP-NEEDS-ACCEL", "oas above 44 bits needs accel=on");
  if (v.ssidsize !== "auto" && v.ssidsize > 0)
    return refuse("Q-TOP-NEEDS-ACCEL", "ssidsize above 0 needs accel=on");
  if (auto) return refuse("Q-TOP-NEEDS-ACCEL", "auto properties need accel=on");
  return null;
}

/**
 * Why this machine does not start, or null. Root buses are taken to exist; what the setup can still get wrong are the
 * properties and two SMMUs on one bus.
 */
export function checkTopology(setup: Setup): TopologyProblem | null {
  const buses: string[] = [];
  for (const v of setup.vsmmus) {
    const p = smmuValidateProperty(v, setup.qemu.autoProps);
    if (p !== null) return p;
    if (buses.includes(v.bus))
      return { rule: "Q-TOP-ONE-PER-BUS", text: `arm-smmuv3 ${v.name}: bus ${v.bus} already has an SMMU` };
    buses.push(v.bus);
  }
  return null;
}
