/** Kernel, QEMU and what-if repairs: each choice plays the same steps again under another header line. */
import { DEFAULT_KERNEL, KERNEL_KNOBS, KERNEL_PROFILES } from "../../engine/kernel/profiles.ts";
import type { KernelKnobs, QemuKnobs } from "../../engine/profile.ts";
import {
  QEMU_KNOBS,
  QEMU_PROFILE_TEXT,
  QEMU_PROFILES,
  QEMU_REPAIRS,
  type RepairInfo,
} from "../../engine/qemu/profiles.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { withKernel, withQemu, withRepairs } from "./header-edit.ts";
import { KnobPopover, type KnobRow, type ProfileChoice } from "./knob-popover.tsx";

const header = (): string => {
  const { session, node } = useSession.getState();
  return session.path(node.id)[0]?.text ?? "";
};

const change = (edit: (text: string) => string): void => {
  useSession.getState().editHeader(edit(header()));
};

const spell = (value: unknown): string => (value === true ? "on" : value === false ? "off" : String(value));

const kernelSpelling = (field: keyof KernelKnobs, value: unknown): string =>
  KERNEL_KNOBS.find((knob) => knob.field === field)?.values.find((one) => one.value === value)?.text ??
  String(value);

/** `6.17 vmid=viommu+tag`: a release and the knobs in which the choice differs from it. */
function kernelWords(knobs: KernelKnobs): string {
  const row = KERNEL_PROFILES[knobs.name];
  const own = KERNEL_KNOBS.filter(({ field }) => row?.[field] !== knobs[field]);
  return [knobs.name, ...own.map(({ key, field }) => `${key}=${kernelSpelling(field, knobs[field])}`)].join(
    " ",
  );
}

function qemuWords(knobs: QemuKnobs): string {
  const row = QEMU_PROFILES.find(({ name }) => name === knobs.name);
  const own = QEMU_KNOBS.filter(({ knob }) => row?.[knob] !== knobs[knob]);
  return [knobs.name, ...own.map(({ key, knob }) => `${key}=${spell(knobs[knob])}`)].join(" ");
}

const kernelNote = (row: KernelKnobs, now: KernelKnobs): string => {
  const own = KERNEL_KNOBS.filter(({ field }) => row[field] !== now[field]);
  if (own.length === 0) return row.name === DEFAULT_KERNEL ? "the default; what runs now" : "what runs now";
  const told = own.slice(0, 3).map(({ key, field }) => `${key}: ${kernelSpelling(field, row[field])}`);
  return `${told.join(", ")}${own.length > 3 ? `, and ${own.length - 3} more` : ""}`;
};

export function KernelPicker() {
  const now = useSession((session) => session.node.setup.kernel);
  const choices = (): ProfileChoice[] =>
    Object.values(KERNEL_PROFILES).map((row) => ({
      name: row.name,
      note: kernelNote(row, now),
      chosen: row.name === now.name,
      choose: () => change((text) => withKernel(text, row.name)),
    }));
  const knobs = (): KnobRow[] =>
    KERNEL_KNOBS.map(({ key, field, values, what, source }) => ({
      key,
      what,
      source,
      value: kernelSpelling(field, now[field]),
      values: values.map(({ text }) => text),
      own: KERNEL_PROFILES[now.name]?.[field] !== now[field],
      choose(text) {
        const value = values.find((one) => one.text === text)?.value;
        change((old) => withKernel(old, kernelWords({ ...now, [field]: value })));
      },
    }));
  return (
    <KnobPopover
      testid="kernel-picker"
      label="Kernel"
      value={kernelWords(now)}
      about="Which Linux answers the ioctls. Choosing plays the same steps again."
      choices={choices}
      knobs={knobs}
    />
  );
}

export function QemuPicker() {
  const now = useSession((session) => session.node.setup.qemu);
  const choices = (): ProfileChoice[] =>
    QEMU_PROFILES.map((row) => ({
      name: row.name,
      note: QEMU_PROFILE_TEXT[row.name] ?? "",
      chosen: row.name === now.name,
      choose: () => change((text) => withQemu(text, row.name)),
    }));
  const knobs = (): KnobRow[] =>
    QEMU_KNOBS.map(({ key, knob, values, text, source }) => ({
      key,
      what: text,
      source,
      value: spell(now[knob]),
      values,
      own: QEMU_PROFILES.find(({ name }) => name === now.name)?.[knob] !== now[knob],
      choose(value) {
        const next = value === "on" ? true : value === "off" ? false : value;
        change((old) => withQemu(old, qemuWords({ ...now, [knob]: next })));
      },
    }));
  return (
    <KnobPopover
      testid="qemu-picker"
      label="QEMU"
      value={qemuWords(now)}
      about="Which QEMU drives the vSMMU. Choosing plays the same steps again."
      choices={choices}
      knobs={knobs}
    />
  );
}

export function RepairsPicker() {
  const on = useSession((session) => session.node.setup.repairs);
  const toggle = (repair: RepairInfo): void => {
    const next = QEMU_REPAIRS.filter(({ id }) => on.includes(id) !== (id === repair.id));
    change((text) =>
      withRepairs(
        text,
        next.map(({ names }) => names[0] ?? ""),
      ),
    );
  };
  const choices = (): ProfileChoice[] =>
    QEMU_REPAIRS.map((repair) => ({
      name: `${repair.names.join(", ")} · ${repair.id}`,
      note: repair.text,
      chosen: on.includes(repair.id),
      choose: () => toggle(repair),
    }));
  return (
    <KnobPopover
      testid="repairs-picker"
      label="What-if repairs"
      value={on.length === 0 ? `none of ${QEMU_REPAIRS.length}` : `${on.length} of ${QEMU_REPAIRS.length}`}
      about="Minimal changes to QEMU, each with the divergences it removes. Design review of this lab, not upstream code."
      choices={choices}
      several
      extra={
        on.length === 0 ? null : (
          <Button onClick={() => change((text) => withRepairs(text, []))}>
            <Glyph name="close" />
            Switch all off
          </Button>
        )
      }
    />
  );
}
