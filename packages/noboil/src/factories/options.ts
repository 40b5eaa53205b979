/**
 * The names of the options and hooks that each factory takes. TypeScript refuses a misspelt one; where it does not look (JavaScript,
 * a cast, options from a variable) a name that nobody reads would do nothing, in silence.
 */
import { DefinitionError } from '../errors/assert.ts'
import type { AnyTable, FactoryName } from '../schema/tables.ts'
import type { BaseHooks, BaseOptions } from './base/types.ts'
import type { ChildHooks, ChildOptions } from './child/types.ts'
import type { KvHooks, KvOptions } from './kv/types.ts'
import type { LogHooks, LogOptions } from './log/types.ts'
import type { OwnedHooks, OwnedOptions } from './owned/types.ts'
import type { QuotaHooks, QuotaOptions } from './quota/types.ts'
import type { SingletonHooks, SingletonOptions } from './singleton/types.ts'

/** Throws a {@link DefinitionError} for a name that the table's factory does not have. */
export function assertOptions({ factory, name }: AnyTable, options: object): void {
  const { hooks } = options as { readonly hooks?: object }
  assertNames(`Table '${name}': no ${factory} table has an option`, options, optionNames[factory])
  assertNames(`Table '${name}': no ${factory} table has a hook`, hooks ?? {}, hookNames[factory])
}

function assertNames(refusal: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new DefinitionError(`${refusal} '${unknown}'; there are ${known.join(', ')}.`)
}

/** Keeps a list complete and correct: a name too many or too few is a type error. */
const namesOf = <of extends object>(names: { readonly [name in keyof of]-?: true }): string[] =>
  Object.keys(names)

const entity = { softDelete: true, rateLimit: true, search: true, withAuthor: true } as const

const optionNames: Readonly<Record<FactoryName, readonly string[]>> = {
  owned: namesOf<OwnedOptions>({
    ...entity,
    pub: true,
    index: true,
    unique: true,
    members: true,
    hooks: true,
  }),
  child: namesOf<ChildOptions>({
    ...entity,
    create: true,
    pub: true,
    index: true,
    unique: true,
    hooks: true,
  }),
  log: namesOf<LogOptions>({ ...entity, pub: true, counts: true, hooks: true }),
  kv: namesOf<KvOptions>({ softDelete: true, rateLimit: true, cleanFiles: true, hooks: true }),
  singleton: namesOf<SingletonOptions>({ rateLimit: true, hooks: true }),
  quota: namesOf<QuotaOptions>({ authorize: true, hooks: true }),
  base: namesOf<BaseOptions>({
    key: true,
    fetcher: true,
    ttl: true,
    ttlJitter: true,
    staleWhileRevalidate: true,
    staleIfError: true,
    fetchTimeoutMs: true,
    negativeTtlMs: true,
    rateLimit: true,
    hooks: true,
  }),
}

const entityHooks = {
  beforeCreate: true,
  afterCreate: true,
  beforeUpdate: true,
  afterUpdate: true,
  beforeRm: true,
  afterRm: true,
} as const

const hookNames: Readonly<Record<FactoryName, readonly string[]>> = {
  owned: namesOf<OwnedHooks<unknown, unknown>>(entityHooks),
  child: namesOf<ChildHooks<unknown, unknown>>(entityHooks),
  log: namesOf<LogHooks<unknown, unknown>>({
    beforeAppend: true,
    afterAppend: true,
    beforeUpdate: true,
    afterUpdate: true,
    beforeRm: true,
    afterRm: true,
  }),
  kv: namesOf<KvHooks<unknown, unknown>>({
    beforeUpdate: true,
    afterUpdate: true,
    beforeRm: true,
    afterRm: true,
  }),
  singleton: namesOf<SingletonHooks<unknown, unknown>>({ beforeUpsert: true, afterUpsert: true }),
  quota: namesOf<QuotaHooks>({ beforeConsume: true, afterConsume: true, onExceeded: true }),
  base: namesOf<BaseHooks<unknown>>({ onFetch: true }),
}
