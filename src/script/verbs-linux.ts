/** The Linux driver's sequences, and DMA. */
import type { GuestMacro } from "../engine/actions.ts";
import { type ArgType, device, int, onOff, u64, vsmmu, words } from "./arg-types.ts";
import { ssid } from "./guest-types.ts";
import { ArgProblem, type Args, type CommandSpec, defined, flag, key, optionalWord, word } from "./verb.ts";

const address = u64("hex", "ADDR");

interface MacroInfo {
  readonly needsDevice: boolean;
  readonly needsSsid?: true;
  readonly keys: Readonly<Record<string, ArgType<unknown>>>;
}

const PROBE = {
  rmr: onOff,
  fmt: words("auto", "linear", "2lvl"),
  log2size: int(0, 32),
  kdump: onOff,
} as const;

/** Each sequence, whether it is about a device, and its own keys. */
export const MACROS: Readonly<Record<GuestMacro, MacroInfo>> = {
  probe: { needsDevice: false, keys: PROBE },
  add: { needsDevice: true, keys: {} },
  attach: { needsDevice: true, keys: {} },
  detach: { needsDevice: true, keys: {} },
  identity: { needsDevice: true, keys: {} },
  block: { needsDevice: true, keys: {} },
  release: { needsDevice: true, keys: {} },
  pasid: { needsDevice: true, needsSsid: true, keys: {} },
  "pasid-detach": { needsDevice: true, needsSsid: true, keys: {} },
  map: { needsDevice: true, keys: { iova: address, gpa: address, size: u64("hex", "BYTES") } },
  unmap: { needsDevice: true, keys: { iova: address, size: u64("hex", "BYTES") } },
  recover: { needsDevice: false, keys: {} },
  events: { needsDevice: false, keys: {} },
  shutdown: { needsDevice: false, keys: {} },
  suspend: { needsDevice: false, keys: { registers: words("kept", "lost", "lost-reset") } },
  kexec: { needsDevice: false, keys: PROBE },
  "crash-kexec": { needsDevice: false, keys: PROBE },
  flr: { needsDevice: true, keys: {} },
};

const macro = words(...(Object.keys(MACROS) as GuestMacro[]));

/** Key values are handed to the sequence as their canonical text. */
function optionTexts(a: Args): Record<string, string> {
  return a.or<Record<string, string>>("options.text", {});
}

export const LINUX_VERBS: readonly CommandSpec[] = [
  {
    name: "guest",
    layer: "guest",
    summary: "Run one of the Linux driver's sequences, write by write",
    details:
      "`probe` brings the vSMMU up as a booting kernel does (`rmr=on`, the default, first puts bypass STEs for the RMR's StreamIDs). `add` meets a new device, " +
      "`attach` gives it a stage-1 domain, `identity` and `block` what their names say, `detach` its default domain again, `release` what removal leaves. " +
      "`pasid` and `pasid-detach` take `ssid=`. `map` and `unmap` take `iova=`, `gpa=`, `size=`. `recover` is the driver's answer to a queue error, `events` its interrupt handler. " +
      "`shutdown`, `suspend`, `kexec`, `crash-kexec` and `flr` are the ends and restarts. Every part tells whether the legal answers change.",
    args: [
      word("vsmmu", vsmmu, "the virtual SMMU"),
      word("macro", macro, "the sequence"),
      optionalWord("dev", device, "the device it is about"),
      key("ssid", ssid, null, "SubstreamID of pasid and pasid-detach"),
      {
        form: "keys",
        name: "options",
        shape: "KEY=VALUE…",
        keys: (a) => MACROS[a.get<GuestMacro>("macro")].keys,
        help: "probe, kexec, crash-kexec: rmr= fmt= log2size= kdump=; suspend: registers=; map: iova= gpa= size=; unmap: iova= size=",
      },
    ],
    example: "guest v0 probe",
    before: ["plug d0 v0", "machine-start"],
    lower(a) {
      const name = a.get<GuestMacro>("macro");
      const info = MACROS[name];
      if (info.needsDevice && !a.has("dev"))
        throw new ArgProblem("macro", `"${name}" is about a device`, `guest … ${name} DEVICE`);
      if (!info.needsDevice && a.has("dev"))
        throw new ArgProblem("dev", `"${name}" is about no single device`);
      if (info.needsSsid && !a.has("ssid"))
        throw new ArgProblem("macro", `"${name}" needs an SSID`, "ssid=N");
      if (!info.needsSsid && a.has("ssid") && name !== "map" && name !== "unmap")
        throw new ArgProblem("ssid", `"${name}" knows no SSID`);
      return {
        kind: "guest",
        vsmmu: a.get<number>("vsmmu"),
        macro: name,
        ...defined({ dev: a.opt<number>("dev"), ssid: a.opt<number>("ssid") }),
        opts: optionTexts(a),
      };
    },
  },
  {
    name: "dma",
    layer: "guest",
    summary: "One transaction of a device: what must happen and what happens",
    details:
      "The oracle's legal answers, the hardware's answer with its output address, and the events that follow. Without `iova=` an address that the stream's " +
      "stage 1 maps is taken, so that the answer shows the path and not a missing mapping.",
    args: [
      word("dev", device, "the device that masters"),
      key("iova", address, null, "input address"),
      key("ssid", ssid, null, "SubstreamID (PASID)"),
      key(
        "ats",
        words("none", "request", "translated"),
        "none",
        "untranslated, translation request, or already translated",
      ),
      flag("write", "a write; otherwise a read"),
      flag("priv", "privileged"),
      flag("inst", "instruction fetch"),
    ],
    example: "dma d0 iova=0x1000 write",
    before: ["plug d0 v0"],
    lower: (a) => ({
      kind: "dma",
      dev: a.get<number>("dev"),
      ...defined({ iova: a.opt<bigint>("iova") }),
      write: a.flag("write"),
      ...defined({ ssid: a.opt<number>("ssid") }),
      ats: a.or<"none" | "request" | "translated">("ats", "none"),
      priv: a.flag("priv"),
      inst: a.flag("inst"),
    }),
  },
];
