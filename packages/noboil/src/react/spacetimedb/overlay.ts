/** What is shown before the database has said so: edits over the rows of a table, each for as long as its call runs. */
export type Row = Readonly<Record<string, unknown>>

export type Edit =
  | { readonly kind: 'put'; readonly row: Row }
  | { readonly kind: 'patch'; readonly id: string; readonly set: Row }
  | { readonly kind: 'remove'; readonly ids: ReadonlySet<string> | 'all' }

/** Rows with edits over them. What an edit has made or changed says `isPending`. */
export function edited(rows: readonly Row[], edits: readonly Edit[]): readonly Row[] {
  let shown = rows
  for (const edit of edits) shown = apply(shown, edit)
  return shown
}

function apply(rows: readonly Row[], edit: Edit): readonly Row[] {
  switch (edit.kind) {
    case 'put': {
      const row: Row = { ...edit.row, isPending: true }
      const at = rows.findIndex((each) => each['_id'] === row['_id'])
      return at < 0 ? [row, ...rows] : rows.with(at, { ...rows[at], ...row })
    }
    case 'patch':
      return rows.map((row) =>
        row['_id'] === edit.id ? { ...row, ...edit.set, isPending: true } : row,
      )
    case 'remove':
      return edit.ids === 'all'
        ? []
        : rows.filter((row) => !(edit.ids as ReadonlySet<unknown>).has(row['_id']))
  }
}
