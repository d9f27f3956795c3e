// The dashboard, as a person reads it.

/** The card of the server with that title. */
export function card(page, title) {
  return page
    .getByRole('list', { name: 'Your servers' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}
