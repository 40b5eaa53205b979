/** What publishing a module would find, without publishing it. */
import { DefinitionError } from '../../errors/assert.ts'
import { bundleModule, type ModuleBundle, type ModuleEntry } from './bundle.ts'
import { VirtualClock } from './clock.ts'
import { Engine } from './engine.ts'
import { identityOf } from './identity.ts'

export interface ModuleReport {
  /** Of the bundle, everything it imports included. */
  readonly bytes: number
  /** Names as clients see them. */
  readonly publicTables: readonly string[]
  readonly privateTables: readonly string[]
  readonly views: readonly string[]
  /** Those that clients may call. */
  readonly reducers: readonly string[]
  readonly procedures: readonly string[]
}

export interface CheckOptions {
  /** A larger bundle is refused. */
  readonly maxBytes?: number
}

/**
 * Bundles a module and loads it as SpacetimeDB does: in a V8 context that has ECMAScript and nothing of Node or of browsers.
 * None of its functions runs. What a function uses only when it is called (`fetch`, `setTimeout`) is found by calling it on
 * a host.
 *
 * @throws {DefinitionError} when it does not load, when publishing would refuse its tables or names, and when it is larger
 * than `maxBytes`.
 */
export async function checkModule(
  module: ModuleEntry | ModuleBundle,
  { maxBytes = Number.POSITIVE_INFINITY }: CheckOptions = {},
): Promise<ModuleReport> {
  const bundle =
    typeof module === 'object' && 'code' in module ? module : await bundleModule(module)
  if (bundle.bytes > maxBytes)
    throw new DefinitionError(
      `The module ${bundle.entry} has ${bundle.bytes} bytes, and may have ${maxBytes}: see what it imports.`,
    )
  // With rows to begin with, if none at all, a database does not run init.
  const { definition } = new Engine(bundle, {
    state: [],
    identity: identityOf('database'),
    owner: identityOf('owner'),
    clock: new VirtualClock(0),
    http: () => ({}),
    shuffle: undefined,
    maxLogLines: 0,
  })
  const names = (named: readonly { readonly wireName: string }[]): readonly string[] =>
    named.map(({ wireName }) => wireName).toSorted()
  const callable = definition.functions.filter(
    (fn) => fn.lifecycle === undefined && !fn.isScheduled,
  )
  return {
    bytes: bundle.bytes,
    publicTables: names(definition.tables.filter(({ isPublic }) => isPublic)),
    privateTables: names(definition.tables.filter(({ isPublic }) => !isPublic)),
    views: names(definition.views),
    reducers: names(callable.filter(({ kind }) => kind === 'reducer')),
    procedures: names(callable.filter(({ kind }) => kind === 'procedure')),
  }
}
