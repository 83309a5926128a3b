/** The `state` object of the CLI's last JSON line: ids and counts are numbers, 64-bit values hex strings. */
import type { Obj } from "./kernel/types.ts";
import { objectList } from "./objects.ts";
import { deviceFacts, vsmmuFacts } from "./observe.ts";
import type { ResultValue } from "./outcome.ts";
import type { World } from "./world.ts";

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;

/** An object's own fields, under the names the kernel's structures use. */
function ownFields(world: World, file: number, obj: Obj): { readonly [key: string]: ResultValue } {
  const psmmu = (p: number): string => world.setup.psmmus[p]?.name ?? String(p);
  const device = (d: number): string => world.setup.devices[d]?.name ?? String(d);
  switch (obj.type) {
    case "IOAS":
      return { hwpts: [...obj.hwpts] };
    case "DEVICE": {
      const master = world.kernel.masters[obj.dev];
      return {
        device: device(obj.dev),
        hwpt: obj.hwpt === 0 ? null : obj.hwpt,
        vdevice: obj.vdev === 0 ? null : obj.vdev,
        bound: master?.bound?.file === file,
      };
    }
    case "HWPT_PAGING":
      return {
        ioas: obj.ioas,
        stage: obj.stage,
        nestParent: obj.nestParent,
        autoDomain: obj.autoDomain,
        psmmu: psmmu(obj.psmmu),
        vmid: obj.vmid,
        enforceCacheCoherency: obj.enforceCc,
        tags: obj.tags.map((t) => ({ psmmu: psmmu(t.psmmu), vmid: t.vmid })),
      };
    case "HWPT_NESTED":
      return {
        viommu: obj.viommu,
        parent: obj.parent,
        kind: obj.kind,
        ste: [hex(obj.ste0), hex(obj.ste1)],
        enableAts: obj.enableAts,
      };
    case "VIOMMU":
      return {
        hwpt: obj.hwpt,
        psmmu: psmmu(obj.psmmu),
        vmid: obj.vmid,
        vdevs: obj.vdevs.map((v) => ({ virtId: hex(v.virtId), vdevice: v.vdevice })),
        veventqs: [...obj.veventqs],
      };
    case "VDEVICE":
      return { viommu: obj.viommu, device: obj.device, dev: device(obj.dev), virtId: hex(obj.virtId) };
    case "VEVENTQ":
      return {
        viommu: obj.viommu,
        evType: obj.evType,
        depth: obj.depth,
        numEvents: obj.numEvents,
        sequence: obj.sequence,
        fdOpen: obj.fdOpen,
      };
  }
}

/** Everything observable about a world, as JSON. */
export function stateJson(world: World): { readonly [key: string]: ResultValue } {
  const { setup, kernel } = world;
  const devices: Record<string, ResultValue> = {};
  setup.devices.forEach((d, i) => {
    const f = deviceFacts(world, i);
    devices[d.name] = {
      attached: f.attached,
      hwpt: f.hwpt,
      pste: f.pste,
      vmid: f.vmid,
      vdevice: f.vdevice,
      vmaster: f.vmaster === null ? null : hex(f.vmaster),
      ats: f.ats,
      legal: [...f.legal],
      hardware: f.hardware,
      diverges: f.diverges,
      divergences: f.divergences.map((x) => x.id ?? "?"),
      psteWords: (world.hw.devices[i]?.stes[0] ?? []).map(hex),
    };
  });
  const vsmmus: Record<string, ResultValue> = {};
  setup.vsmmus.forEach((v, i) => {
    const f = vsmmuFacts(world, i);
    vsmmus[v.name] = {
      cr0: hex(f.cr0),
      cr0ack: hex(f.cr0ack),
      gbpa: hex(f.gbpa),
      gerror: hex(f.gerror),
      gerrorn: hex(f.gerrorn),
      viommu: f.viommu,
      abort: f.abort,
      bypass: f.bypass,
      veventq: f.veventq,
      cmdqError: f.cmdqError,
      devices: f.devices.map((d) => setup.devices[d]?.name ?? String(d)),
      diverges: f.divergences[0]?.id ?? null,
    };
  });
  const psmmus: Record<string, ResultValue> = {};
  setup.psmmus.forEach((p, i) => {
    psmmus[p.name] = {
      vmids: [...(kernel.smmus[i]?.vmids ?? [])],
      asids: [...(kernel.smmus[i]?.asids ?? [])],
    };
  });
  const several = kernel.files.filter((f) => !f.released).length > 1;
  const objects = objectList(world).map(({ file, obj }) => ({
    id: obj.id,
    type: obj.type,
    users: obj.users,
    name: obj.name,
    ...(several ? { fd: kernel.files[file]?.name ?? String(file) } : {}),
    ...ownFields(world, file, obj),
  }));
  const queues = objectList(world).flatMap(({ obj }) =>
    obj.type === "VEVENTQ"
      ? [
          {
            id: obj.id,
            name: obj.name,
            records: obj.events.map((e) => ({ seq: e.seq, lost: e.lost, words: e.words.map(hex) })),
          },
        ]
      : [],
  );
  return {
    devices,
    vsmmus,
    psmmus,
    objects,
    queues,
    qemu: world.qemu.dead === null ? { alive: true } : { alive: false, why: world.qemu.dead },
  };
}
