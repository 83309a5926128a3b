/** The QEMU process of a machine that has its SMMUs and no vfio-pci yet. */
import type { Setup } from "../setup.ts";
import { smmuv3InitialRegs } from "./smmuv3-regs.ts";
import { checkTopology } from "./topology.ts";
import type { DeviceIds, QemuState, SmmuIds, Smmuv3State, VfioDevice } from "./types.ts";

const NO_SMMU_IDS: SmmuIds = Object.freeze({ file: -1, viommu: 0, abort: 0, bypass: 0, veventq: 0 });
const NO_DEVICE_IDS: DeviceIds = Object.freeze({ file: -1, device: 0, s2: 0, vdevice: 0, s1: 0 });

export const ABSENT_DEVICE: VfioDevice = Object.freeze({
  phase: "absent",
  vsmmu: -1,
  slot: -1,
  hot: false,
  backend: -1,
  fd: -1,
  devid: 0,
  container: -1,
  hwptId: 0,
  ids: NO_DEVICE_IDS,
});

/** Name of the backend a plug uses unless it says otherwise. */
export const DEFAULT_BACKEND = "vm";

export function initialQemu(setup: Setup): QemuState {
  const problem = checkTopology(setup);
  const smmus: Smmuv3State[] = setup.vsmmus.map((v) => ({
    regs: smmuv3InitialRegs(v),
    accel: {
      viommu: null,
      abortHwptId: 0,
      bypassHwptId: 0,
      veventq: null,
      deviceList: [],
      autoMode: v.accel && (v.ats === "auto" || v.ril === "auto" || v.ssidsize === "auto"),
      autoFinalised: false,
      ids: NO_SMMU_IDS,
    },
    slots: [],
  }));
  return {
    dead: problem === null ? null : problem.text,
    started: false,
    backends: [{ name: DEFAULT_BACKEND, file: -1, fd: -1, owned: true, users: 0 }],
    containers: [],
    nextContainer: 0,
    devices: setup.devices.map(() => ABSENT_DEVICE),
    plugged: [],
    smmus,
    fds: [],
    once: 0,
    ioas: null,
  };
}
