/** STE words bit by bit, sixteen a line; each bit says whose it is and what becomes of it on its way to the hardware. */
import { type KeyboardEvent, type MouseEvent, useState } from "react";
import type { World } from "../../engine/world.ts";
import { type ArchBit, archBit, type BitOpinion, bitOpinion } from "./ste-opinion.ts";

interface SteBitsProps {
  readonly world: World;
  readonly v: number;
  /** All eight words; the first `words` of them are drawn. */
  readonly ste: readonly bigint[];
  readonly words: number;
  onChange(at: number, word: bigint): void;
}

const BITS = Array.from({ length: 64 }, (_, at) => 63 - at);

const fate = ({ field, passed, taken }: BitOpinion): "res0" | "dropped" | "refused" | "passed" =>
  taken === false ? "refused" : !passed ? (field === null ? "res0" : "dropped") : "passed";

function archText(arch: ArchBit, on: boolean): string {
  const other = on ? "clearing" : "setting";
  switch (arch.is) {
    case "res0":
      return "RES0 in the architecture";
    case "ignored":
      return "the architecture ignores it in this STE";
    case "used":
      return "the architecture uses it";
    case "makes-illegal":
      return `the architecture uses it: ${other} it gives C_BAD_STE (${arch.rule})`;
    case "makes-legal":
      return `the architecture uses it: ${other} it makes the STE legal (${arch.rule} holds now)`;
  }
}

function sentence(word: number, bit: number, opinion: BitOpinion, arch: string): string {
  const { field, passed, taken } = opinion;
  const whose = field === null ? arch : `${field.name}: ${field.text}; ${arch}`;
  const qemu = passed ? "QEMU passes it on" : "QEMU drops it";
  const host =
    taken === null ? "the host never sees it" : taken ? "the host takes it" : "the host refuses it (EIO)";
  return `q${word}[${bit}] ${whose}. ${qemu}; ${host}.`;
}

const at = (target: EventTarget): readonly [number, number] | null => {
  const cell = (target as Element).closest<HTMLElement>("[data-bit]");
  return cell === null ? null : [Number(cell.dataset.word), Number(cell.dataset.bit)];
};

const MOVES: Readonly<Record<string, number>> = { ArrowLeft: 1, ArrowRight: -1, ArrowUp: 16, ArrowDown: -16 };

export function SteBits({ world, v, ste, words, onChange }: SteBitsProps) {
  const [pointed, setPointed] = useState<readonly [number, number] | null>(null);
  const about = (): string => {
    if (pointed === null) return "Point at a bit to see whose it is and what becomes of it.";
    const [word, bit] = pointed;
    const on = (((ste[word] ?? 0n) >> BigInt(bit)) & 1n) === 1n;
    return sentence(word, bit, bitOpinion(world, word, bit), archText(archBit(world, v, ste, word, bit), on));
  };
  const tell = (target: EventTarget) => {
    const place = at(target);
    if (place !== null) setPointed(place);
  };
  const onClick = (event: MouseEvent) => {
    const place = at(event.target);
    if (place === null) return;
    const [word, bit] = place;
    onChange(word, (ste[word] ?? 0n) ^ (1n << BigInt(bit)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const place = at(event.target);
    const by = MOVES[event.key];
    if (place === null || by === undefined) return;
    const [word, bit] = place;
    const next = event.currentTarget.querySelector<HTMLElement>(
      `[data-word="${word}"][data-bit="${bit + by}"]`,
    );
    next?.focus();
    event.preventDefault();
  };
  return (
    <>
      {/* The cells are buttons of their own; the box only hears for all of them. */}
      <fieldset
        className="bits"
        aria-label="Bits of the STE"
        onClick={onClick}
        onKeyDown={onKeyDown}
        onPointerOver={(event) => tell(event.target)}
        onFocus={(event) => tell(event.target)}
      >
        {ste.slice(0, words).map((value, word) => {
          const key = `q${word}`;
          return (
            <div key={key} className="bits-word">
              <span className="words-no">{key}</span>
              <div className="bits-cells">
                {BITS.map((bit) => {
                  const opinion = bitOpinion(world, word, bit);
                  const on = ((value >> BigInt(bit)) & 1n) === 1n;
                  const arch = archBit(world, v, ste, word, bit).is;
                  return (
                    <button
                      key={bit}
                      type="button"
                      className="bit"
                      role="switch"
                      aria-checked={on}
                      aria-label={`${key} bit ${bit}, ${opinion.field?.name ?? "RES0"}`}
                      data-word={word}
                      data-bit={bit}
                      data-fate={fate(opinion)}
                      data-arch={arch}
                      tabIndex={bit === 63 && word === 0 ? 0 : -1}
                    >
                      {on ? "1" : "0"}
                    </button>
                  );
                })}
              </div>
            </div>
          );
        })}
      </fieldset>
      <p className="bits-about" role="status">
        {about()}
      </p>
      <p className="bits-legend">
        <span data-fate="passed">passed on</span> <span data-fate="dropped">dropped by QEMU</span>{" "}
        <span data-fate="res0">RES0</span> <span data-fate="refused">refused by the host</span>{" "}
        <span data-arch="makes-illegal">would be C_BAD_STE</span>{" "}
        <span data-arch="ignored">ignored by the architecture</span>
      </p>
    </>
  );
}
