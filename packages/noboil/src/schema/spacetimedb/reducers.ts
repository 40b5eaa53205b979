/**
 * The reducers of a table: what they are called, what they take, and how an operation's arguments become a reducer's parameters and
 * back. A payload's fields are parameters of their own; what else an operation takes and could share a name with a field begins
 * with an underscore.
 */
import { DefinitionError } from '../../errors/assert.ts'
import type { Field, Fields } from '../storable.ts'
import type { AnyTable } from '../tables.ts'
import { decodeAll, encodeAll, inputFields, invalid } from './columns.ts'

/** The parameter that asks for an answer: it is shown under this text in `my_results`. */
export const requestParameter = '_request'

/** The parameter that stands for `expectedUpdatedAt: null`: the row must not be there yet. */
const mustBeNew = '_mustBeNew'

export interface ReducerShape {
  /** As in `append_vote`. */
  readonly name: string
  /** The operation behind it, as in `vote.append`. */
  readonly path: string
  /** Arguments under their own names. */
  readonly args: Fields
  /** The argument whose fields are parameters. */
  readonly spread?: { readonly arg: 'payload' | 'patch'; readonly fields: Fields }
  /** Whether `expectedUpdatedAt` may be null. */
  readonly mayBeNew?: boolean
}

const text: Field = { type: { kind: 'string' }, optional: false, nullable: false }
const time: Field = { type: { kind: 'number', integer: true }, optional: true, nullable: false }
const flag: Field = { type: { kind: 'boolean' }, optional: true, nullable: false }
const maybe = (field: Field): Field => ({ ...field, optional: true })
const listOf = (item: Field): Field => ({
  type: { kind: 'array', item },
  optional: false,
  nullable: false,
})
const objectOf = (fields: Fields): Field => ({
  type: { kind: 'object', fields },
  optional: false,
  nullable: false,
})

/** What a caller writes of a row. */
const payloadOf = (table: { readonly fields: Fields }): Fields => {
  const { userId: _, ...fields } = table.fields
  return inputFields(fields)
}

const patchOf = (table: { readonly fields: Fields }): Fields =>
  Object.fromEntries(Object.entries(payloadOf(table)).map(([name, field]) => [name, maybe(field)]))

const unset = maybe(listOf(text))

/** Every reducer that a table of this kind may have; which of them it has depends on its options. */
export function reducersOf(table: AnyTable): readonly ReducerShape[] {
  const shapes = shapesOf(table)
  for (const { name, spread } of shapes) {
    for (const field of Object.keys(spread?.fields ?? {})) {
      if (field !== 'idempotency_key') continue
      throw new DefinitionError(
        `Table '${table.name}': field '${field}' is a parameter of ${name} on SpacetimeDB; choose another name.`,
      )
    }
  }
  return shapes
}

function shapesOf(table: AnyTable): readonly ReducerShape[] {
  switch (table.factory) {
    case 'log':
      return logReducers(table.name, payloadOf(table), patchOf(table))
    case 'owned':
      return entityReducers(table.name, {}, payloadOf(table), patchOf(table))
    case 'child':
      return entityReducers(table.name, { parent: text }, payloadOf(table), patchOf(table))
    case 'kv':
      return kvReducers(table.name, payloadOf(table))
    case 'singleton':
      return [
        {
          name: `upsert_${table.name}`,
          path: `${table.name}.upsert`,
          args: { expectedUpdatedAt: time, unset, userId: maybe(text) },
          spread: { arg: 'payload', fields: patchOf(table) },
          mayBeNew: true,
        },
      ]
    case 'quota': {
      const args = { owner: maybe(text), cost: maybe({ ...time, optional: false }) }
      return ['record', 'consume'].map((operation) => reducer(table.name, operation, args))
    }
    case 'base':
      return [
        ...['load', 'refresh', 'invalidate'].map((operation) =>
          reducer(table.name, operation, { key: text }),
        ),
        reducer(table.name, 'purge', { keys: maybe(listOf(text)) }),
      ]
  }
}

const reducer = (table: string, operation: string, args: Fields): ReducerShape => ({
  name: `${operation}_${table}`,
  path: `${table}.${operation}`,
  args,
})

function logReducers(table: string, payload: Fields, patch: Fields): readonly ReducerShape[] {
  return [
    {
      ...reducer(table, 'append', {
        parent: text,
        idempotencyKey: maybe(text),
        expectedSeq: time,
      }),
      spread: { arg: 'payload', fields: payload },
    },
    bulk(table, 'append', { parent: text, items: listOf(objectOf(payload)) }),
    {
      ...reducer(table, 'update', { id: text, unset, expectedUpdatedAt: time }),
      spread: { arg: 'patch', fields: patch },
    },
    reducer(table, 'rm', { id: text, hard: flag }),
    bulk(table, 'rm', { ids: listOf(text) }),
    {
      name: `purge_${table}_by_parent`,
      path: `${table}.purgeByParent`,
      args: { parent: text },
    },
    {
      name: `restore_${table}_by_parent`,
      path: `${table}.restoreByParent`,
      args: { parent: text },
    },
  ]
}

function entityReducers(
  table: string,
  under: Fields,
  payload: Fields,
  patch: Fields,
): readonly ReducerShape[] {
  const edit = { id: text, unset, expectedUpdatedAt: time }
  const item = objectOf({ ...edit, patch: objectOf(patch) })
  return [
    { ...reducer(table, 'create', under), spread: { arg: 'payload', fields: payload } },
    bulk(table, 'create', { ...under, items: listOf(objectOf(payload)) }),
    { ...reducer(table, 'update', edit), spread: { arg: 'patch', fields: patch } },
    bulk(table, 'update', { items: listOf(item) }),
    reducer(table, 'rm', { id: text, hard: flag }),
    bulk(table, 'rm', { ids: listOf(text) }),
    reducer(table, 'restore', { id: text }),
  ]
}

const kvReducers = (table: string, payload: Fields): readonly ReducerShape[] => [
  {
    ...reducer(table, 'set', { key: text, expectedUpdatedAt: time }),
    spread: { arg: 'payload', fields: payload },
    mayBeNew: true,
  },
  reducer(table, 'rm', { key: text }),
  reducer(table, 'restore', { key: text }),
]

const bulk = (table: string, operation: string, args: Fields): ReducerShape => ({
  name: `bulk_${operation}_${table}`,
  path: `${table}.${operation}Bulk`,
  args,
})

/** Arguments that a reducer takes under another name than its operation. */
const renamed: Readonly<Record<string, string>> = {
  idempotencyKey: 'idempotency_key',
  expectedSeq: '_expectedSeq',
  unset: '_unset',
  hard: '_hard',
  userId: '_userId',
}

const parameterOf = (shape: ReducerShape, arg: string): string =>
  shape.spread === undefined && arg !== 'hard' ? arg : (renamed[arg] ?? arg)

/** The parameters of a reducer, in their order. */
export function parametersOf(shape: ReducerShape): Fields {
  const args = Object.entries(shape.args).map(([arg, field]) => [parameterOf(shape, arg), field])
  return {
    ...Object.fromEntries(args),
    ...shape.spread?.fields,
    ...(shape.mayBeNew === true ? { [mustBeNew]: flag } : {}),
    [requestParameter]: maybe(text),
  } as Fields
}

/**
 * Arguments of the operation as parameters of its reducer.
 *
 * @throws NoboilError `VALIDATION_FAILED` naming the path of what the parameters cannot hold.
 */
export function encodeCall(
  shape: ReducerShape,
  args: unknown,
  request: string,
): Record<string, unknown> {
  const { spread, mayBeNew } = shape
  const { [spread?.arg ?? '']: fields, ...given } = objectAt('', args ?? {})
  const isNew = mayBeNew === true && given['expectedUpdatedAt'] === null
  if (isNew) delete given['expectedUpdatedAt']
  const parameters: Record<string, unknown> = {}
  for (const [arg, value] of Object.entries(encodeAll(shape.args, given, ''))) {
    parameters[parameterOf(shape, arg)] = value
  }
  if (spread !== undefined) {
    Object.assign(parameters, encodeAll(spread.fields, objectAt(spread.arg, fields), spread.arg))
  }
  if (mayBeNew === true) parameters[mustBeNew] = isNew ? true : undefined
  return { ...parameters, [requestParameter]: request }
}

/**
 * Parameters of a reducer as arguments of its operation, and the text under which it is asked for an answer.
 *
 * @throws NoboilError `VALIDATION_FAILED` naming the path of a parameter that is to be JSON and is not.
 */
export function decodeCall(
  shape: ReducerShape,
  parameters: Readonly<Record<string, unknown>>,
): { readonly args: Record<string, unknown>; readonly request: string | undefined } {
  const named = Object.keys(shape.args).map((arg) => [arg, parameters[parameterOf(shape, arg)]])
  const args = decodeAll(shape.args, Object.fromEntries(named) as Record<string, unknown>)
  const { spread } = shape
  if (spread !== undefined) args[spread.arg] = decodeAll(spread.fields, parameters, spread.arg)
  if (parameters[mustBeNew] === true) args['expectedUpdatedAt'] = null
  return { args, request: parameters[requestParameter] as string | undefined }
}

function objectAt(path: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, path === '' ? 'The arguments must be an object.' : 'Must be an object.')
  }
  return { ...value }
}
