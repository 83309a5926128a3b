/** STE words to read: each as hex, and every field that is set or that people ask for, with its bits and meaning. */
import { readField } from "../../engine/arch/bits.ts";
import { STE_FIELDS } from "../../engine/arch/ste.ts";
import { hex } from "./field-list.tsx";

const ALWAYS = new Set(["V", "Config"]);

export function WordBits({ words }: { readonly words: readonly bigint[] }) {
  const shown = STE_FIELDS.filter(
    (field) => field.lo >> 6 < words.length && (ALWAYS.has(field.name) || readField(words, field) !== 0n),
  );
  return (
    <>
      <ol className="words" start={0}>
        {words.map((word, at) => {
          const key = `word ${at}`;
          return (
            <li key={key} data-zero={word === 0n || undefined}>
              <span className="words-no">q{at}</span>
              {hex(word, 16)}
            </li>
          );
        })}
      </ol>
      <table className="table table-tight">
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">bits</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((field) => (
            <tr key={field.name}>
              <td title={field.text}>{field.name}</td>
              <td className="mono">
                q{field.lo >> 6}[{field.hi & 63}:{field.lo & 63}]
              </td>
              <td className="mono">{hex(readField(words, field))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
