/** Take it away: as a link, as text for a mail or a forge, as a picture, as a file. */
import { useEffect, useState } from "react";
import { NOTE_MAX } from "../../review/share/share.ts";
import { addressOf, type PictureForm, pictureOf, shareNow, type TextForm, textOf } from "../export/forms.ts";
import { pngOf } from "../export/png.ts";
import { copyText, fileName, saveFile } from "../export/save.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import "../widgets/fields.css";
import "./share-dialog.css";

type Form = "link" | TextForm | PictureForm;

const FORMS: readonly { readonly value: Form; readonly label: string }[] = [
  { value: "link", label: "Link" },
  { value: "mail", label: "Mail" },
  { value: "markdown", label: "Markdown" },
  { value: "diff", label: "Step diff" },
  { value: "graph", label: "Picture" },
  { value: "calls", label: "Call diagram" },
  { value: "file", label: "File" },
];

const ABOUT: Readonly<Record<Form, string>> = {
  link: "The whole session lies in the address, behind the #: no server keeps it, and it opens offline.",
  mail: "Plain text of at most 72 columns, with the picture in characters.",
  markdown: "For a forge's comment: the picture as Mermaid, the script to copy.",
  diff: "What the present step changed, field by field.",
  graph: "Drawn from the layout. The session is inside: drop the file on the page and it opens.",
  calls: "Who called whom in the present step. The session is inside.",
  file: "A script that the command line runs as it is, and behind it the branches.",
};

const ENDINGS: Readonly<Record<TextForm, readonly [ending: string, type: string]>> = {
  mail: ["txt", "text/plain"],
  markdown: ["md", "text/markdown"],
  diff: ["txt", "text/plain"],
  file: ["lab", "text/plain"],
};

function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const [said, setSaid] = useState<string | null>(null);
  return (
    <Button
      look="primary"
      data-testid="copy"
      onClick={() => void copyText(text).then((ok) => setSaid(ok ? "Copied" : "Select the text and copy it"))}
    >
      <Glyph name="copy" />
      <span aria-live="polite">{said ?? children}</span>
    </Button>
  );
}

function Picture({
  svg,
  name,
  link,
}: {
  readonly svg: string;
  readonly name: string;
  readonly link: string;
}) {
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  const savePng = (): void => {
    pngOf(svg, link).then(
      (bytes) => saveFile(fileName(name, "png"), bytes, "image/png"),
      (error: Error) => setProblem(`No PNG: ${error.message}.`),
    );
  };
  return (
    <>
      <div className="share-picture">
        {url === null ? null : <img src={url} alt="What is saved" data-testid="share-picture" />}
      </div>
      <div className="share-ways">
        <Button look="primary" onClick={() => saveFile(fileName(name, "svg"), svg, "image/svg+xml")}>
          Save SVG
        </Button>
        <Button onClick={savePng}>Save PNG</Button>
        {problem === null ? null : <span className="field-refusal">{problem}</span>}
      </div>
    </>
  );
}

export default function ShareDialog() {
  const session = useSession((one) => one.session);
  // The session changes in place; its version tells.
  useSession((one) => one.version);
  const [form, setForm] = useState<Form>("link");
  const [note, setNote] = useState("");
  const [lineOnly, setLineOnly] = useState(false);
  const [theme, setTheme] = useState<"light" | "dark">(
    document.documentElement.dataset.theme === "dark" ? "dark" : "light",
  );
  const share = shareNow(session, note, lineOnly);
  const address = addressOf(share);
  const link = address.slice(address.indexOf("#") + 1);
  const close = (): void => useReview.getState().share(false);
  const name = session.setup.title;
  const branched = session.size > session.path().length + session.ahead().length;
  const text = form === "link" || form === "graph" || form === "calls" ? null : textOf(form, session, share);
  return (
    <Dialog open title="Share and take away" description={ABOUT[form]} wide onClose={close}>
      <div className="share" data-testid="share">
        <Segmented<Form> label="As what" value={form} options={FORMS} onChoose={setForm} />
        {form === "diff" || form === "graph" || form === "calls" ? null : (
          <label className="share-label">
            A note for whoever opens it
            <textarea
              className="share-text share-note"
              value={note}
              maxLength={NOTE_MAX}
              placeholder="What to look at, and why"
              onChange={(event) => setNote(event.target.value)}
            />
          </label>
        )}
        {form === "link" ? (
          <>
            <label className="share-label">
              The link
              <textarea
                className="share-text"
                readOnly
                value={address}
                data-testid="share-link"
                onFocus={(event) => event.target.select()}
              />
            </label>
            <p className="share-facts">
              {link.length.toLocaleString("en-GB")} characters behind the #.{" "}
              {link.length > 2000
                ? "Some mail programs break links as long as that; a file does not break."
                : ""}
            </p>
            {branched ? (
              <label className="share-check">
                <input
                  type="checkbox"
                  checked={lineOnly}
                  onChange={(event) => setLineOnly(event.target.checked)}
                />
                Only the steps up to here, without the branches
              </label>
            ) : null}
            <div className="share-ways">
              <CopyButton text={address}>Copy the link</CopyButton>
            </div>
          </>
        ) : null}
        {text === null || form === "link" || form === "graph" || form === "calls" ? null : (
          <>
            <ScrollRegion className="share-preview" label="What is copied">
              <pre data-testid="share-text">{text}</pre>
            </ScrollRegion>
            <div className="share-ways">
              <CopyButton text={text}>Copy the text</CopyButton>
              <Button onClick={() => saveFile(fileName(name, ENDINGS[form][0]), text, ENDINGS[form][1])}>
                Save as .{ENDINGS[form][0]}
              </Button>
            </div>
          </>
        )}
        {form === "graph" || form === "calls" ? (
          <>
            <Segmented<"light" | "dark">
              label="Theme of the picture"
              value={theme}
              options={[
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
              onChoose={setTheme}
            />
            <Picture svg={pictureOf(form, session, share, theme)} name={name} link={link} />
          </>
        ) : null}
      </div>
    </Dialog>
  );
}
