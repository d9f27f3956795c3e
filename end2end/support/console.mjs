// What a page of the hub complains about.

/** Errors, warnings and uncaught exceptions of pages of the hub's own origin, as lines. */
export function watchConsole(page, hub, allow) {
  const findings = [];
  const isOurs = (url) => !url || url.startsWith(`${hub.origin}/`);
  const note = (text) => {
    // A page that outlives its program finds nobody there.
    if (hub.isOver && /net::ERR_/.test(text)) return;
    if (!allow.some((pattern) => pattern.test(text))) findings.push(text);
  };
  page.on('console', (message) => {
    const { url } = message.location();
    if (['error', 'warning'].includes(message.type()) && isOurs(url)) {
      note(`${message.type()} at ${url || page.url()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => {
    if (isOurs(page.url())) note(`exception at ${page.url()}: ${error.message}`);
  });
  return { findings };
}
