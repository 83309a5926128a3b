/** `lab draw`: the picture after a script, or after one of its steps, in any of the lab's forms. */
import { drawAscii } from "../draw/ascii.ts";
import { drawDot } from "../draw/dot.ts";
import { MAP_FROM } from "../draw/layout-map.ts";
import { drawMermaid } from "../draw/mermaid.ts";
import { DARK, LIGHT } from "../draw/palettes.ts";
import { sceneOf } from "../draw/scene.ts";
import { drawSvg } from "../draw/svg.ts";
import { drawSvgCalls } from "../draw/svg-calls.ts";
import { drawSvgMap } from "../draw/svg-map.ts";
import { mailText, stepDiffText } from "../review/mail/mail.ts";
import { markdownText } from "../review/mail/markdown.ts";
import { writeLink } from "../review/share/link.ts";
import { shareOf } from "../review/share/share.ts";
import { Session } from "../script/session.ts";
import { nearest } from "../script/suggest.ts";
import type { Parsed } from "./args.ts";
import { readSource } from "./files.ts";
import { type CliIo, HELD, USAGE, UsageError } from "./io.ts";
import { reportProblems } from "./run.ts";
import type { Subcommand } from "./subcommand.ts";

const FORMS = ["ascii", "svg", "mermaid", "dot", "calls", "mail", "markdown", "diff"] as const;
type Form = (typeof FORMS)[number];

export const DRAW: Subcommand = {
  name: "draw",
  operands: "FILE",
  summary: "Draw the state a script ends in, or the one after a step",
  options: [
    { name: "as", value: "FORM", help: `${FORMS.join(", ")} (default ascii)` },
    { name: "step", value: "N", help: "after the N-th command; 0 is before the first" },
    { name: "theme", value: "THEME", help: "light or dark, for svg and calls (default light)" },
    { name: "map", value: null, help: "svg: every device a cell; from 40 devices on the default" },
    { name: "floors", value: null, help: "svg: all four floors, whatever the number of devices" },
    { name: "link", value: "ADDRESS", help: "mail, markdown: the page that links lead to" },
  ],
  notes: [
    "calls is the step's call diagram as SVG; mail and markdown tell the whole",
    "way to the state, diff what the step changed. An SVG carries the session:",
    "drop it on the page to open it again.",
  ],
  run: drawFile,
};

function formOf(args: Parsed): Form {
  const asked = args.values.get("as") ?? "ascii";
  const form = FORMS.find((f) => f === asked);
  if (form !== undefined) return form;
  const close = nearest(asked, FORMS);
  throw new UsageError(
    `unknown form "${asked}"; expected ${FORMS.join(", ")}${close === null ? "" : `; did you mean "${close}"?`}`,
  );
}

/** Stands after the asked step of the script. */
function goToStep(session: Session, asked: string | undefined): void {
  if (asked === undefined) return;
  const steps = session.current.step;
  if (!/^\d{1,6}$/.test(asked) || Number(asked) > steps)
    throw new UsageError(`--step ${asked}: the script has ${steps} command${steps === 1 ? "" : "s"}`);
  const node = session.path().find((one) => one.step === Number(asked));
  if (node !== undefined) session.goTo(node.id);
}

async function drawFile(args: Parsed, io: CliIo): Promise<number> {
  const [path, ...more] = args.positional;
  if (path === undefined) throw new UsageError("draw needs a FILE, or - for standard input");
  if (more.length > 0) throw new UsageError("draw takes one FILE");
  const form = formOf(args);
  const theme = args.values.get("theme") ?? "light";
  if (theme !== "light" && theme !== "dark") throw new UsageError(`--theme is light or dark, not "${theme}"`);
  const source = await readSource(io, path);
  const opened = Session.open(source.text);
  if (!opened.ok) {
    reportProblems(io, source, opened.problems, false);
    return USAGE;
  }
  const session = opened.value;
  goToStep(session, args.values.get("step"));
  io.stdout.write(drawing(session, form, theme, args));
  return HELD;
}

function drawing(session: Session, form: Form, theme: "light" | "dark", args: Parsed): string {
  const link = writeLink(shareOf(session));
  const address = args.values.get("link");
  const mail = { link: address === undefined ? null : `${address.replace(/#.*$/, "")}#${link}` };
  const scene = () => sceneOf(session.world());
  const svg = { colours: theme === "dark" ? DARK : LIGHT, title: session.setup.title, embed: link };
  switch (form) {
    case "ascii":
      return drawAscii(scene());
    case "mermaid":
      return drawMermaid(scene());
    case "dot":
      return drawDot(scene());
    case "svg": {
      const many = session.setup.devices.length >= MAP_FROM && !args.switches.has("floors");
      return many || args.switches.has("map") ? drawSvgMap(scene(), svg) : drawSvg(scene(), svg);
    }
    case "calls": {
      const command = session.path().findLast((n) => n.kind === "command");
      const outcome = command === undefined ? null : session.outcome(command.id);
      const trace =
        outcome === null
          ? []
          : outcome.parts.length > 0
            ? outcome.parts.flatMap((p) => p.outcome.trace)
            : outcome.trace;
      return drawSvgCalls(session.setup, command?.text ?? "no step yet", trace, svg);
    }
    case "mail":
      return mailText(session, mail);
    case "markdown":
      return markdownText(session, mail);
    case "diff":
      return stepDiffText(session, session.current.id);
  }
}
