/**
 * What Convex checks of arguments before a function runs and of answers after, and what its dashboard and `function-spec` show.
 *
 * Where noboil itself says better what is wrong (a payload's fields by path, as error data), the validator shows the shape and
 * takes anything: what Convex refuses reaches a client in production as "Server Error".
 */
import { paginationOptsValidator } from 'convex/server'
import { type GenericValidator, v } from 'convex/values'
import { InvariantError } from '../../errors/assert.ts'
import type { Fields } from '../../schema/storable.ts'
import type { AnyTable } from '../../schema/tables.ts'
import { fieldValidators } from './validators.ts'

export interface Signature {
  readonly args: Readonly<Record<string, GenericValidator>>
  readonly returns: GenericValidator
}

/** Signatures of one table's operations, by name: `list`, `auth.list`. */
export type Signatures = Readonly<Record<string, Signature>>

/** `declared`: absent for the people's table. */
export function signaturesOf(declared: AnyTable | undefined): Signatures {
  switch (declared?.factory) {
    case undefined:
      return users
    case 'owned':
      return entity(shapes(declared.fields, ownedRow), {})
    case 'child':
      return entity(shapes(declared.fields, { ...ownedRow, parent: text }), { parent: text })
    case 'log':
      return log(shapes(declared.fields, logRow))
    case 'kv':
      return kv(shapes(declared.fields, kvRow))
    case 'singleton':
      return singleton(shapes(declared.fields, singletonRow))
    case 'base':
      return base(shapes(declared.fields, baseRow))
    case 'quota':
      return quota
  }
}

/** Throws for an operation without one: Convex would take anything and promise nothing. */
export function signatureOf(signatures: Signatures, path: string): Signature {
  const found = signatures[path.slice(path.indexOf('.') + 1)]
  if (found === undefined) throw new InvariantError(`'${path}' has no signature on Convex.`)
  return found
}

const text = v.string()
const number = v.number()
const author = v.object({ _id: text, name: text, image: v.union(text, v.null()) })
const anyRow = { _id: text, _creationTime: number, updatedAt: number }
const ownedRow = { ...anyRow, userId: text, author: v.optional(author) }
const singletonRow = { ...anyRow, userId: text }
const kvRow = { ...anyRow, key: text }
const baseRow = { ...kvRow, fetchedAt: number, expiresAt: v.optional(number) }
const logRow = {
  ...ownedRow,
  parent: text,
  seq: number,
  createdAt: number,
  idempotencyKey: v.optional(text),
}
const deleted = v.object({ deleted: v.boolean() })
const count = v.object({ count: number })
const page = { paginationOpts: paginationOptsValidator }
const expectedUpdatedAt = v.optional(number)
const maybeExpected = v.optional(v.union(number, v.null()))
const unset = v.optional(v.array(text))

interface Shapes {
  /** Shown, not enforced. */
  readonly payload: GenericValidator
  readonly patch: GenericValidator
  readonly row: GenericValidator
  readonly rowOrNull: GenericValidator
  readonly rows: GenericValidator
  readonly page: GenericValidator
}

function shapes(fields: Fields, added: Readonly<Record<string, GenericValidator>>): Shapes {
  const stored = fieldValidators(fields)
  const { userId: _, ...sent } = fields
  const row = v.object({ ...stored, ...added } as never) as GenericValidator
  const rows = v.array(row as never)
  const optional = (which: (name: string) => boolean): GenericValidator =>
    shown(
      Object.fromEntries(
        Object.entries(sent).map(([name, field]) => [
          name,
          { ...field, optional: field.optional || which(name) },
        ]),
      ),
    )
  return {
    payload: optional((name) => sent[name]?.fallback !== undefined),
    patch: optional(() => true),
    row,
    rowOrNull: v.union(row as never, v.null()),
    rows,
    page: v.object({
      page: rows,
      isDone: v.boolean(),
      continueCursor: text,
      splitCursor: v.optional(text),
      pageStatus: v.optional(v.union(v.literal('SplitRecommended'), v.literal('SplitRequired'))),
    }),
  }
}

const shown = (fields: Fields): GenericValidator =>
  v.union(v.object(fieldValidators(fields) as never), v.any())

function entity(
  { payload, patch, row, rowOrNull, rows, page: answer }: Shapes,
  parent: Readonly<Record<string, GenericValidator>>,
): Signatures {
  const update = { id: text, patch, unset, expectedUpdatedAt }
  const filter = {
    where: v.optional(v.any()),
    orderBy: v.optional(text),
    order: v.optional(v.union(v.literal('asc'), v.literal('desc'))),
  }
  const reads: Signatures = {
    list: { args: { ...parent, ...page, ...filter }, returns: answer },
    read: { args: { id: text }, returns: rowOrNull },
    search: { args: { ...parent, query: text }, returns: rows },
  }
  return {
    create: { args: { ...parent, payload }, returns: row },
    createBulk: {
      args: { ...parent, items: v.array(payload as never) },
      returns: v.object({ count: number, ids: v.array(text) }),
    },
    update: { args: update, returns: row },
    updateBulk: {
      args: { items: v.array(v.union(v.object(update as never), v.any())) },
      returns: count,
    },
    rm: { args: { id: text, hard: v.optional(v.boolean()) }, returns: deleted },
    rmBulk: { args: { ids: v.array(text) }, returns: count },
    restore: { args: { id: text }, returns: row },
    ...reads,
    ...within('auth', reads),
    ...within('pub', reads),
  }
}

function log({ payload, patch, row, rowOrNull, rows, page: answer }: Shapes): Signatures {
  const parent = { parent: text }
  const indexed: Signature = {
    args: { ...parent, indexBy: text },
    returns: v.record(text, rows as never),
  }
  const reads: Signatures = {
    list: { args: { ...parent, ...page }, returns: answer },
    listAfter: { args: { ...parent, seq: number, limit: v.optional(number) }, returns: rows },
    read: { args: { id: text }, returns: rowOrNull },
    search: { args: { ...parent, query: text }, returns: rows },
    counts: { args: { ...parent, field: text }, returns: v.record(text, number) },
  }
  return {
    append: {
      args: {
        ...parent,
        payload,
        idempotencyKey: v.optional(text),
        expectedSeq: v.optional(number),
      },
      returns: v.object({ seq: number, created: v.boolean() }),
    },
    appendBulk: {
      args: { ...parent, items: v.array(payload as never) },
      returns: v.object({ count: number, firstSeq: number }),
    },
    update: { args: { id: text, patch, unset, expectedUpdatedAt }, returns: row },
    rm: { args: { id: text, hard: v.optional(v.boolean()) }, returns: deleted },
    rmBulk: { args: { ids: v.array(text) }, returns: count },
    purgeByParent: { args: parent, returns: v.object({ deleted: number }) },
    restoreByParent: { args: parent, returns: v.object({ restored: number }) },
    ...reads,
    ...within('auth', reads),
    ...within('pub', reads),
    authIndexed: indexed,
    pubIndexed: indexed,
  }
}

function kv({ payload, row, rowOrNull, page: answer }: Shapes): Signatures {
  const key = { key: text }
  return {
    get: { args: key, returns: rowOrNull },
    list: { args: page, returns: answer },
    set: { args: { ...key, payload, expectedUpdatedAt: maybeExpected }, returns: row },
    rm: { args: key, returns: deleted },
    restore: { args: key, returns: row },
  }
}

function singleton({ patch, row, rowOrNull }: Shapes): Signatures {
  const userId = v.optional(text)
  return {
    get: { args: { userId }, returns: rowOrNull },
    upsert: {
      args: { payload: patch, expectedUpdatedAt: maybeExpected, unset, userId },
      returns: row,
    },
  }
}

function base({ row, rowOrNull, page: answer }: Shapes): Signatures {
  const key = { key: text }
  const list: Signature = { args: page, returns: answer }
  return {
    get: { args: key, returns: rowOrNull },
    list,
    all: list,
    load: { args: key, returns: row },
    refresh: { args: key, returns: row },
    invalidate: { args: key, returns: v.object({ invalidated: v.boolean() }) },
    purge: { args: { keys: v.optional(v.array(text)) }, returns: v.object({ deleted: number }) },
  }
}

const use = { owner: v.optional(text), cost: v.optional(number) }
const quotaState = v.object({
  allowed: v.boolean(),
  remaining: number,
  retryAfter: v.optional(number),
  limit: number,
  durationMs: number,
  serverTime: number,
  changesAt: v.optional(number),
})

const quota: Signatures = {
  check: { args: use, returns: v.union(quotaState, v.null()) },
  record: { args: use, returns: quotaState },
  consume: { args: use, returns: quotaState },
}

const users: Signatures = {
  remove: {
    args: { userId: text, erase: v.optional(v.boolean()) },
    returns: v.object({ removed: v.boolean() }),
  },
}

const within = (group: string, signatures: Signatures): Signatures =>
  Object.fromEntries(
    Object.entries(signatures).map(([name, signature]) => [`${group}.${name}`, signature]),
  )
