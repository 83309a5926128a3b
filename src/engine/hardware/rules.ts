/** What the physical SMMU does that a reader would ask about. */
import { defineRules } from "../rules.ts";

export const HARDWARE_RULES = defineRules({
  "H-STE-ABORT": {
    text: "A physical STE with Config 0xx terminates the stream silently.",
    source: "IHI 0070 5.2; kernel.md 3.2",
  },
  "H-STE-BYPASS": {
    text: "A physical STE with Config 100 is the host's identity domain: addresses pass as they are.",
    source: "IHI 0070 5.2; kernel.md 3.2",
  },
  "H-STE-HOST-S1": {
    text: "A physical STE with Config 101 uses the host's own CD table: the guest's memory plays no part.",
    source: "IHI 0070 5.2; kernel.md 3.2",
  },
  "H-STE-S2": {
    text: "A physical STE with Config 110 lets addresses through stage 2 alone, be it a direct S2 attach or a nested bypass.",
    source: "IHI 0070 5.2; kernel.md 3.2",
  },
  "H-STE-NESTED": {
    text: "A physical STE with Config 111 reads CD and stage-1 tables as intermediate addresses, judged by the physical IDRs.",
    source: "IHI 0070 5.2, 5.4; qemu.md D20",
  },
  "H-S2-FAULT": {
    text: "An intermediate address without RAM behind it is a stage-2 fault: recorded with S2=1 and CLASS CD, TT or IN.",
    source: "IHI 0070 7.3; smmuv3.md 3.3",
  },
  "H-TLB-1": {
    text: "A translation in the TLB is used without a walk, even when the tables say something else by now.",
    source: "IHI 0070 3.17; smmuv3.md 4.1",
  },
  "H-TLB-2": {
    text: "A TLB entry is tagged (SMMU, VMID, ASID, page) and by nothing else: streams with one VMID and equal ASIDs share it.",
    source: "observation X9; IHI 0070 3.17",
  },
  "H-TLB-3": {
    text: "Only a successful walk leaves a TLB entry; a fault leaves none.",
    source: "IHI 0070 3.21; smmuv3.md 4.1",
  },
  "H-TLBI-1": {
    text: "TLBI_NH_ALL and TLBI_S12_VMALL take all of a VMID, NH_ASID one ASID of it, NH_VA and NH_VAA pages of it, NSNH_ALL everything.",
    source: "IHI 0070 4.4",
  },
  "H-TLBI-2": {
    text: "TLBI_S2_IPA leaves stage-1 translations in place; the host sends a TLBI_NH_ALL for them.",
    source: "IHI 0070 4.4; kernel.md 5.4",
  },
  "H-TLBI-3": {
    text: "With range invalidation a VA command with TG set takes (NUM+1)·2^SCALE granules; without, one page.",
    source: "IHI 0070 4.4.1",
  },
  "H-CFG-1": {
    text: "The physical SMMU reads STEs and CDs afresh for every transaction, so a CFGI has nothing to empty.",
    source: "smmuv3.md 3.6 (the eager policy is legal)",
  },
  "H-ATS-OFF": {
    text: "An endpoint whose ATS is off sends neither Translation Requests nor Translated transactions.",
    source: "PCIe ATS; kernel.md 3.2",
  },
});

export type HardwareRule = keyof typeof HARDWARE_RULES;
