/**
 * Two recordings of a real QEMU 11.1.3, line by line: the model is driven with what the scripted guest did and has to
 * print the same trace. Left out are register reads, maps of RAM and BARs (another memory layout) and QEMU's fds.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { TraceArgs, TraceNode } from "../tracer.ts";
import { Lab, REG } from "./lab.test-helper.ts";
import type { QemuResult } from "./types.ts";

const read = (name: string): Buffer =>
  readFileSync(new URL(`../../../content/recordings/${name}`, import.meta.url));
const logLines = (name: string): string[] =>
  gunzipSync(read(name))
    .toString("utf8")
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => l.slice(l.indexOf(" ") + 1));

const x = (v: unknown): string => `0x${BigInt(v as bigint).toString(16)}`;
const X = (v: unknown): string => BigInt(v as bigint).toString(16);

/** QEMU's formats (model/qemu.md 4.3, observed.md X4, X5) of the events compared. */
const FORMAT: Readonly<Record<string, (a: TraceArgs) => string>> = {
  vfio_mdev: (a) => ` (${a.name}) is_mdev ${a.is_mdev}`,
  iommufd_cdev_getfd: (a) => ` ${a.dev} (fd=${a.fd})`,
  iommufd_backend_connect: (a) => `fd=${a.fd} owned=${a.owned} users=${a.users}`,
  iommufd_backend_disconnect: (a) => `fd=${a.fd} users=${a.users}`,
  iommufd_cdev_connect_and_bind: (a) =>
    ` [iommufd=${a.iommufd}] Successfully bound device ${a.name} (fd=${a.fd}): output devid=${a.devid}`,
  iommufd_backend_alloc_ioas: (a) => ` iommufd=${a.iommufd} ioas=${a.ioas}`,
  iommufd_cdev_alloc_ioas: (a) => ` [iommufd=${a.iommufd}] new IOMMUFD container with ioasid=${a.ioas}`,
  iommufd_backend_alloc_hwpt: (a) =>
    ` iommufd=${a.iommufd} dev_id=${a.dev_id} pt_id=${a.pt_id} flags=${x(a.flags)} hwpt_type=${a.hwpt_type} len=${a.len} data_ptr=${x(a.data_ptr)} out_hwpt=${a.out_hwpt} (${a.ret})`,
  iommufd_backend_free_id: (a) => ` iommufd=${a.iommufd} id=${a.id} (${a.ret})`,
  iommufd_backend_alloc_viommu: (a) =>
    ` iommufd=${a.iommufd} dev_id=${a.dev_id} type=${a.type} hwpt_id=${a.hwpt_id} data_ptr=${x(a.data_ptr)} data_len=${x(a.data_len)} viommu_id=${a.viommu_id} (${a.ret})`,
  iommufd_backend_alloc_vdev: (a) =>
    ` iommufd=${a.iommufd} dev_id=${a.dev_id} viommu_id=${a.viommu_id} virt_id=${x(a.virt_id)} vdev_id=${a.vdev_id} (${a.ret})`,
  iommufd_viommu_alloc_eventq: (a) =>
    ` iommufd=${a.iommufd} viommu_id=${a.viommu_id} type=${a.type} veventq_id=${a.veventq_id} veventq_fd=${a.veventq_fd} (${a.ret})`,
  iommufd_backend_invalidate_cache: (a) =>
    ` iommufd=${a.iommufd} id=${a.id} data_type=${a.data_type} entry_len=${a.entry_len} entry_num=${a.entry_num} done_num=${a.done_num} data_ptr=${x(a.data_ptr)} (${a.ret})`,
  iommufd_cdev_pasid_attach_ioas_hwpt: (a) =>
    ` [iommufd=${a.iommufd}] Successfully attached device ${a.name} (${a.fd}) pasid ${a.pasid} to id=${a.id}`,
  iommufd_cdev_pasid_detach_ioas_hwpt: (a) =>
    ` [iommufd=${a.iommufd}] Successfully detached ${a.name} pasid ${a.pasid}`,
  iommufd_cdev_device_info: (a) =>
    ` ${a.name} (${a.fd}) num_irqs=${a.irqs} num_regions=${a.regions} flags=${a.flags}`,
  vfio_pci_populate_device_config: (a) =>
    `Device '${a.name}' config: size: ${x(a.size)}, offset: ${x(a.offset)}, flags: ${x(a.flags)}`,
  vfio_device_reset_handler: () => "",
  vfio_pci_reset: (a) => ` (${a.name})`,
  vfio_pci_reset_flr: (a) => `${a.name} FLR/VFIO_DEVICE_RESET`,
  smmu_reset_exit: () => "",
  smmuv3_accel_set_iommu_device: (a) => `devfn=${x(a.devfn)} (idev devid=${x(a.devid)})`,
  smmuv3_accel_unset_iommu_device: (a) => `devfn=${x(a.devfn)} (idev devid=${x(a.devid)})`,
  smmuv3_accel_translate_ste: (a) =>
    `vSID=${x(a.vsid)} hwpt_id=${x(a.hwpt_id)} ste=${X(a.ste_1)}:${X(a.ste_0)}`,
  smmuv3_accel_install_ste: (a) => `vSID=${x(a.vsid)} ste type=${a.type} hwpt_id=${x(a.hwpt_id)}`,
  smmuv3_write_mmio: (a) => `addr: ${x(a.addr)} val:${x(a.val)} size: ${x(a.size)}(${a.r})`,
  smmuv3_write_gerror: (a) => `toggled=${x(a.toggled)}, new GERROR=${x(a.gerror)}`,
  smmuv3_write_gerrorn: (a) => `acked=${x(a.acked)}, new GERRORN=${x(a.gerrorn)}`,
  smmuv3_unhandled_cmd: (a) => `Unhandled command type=${a.type}`,
  smmuv3_cmdq_consume: (a) => `prod=${a.prod} cons=${a.cons} prod.wrap=${a.pw} cons.wrap=${a.cw}`,
  smmuv3_cmdq_opcode: (a) => `<--- ${a.name}`,
  smmuv3_cmdq_consume_out: (a) => `prod:${a.prod}, cons:${a.cons}, prod_wrap:${a.pw}, cons_wrap:${a.cw} `,
  smmuv3_cmdq_consume_error: (a) => `Error on ${a.name} command execution: ${a.code}`,
  smmuv3_cmdq_cfgi_ste: (a) => `streamid= ${x(a.sid)}`,
  smmuv3_cmdq_cfgi_ste_range: (a) => `start=${x(a.start)} - end=${x(a.end)}`,
  smmuv3_cmdq_cfgi_cd: (a) => `sid=${x(a.sid)}`,
  smmuv3_cmdq_tlbi_nsnh: () => "",
  smmuv3_cmdq_tlbi_nh_asid: (a) => `asid=${a.asid}`,
  smmuv3_range_inval: (a) =>
    `vmid=${a.vmid} asid=${a.asid} addr=${x(a.addr)} tg=${a.tg} num_pages=${x(a.n)} ttl=${a.ttl} leaf=${a.leaf} stage=${a.stage}`,
  smmuv3_propagate_event: (a) => `${a.type} sid=${x(a.sid)}`,
  smmuv3_find_ste: (a) => `sid=${x(a.sid)} features:${x(a.features)}, sid_split:${x(a.split)}`,
  smmuv3_get_ste: (a) => `STE addr: ${x(a.addr)}`,
  smmu_config_cache_inv: (a) => `Config cache INV for sid=${x(a.sid)}`,
  smmu_configs_inv_sid_range: (a) => `Config cache INV SID range from ${x(a.start)} to ${x(a.end)}`,
};

/** Fd numbers and addresses of QEMU's memory are its own business. */
const normal = (line: string): string =>
  line
    .replace(/data_ptr=0x[1-9a-f][0-9a-f]*/, "data_ptr=PTR")
    .replace(/\(fd=\d+\)|(?<=[0-9]) \(\d+\)(?= pasid| num_irqs)/, " FD")
    .replace(/veventq_fd=\d+/, "veventq_fd=FD")
    .replace(/ +/g, " ")
    .trimEnd();

/** What the log says, of the events compared. The root port (SID 0x8) is a function the lab does not list. */
const expected = (lines: readonly string[]): string[] =>
  lines
    .filter((l) => l.slice(0, l.indexOf(" ")) in FORMAT)
    .filter((l) => !/streamid= 0x8$|for sid=0x8$/.test(l))
    .map(normal);

const DEVICES = [
  { sids: [0x100], bdf: 0x100 },
  { sids: [0x200], bdf: 0x200 },
] as const;
const machine = (): Lab =>
  new Lab({
    psmmus: [{ ats: false, oas: 44, s2fwb: false }],
    devices: [...DEVICES],
    vsmmus: [{ bus: "pcie.0" }],
  });

/** Runs an action and gives QEMU's trace of it; what it said goes to `said`. */
function printed(lab: Lab, act: () => unknown, said: string[] = []): string[] {
  const r = act() as QemuResult | null;
  if (r !== null) said.push(...r.messages);
  const out: string[] = [];
  const visit = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      const format = n.kind === "event" ? FORMAT[n.name] : undefined;
      if (n.kind === "event" && format !== undefined) out.push(normal(`${n.name} ${format(n.args)}`));
      if ("children" in n) visit(n.children);
    }
  };
  visit(lab.nodes);
  return out;
}

const CODES: Readonly<Record<string, bigint>> = { SMMU_EVT_F_TRANSLATION: 0x10n, SMMU_EVT_C_BAD_CD: 0x0an };

/** The physical events behind the log's propagate lines (StreamIDs are equal on both sides here). */
function events(lab: Lab, lines: readonly string[]): string[] {
  const out: string[] = [];
  for (const l of lines) {
    const m = /^smmuv3_propagate_event (\S+) sid=(0x[0-9a-f]+)$/.exec(l);
    if (m === null) continue;
    const w0 = (BigInt(m[2] ?? 0) << 32n) | (CODES[m[1] ?? ""] ?? 0n);
    out.push(...printed(lab, () => lab.event([w0, 0n, 0n, 0n])));
  }
  return out;
}

const num = (s: string | undefined): number => Number(s ?? 0);

describe("recordings of QEMU 11.1.3", () => {
  it("accel-cold-gbpa-unplug: cold plug, start, GBPA, unplug of both, GBPA without devices, plug again", () => {
    const log = expected(logLines("accel-cold-gbpa-unplug.log.gz"));
    const lab = machine();
    const got = [
      () => lab.plug(0),
      () => lab.plug(1),
      () => lab.start(),
      () => lab.write(REG.GBPA, 0x00100000),
      () => lab.write(REG.GBPA, 0x80100000),
      () => lab.write(REG.GBPA, 0x80100000),
      () => lab.write(REG.GBPA, 0x80000000),
      () => lab.unplug(1),
      () => lab.unplug(0),
      () => lab.write(REG.GBPA, 0x80100000),
      () => lab.write(REG.GBPA, 0x80000000),
      () => lab.plug(0),
    ].flatMap((act) => printed(lab, act));
    // The guest powers the slot on, which resets the function once more.
    const powerOn = [
      "vfio_pci_reset (0000:01:00.0)",
      "vfio_pci_reset_flr 0000:01:00.0 FLR/VFIO_DEVICE_RESET",
    ];
    expect([...got, ...powerOn]).toEqual(log);
  });

  it("accel-ste-commands: every register write, command, fault, reset and unplug, with what the guest read back", () => {
    const log = logLines("accel-ste-commands.log.gz");
    const steps = read("accel-ste-commands.steps.txt").toString("utf8").split("\n");
    const lab = machine();
    let at = 132;
    const boot = [() => lab.plug(0), () => lab.plug(1), () => lab.start()].flatMap((act) =>
      printed(lab, act),
    );
    expect(boot).toEqual(expected(log.slice(0, at)));
    let pending: (() => unknown)[] = [];
    let compared = 0;
    const stderr: string[] = [];
    /** What was done since the last note that moved the log, against the log's lines since then. */
    const compare = (upTo: number, note: string): void => {
      const segment = log.slice(at, upTo);
      const got = [...pending.flatMap((act) => printed(lab, act, stderr)), ...events(lab, segment)];
      expect(got, note).toEqual(expected(segment));
      compared += got.length;
      pending = [];
      at = upTo;
    };
    for (const note of steps) {
      const head = /^line=(\d+) host=\d+ (\S+) (.*)$/.exec(note);
      if (head === null) continue;
      const [, line, kind, text = ""] = head;
      const upTo = num(line);
      const ste = /memory: STE of SID (0x[0-9a-f]+) := .*\((0x[0-9a-f]+),(0x[0-9a-f]+)\)/.exec(text);
      const command =
        /command .*?(0x[0-9a-f]+),(0x[0-9a-f]+)( \+ SYNC)?; CMDQ_CONS=(0x[0-9a-f]+) GERROR=(0x[0-9a-f]+) GERRORN=(0x[0-9a-f]+)/.exec(
          text,
        );
      const write = /write .*\[(0x[0-9a-f]+)\] = (0x[0-9a-f]+)/.exec(text);
      if (kind === "QMP-CMD") {
        if (text.includes("system_reset")) pending.push(() => lab.reset());
        if (text.includes("devA")) pending.push(() => lab.unplug(0));
        if (text.includes("devB")) pending.push(() => lab.unplug(1));
        continue;
      }
      if (upTo <= 132 && write === null) continue;
      if (ste !== null) lab.ste(num(ste[1]), BigInt(ste[2] ?? 0), BigInt(ste[3] ?? 0));
      if (command !== null) {
        const sync: [bigint, bigint][] = command[3] === undefined ? [] : [[0x46n, 0n]];
        pending.push(() => lab.cmds([[BigInt(command[1] ?? 0), BigInt(command[2] ?? 0)], ...sync]));
      }
      if (write !== null) {
        const offset = num(write[1]) & ~0x10000;
        if (text.includes("replaced by SYNC"))
          lab.store(0x4880_0000n + 16n * BigInt(lab.smmu().regs.cmdqCons & 0xff), 0x46n, 0n);
        const size = [REG.STRTAB_BASE, REG.CMDQ_BASE, REG.EVENTQ_BASE].some((r) => r === offset) ? 8 : 4;
        pending.push(() => lab.write(num(write[1]), BigInt(write[2] ?? 0), size));
      }
      compare(upTo, note);
      if (command !== null)
        expect([lab.read(REG.CMDQ_CONS), lab.read(REG.GERROR), lab.read(REG.GERRORN)].map(x), note).toEqual(
          command.slice(4, 7),
        );
      const said = [
        ...text.matchAll(/\b(GERROR|EVENTQ_PROD|CR0|GBPA|CMDQ_BASE|EVENTQ_BASE|CR1|CR2)=(0x[0-9a-f]+)/g),
      ];
      if (command === null)
        for (const [, reg, value] of said) {
          const offset = REG[reg as keyof typeof REG];
          const size = reg === "CMDQ_BASE" || reg === "EVENTQ_BASE" ? 8 : 4;
          expect(x(lab.read(offset, size)), `${note} ${reg}`).toBe(value);
        }
    }
    expect(at).toBe(1225);
    const real = read("accel-ste-commands.stderr.txt").toString("utf8").split("\n");
    expect(stderr).toEqual(
      real.flatMap((l) => {
        const m = /^\S+Z qemu-system-aarch64: (?!.*warning)(.*)$/.exec(l);
        return m?.[1] === undefined ? [] : [m[1]];
      }),
    );
    expect(compared).toBeGreaterThan(450);
  });
});
