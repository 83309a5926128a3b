/**
 * Plugs, unplugs and which vSMMU a device is behind. The lines use five keys for one device (VFIO name, devid, devfn,
 * StreamID, file descriptor); bind, set and vDEVICE lines join them, some of them long after the plug.
 */
import { type LogEvent, num, str } from "./log-event.ts";

/** One life of a device in the VM. */
export interface Plug {
  /** Index of the device in the script. */
  readonly dev: number;
  readonly name: string;
  readonly devid: number;
  readonly iommufd: number;
  readonly line: number;
  hot: boolean;
  /** -1 until a line tells. */
  vsmmu: number;
  /** Guest address, once a vDEVICE names it. */
  bdf: number | null;
  /** Made the vIOMMU of its vSMMU. */
  readonly viommu: number | null;
  /** QEMU's iommufd object, when there is more than one. */
  readonly backend: string | null;
  set: boolean;
  unset: boolean;
}

export interface HostDevice {
  readonly name: string;
  readonly hostName: string;
  readonly sid: number;
  psmmu: number;
  group: string | null;
  /** Guest address of its first plug, for the header. */
  bdf: number | null;
}

/** `0000:01:00.0` -> 0x100; null for a name of another form. */
export function ridOfName(name: string): number | null {
  const m = /([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(name);
  if (m === null) return null;
  return (
    (Number.parseInt(m[1] as string, 16) << 8) | (Number.parseInt(m[2] as string, 16) << 3) | Number(m[3])
  );
}

interface Viommu {
  readonly vsmmu: number;
  devices: number;
}

export class MachineTrack {
  readonly devices: HostDevice[] = [];
  readonly plugs: Plug[] = [];
  /** Live plugs by device index. */
  private readonly live = new Map<number, Plug>();
  /** Live vIOMMUs by `iommufd/id`. */
  private readonly viommus = new Map<string, Viommu>();
  private readonly backends = new Map<number, { name: string; users: number }>();
  private backendCount = 0;
  private readonly s2s = new Set<string>();
  /** Abort and bypass HWPTs by `iommufd/id`: their allocation order tells which is which. */
  private readonly roles = new Map<string, "abort" | "bypass">();
  /** StreamID ranges that commands named: a device that no vDEVICE line places is not there. */
  private readonly named: (readonly [first: number, last: number])[] = [];
  /** StreamIDs that only commands without an effect on attachments named. */
  private readonly hinted: number[] = [];
  vsmmuCount = 0;
  started = false;

  /** QEMU runs with an open backend: another first user means another process. */
  get busy(): boolean {
    return [...this.backends.values()].some((b) => b.users > 0);
  }

  deviceOf(name: string): number {
    const known = this.devices.findIndex((d) => d.hostName === name);
    if (known >= 0) return known;
    const index = this.devices.length;
    let sid = ridOfName(name) ?? 0x8000 + index * 8;
    while (this.devices.some((d) => d.sid === sid)) sid += 8;
    this.devices.push({ name: `d${index}`, hostName: name, sid, psmmu: 0, group: null, bdf: null });
    return index;
  }

  /** What an attach line's HWPT stands for, if it is one of a vSMMU's two. */
  roleOf(attach: LogEvent): "abort" | "bypass" | null {
    return this.roles.get(`${num(attach.f, "iommufd")}/${num(attach.f, "id")}`) ?? null;
  }

  plugOf(dev: number): Plug | null {
    return this.live.get(dev) ?? null;
  }

  plugByDevid(devid: number, iommufd: number | null): Plug | null {
    for (const p of this.live.values())
      if (p.devid === devid && (iommufd === null || p.iommufd === iommufd)) return p;
    return null;
  }

  plugByBdf(sid: number): Plug | null {
    for (const p of this.live.values()) if (p.bdf === sid) return p;
    return null;
  }

  livePlugs(): readonly Plug[] {
    return [...this.live.values()];
  }

  /** Would this plug be the first user of a backend that has users? */
  startsAgain(events: readonly LogEvent[]): boolean {
    const connect = events.find((e) => e.name === "iommufd_backend_connect");
    return (
      connect !== undefined &&
      num(connect.f, "users") === 1 &&
      (this.backends.get(num(connect.f, "fd"))?.users ?? 0) > 0
    );
  }

  /** A realize, successful or not. */
  plug(events: readonly LogEvent[]): Plug | null {
    const bind = events.find((e) => e.name === "iommufd_cdev_connect_and_bind");
    const mdev = events.find((e) => e.name === "vfio_mdev");
    const set = events.find((e) => e.name === "smmuv3_accel_set_iommu_device");
    const name = str((bind ?? mdev)?.f ?? {}, "name");
    const first = events[0] as LogEvent;
    if (name === "") {
      // Only the set line: the log leaves VFIO's events out.
      if (set === undefined) return null;
      return this.start(
        `device-${num(set.f, "devid")}`,
        num(set.f, "devid"),
        -1,
        first.line,
        null,
        null,
        true,
      );
    }
    const iommufd = bind === undefined ? -1 : num(bind.f, "iommufd");
    const connect = events.find((e) => e.name === "iommufd_backend_connect");
    const backend = this.connect(connect === undefined ? iommufd : num(connect.f, "fd"));
    const viommuLine = events.find((e) => e.name === "iommufd_backend_alloc_viommu" && num(e.f, "ret") === 0);
    const viommu = viommuLine === undefined ? null : num(viommuLine.f, "viommu_id");
    const p = this.start(
      name,
      bind === undefined ? 0 : num(bind.f, "devid"),
      iommufd,
      first.line,
      viommu,
      backend,
      set !== undefined,
    );
    const nested = events.filter(
      (e) => e.name === "iommufd_backend_alloc_hwpt" && num(e.f, "hwpt_type") === 2,
    );
    for (const [i, e] of nested.entries())
      this.roles.set(`${num(e.f, "iommufd")}/${num(e.f, "out_hwpt")}`, i === 0 ? "abort" : "bypass");
    if (set?.f.sid !== undefined) this.placed(p, num(set.f, "sid"));
    this.placeOnHost(p, events);
    if (events.some((e) => e.name === "iommufd_backend_disconnect")) this.gone(p, events);
    return p;
  }

  private start(
    name: string,
    devid: number,
    iommufd: number,
    line: number,
    viommu: number | null,
    backend: string | null,
    set: boolean,
  ): Plug {
    const dev = this.deviceOf(name);
    const plug: Plug = {
      dev,
      name,
      devid,
      iommufd,
      line,
      hot: this.started,
      vsmmu: -1,
      bdf: null,
      viommu,
      backend,
      set,
      unset: false,
    };
    if (viommu !== null && set) {
      plug.vsmmu = this.freeVsmmu();
      this.viommus.set(`${iommufd}/${viommu}`, { vsmmu: plug.vsmmu, devices: 1 });
    } else if (set && this.vsmmusInUse().length === 1) plug.vsmmu = this.vsmmusInUse()[0] as number;
    this.plugs.push(plug);
    this.live.set(dev, plug);
    return plug;
  }

  private vsmmusInUse(): number[] {
    return [...new Set([...this.viommus.values()].map((v) => v.vsmmu))];
  }

  /** The first vSMMU without a vIOMMU; a new one if all have one. */
  private freeVsmmu(): number {
    const used = this.vsmmusInUse();
    for (let i = 0; ; i++)
      if (!used.includes(i)) {
        this.vsmmuCount = Math.max(this.vsmmuCount, i + 1);
        return i;
      }
  }

  /** Name of the backend behind a descriptor, null for the first. */
  private connect(fd: number): string | null {
    let b = this.backends.get(fd);
    if (b === undefined || b.users === 0) {
      const reopened = [...this.backends.values()].find((x) => x.users === 0);
      b ??= reopened ?? { name: `iommufd${this.backendCount++}`, users: 0 };
      this.backends.set(fd, b);
    }
    b.users++;
    return b.name === "iommufd0" ? null : b.name;
  }

  /** Another S2 in an IOAS that has one: a device of another physical SMMU, or of a group that is elsewhere. */
  private placeOnHost(p: Plug, events: readonly LogEvent[]): void {
    const device = this.devices[p.dev] as HostDevice;
    for (const e of events) {
      if (e.name === "iommufd_cdev_fail_attach_existing_container") {
        const other = this.livePlugs().find((x) => x.dev !== p.dev && x.iommufd === p.iommufd);
        const peer = other === undefined ? undefined : this.devices[other.dev];
        if (peer !== undefined) {
          peer.group ??= `g-${peer.name}`;
          device.group = peer.group;
          device.psmmu = peer.psmmu;
        }
        return;
      }
    }
    for (const e of events) {
      if (e.name !== "iommufd_backend_alloc_hwpt" || num(e.f, "hwpt_type") !== 0 || num(e.f, "ret") !== 0)
        continue;
      const ioas = `${num(e.f, "iommufd")}/${num(e.f, "pt_id")}`;
      if (this.s2s.has(ioas) && device.psmmu === 0 && this.plugs.filter((x) => x.dev === p.dev).length === 1)
        device.psmmu = 1 + Math.max(...this.devices.map((d) => d.psmmu));
      this.s2s.add(ioas);
    }
  }

  /** A command named these StreamIDs (all of them: nothing is learnt). */
  commanded(first: number, last: number): void {
    if (last > 0xffff || this.named.some(([a, b]) => a === first && b === last)) return;
    this.named.push([first, last]);
  }

  /** A CFGI_CD names a function that exists, with or without a vDEVICE. */
  mentioned(sid: number): void {
    if (!this.hinted.includes(sid)) this.hinted.push(sid);
  }

  /** A line tells the device's guest address. */
  private placed(p: Plug, bdf: number): void {
    p.bdf ??= bdf;
    const device = this.devices[p.dev];
    if (device !== undefined) device.bdf ??= p.bdf;
  }

  /** A vDEVICE line: the device's guest address, and the vSMMU of its vIOMMU. */
  vdevice(e: LogEvent): void {
    const p = this.plugByDevid(num(e.f, "dev_id"), num(e.f, "iommufd"));
    if (p === null) return;
    this.placed(p, num(e.f, "virt_id") & 0xffff);
    const v = this.viommus.get(`${num(e.f, "iommufd")}/${num(e.f, "viommu_id")}`);
    if (v !== undefined && p.vsmmu < 0) p.vsmmu = v.vsmmu;
  }

  unset(events: readonly LogEvent[]): Plug | null {
    const line = events.find((e) => e.name === "smmuv3_accel_unset_iommu_device");
    const attach = events.find((e) => e.name.endsWith("attach_ioas_hwpt"));
    const byName = attach === undefined ? null : this.plugOf(this.deviceOf(str(attach.f, "name")));
    const devid = num(line?.f ?? {}, "devid");
    // v4 prints the StreamID, v5 prints it as if it were the device id.
    const sid = line?.f.sid === undefined ? devid : num(line.f, "sid");
    const p = byName ?? this.plugByDevid(devid, null) ?? this.plugByBdf(sid);
    if (p === null) return null;
    if (sid !== p.devid || line?.f.sid !== undefined) this.placed(p, sid);
    p.unset = true;
    for (const [key, v] of this.viommus) {
      if (v.vsmmu !== p.vsmmu) continue;
      const others = this.livePlugs().some((x) => x !== p && x.vsmmu === v.vsmmu && x.set && !x.unset);
      if (!others) this.viommus.delete(key);
    }
    return p;
  }

  finalize(events: readonly LogEvent[]): Plug | null {
    const detach = events.find((e) => e.name.endsWith("detach_ioas_hwpt"));
    const p =
      detach === undefined
        ? (this.livePlugs().find((x) => x.unset) ?? null)
        : this.plugOf(this.deviceOf(str(detach.f, "name")));
    if (p !== null) this.gone(p, events);
    return p;
  }

  private gone(p: Plug, events: readonly LogEvent[]): void {
    this.live.delete(p.dev);
    const disconnect = events.find((e) => e.name === "iommufd_backend_disconnect");
    const left = disconnect === undefined ? null : num(disconnect.f, "users");
    const b = this.backends.get(p.iommufd);
    if (b !== undefined) b.users = left ?? Math.max(0, b.users - 1);
    for (const e of events)
      if (e.name === "iommufd_backend_free_id" && num(e.f, "ret") === 0)
        this.s2s.delete(`${num(e.f, "iommufd")}/${num(e.f, "id")}`);
    if (b?.users === 0) for (const k of [...this.s2s]) if (k.startsWith(`${p.iommufd}/`)) this.s2s.delete(k);
  }

  /** At the end: what no line told is filled in. */
  settle(): void {
    const taken = new Set(this.plugs.map((p) => p.bdf).filter((b) => b !== null));
    const chosen = new Map<number, number>();
    for (const p of this.plugs) {
      if (p.vsmmu < 0) p.vsmmu = Math.max(0, this.vsmmuCount - 1);
      if (p.bdf !== null) continue;
      const before = this.devices[p.dev]?.bdf ?? chosen.get(p.dev);
      const free = (x: number): boolean => !taken.has(x) && !this.named.some(([a, b]) => x >= a && x <= b);
      let bdf = before ?? this.hinted.find(free) ?? 0x100;
      if (before === undefined || before === null) while (!free(bdf) && bdf < 0xff00) bdf += 0x100;
      chosen.set(p.dev, bdf);
      taken.add(bdf);
      p.bdf = bdf;
    }
  }
}
