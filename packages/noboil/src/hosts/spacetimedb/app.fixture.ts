/** The module of `module.fixture.ts`, running: calls by path as anybody, and what a client without noboil sees. */
import { join } from 'node:path'
import { answerTo, callOf } from '../../schema/spacetimedb/calls.ts'
import {
  type CallCost,
  createModuleHost,
  type ModuleHost,
} from '../../exports/spacetimedb-testing.ts'
import { bundleModule, type ModuleBundle } from '../../standins/spacetimedb/bundle.ts'
import { schemaOfFixture } from './schema.fixture.ts'

let bundle: Promise<ModuleBundle> | undefined

export type Answer = { readonly _id: string; readonly [field: string]: unknown }

export interface Rig {
  readonly host: ModuleHost
  /** A mutation's or a query's answer. `'owner'` is who published the module. */
  call<result = Answer>(who: string, path: string, args?: unknown): result
  /** What a mutation read and wrote. */
  cost(who: string, path: string, args?: unknown): CallCost
  /** The rows that somebody sees of a public table or view. */
  sees(who: string, name: string): readonly Answer[]
}

export async function openRig(): Promise<Rig> {
  bundle ??= bundleModule(join(import.meta.dirname, 'module.fixture.ts'))
  const host: ModuleHost = await createModuleHost({ module: await bundle, shuffleScans: 7 })
  let requests = 0
  const caller = (who: string) => (who === 'owner' ? host : host.as(who))
  const send = (who: string, path: string, args: unknown): string => {
    const call = callOf(schemaOfFixture, path)
    const request = `${++requests}`
    if (call.kind === 'reducer') caller(who).call(call.name, call.encode(args, request))
    return request
  }
  return {
    host,
    call(who, path, args) {
      const call = callOf(schemaOfFixture, path)
      if (call.kind === 'procedure') {
        return JSON.parse(caller(who).procedure(call.name, call.encode(args)) as string) as never
      }
      const request = send(who, path, args)
      return answerTo(caller(who).rows('my_results'), request)?.value as never
    },
    cost(who, path, args) {
      send(who, path, args)
      return host.costs()
    },
    sees: (who, name) => caller(who).rows(name) as unknown as readonly Answer[],
  }
}
