/**
 * noboil's own table of people: what author joins, `ctx.user` and live queries read. Accounts live elsewhere; their hooks
 * keep this table in step.
 */
import { batch, get, type Program, program } from '../../program/program.ts'
import { column, type Layout } from '../../schema/layout.ts'
import { type AnyObject, describeFields, type Fields } from '../../schema/storable.ts'

export interface UserRow {
  readonly _id: string
  readonly _creationTime: number
  readonly name: string
  readonly image?: string | null
  readonly role?: string | null
}

/** The author of a row, as reads join it. A user who is gone is called "deleted". */
export interface Author {
  readonly _id: string
  readonly name: string
  readonly image: string | null
}

/** The layout of `users` with the app's own fields. */
export function usersLayout(extra?: AnyObject): Layout<UserRow> {
  const fields: Fields = extra ? describeFields('users', extra) : {}
  return {
    name: 'users',
    columns: {
      _id: column.id('users'),
      _creationTime: column.integer,
      name: column.text,
      image: column.optionalText,
      role: column.optionalText,
      ...fields,
    },
    key: ['_id'],
    id: 'stored',
    creationTime: '_creationTime',
    indexes: {},
  }
}

/** The authors of some rows, each read once. */
export const authorsOf: (
  users: Layout<UserRow>,
  rows: readonly { readonly userId: string }[],
) => Program<ReadonlyMap<string, Author>> = program(function* (users, rows) {
  const ids = [...new Set(rows.map((row) => row.userId))]
  const found = yield* batch(...ids.map((id) => get(users, [id], ['name', 'image'])))
  return new Map(ids.map((id, at) => [id, author(id, found[at] ?? null)]))
})

/** How rows are answered with their authors; undefined for a row whose author was not read. */
export const withAuthors: <row extends { readonly userId: string }>(
  users: Layout<UserRow>,
  rows: readonly row[],
) => Program<(row: row) => (row & { readonly author: Author }) | undefined> = program(
  function* (users, rows) {
    const authors = yield* authorsOf(users, rows)
    return (row) => {
      const author = authors.get(row.userId)
      return author && { ...row, author }
    }
  },
)

const author = (id: string, user: UserRow | null): Author => ({
  _id: id,
  name: user?.name ?? (id === 'system' ? 'system' : 'deleted'),
  image: user?.image ?? null,
})
