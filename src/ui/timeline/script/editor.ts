/** CodeMirror with the lab's language: completion from the verb table, problems in place, the current step marked. */
import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Annotation, EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completeText } from "../../../script/completion.ts";
import type { Problem } from "../../../script/problem.ts";
import { VERB_NAMES } from "../../../script/verbs.ts";
import { EDITOR_THEME } from "../../theme/editor-theme.ts";

export interface ScriptEditor {
  /** Shows the session's text, unless it is what the reader has just typed; marks the line of the current step. */
  follow(text: string, line: number): void;
  showProblems(problems: readonly Problem[]): void;
  goTo(line: number, column: number): void;
  destroy(): void;
}

const verbs = new Set(VERB_NAMES);

const language = StreamLanguage.define<{ begun: boolean }>({
  startState: () => ({ begun: false }),
  token(stream, state) {
    if (stream.sol()) state.begun = false;
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (stream.match(/^[a-z][a-z0-9-]*=/)) return "propertyName";
    if (stream.match(/^(?:0x[0-9a-f_]+|0b[01_]+|[0-9][0-9_]*)(?=[\s,]|$)/i)) return "number";
    const word = stream.match(/^[^\s",]+|^./) as RegExpMatchArray | null;
    const first = !state.begun;
    state.begun = true;
    return first && word !== null && verbs.has(word[0]) ? "keyword" : null;
  },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--translate)", fontWeight: "600" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--s2)" },
  { tag: tags.number, color: "var(--bypass)" },
  { tag: tags.propertyName, color: "var(--muted)" },
]);

/** Changes that come from the session, not from the reader. */
const fromSession = Annotation.define<boolean>();
const setHere = StateEffect.define<number | null>();

const here = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setHere)) continue;
      next =
        effect.value === null
          ? Decoration.none
          : Decoration.set([Decoration.line({ class: "cm-here" }).range(effect.value)]);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function complete(context: CompletionContext) {
  const found = completeText(context.state.doc.toString(), context.pos);
  const typed = context.state.sliceDoc(found.from, context.pos);
  const rest = found.options.filter(({ label }) => label !== typed);
  if (rest.length === 0 || (!context.explicit && typed === "")) return null;
  return {
    from: found.from,
    options: rest.map(({ label, detail, kind }) => ({
      label,
      detail,
      type: kind === "verb" ? "keyword" : kind === "key" ? "property" : "constant",
      apply: kind === "key" ? label : `${label} `,
    })),
  };
}

export function createEditor(
  parent: HTMLElement,
  text: string,
  onEdit: (text: string) => void,
): ScriptEditor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        language,
        syntaxHighlighting(colours),
        lintGutter(),
        here,
        EDITOR_THEME,
        // Enter ends the line; only an option that was chosen with the arrows is taken.
        autocompletion({ override: [complete], selectOnOpen: false }),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": "Script of this line",
          spellcheck: "false",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          if (update.transactions.some((one) => one.annotation(fromSession) === true)) return;
          onEdit(update.state.doc.toString());
        }),
      ],
    }),
  });

  const offset = (line: number, column: number): number => {
    const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
    // Columns count characters.
    return at.from + [...at.text].slice(0, column - 1).join("").length;
  };

  const sameMeaning = (a: string, b: string): boolean =>
    a.replace(/[ \t]+/g, " ").trim() === b.replace(/[ \t]+/g, " ").trim();

  return {
    follow(next, line) {
      const now = view.state.doc.toString();
      const replace = !(sameMeaning(now, next) || view.hasFocus);
      view.dispatch({
        ...(replace ? { changes: { from: 0, to: now.length, insert: next } } : {}),
        annotations: fromSession.of(true),
      });
      const { doc } = view.state;
      const at =
        line >= 1 && line <= doc.lines && sameMeaning(doc.toString(), next) ? doc.line(line).from : null;
      view.dispatch({
        effects: [setHere.of(at), ...(at === null || view.hasFocus ? [] : [EditorView.scrollIntoView(at)])],
      });
    },
    showProblems(problems) {
      const diagnostics: Diagnostic[] = problems.map((problem) => {
        const from = offset(problem.line, problem.column);
        const to = offset(problem.line, problem.column + problem.length);
        return {
          from,
          to: Math.max(from, to),
          severity: "error",
          message: [
            problem.message,
            ...(problem.expected === null ? [] : [`expected ${problem.expected}`]),
            ...(problem.suggestion === null ? [] : [`did you mean “${problem.suggestion}”?`]),
          ].join("; "),
          ...(problem.suggestion === null
            ? {}
            : {
                actions: [
                  {
                    name: `Write ${problem.suggestion}`,
                    apply: (target: EditorView, start: number, end: number) =>
                      target.dispatch({
                        changes: { from: start, to: end, insert: problem.suggestion ?? "" },
                      }),
                  },
                ],
              }),
        };
      });
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    goTo(line, column) {
      const at = offset(line, column);
      view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
