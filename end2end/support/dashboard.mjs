// The dashboard, as a person reads it.

/** What the server that everybody has is called at first. */
export const DEFAULT_SERVER = 'My server';

/** The card of the server with that title. */
export function card(page, title) {
  return page
    .getByRole('list', { name: 'Your servers' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}
