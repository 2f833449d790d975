// What somebody was told, in order, and waiting for what comes.
import assert from "node:assert/strict";

/** The longest anything takes from one end to the other. */
const WITHIN_MS = 15_000;

export class Log {
  #who;
  #lines = [];
  #waiting = new Set();

  constructor(who) {
    this.#who = who;
  }

  add(kind, data) {
    const line = { kind, data, at: new Date().toISOString().slice(11, 23) };
    this.#lines.push(line);
    for (const look of this.#waiting) look(line);
  }

  /** Where the log ends now: what is waited for `after` this came later. */
  get end() {
    return this.#lines.length;
  }

  /** Everything of a kind so far. */
  all(kind) {
    return this.#lines.filter((line) => line.kind === kind).map((line) => line.data);
  }

  /** The first of a kind (or of some) for which `fits`; what is there already counts, unless it stands before `after`. */
  async next(kind, fits, { after = 0, within = WITHIN_MS } = {}) {
    const kinds = [kind].flat();
    const found = (line) => kinds.includes(line.kind) && fits(line.data);
    const there = this.#lines.slice(after).find(found);
    if (there) return there.data;
    return new Promise((resolve, reject) => {
      const look = (line) => {
        if (!found(line)) return;
        done();
        resolve(line.data);
      };
      const late = setTimeout(() => {
        done();
        reject(new assert.AssertionError({ message: this.#missing(kind, fits, after) }));
      }, within);
      const done = () => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
    });
  }

  #missing(kind, fits, after) {
    const told = this.#lines
      .slice(after)
      .map((line) => `${line.at} ${line.kind} ${JSON.stringify(line.data)}`.slice(0, 600));
    return [`${this.#who} was not told ${kind} with ${fits}, but`, ...told.slice(-25)].join("\n  ");
  }
}

/** Asks until there is an answer. */
export async function until(what, ask, within = WITHIN_MS) {
  for (const end = Date.now() + within; Date.now() < end; await new Promise((then) => setTimeout(then, 25))) {
    const found = await ask();
    if (found) return found;
  }
  throw new assert.AssertionError({ message: `${what} did not happen within ${within} ms` });
}
