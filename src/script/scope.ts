/** The object names a script has given so far (`as NAME`), as a chain: a branch of the timeline shares its trunk. */
export class Scope {
  private readonly outer: Scope | null;
  private readonly name: string | null;

  constructor(outer: Scope | null, name: string | null) {
    this.outer = outer;
    this.name = name;
  }

  has(name: string): boolean {
    for (let s: Scope | null = this; s !== null; s = s.outer) if (s.name === name) return true;
    return false;
  }

  /** This scope with one more name; itself when it has the name already. */
  with(name: string): Scope {
    return this.has(name) ? this : new Scope(this, name);
  }

  names(): string[] {
    const out: string[] = [];
    for (let s: Scope | null = this; s !== null; s = s.outer) if (s.name !== null) out.push(s.name);
    return out.reverse();
  }
}

export const EMPTY_SCOPE = new Scope(null, null);
