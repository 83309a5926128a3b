/** The recordings that come with the lab. Only their addresses are known here; one is fetched when somebody opens it. */
import type { JobFiles } from "../../replay/job.ts";

const URLS = import.meta.glob<string>("../../../content/recordings/*.{log.gz,steps.txt,console.txt}", {
  query: "?url",
  import: "default",
  eager: true,
});

const BASE = "../../../content/recordings/";

export interface Recording {
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

export const RECORDINGS: readonly Recording[] = [
  {
    id: "accel-linux-guest-hotplug",
    title: "Accelerated: a Linux guest hot-plugs",
    about:
      "Firmware and Linux 7.3.4; three functions plugged, used and unplugged, one of them again. DMA and physical STEs were measured.",
  },
  {
    id: "accel-ste-commands",
    title: "Accelerated: every STE and command",
    about:
      "SMMUEN edges, every kind of STE, errors and recovery, GBPA, EVENTQEN, table formats. DMA and physical STEs were measured.",
  },
  {
    id: "accel-cold-gbpa-unplug",
    title: "Accelerated: cold plug, GBPA, unplug",
    about: "Two functions at start-up, GBPA abort and bypass, both unplugged, one again. SMMUEN stays 0.",
  },
  {
    id: "boot-dma",
    title: "Emulated: boot and DMA",
    about: "Linux 7.3.4 with nvme, virtio-blk and e1000e behind one SMMU; each does DMA.",
  },
  {
    id: "hotplug",
    title: "Emulated: hot plug and unplug",
    about: "Linux 6.12; two root ports, one StreamID used by two devices in turn.",
  },
  {
    id: "rebind-faults",
    title: "Emulated: rebinding and faults",
    about: "QEMU 10.0.2, Linux 6.1; drivers bound and unbound, deliberate faults of the edu device.",
  },
  {
    id: "two-smmu",
    title: "Emulated: two SMMUs",
    about: "UEFI and Linux 7.3.4; the lines about registers do not say which SMMU they belong to.",
  },
];

/** In the lab's one-file form the recording is in the page itself. */
function inside(address: string): Blob {
  const comma = address.indexOf(",");
  const data = address.slice(comma + 1);
  const text = /;base64$/.test(address.slice(0, comma)) ? atob(data) : decodeURIComponent(data);
  return new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))]);
}

async function part(name: string): Promise<Blob | null> {
  const address = URLS[BASE + name];
  if (address === undefined) return null;
  if (address.startsWith("data:")) return inside(address);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${name} could not be fetched: ${answer.status}`);
  return await answer.blob();
}

export async function recordingFiles({ id }: Recording): Promise<JobFiles> {
  const [log, steps, console, hostLog] = await Promise.all(
    [".log.gz", ".steps.txt", ".console.txt", ".host-smmu.log.gz"].map((ending) => part(id + ending)),
  );
  if (log == null) throw new Error(`there is no recording ${id}`);
  return {
    name: `${id}.log`,
    log,
    ...(steps == null ? {} : { steps }),
    ...(console == null ? {} : { console }),
    ...(hostLog == null ? {} : { hostLog }),
  };
}
