import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "./parse.ts";
import { printScript, WIDTH } from "./print.ts";
import type { Problem } from "./problem.ts";
import { VERBS } from "./verbs.ts";

function items(text: string) {
  const p = parse(text);
  if (!p.ok) throw new Error(`${text}\n${p.problems.map((x) => JSON.stringify(x)).join("\n")}`);
  return p.value;
}

function problems(text: string): readonly Problem[] {
  const p = parse(text);
  return p.ok ? [] : p.problems;
}

const actions = (text: string) => items(text).items.flatMap((i) => (i.kind === "command" ? [i.action] : []));

describe("grammar", () => {
  test("CRLF, comments and blank lines are kept", () => {
    const text = "# one\r\n\r\nplug d0 v0  # two\r\n\r\n# three\r\n";
    expect(printScript(items(text))).toBe("# one\n\nplug d0 v0  # two\n\n# three\n");
  });

  test("numbers: decimal, 0x, 0b, underscores and the full 64 bits", () => {
    const text = [
      "store 0x1000 18446744073709551615,0xffff_ffff_ffff_ffff,0b1_0,0X10",
      "vdevice-alloc viommu=id:4 dev=id:2 virt-id=0xffffffffffffffff",
    ].join("\n");
    const max = 0xffff_ffff_ffff_ffffn;
    expect(actions(text)).toEqual([
      { kind: "store", addr: 0x1000n, words: [max, max, 2n, 16n] },
      { kind: "vdevice-alloc", viommu: { id: 4 }, dev: { id: 2 }, virtId: max },
    ]);
  });

  test.each([
    "0x",
    "12ab",
    "0b12",
    "1__2",
    "_1",
    "1_",
    "18446744073709551616",
    "0x1_0000_0000_0000_0000",
    "-1",
    "1.5",
  ])("bad number %s", (n) => {
    expect(problems(`store 0x1000 ${n}`)).toHaveLength(1);
  });

  test("keys in any order mean the same", () => {
    const a = actions("map v0 0x100 iova=0x1000 gpa=0x2000 size=0x1000");
    expect(actions("map v0 size=0x1000 gpa=0x2000 0x100 iova=0x1000")).toEqual(a);
  });

  test("a backslash continues a line, a comma a list, a string a string", () => {
    const one = actions("store 0x1000 0x1,0x2,0x3");
    expect(actions("store 0x1000 \\\n  0x1, \\\n  0x2,0x3")).toEqual(one);
    expect(items('title "ab" \\\n "cd"').setup.title).toBe("abcd");
  });

  test("quotation marks and backslashes live in strings", () => {
    const s = items('title "a \\"b\\" \\\\ # c"');
    expect(s.setup.title).toBe('a "b" \\ # c');
    expect(printScript(s)).toBe('title "a \\"b\\" \\\\ # c"\n');
  });

  test("every verb's example parses behind what it needs, and prints as it stands", () => {
    for (const v of VERBS) {
      const lines = [...(v.before ?? []), v.example];
      expect(printScript(items(lines.join("\n"))), v.name).toBe(`${lines.join("\n")}\n`);
    }
  });
});

describe("errors", () => {
  test("all are reported at once, in order, with line, column, expectation and suggestion", () => {
    const found = problems(
      [
        "plgu d0 v0",
        "plug d9 v0",
        "gbpa v0 abrot",
        "dma d0 iova=0xzz",
        "unplug d0 now",
        "qemu 11.1",
        "attach dev=d0 pt=n1",
      ].join("\n"),
    );
    expect(found.map((p) => [p.line, p.column, p.suggestion])).toEqual([
      [1, 1, "plug"],
      [2, 6, "d0"],
      [3, 9, "abort"],
      [4, 13, null],
      [5, 11, null],
      [6, 1, null],
      [7, 18, null],
    ]);
    expect(found[3]?.expected).toContain("number");
    expect(found[5]?.message).toContain("header");
  });

  test("a name used before it is given, and one given on a wrong line", () => {
    expect(problems("attach dev=dev1 pt=s2\nbind d0 as dev1")).toHaveLength(2);
    // The line is wrong, but what uses its name is not.
    expect(problems("bind d0 flgs=0 as dev1\ndetach dev=dev1")).toHaveLength(1);
    expect(problems("bind d0 as dev1\ndetach dev=dve1")[0]?.suggestion).toBe("dev1");
  });

  test("unknown profiles and knobs", () => {
    expect(problems("kernel 6.71")[0]?.suggestion).toBe("6.17");
    expect(problems("kernel 6.17 vmdi=s2")[0]?.suggestion).toBe("vmid");
    expect(problems("kernel 6.17 vmid=s3")[0]?.suggestion).toBe("s2");
    expect(problems("qemu v99")).toHaveLength(1);
    expect(problems("fix D7")[0]?.expected).toContain("D1");
  });

  test.each([
    ["psmmu p0\npsmmu p0", 2],
    ["device d0 sid=0x100\ndevice d1 sid=0x100", 2],
    ["device d0 psmmu=p7", 1],
    ["vsmmu v0 bus=pcie.1\nvsmmu v1 bus=pcie.1", 2],
    ['title "a"\ntitle "b"', 2],
    ["title plain", 1],
    ["ste v0 0x100 abort q0=1", 1],
    ["ste v0 0x100", 1],
    ["cr0 v0 +smmuen -smmuen", 1],
    ["cr0 v0 0x1 +smmuen", 1],
    ["cfgi v0 all range=3", 1],
    ["write v0 CR0 0x100000000", 1],
    ["map v0 0x100 iova=0x1001 gpa=0", 1],
    ["guest v0 attach", 1],
    ["guest v0 shutdown d0", 1],
    ["iommufd", 1],
    ["bind d0 as", 1],
    ["bind d0 as Dev", 1],
    ["bind d0 as d1", 1],
    ["plug d0 v0 hot hot", 1],
    ["dma d0 iova=1 iova=2", 1],
    ["expect", 1],
    ["expect d0", 1],
    ["expect d0 pste=nsted", 1],
    ["expect error text", 1],
    ["expect calls atach", 1],
    ["expect events v0 c-bad-st", 1],
    ['dma d0 iova="1', 1],
    ["dma d0 iova= 1", 1],
    ["ram 0x0 0x2000\nram 0x1000 0x1000", 2],
    ["cmd v0 cfgi-cd-all asid=1", 1],
    ["cmd v0 tlbi-nh-asid asid=0x10000", 1],
    ["fix D1,", 1],
    ["device ok", 1],
  ])("%s", (text, line) => {
    const found = problems(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]?.line).toBe(line);
  });

  test("a text of anything at all gives items or problems, never an exception", () => {
    const word = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        ...VERBS.map((v) => v.name),
        "d0",
        "v0",
        "as",
        "=",
        "\\",
        "\n",
        '"',
        "#",
        "0x100",
        "abort",
        "~",
        ",",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 24 }), (words) => {
        const text = words.join(" ");
        const p = parse(text);
        if (p.ok) return;
        for (const x of p.problems) {
          if (x.line < 1 || x.column < 1 || x.length < 1 || x.message === "")
            throw new Error(JSON.stringify(x));
        }
        expect(p.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("header", () => {
  test("nothing declared: the default topology", () => {
    const { setup } = items("plug d0 v0");
    expect(setup.psmmus.map((p) => p.name)).toEqual(["p0"]);
    expect(setup.devices.map((d) => [d.name, d.sids, d.bdf])).toEqual([
      ["d0", [0x100], 0x100],
      ["d1", [0x108], 0x108],
      ["d2", [0x200], 0x200],
    ]);
    expect(setup.vsmmus.map((v) => [v.name, v.bus])).toEqual([
      ["v0", "pcie.1"],
      ["v1", "pcie.2"],
    ]);
    expect(setup.kernel.name).toBe("7.3");
    expect(setup.qemu.name).toBe("11.1");
  });

  test("what is declared replaces its own class alone", () => {
    const { setup } = items(
      "psmmu pa\npsmmu pb vmid-bits=8 nesting=off\ndevice x sid=0x10,0x11 group=g\ndevice y psmmu=pb group=g",
    );
    expect(setup.psmmus.map((p) => [p.name, p.vmidBits, p.nesting])).toEqual([
      ["pa", 16, true],
      ["pb", 8, false],
    ]);
    expect(setup.devices.map((d) => [d.name, d.psmmu, d.sids, d.group])).toEqual([
      ["x", 0, [0x10, 0x11], 0],
      ["y", 1, [0x108], 0],
    ]);
    expect(setup.vsmmus).toHaveLength(2);
  });

  test("profiles, knobs and repairs", () => {
    const { setup } = items(
      "kernel v6.17 vmid=viommu+tag vdevice=translate-only\nqemu 11.1 eventloop=poll\nfix D3,D1",
    );
    expect(setup.kernel).toMatchObject({
      name: "6.17",
      vmid: "viommu+tag",
      vdevice: "translate-only",
      invalidate: "loop",
    });
    expect(setup.qemu).toMatchObject({ name: "11.1", eventloop: "poll" });
    expect(setup.repairs).toEqual(["set-attaches", "smmuen-edge"]);
  });
});

describe("the canonical printer", () => {
  /** Lines that parse one by one under the default topology, long and short. */
  const number = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
  const spelt = number.chain((n) =>
    fc.constantFrom(
      String(n),
      `0x${n.toString(16)}`,
      `0x${n.toString(16).toUpperCase()}`,
      `0b${n.toString(2)}`,
    ),
  );
  const small = fc.nat(0xffff).map(String);
  const comment = fc.oneof(
    fc.constant(""),
    fc.string({ maxLength: 200 }).map((s) => `# ${s.replace(/[\r\n\u2028\u2029]/g, " ")}`),
  );
  const text = fc
    .string({ maxLength: 200 })
    .map((s) => `"${s.replace(/[\r\n\u2028\u2029]/g, " ").replace(/[\\"]/g, "\\$&")}"`);
  const line = fc.oneof(
    comment,
    fc
      .tuple(fc.constantFrom("d0", "d1", "d2"), fc.constantFrom("v0", "v1"), fc.constantFrom("", " hot"))
      .map(([d, v, h]) => `plug ${d} ${v}${h}`),
    fc.array(spelt, { minLength: 1, maxLength: 24 }).map((w) => `store 0x1000 ${w.join(",")}`),
    fc
      .uniqueArray(fc.tuple(fc.nat(7), spelt), { minLength: 1, selector: ([q]) => q })
      .map((qs) => `ste v0 0x100 ${qs.map(([q, n]) => `q${q}=${n}`).join(" ")}`),
    fc
      .tuple(small, small)
      .map(
        ([a, s]) =>
          `invalidate viommu=id:4 cmds=tlbi-nh-asid:${a},cfgi-ste:${s},tlbi-nh-va:${a}:va=0x1000,0x30:0x0,cfgi-cd:${s}:0,atc-inv:sid=${s}`,
      ),
    fc.tuple(text, comment).map(([t, c]) => `expect error ~ ${t} ${c}`),
    fc
      .tuple(
        fc.array(fc.constantFrom("attach", "attach@d1:ok", "destroy:EBUSY", "hwpt-alloc"), {
          minLength: 1,
          maxLength: 12,
        }),
        comment,
      )
      .map(([c, x]) => `expect calls ${c.join(" ")} ${x}`),
    fc.constant(
      "hwpt-alloc dev=d0 pt=id:4 flags=5 vste=0xb,0 data-type=2 data-len=16 reserved=1 fault=3 as n1",
    ),
    fc.constant("bind d0 as dev1"),
    fc.constant(""),
  );

  test("parse(print(parse(t))) equals parse(t), within 76 columns", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const once = items(lines.join("\n"));
        const printed = printScript(once);
        const twice = items(printed);
        expect(twice.items).toEqual(once.items);
        expect(twice.setup).toEqual(once.setup);
        expect(printScript(twice)).toBe(printed);
        for (const l of printed.split("\n")) expect([...l].length).toBeLessThanOrEqual(WIDTH);
      }),
      { numRuns: 300 },
    );
  });
});
