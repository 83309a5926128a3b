/** The line on the table as a script. Editing it plays it again: what is shared is found, the rest is a new branch. */
import { useEffect, useRef, useState } from "react";
import { formatProblem, type Problem } from "../../../script/problem.ts";
import { useSession } from "../../state/session-store.ts";
import { createEditor, type ScriptEditor } from "./editor.ts";
import "./script.css";

/** So long after the last key the text is played. */
const PAUSE_MS = 450;

/** The whole line, and which of its lines the reader stands at. */
function lineScript(): { readonly text: string; readonly here: number } {
  const { session, node, line } = useSession.getState();
  const end = line.at(-1) ?? node;
  const here = session.script(node.id).split("\n").length - 1;
  return { text: session.script(end.id), here };
}

export default function ScriptTab() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<ScriptEditor | null>(null);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const line = useSession((session) => session.line);
  const node = useSession((session) => session.node);

  useEffect(() => {
    if (host.current === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const made = createEditor(host.current, lineScript().text, (text) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const edited = useSession.getState().load(text);
        const found = edited.ok ? [] : edited.problems;
        setProblems(found);
        made.showProblems(found);
      }, PAUSE_MS);
    });
    editor.current = made;
    return () => {
      clearTimeout(timer);
      made.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    // The nodes say that something moved; the text is asked for whole.
    if (editor.current === null || line.length === 0 || node === null) return;
    const { text, here } = lineScript();
    editor.current.follow(text, here);
  }, [line, node]);

  return (
    <div className="script">
      <div ref={host} className="script-editor" data-testid="script-editor" />
      <aside className="script-side" aria-label="Problems of the script">
        {problems.length === 0 ? (
          <p className="calls-ask">
            Edit the text and it is played: what it shares with the line is found, the rest becomes a branch.
            A text with an error plays not at all.
          </p>
        ) : (
          <ul className="plain-list script-problems" data-testid="script-problems">
            {problems.map((problem) => (
              <li key={`${problem.line} ${problem.column} ${problem.message}`}>
                <button
                  type="button"
                  className="link"
                  onClick={() => editor.current?.goTo(problem.line, problem.column)}
                >
                  {formatProblem(problem)}
                </button>
              </li>
            ))}
          </ul>
        )}
      </aside>
    </div>
  );
}
