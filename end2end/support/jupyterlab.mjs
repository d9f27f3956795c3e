// JupyterLab's page, as a person works in it.

import { expect } from '@playwright/test';

/** JupyterLab loads many files; a debug build on a busy machine takes its time. */
const LOAD_TIMEOUT_MS = 90_000;

/** JupyterLab rebuilds a new notebook's editors within this time. */
const SETTLE_MS = 500;

/** Waits until the page shows where new notebooks are made. */
export async function showsLauncher(page) {
  await expect(page.locator('.jp-Launcher').first()).toBeVisible({ timeout: LOAD_TIMEOUT_MS });
}

/** Makes a notebook with a Python kernel and waits until the kernel is idle. */
export async function newNotebook(page) {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  await expect(page.locator('.jp-NotebookPanel .jp-Cell').first()).toBeVisible({ timeout: LOAD_TIMEOUT_MS });
  await expect(page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status="idle"]')).toBeVisible({
    timeout: LOAD_TIMEOUT_MS,
  });
}

/** Types code into the last cell, runs it, and returns the text of its output. */
export async function runCell(page, code) {
  const cells = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell');
  const index = (await cells.count()) - 1;
  const cell = cells.nth(index);
  // A notebook that has just been opened builds its editors once more when it is complete, and
  // takes what stands in them with it.
  const editor = cell.locator('.cm-content');
  const firstLine = code.split('\n', 1)[0];
  await expect(async () => {
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(code);
    await page.waitForTimeout(SETTLE_MS);
    await expect(editor).toContainText(firstLine, { timeout: 1 });
  }).toPass({ timeout: LOAD_TIMEOUT_MS });
  await page.keyboard.press('Shift+Enter');
  const output = cell.locator('.jp-OutputArea-output');
  await expect(output.first()).toBeVisible({ timeout: LOAD_TIMEOUT_MS });
  return (await output.allInnerTexts()).join('\n').trim();
}

/** Saves the notebook and waits until JupyterLab says so. It asks for a name the first time. */
export async function save(page) {
  const isUntitled = (await page.title()).startsWith('Untitled');
  await page.keyboard.press('Control+s');
  const question = page.locator('.jp-Dialog');
  if (isUntitled) {
    await question.getByRole('textbox').fill('analysis.ipynb');
    await question.locator('.jp-mod-accept').click();
  }
  await expect(question).toHaveCount(0);
  await expect(page.locator('.jp-NotebookPanel.jp-mod-dirty')).toHaveCount(0);
}
