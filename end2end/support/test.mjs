// The fixtures of every browser test: a program, an administrator, people, and their pages.

import { test as base, expect } from '@playwright/test';

import { watchConsole } from './console.mjs';
import { endHub, setupPath, startHub } from './hub.mjs';
import { newPerson } from './visitor.mjs';

export { expect };

export const test = base.extend({
  /** One program per worker, open to anybody. Tests that break things start their own. */
  hub: [
    async ({}, use) => {
      const hub = await startHub();
      await use(hub);
      await endHub(hub);
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  /** The first administrator, made by the set-up link. */
  administrator: [
    async ({ hub }, use) => {
      await use(await newPerson(hub, { path: await setupPath(hub) }));
    },
    { scope: 'worker' },
  ],

  /** Somebody new who is signed in. The administrator comes first, or they would get the role. */
  person: async ({ hub, administrator }, use) => {
    void administrator;
    await use(await newPerson(hub));
  },

  /**
   * Opens a page: `openPage(hub, { as: person, ...options of the browser context })`. Whatever such
   * a page writes to its console as an error or a warning fails the test, except what `allow` matches.
   */
  openPage: async ({ browser }, use) => {
    const contexts = [];
    const watched = [];
    await use(async (hub, { as, allow = [], ...options } = {}) => {
      const context = await browser.newContext({ baseURL: hub.origin, ...options });
      contexts.push(context);
      if (as) await context.addCookies(as.browserCookies());
      const page = await context.newPage();
      // A preloaded program that never runs is worth a warning to the browser, not to us.
      const idle = options.javaScriptEnabled === false ? [/was preloaded using link preload but not used/] : [];
      watched.push(watchConsole(page, hub, [...allow, ...idle]));
      return page;
    });
    const findings = watched.flatMap(({ findings }) => findings);
    for (const context of contexts) await context.close();
    expect(findings, 'what pages wrote to the console').toEqual([]);
  },
});

/** Waits until the page answers in the browser; its forms work before. */
export function hydrated(page) {
  return page.waitForFunction(() => performance.getEntriesByName('hydrated').length > 0);
}

/** Goes to a page of the hub and waits until it answers in the browser. */
export async function open(page, path) {
  const answer = await page.goto(path);
  await hydrated(page);
  return answer;
}
