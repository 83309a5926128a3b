/** Physical SMMU: what really decides about a transaction. */

/** A physical STE as written: eight little-endian 64-bit words. */
export type StreamTableEntry = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export interface TlbEntry {
  /** psmmu index. */
  readonly psmmu: number;
  readonly vmid: number;
  readonly asid: number;
  /** Input page number (4 KiB). */
  readonly page: bigint;
  /** Output page number (IPA of the VM that filled it). */
  readonly out: bigint;
  readonly read: boolean;
  readonly write: boolean;
  /** Device index and stream that filled it: for explanations only, not part of the tag. */
  readonly filledBy: number;
}

export interface HwDevice {
  /** One STE a physical stream id (Setup.devices[i].sids order). */
  readonly stes: readonly StreamTableEntry[];
  /** PCI ATS enabled in the endpoint. */
  readonly ats: boolean;
  /** Bus mastering / power: the function answers only when it is not being reset. Kept true. */
  readonly alive: boolean;
}

export interface HardwareState {
  /** Index = device. */
  readonly devices: readonly HwDevice[];
  /** Combined stage-1 translations, tagged (VMID, ASID, page) per psmmu. */
  readonly tlb: readonly TlbEntry[];
}
