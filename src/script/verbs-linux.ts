/** The Linux driver's sequences, and DMA. */
import type { GuestMacro } from "../engine/actions.ts";
import { MACRO_OPTIONS } from "../engine/guest/linux/macro.ts";
import { type ArgType, device, int, onOff, u64, vsmmu, words } from "./arg-types.ts";
import { ssid } from "./guest-types.ts";
import { ArgProblem, type Args, type CommandSpec, defined, flag, key, optionalWord, word } from "./verb.ts";

const address = u64("hex", "ADDR");

/** How each option of a sequence is read; which sequence takes which is the guest's own table. */
const OPTION_TYPES: Readonly<Record<string, ArgType<unknown>>> = {
  rmr: onOff,
  fmt: words("auto", "linear", "2lvl"),
  log2size: int(0, 16),
  kdump: onOff,
  registers: words("kept", "lost", "lost-reset"),
  iova: address,
  gpa: address,
  size: u64("hex", "BYTES"),
};

/** Sequences about the vSMMU as a whole; the others are about one device. */
const WHOLE: ReadonlySet<GuestMacro> = new Set([
  "probe",
  "recover",
  "events",
  "shutdown",
  "suspend",
  "kexec",
  "crash-kexec",
]);
const NEEDS_SSID: ReadonlySet<GuestMacro> = new Set(["pasid", "pasid-detach"]);
const TAKES_SSID: ReadonlySet<GuestMacro> = new Set(["pasid", "pasid-detach", "map", "unmap"]);
/** Options without a default of their own. */
const NEEDED: Readonly<Partial<Record<GuestMacro, readonly string[]>>> = {
  map: ["iova", "gpa"],
  unmap: ["iova"],
};

const optionKeys = (name: GuestMacro): Record<string, ArgType<unknown>> =>
  Object.fromEntries(
    MACRO_OPTIONS[name].map((key) => {
      const type = OPTION_TYPES[key];
      if (type === undefined) throw new Error(`guest option "${key}" has no type in the verb table`);
      return [key, type];
    }),
  );

const macro = words(...(Object.keys(MACRO_OPTIONS) as GuestMacro[]));

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
        keys: (a) => optionKeys(a.get<GuestMacro>("macro")),
        help: "probe, kexec, crash-kexec: rmr= fmt= log2size= kdump=; suspend: registers=; map: iova= gpa= size=; unmap: iova= size=",
      },
    ],
    example: "guest v0 probe",
    before: ["plug d0 v0", "machine-start"],
    lower(a) {
      const name = a.get<GuestMacro>("macro");
      if (!WHOLE.has(name) && !a.has("dev"))
        throw new ArgProblem("macro", `"${name}" is about a device`, `guest … ${name} DEVICE`);
      if (WHOLE.has(name) && a.has("dev")) throw new ArgProblem("dev", `"${name}" is about no single device`);
      if (NEEDS_SSID.has(name) && !a.has("ssid"))
        throw new ArgProblem("macro", `"${name}" needs an SSID`, "ssid=N");
      if (!TAKES_SSID.has(name) && a.has("ssid")) throw new ArgProblem("ssid", `"${name}" knows no SSID`);
      const opts = optionTexts(a);
      for (const key of NEEDED[name] ?? [])
        if (!Object.hasOwn(opts, key))
          throw new ArgProblem("macro", `"${name}" needs ${key}=`, `${key}=ADDR`);
      return {
        kind: "guest",
        vsmmu: a.get<number>("vsmmu"),
        macro: name,
        ...defined({ dev: a.opt<number>("dev"), ssid: a.opt<number>("ssid") }),
        opts,
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
