/** Expectations of the state: devices, vSMMUs, physical SMMUs, objects, counts. */
import { DIVERGENCES } from "../engine/divergence-table.ts";
import { registerNames, registerType } from "./arch-types.ts";
import { type Env, hex, object, readNumber, slug, u32 } from "./arg-types.ts";
import {
  type Asked,
  ATTACHED,
  COUNTED,
  DEVICE_KEYS,
  DMA,
  idValue,
  keyOf,
  LEGAL,
  NO_ENV,
  oneOf,
  PSTE,
  VSMMU_KEYS,
  value,
  Wrong,
} from "./expect-words.ts";
import type { DeviceKey } from "./expectation.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./suggest.ts";

export function deviceWord(t: Token, dev: number, env: Env): Asked {
  const key = keyOf(t, DEVICE_KEYS, "a device") as DeviceKey;
  const plain = (text: string) => ({
    word: `${key}=${text}`,
    e: { kind: "device-word", dev, key, word: text } as const,
  });
  switch (key) {
    case "attached":
      return plain(oneOf(t, ATTACHED));
    case "pste":
      return plain(oneOf(t, PSTE));
    case "dma":
      return plain(oneOf(t, DMA));
    case "ats":
      return plain(oneOf(t, ["on", "off"]));
    case "diverges":
      return plain(divergenceWord(t));
    case "legal": {
      const all = t.text.split(",").map((part) => oneOf({ ...t, text: part }, LEGAL));
      const sorted = LEGAL.filter((l) => all.includes(l));
      return { word: `legal=${sorted.join(",")}`, e: { kind: "device-set", dev, key, words: sorted } };
    }
    case "hwpt":
    case "vdevice": {
      const id = idValue(t, env);
      return { word: `${key}=${id.text}`, e: { kind: "device-id", dev, key, value: id.value } };
    }
    case "vmid":
    case "vmaster": {
      if (t.text === "none" || t.text === "no")
        return { word: `${key}=none`, e: { kind: "device-number", dev, key, value: null } };
      if (t.text === "yes")
        return { word: `${key}=yes`, e: { kind: "device-number", dev, key, value: "any" } };
      const n = readNumber(t.text);
      if (n === null) throw new Wrong(t, `bad number "${t.text}"`, "a number, yes or none");
      return {
        word: `${key}=${key === "vmid" ? n : hex(n)}`,
        e: { kind: "device-number", dev, key, value: n },
      };
    }
  }
}

/** `yes`, `no`, a name like D4b, or `?` for one without a name. */
function divergenceWord(t: Token): string {
  if (t.text === "yes" || t.text === "no" || t.text === "?") return t.text;
  const name = `D${t.text.slice(1).toLowerCase()}`;
  if (Object.hasOwn(DIVERGENCES, name) && /^d/i.test(t.text)) return name;
  throw new Wrong(
    t,
    `"${t.text}" is no divergence`,
    "yes, no, a divergence like D1, or ? for one without a name",
    nearest(t.text, Object.keys(DIVERGENCES)),
  );
}

export function vsmmuWord(t: Token, vsmmu: number, env: Env): Asked {
  const key = t.key;
  if (key === "cmdq") {
    const error = oneOf(t, ["none", "ill", "abt"]) as "none" | "ill" | "abt";
    return { word: `cmdq=${error}`, e: { kind: "cmdq", vsmmu, error } };
  }
  if (key === "diverges") {
    const word = divergenceWord(t);
    return { word: `diverges=${word}`, e: { kind: "vsmmu-diverges", vsmmu, word } };
  }
  if (key === "viommu" || key === "abort" || key === "bypass" || key === "veventq") {
    const id = idValue(t, env);
    return { word: `${key}=${id.text}`, e: { kind: "vsmmu-id", vsmmu, key, value: id.value } };
  }
  const keys = [...VSMMU_KEYS, ...registerNames.map((r) => r.toLowerCase())];
  const reg = key === null || readNumber(key) !== null ? null : registerType.read(key, env);
  if (key === null || reg === null || !reg.ok) {
    keyOf(t, keys, "a vsmmu");
    throw new Wrong(t, `unknown key "${key}" of a vsmmu`, "a register or a fact");
  }
  const n = readNumber(t.text);
  if (n === null) throw new Wrong(t, `bad number "${t.text}"`, "a number of at most 64 bits");
  const low = reg.text.toLowerCase();
  return { word: `${low}=${hex(n)}`, e: { kind: "register", vsmmu, key: low, ...reg.value, value: n } };
}

export function psmmuWord(t: Token, psmmu: number): Asked {
  keyOf(t, ["vmids"], "a psmmu");
  if (t.text === "none") return { word: "vmids=none", e: { kind: "vmids", psmmu, vmids: [] } };
  const vmids = t.text.split(",").map((part) => value(u32(), part, t, NO_ENV).value);
  const sorted = [...new Set(vmids)].sort((a, b) => a - b);
  return { word: `vmids=${sorted.join(",")}`, e: { kind: "vmids", psmmu, vmids: sorted } };
}

function keyedObject(t: Token, env: Env, what: string) {
  if (t.key === null) throw new Wrong(t, `unexpected word "${t.text}"`, what);
  return value(object, t.key, t, env);
}

export function usersWord(t: Token, env: Env): Asked {
  const ref = keyedObject(t, env, "OBJECT=N");
  if (t.text === "none" || t.text === "no")
    return { word: `${ref.text}=none`, e: { kind: "users", object: ref.value, text: ref.text, users: null } };
  const n = value(u32(), t.text, t, env);
  return {
    word: `${ref.text}=${n.text}`,
    e: { kind: "users", object: ref.value, text: ref.text, users: n.value },
  };
}

export function idWord(t: Token, env: Env): Asked {
  const ref = keyedObject(t, env, "OBJECT=ID");
  const id = idValue(t, env);
  return {
    word: `${ref.text}=${id.text}`,
    e: { kind: "id", object: ref.value, text: ref.text, value: id.value },
  };
}

export function countWord(t: Token): Asked {
  const what = keyOf(t.key === null ? t : { ...t, key: slug(t.key) }, COUNTED, "a count");
  const n = value(u32(), t.text, t, NO_ENV);
  return { word: `${what}=${n.text}`, e: { kind: "count", what, count: n.value } };
}
