/** CodeMirror for a lesson's or challenge's text: numbered lines, and what is wrong marked where it is. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { LineProblem } from "../../script/marked.ts";
import { EDITOR_THEME } from "../theme/editor-theme.ts";

export interface TextEditor {
  /** Another text than the one typed last. */
  replace(text: string): void;
  show(problems: readonly LineProblem[], remarks: readonly LineProblem[]): void;
  goTo(line: number): void;
  destroy(): void;
}

/** Head, headings, fences and links; the rest is prose. */
const markdown = StreamLanguage.define<{ fence: boolean }>({
  startState: () => ({ fence: false }),
  token(stream, state) {
    if (stream.sol()) {
      if (stream.match(/^`{3,}.*/)) {
        state.fence = !state.fence;
        return "keyword";
      }
      if (!state.fence && stream.match(/^#{1,6} .*/)) return "heading";
      if (!state.fence && stream.match(/^---$/)) return "comment";
    }
    if (state.fence) {
      stream.skipToEnd();
      return "string";
    }
    if (stream.match(/^\[[^\]]*\]\([^)]*\)/)) return "link";
    if (stream.match(/^`[^`]*`/)) return "string";
    stream.next();
    stream.eatWhile(/[^[`]/);
    return null;
  },
});

const colours = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "600" },
  { tag: tags.keyword, color: "var(--translate)", fontWeight: "600" },
  { tag: tags.string, color: "var(--s2)" },
  { tag: tags.link, color: "var(--translate)" },
  { tag: tags.comment, color: "var(--muted)" },
]);

export function createTextEditor(
  parent: HTMLElement,
  text: string,
  label: string,
  onEdit: (text: string) => void,
): TextEditor {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        markdown,
        syntaxHighlighting(colours),
        lintGutter(),
        EDITOR_THEME,
        EditorView.lineWrapping,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onEdit(update.state.doc.toString());
        }),
      ],
    }),
  });
  const lineAt = (line: number) => view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
  return {
    replace(next) {
      const now = view.state.doc.toString();
      if (now !== next) view.dispatch({ changes: { from: 0, to: now.length, insert: next } });
    },
    show(problems, remarks) {
      const marks = [
        ...problems.map((one) => ({ ...one, severity: "error" as const })),
        ...remarks.map((one) => ({ ...one, severity: "warning" as const })),
      ].map(({ line, message, severity }) => {
        const { from, to } = lineAt(line);
        return { from, to, severity, message };
      });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    goTo(line) {
      const { from } = lineAt(line);
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
