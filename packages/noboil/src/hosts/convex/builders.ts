/**
 * The app's own function builders, as `convex/_generated/server` gives them or as the app has wrapped them.
 */
import type { RegisteredAction, RegisteredMutation, RegisteredQuery } from 'convex/server'
import type { GenericValidator } from 'convex/values'
import { DefinitionError } from '../../errors/assert.ts'

/** Any builder: what its handlers are given is its app's, and noboil uses as little of it as it can. */
type AnyBuilder = (definition: never) => unknown

export interface AppBuilders {
  readonly query: AnyBuilder
  readonly mutation: AnyBuilder
  readonly action: AnyBuilder
  readonly internalQuery: AnyBuilder
  readonly internalMutation: AnyBuilder
  readonly internalAction: AnyBuilder
}

export interface Definition {
  readonly args?: Readonly<Record<string, GenericValidator>>
  readonly returns?: GenericValidator
  readonly handler: (ctx: never, args: never) => Promise<unknown>
}

/** What a builder answers: a function that Convex finds among a module's exports. */
export type Registered = object

export type Builders = {
  readonly [name in keyof AppBuilders]: (definition: Definition) => Registered
}

type Args<args> = { [name in keyof args]: args[name] }

export type InternalQuery<args, result> = RegisteredQuery<'internal', Args<args>, Promise<result>>
export type InternalMutation<args, result> = RegisteredMutation<
  'internal',
  Args<args>,
  Promise<result>
>
export type InternalAction<args, result> = RegisteredAction<'internal', Args<args>, Promise<result>>

const names: readonly (keyof AppBuilders)[] = [
  'query',
  'mutation',
  'action',
  'internalQuery',
  'internalMutation',
  'internalAction',
]

/** Throws {@link DefinitionError} naming a builder that is not there. */
export function assertBuilders(config: AppBuilders): Builders {
  for (const name of names) {
    if (typeof config[name] !== 'function') {
      throw new DefinitionError(
        `noboil({ ${name} }) must be the builder from './convex/_generated/server'.`,
      )
    }
  }
  return config as unknown as Builders
}
