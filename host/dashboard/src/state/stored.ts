/** Choices that this browser remembers. */

import { effect, type Signal, signal } from "@preact/signals";

function readStored(name: string): string | null {
  try {
    return localStorage.getItem(`wagate.${name}`);
  } catch {
    return null;
  }
}

function writeStored(name: string, value: string): void {
  try {
    localStorage.setItem(`wagate.${name}`, value);
  } catch {
    // No storage: it lasts as long as the page.
  }
}

/** A signal with a place in the browser's storage. */
export function stored<T extends string>(
  name: string,
  allowed: ((value: string) => value is T) | null,
  otherwise: T,
): Signal<T> {
  const found = readStored(name);
  const start = found !== null && (allowed === null || allowed(found)) ? (found as T) : otherwise;
  const value = signal<T>(start);
  effect(() => writeStored(name, value.value));
  return value;
}
