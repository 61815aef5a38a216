// An answer of the server within a component: asked for again when what it depends on changes.

import { useEffect, useRef, useState } from "../vendor/preact.js";

/**
 * @template T
 * @typedef {{ value: T | null, error: Error | null, isPending: boolean, again: () => void }} Answer
 */

/**
 * The answer to `ask`, which is asked anew whenever one of `inputs` changes. Until the new answer is there
 * the old one stays, so that nothing flickers; one that comes too late is dropped.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T> | null} ask null if there is nothing to ask yet
 * @param {unknown[]} inputs
 * @param {{ waitMs?: number, forget?: boolean }} [how] `waitMs` to wait until typing pauses; `forget` to
 *   drop the old answer at once, where it would be taken for one to the new question
 * @returns {Answer<T>}
 */
export function useAnswer(ask, inputs, { waitMs = 0, forget = false } = {}) {
  const [state, setState] = useState(
    /** @type {Omit<Answer<T>, "again">} */ ({ value: null, error: null, isPending: true }),
  );
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const aborter = new AbortController();
    const { signal } = aborter;
    setState(({ value, error }) => ({
      value: forget ? null : value,
      error: forget ? null : error,
      isPending: true,
    }));
    const timer = setTimeout(async () => {
      try {
        const value = await latest.current(signal);
        if (!signal.aborted) setState({ value, error: null, isPending: false });
      } catch (error) {
        if (!signal.aborted) setState({ value: null, error: /** @type {Error} */ (error), isPending: false });
      }
    }, waitMs);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [...inputs, turn]);
  return { ...state, again: () => setTurn((count) => count + 1) };
}
