/**
 * What every operation of one base table knows: how its keys read, whom it asks, how long it believes the answer.
 */
import { DefinitionError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type { Layout } from '../../schema/layout.ts'
import type { BaseTable } from '../../schema/tables.ts'
import type { Row } from '../../schema/values.ts'
import { shortText } from '../shared/arguments.ts'
import type { Settings } from '../shared/call.ts'
import { Payloads } from '../shared/payload.ts'
import { type Limit, limitOf } from '../shared/window.ts'
import { baseLayout, type StoredRow } from './rows.ts'
import type { BaseOptions } from './types.ts'

export type Fetcher = NonNullable<BaseOptions<Row, Row>['fetcher']>
export type OnFetch = (data: Row) => Row | Promise<Row>

export interface BaseContext {
  readonly table: BaseTable
  readonly layout: Layout<StoredRow>
  readonly payloads: Payloads
  readonly settings: Settings
  readonly keyField: string
  readonly fetcher: Fetcher | undefined
  readonly onFetch: OnFetch | undefined
  readonly ttlMs: number | undefined
  readonly ttlJitter: number
  readonly staleWhileRevalidate: boolean | number
  readonly staleIfError: boolean | number
  readonly fetchTimeoutMs: number
  /** How long whoever fetches is taken to be alive. */
  readonly leaseMs: number
  readonly negativeTtlMs: number
  readonly rateLimit: Limit | undefined
}

const defaultFetchTimeoutMs = 10_000
const maxFetchTimeoutMs = 3_600_000
/** What a holder has beyond its fetch, to write down what came back. */
const settleMs = 5_000

/** Throws {@link DefinitionError} naming the option that cannot be. */
export function baseContext(
  table: BaseTable,
  options: BaseOptions,
  settings: Settings,
): BaseContext {
  const { key: keyField, fetchTimeoutMs = defaultFetchTimeoutMs, rateLimit } = options
  assertKeyField(table, keyField)
  const { ttl, ttlJitter = 0, staleWhileRevalidate = false, staleIfError = false } = options
  for (const [name, value] of Object.entries({
    ttl,
    fetchTimeoutMs,
    negativeTtlMs: options.negativeTtlMs,
    staleWhileRevalidate,
    staleIfError,
  })) {
    if (value !== undefined && typeof value !== 'boolean') assertMs(table, name, value)
  }
  if (typeof ttlJitter !== 'number' || !(ttlJitter >= 0 && ttlJitter <= 1)) {
    throw new DefinitionError(
      `Table '${table.name}': ttlJitter is ${String(ttlJitter)}; it is a part of the ttl, from 0 to 1.`,
    )
  }
  if (fetchTimeoutMs > maxFetchTimeoutMs) {
    throw new DefinitionError(
      `Table '${table.name}': fetchTimeoutMs is ${fetchTimeoutMs}; it may be at most ${maxFetchTimeoutMs}.`,
    )
  }
  assertFunction(table, 'fetcher', options.fetcher)
  assertFunction(table, 'hooks.onFetch', options.hooks?.onFetch)
  return {
    table,
    layout: baseLayout(table),
    payloads: new Payloads(table.schema, table.fields, settings.limits.maxPayloadBytes),
    settings,
    keyField,
    fetcher: options.fetcher as Fetcher | undefined,
    onFetch: options.hooks?.onFetch as OnFetch | undefined,
    ttlMs: ttl,
    ttlJitter,
    staleWhileRevalidate,
    staleIfError,
    fetchTimeoutMs,
    leaseMs: fetchTimeoutMs + settleMs,
    negativeTtlMs: options.negativeTtlMs ?? 0,
    rateLimit: rateLimit === undefined ? undefined : limitOf(`${table.name}.refresh`, rateLimit),
  }
}

/** The reader of the `key` argument: a text that the key field takes, in the one form it has. */
export function keyReader({
  table,
  settings,
  keyField,
}: BaseContext): (input: unknown, path: string) => string {
  const read = shortText('maxKeyBytes', settings.limits.maxKeyBytes)
  const field = table.schema.shape[keyField] as { safeParse(value: unknown): { success: boolean } }
  const isNumber = table.fields[keyField]?.type.kind === 'number'
  return (input, path) => {
    const key = read(input, path)
    const value = isNumber ? Number(key) : key
    // '07' and '7' must not be two rows of one thing.
    if (String(value) === key && field.safeParse(value).success) return key
    throw new NoboilError(
      'INVALID_KEY',
      `${path}: '${key}' is no '${keyField}' of '${table.name}'${isNumber ? ', which is a number' : ''}.`,
      { key },
    )
  }
}

export const nothingThere = ({ table }: BaseContext, key: string): NoboilError =>
  new NoboilError('NOT_FOUND', `The source of '${table.name}' has nothing at '${key}'.`)

export const fetchFailed = ({ table }: BaseContext, key: string): NoboilError =>
  new NoboilError(
    'FETCH_FAILED',
    `'${table.name}' could not fetch '${key}' from its source; try again later.`,
  )

export const noFetcher = ({ table }: BaseContext): NoboilError =>
  new NoboilError('NO_FETCHER', `'${table.name}' has no fetcher here: give the table one.`)

function assertKeyField(table: BaseTable, keyField: unknown): asserts keyField is string {
  const named = typeof keyField === 'string' && Object.hasOwn(table.fields, keyField)
  const field = named ? table.fields[keyField] : undefined
  if (field === undefined) {
    throw new DefinitionError(
      `Table '${table.name}': key must name one of its fields (${Object.keys(table.fields).join(', ')}), not '${String(keyField)}'.`,
    )
  }
  const { type, optional, nullable } = field
  if ((type.kind !== 'string' && type.kind !== 'number') || optional || nullable) {
    throw new DefinitionError(
      `Table '${table.name}': its key '${keyField as string}' must be a string() or number() that is always there.`,
    )
  }
}

function assertMs(table: BaseTable, name: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxMs) return
  throw new DefinitionError(
    `Table '${table.name}': ${name} is ${String(value)}; it must be a whole number of ms, from 1 to ${maxMs}.`,
  )
}

/** A thousand years: sums of times stay exact, and mistakes (a clock time for a span) are noticed. */
const maxMs = 31_536_000_000_000

function assertFunction(table: BaseTable, name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new DefinitionError(`Table '${table.name}': ${name} must be a function.`)
}
