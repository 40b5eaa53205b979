/**
 * The app's own functions as entries of the registry.
 */
import { DefinitionError } from '../errors/assert.ts'
import { invalid, invalidAll } from '../factories/shared/arguments.ts'
import type { Call } from '../factories/shared/call.ts'
import { shared } from '../factories/shared/operation.ts'
import { call as callApp, type Program } from '../program/program.ts'
import type { AnyObject } from '../schema/storable.ts'
import type { Contexts } from './contexts.ts'
import { foreign } from './functions.ts'
import type { CronEntry } from './cron.ts'
import type { Entry } from './registry.ts'
import type { Cron, Custom, FunctionTree } from './types.ts'
import type { FunctionKind } from '../schema/reference.ts'

/** Makes what handlers of actions and crons are given. */
export type ActionContexts = (call: Call, signal: AbortSignal) => object

export interface CustomEntries {
  readonly entries: readonly Entry[]
  readonly crons: readonly CronEntry[]
}

type AnyCustom = Custom<FunctionKind, never, unknown>

export function customEntries(
  tree: FunctionTree,
  contexts: Contexts,
  actions: ActionContexts,
): CustomEntries {
  const entries: Entry[] = []
  const crons: CronEntry[] = []
  const walk = (path: string, at: FunctionTree): void => {
    for (const [name, value] of Object.entries(at)) {
      assertName(path, name)
      const here = path === '' ? name : `${path}.${name}`
      if (isCron(value)) crons.push(cronOf(here, value, actions))
      else if (isCustom(value)) entries.push(customEntry(here, value, contexts, actions))
      else walk(here, value)
    }
  }
  walk('', tree)
  return { entries, crons }
}

function customEntry(
  path: string,
  custom: AnyCustom,
  contexts: Contexts,
  actions: ActionContexts,
): Entry {
  const { internal } = custom
  const handler = custom.handler as (ctx: object, args: unknown) => unknown
  const args = argumentsOf(custom.args)
  function* run(call: Call, given: unknown): Program<unknown> {
    return yield* callApp((transaction) =>
      contexts.within(() => handler(contexts.handlerContext(call, transaction), given)),
    )
  }
  switch (custom.custom) {
    case 'mutation':
      return { kind: 'mutation', path, internal, args, run }
    case 'action':
      return {
        kind: 'action',
        path,
        internal,
        args,
        run: async (call, given, signal) => handler(actions(call, signal), given),
      }
    case 'query':
      return {
        kind: 'query',
        path,
        internal,
        custom: true,
        args,
        // oxlint-disable-next-line require-yield -- a program that asks nothing
        *access() {
          return shared
        },
        read: (given, _scope, call) => run(call, given),
      }
  }
}

/** Arguments by a Zod object: unknown names are refused, as everywhere. */
function argumentsOf(schema: AnyObject | undefined): (input: unknown) => unknown {
  const names = new Set(Object.keys(schema?.shape ?? {}))
  return (input) => {
    const source = input ?? {}
    if (typeof source !== 'object' || Array.isArray(source)) {
      throw invalid('', 'The arguments must be an object.')
    }
    for (const name of Object.keys(source)) {
      if (names.has(name) || (source as Record<string, unknown>)[name] === undefined) continue
      throw invalid(
        name,
        names.size === 0
          ? 'Unknown argument; there are none.'
          : `Unknown argument; there are ${[...names].join(', ')}.`,
      )
    }
    if (schema === undefined) return {}
    const parsed = schema.safeParse(source)
    if (parsed.success) return parsed.data
    throw invalidAll(
      parsed.error.issues.map((issue) => ({
        path: issue.path.map(String).join('.'),
        message: issue.message,
      })),
    )
  }
}

function cronOf(name: string, cron: Cron, actions: ActionContexts): CronEntry {
  const handler = cron.handler as (ctx: object) => unknown
  return {
    name,
    every: cron.every,
    run: async (call, signal) => {
      await handler(actions(call, signal))
    },
  }
}

const isCustom = (value: unknown): value is AnyCustom =>
  typeof value === 'object' &&
  value !== null &&
  'custom' in value &&
  typeof (value as AnyCustom).handler === 'function'

const isCron = (value: unknown): value is Cron =>
  isCustom(value) && (value as { custom: string }).custom === 'cron'

function assertName(path: string, name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name) && name !== 'path' && !foreign.has(name)) return
  const where = path === '' ? '' : ` in '${path}'`
  throw new DefinitionError(
    `The function name '${name}'${where} cannot be called: use letters, digits and underscores, starting with a letter, and none of 'path', 'then' and 'toJSON'.`,
  )
}
