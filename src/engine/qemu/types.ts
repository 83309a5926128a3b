/** QEMU's state: the iommufd backends, VFIO's containers and devices, and the virtual SMMUs (model/qemu.md section 1). */

/** SMMUv3State's register file (model/qemu.md 1.1). 32-bit registers are numbers, 64-bit ones bigint. */
export interface Smmuv3Regs {
  /** IDR0 … IDR5. */
  readonly idr: readonly number[];
  readonly cr0: number;
  readonly cr1: number;
  readonly cr2: number;
  readonly cr0ack: number;
  readonly statusr: number;
  readonly gbpa: number;
  readonly irqCtrl: number;
  readonly gerror: number;
  readonly gerrorn: number;
  readonly gerrorIrqCfg0: bigint;
  readonly gerrorIrqCfg1: number;
  readonly gerrorIrqCfg2: number;
  readonly strtabBase: bigint;
  readonly strtabBaseCfg: number;
  readonly cmdqBase: bigint;
  readonly cmdqProd: number;
  readonly cmdqCons: number;
  readonly cmdqLog2size: number;
  readonly eventqBase: bigint;
  readonly eventqProd: number;
  readonly eventqCons: number;
  readonly eventqLog2size: number;
  readonly eventqIrqCfg0: bigint;
  readonly eventqIrqCfg1: number;
  readonly eventqIrqCfg2: number;
  /** Bit 0: two-level stream table. Set by a STRTAB_BASE_CFG write with FMT=1, cleared by reset alone. */
  readonly features: number;
  readonly sidSplit: number;
}

/** IOMMUFDViommu. `backend` indexes QemuState.backends. */
export interface QemuViommu {
  readonly backend: number;
  readonly s2HwptId: number;
  readonly viommuId: number;
}

/** IOMMUFDVeventq. */
export interface QemuVeventq {
  readonly id: number;
  readonly fd: number;
  /** Kernel file (Setup-independent index) the queue lives in: the fd stays usable when the backend's does not. */
  readonly file: number;
  readonly depth: number;
  readonly lastEventSeq: number;
  readonly eventStart: boolean;
}

/** SMMUv3AccelState: one per accelerated vSMMU. */
export interface Smmuv3AccelState {
  readonly viommu: QemuViommu | null;
  readonly abortHwptId: number;
  readonly bypassHwptId: number;
  readonly veventq: QemuVeventq | null;
  /** Slot indices, most recently set device first. */
  readonly deviceList: readonly number[];
  /** Some property is `auto`. */
  readonly autoMode: boolean;
  readonly autoFinalised: boolean;
  /** Last known ids, for script names; they outlive the objects. */
  readonly ids: SmmuIds;
}

export interface SmmuIds {
  readonly file: number;
  readonly viommu: number;
  readonly abort: number;
  readonly bypass: number;
  readonly veventq: number;
}

/** HostIOMMUDeviceIOMMUFD: frozen at VFIO attach. */
export interface HostIommuDevice {
  readonly dev: number;
  readonly backend: number;
  readonly devid: number;
  /** The S2 that the VFIO core attached. */
  readonly hwptId: number;
}

/** SMMUv3AccelDevice: one per (bus, devfn) that ever had a device; never freed. */
export interface AccelDevice {
  /** Bus number << 8 | devfn as the guest numbers it now. */
  readonly bdf: number;
  /** Null: no VFIO device here. */
  readonly hiodi: HostIommuDevice | null;
  /** Id of the translate HWPT on record, 0 if none. */
  readonly s1Hwpt: number;
  readonly vdev: { readonly id: number; readonly virtId: number } | null;
  /** v4/v5: the slot's vIOMMU pointer. `stale` names freed memory. */
  readonly viommuPtr: "none" | "live" | "stale";
}

export interface Smmuv3State {
  readonly regs: Smmuv3Regs;
  readonly accel: Smmuv3AccelState;
  /** Every slot that was ever used, in order of first use. */
  readonly slots: readonly AccelDevice[];
}

/** `-object iommufd,id=NAME`. */
export interface IommufdBackend {
  readonly name: string;
  /** Kernel file index, -1 while closed. */
  readonly file: number;
  readonly fd: number;
  /** False if somebody else opened the file and passed it in: QEMU neither opens nor closes it. */
  readonly owned: boolean;
  readonly users: number;
}

/** VFIOIOASHwpt. */
export interface VfioHwpt {
  readonly id: number;
  readonly flags: number;
  /** Device indices, newest first. */
  readonly devices: readonly number[];
}

/** VFIOIOMMUFDContainer: one IOAS. */
export interface VfioContainer {
  readonly key: number;
  readonly backend: number;
  readonly ioasId: number;
  /** Newest first. */
  readonly hwpts: readonly VfioHwpt[];
  /** Device indices, newest first. */
  readonly devices: readonly number[];
  /** The memory listener is registered: the IOAS is mapped. */
  readonly listening: boolean;
}

/** VFIOPCIDevice, index = device of Setup. */
export interface VfioDevice {
  /**
   * `realized`: VFIO has attached it; until set has run too (Smmuv3State.slots[slot].hiodi is null) its vSMMU does not
   * know it. `unrealized`: unset has run, finalization is to come.
   */
  readonly phase: "absent" | "realized" | "unrealized";
  readonly vsmmu: number;
  /** Index into Smmuv3State.slots. */
  readonly slot: number;
  readonly hot: boolean;
  readonly backend: number;
  readonly fd: number;
  readonly devid: number;
  /** VfioContainer.key, -1 if none. */
  readonly container: number;
  /** HWPT chosen by the VFIO core (the S2), 0 if none. */
  readonly hwptId: number;
  /** Last known ids, for script names. */
  readonly ids: DeviceIds;
}

export interface DeviceIds {
  readonly file: number;
  readonly device: number;
  readonly s2: number;
  readonly vdevice: number;
  readonly s1: number;
}

export interface QemuState {
  /** Why the QEMU process is gone, or null while it runs. */
  readonly dead: string | null;
  /** The machine-start reset has run: a plug is a hot plug. */
  readonly started: boolean;
  readonly backends: readonly IommufdBackend[];
  /** Containers of the one address space behind accelerated vSMMUs, newest first. */
  readonly containers: readonly VfioContainer[];
  readonly nextContainer: number;
  readonly devices: readonly VfioDevice[];
  /** Realized devices, most recently plugged first. */
  readonly plugged: readonly number[];
  readonly smmus: readonly Smmuv3State[];
  /** File descriptors in use, ascending. */
  readonly fds: readonly number[];
  /** Bits of the error_report_once messages that have been printed. */
  readonly once: number;
  /** Last IOAS of the default backend, for the name `vm.ioas`. */
  readonly ioas: { readonly file: number; readonly id: number } | null;
}

/** What a machine action did. */
export interface QemuResult {
  /** What the C function behind the action returned. */
  readonly ok: boolean;
  /** The action makes no sense here; nothing changed. */
  readonly rejected: boolean;
  /** errno of the first host call that made QEMU report an error, or null. */
  readonly errno: import("../errno.ts").Errno | null;
  readonly messages: readonly string[];
}

/** What a register write did. */
export interface MmioResult extends QemuResult {
  /** Error on which the command queue stopped in this write. */
  readonly cmdError: "ill" | "abt" | null;
}
