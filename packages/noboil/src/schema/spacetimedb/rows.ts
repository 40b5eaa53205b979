/**
 * The rows that clients see of a table: those everybody may see in a public table of its name, one's own in a view `my_<table>`.
 * Both have the columns that reads answer on every host, and none of the store's own.
 */
import type { Field, Fields } from '../storable.ts'
import type { AnyTable } from '../tables.ts'

const text: Field = { type: { kind: 'string' }, optional: false, nullable: false }
const time: Field = { type: { kind: 'number', integer: true }, optional: false, nullable: false }
const maybe = (field: Field): Field => ({ ...field, optional: true })

/** Who wrote the row, where the table is `withAuthor`. */
const author: Field = {
  type: {
    kind: 'object',
    fields: { _id: text, name: text, image: { ...text, nullable: true } },
  },
  optional: true,
  nullable: false,
}

const identified: Fields = { _id: text, _creationTime: time }

/** The columns of the rows that clients see, or undefined for a table that has none. */
export function visibleFields(table: AnyTable): Fields | undefined {
  switch (table.factory) {
    case 'log':
      return {
        ...identified,
        parent: text,
        seq: time,
        userId: text,
        createdAt: time,
        updatedAt: time,
        idempotencyKey: maybe(text),
        ...table.fields,
        author,
      }
    case 'owned':
      return { ...identified, userId: text, updatedAt: time, ...table.fields, author }
    case 'child':
      return { ...identified, parent: text, userId: text, updatedAt: time, ...table.fields, author }
    case 'kv':
      return { ...identified, key: text, updatedAt: time, ...table.fields }
    case 'singleton':
      return { ...identified, userId: text, updatedAt: time, ...table.fields }
    case 'base':
      return {
        ...identified,
        key: text,
        fetchedAt: time,
        expiresAt: maybe(time),
        updatedAt: time,
        ...table.fields,
      }
    case 'quota':
      return undefined
  }
}

/** Rows that hang under another: found by their parent. */
export const isParented = (table: AnyTable): boolean =>
  table.factory === 'log' || table.factory === 'child'

/** The view of one's own rows; kv and base tables have none, since their rows are everybody's. */
export const hasOwnRows = (table: AnyTable): boolean =>
  ['log', 'owned', 'child', 'singleton'].includes(table.factory)

/** Singletons are nobody else's business. */
export const hasPublicRows = (table: AnyTable): boolean =>
  table.factory !== 'singleton' && table.factory !== 'quota'

export const ownView = (table: string): string => `my_${table}`

/** The view of one's answers. */
export const resultsView = 'my_results'

export const resultFields: Fields = { request: text, value: text }

/** The view of who one is. */
export const userView = 'my_user'

/** What clients are told of themselves; other fields of users are the app's business. */
export const userFields: Fields = {
  _id: text,
  name: text,
  image: { ...text, optional: true, nullable: true },
  role: { ...text, optional: true, nullable: true },
}

/** The view of what a worker is to do. */
export const errandsView = 'my_errands'
