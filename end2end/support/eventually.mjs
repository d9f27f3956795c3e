// Waiting for a condition outside the browser.

const POLL_MS = 50;

/**
 * Asks until the answer is neither false, null nor undefined, and returns it. A failure of the
 * question itself counts as "not yet"; the last one is named when time is up.
 * @template T
 * @param {() => T | Promise<T>} question
 * @param {{ what: string, timeoutMs?: number }} options
 * @returns {Promise<NonNullable<T>>}
 */
export async function eventually(question, { what, timeoutMs = 30_000 }) {
  const deadline = Date.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      const answer = await question();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    }
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}
