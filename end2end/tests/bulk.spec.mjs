// Many users at once: every line judged, nothing half done, and ten thousand in a breath.

import { readFile } from 'node:fs/promises';

import { expect, open, test } from '../support/test.mjs';
import { newVisitor, newWallet, signInWith } from '../support/visitor.mjs';

const HEADER = 'name,wallet,email,role,groups,profile,expires';
const LINES = 10_000;

/** Names that no other test uses. */
const fresh = (word) => `${word}${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;

const bulk = (administrator, lines, step = 'preview') =>
  administrator.call('admin/bulk', { csv: [HEADER, ...lines].join('\n'), step });

/** The address with one letter in the other case, which EIP-55 refuses. */
function wrongChecksum(address) {
  const at = [...address].findIndex((letter, index) => index > 1 && /[a-f]/i.test(letter));
  const letter = address[at];
  return address.slice(0, at) + (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()) + address.slice(at + 1);
}

async function namesFound(administrator, search) {
  const { page } = (await administrator.callJson('admin/users', { query: { search, page: { limit: 200 } } })).json();
  return page.items.map(({ name }) => name);
}

test('each line gets its verdict, by the number that people count', async ({ administrator }) => {
  const name = fresh('v');
  const wallet = newWallet().address;
  await bulk(administrator, [`${name}0,${wallet},,member,,,`], 'apply');
  const report = (
    await bulk(administrator, [
      `${name}1,${newWallet().address},one@example.org,member,analysts;research,small,2030-12-31`,
      '',
      `${name}2,0x1234,,member,,,`,
      `${name}1,,,member,,,`,
      `${name}0,${wallet},,member,,,`,
      `${name}3,${wallet},,member,,,`,
      `${name}4,,,king,,,`,
      `${name}5,,,member,,galactic,`,
      `${name}6,,,member,,,yesterday`,
      `,,,member,,,`,
      `${name}7,${wrongChecksum(wallet)},,member,,,`,
      'a,b,c,d,e,f,g,h,i,j',
    ])
  ).json();
  const verdict = (line) => report.lines.find((entry) => entry.line === line);
  expect(report.applied).toBe(false);
  expect(verdict(2)).toMatchObject({ verdict: 'create' });
  expect(verdict(3)).toMatchObject({ verdict: 'blank' });
  expect(verdict(4)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/0x1234|address|wallet/i) });
  expect(verdict(5)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/\b2\b/) });
  expect(verdict(6)).toMatchObject({ verdict: 'unchanged' });
  expect(verdict(7)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/\b6\b/) });
  expect(verdict(8)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/role|king/i) });
  expect(verdict(9)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/profile|galactic/i) });
  expect(verdict(10)).toMatchObject({ verdict: 'reject', message: expect.stringMatching(/expires|date|yesterday/i) });
  for (const line of [11, 12, 13]) expect(verdict(line), String(line)).toMatchObject({ verdict: 'reject' });
  expect(await namesFound(administrator, name)).toEqual([`${name}0`]);
});

test('one bad line among good ones: nothing is written', async ({ administrator }) => {
  const name = fresh('n');
  const answer = await bulk(administrator, [`${name}a,,,member,${name}-group,,`, `${name}b,not an address,,member,,,`, `${name}c,,,member,,,`], 'apply');
  expect(answer.status).toBe(200);
  expect(answer.json().applied).toBe(false);
  expect(await namesFound(administrator, name)).toEqual([]);
  const { groups } = (await administrator.callJson('admin/users', { query: {} })).json();
  expect(groups.map((group) => group.name)).not.toContain(`${name}-group`);
});

test('ten thousand lines are looked through and written', async ({ administrator }) => {
  test.setTimeout(180_000);
  const name = fresh('k');
  const lines = Array.from({ length: LINES }, (_, index) =>
    `${name}${String(index).padStart(5, '0')},0x${(BigInt(Date.now()) * 100_000n + BigInt(index)).toString(16).padStart(40, '0')},${name}${index}@example.org,member,${name}-${index % 7},small,2031-01-31`);
  const timed = async (step) => {
    const started = performance.now();
    const answer = await bulk(administrator, lines, step);
    const elapsedMs = Math.round(performance.now() - started);
    console.log(`bulk ${step} of ${LINES} lines: ${elapsedMs} ms`);
    expect(answer.status, answer.body.slice(0, 300)).toBe(200);
    return answer.json();
  };
  const preview = await timed('preview');
  expect(preview.lines.filter(({ verdict }) => verdict === 'create')).toHaveLength(LINES);
  const report = await timed('apply');
  expect(report.applied).toBe(true);
  // The same list again changes nothing.
  const again = await timed('preview');
  expect(again.lines.filter(({ verdict }) => verdict === 'unchanged')).toHaveLength(LINES);
  // And one bad line at the end of ten thousand stops all of it.
  lines.push(`${name}x,bad,,member,,,`);
  lines[0] = lines[0].replace('small', 'medium');
  expect((await timed('apply')).applied).toBe(false);
  expect((await namesFound(administrator, `${name}x`))).toEqual([]);
});

test('two lists with the same names at once: one wins, the other is told', async ({ administrator }) => {
  const name = fresh('p');
  const lists = [1, 2].map(() => Array.from({ length: 300 }, (_, index) => `${name}${index},${newWallet().address},,member,,,`));
  const answers = await Promise.all(lists.map((lines) => bulk(administrator, lines, 'apply')));
  for (const answer of answers) expect(answer.status, answer.body.slice(0, 200)).toBeLessThan(500);
  const names = (await namesFound(administrator, name)).filter((found) => found.startsWith(name));
  expect(new Set(names).size).toBe(names.length);
  expect(answers.filter((answer) => answer.status === 200 && answer.json().applied).length).toBeGreaterThanOrEqual(1);
});

test('on the page: pasted, looked through, mended, applied, and the report saved', async ({ hub, administrator, openPage }) => {
  const name = fresh('g');
  const wallet = newWallet();
  const page = await openPage(hub, { as: administrator, acceptDownloads: true });
  await open(page, '/admin/bulk');
  const list = page.getByLabel('Users as CSV');
  await list.fill(`${HEADER}\n${name}1,${wallet.address},,member,analysts,small,\n=${name}2,0xbad,,member,,,`);
  await expect(page.getByRole('button', { name: 'Apply all' })).toBeDisabled();
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('main')).toContainText('1 line has a problem');
  const table = page.getByRole('table', { name: 'Verdicts by line' });
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table.getByRole('row').nth(1)).toContainText('Problem');
  await expect(page.getByRole('button', { name: 'Apply all' })).toBeDisabled();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download report' }).click()]);
  const report = await readFile(await download.path(), 'utf8');
  expect(report.split('\r\n')[0]).toBe('line,name,verdict,message');
  expect(report, 'no spreadsheet takes a name for a formula').toContain(`"'=${name}2"`);

  await list.fill(`${HEADER}\n${name}1,${wallet.address},,member,analysts,small,`);
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('main')).toContainText('Ready to apply: 1 new');
  await page.getByRole('button', { name: 'Apply all' }).click();
  await expect(page.getByRole('main')).toContainText('Applied: 1 made');
  // Whoever is on the list can sign in, under that name.
  const visitor = newVisitor(hub);
  expect((await signInWith(visitor, wallet)).status).toBe(200);
  expect((await visitor.call('account/read')).json().account.name).toBe(`${name}1`);
});

test('a file of ten thousand lines stays usable in the page', async ({ hub, administrator, openPage }) => {
  test.setTimeout(180_000);
  const name = fresh('f');
  const file = `${HEADER}\n${Array.from({ length: LINES }, (_, index) => `${name}${index},,,member,,,`).join('\n')}`;
  const page = await openPage(hub, { as: administrator });
  await open(page, '/admin/bulk');
  await page.getByLabel('From a file').setInputFiles({ name: 'users.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await expect(page.getByLabel('Users as CSV')).toHaveValue(/^name,/);
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('main')).toContainText(/10[,.]?000 new/, { timeout: 60_000 });
  const rows = page.getByRole('table', { name: 'Verdicts by line' }).getByRole('row');
  await expect(rows).toHaveCount(201);
  await page.getByRole('navigation', { name: 'Pages of lines' }).getByRole('button', { name: 'Next' }).click();
  await expect(rows.nth(1)).toContainText('202');
});
