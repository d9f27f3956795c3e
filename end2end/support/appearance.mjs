// How a page looks and reads: to axe, on a phone, in both colours.

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { PROJECT } from './environment.mjs';

const SCREENSHOTS = join(PROJECT, 'end2end/screenshots');
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WCAG_A_AND_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Of those rules, the ones whose outcome depends on the colours. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Violations of WCAG 2 A and AA, or of some of its rules, one line for each element. */
export async function violations(page, rules = WCAG_A_AND_AA) {
  // Not a script element: the page's policy would rightly refuse it.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] }), rules);
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join('; ').trim()}`));
}

/** Elements that stick out of the window to the right, unless something scrolls them. */
export function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const isScrolled = (element) => {
      for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(parent).overflowX)) return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > width + 0.5 && !isScrolled(element));
    const found = wide.slice(0, 5).map((element) => `${element.tagName.toLowerCase()}.${element.className}: ${Math.round(element.getBoundingClientRect().right)} of ${width} px`);
    return found.length > 0 ? found : [`the page is ${document.documentElement.scrollWidth} px wide in ${width}`];
  });
}

/** Keeps a picture for people to look at. */
export async function picture(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, animations: 'disabled' });
}
