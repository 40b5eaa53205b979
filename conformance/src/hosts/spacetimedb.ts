/**
 * SpacetimeDB, on the module host of `noboil/spacetimedb/testing`: mutations and actions are the reducers that clients call, their
 * answers come from the view that clients read, queries are procedures.
 */
import { type ErrorData, fromErrorData } from 'noboil/errors'
import { answerTo, callOf } from 'noboil/spacetimedb/schema'
import { bundleModule, createModuleHost, type ModuleBundle } from 'noboil/spacetimedb/testing'
import { s } from '../app.ts'
import type { HostDriver, Running } from '../driver.ts'
import { gaps } from './spacetimedb.gaps.ts'
import { askUpstream } from './spacetimedb.upstream.ts'

export const spacetimedb: HostDriver = { name: 'spacetimedb', gaps, open }

let bundle: Promise<ModuleBundle> | undefined

async function open(): Promise<Running> {
  bundle ??= bundleModule(new URL('spacetimedb-module.ts', import.meta.url))
  const host = await createModuleHost({ module: await bundle, http: askUpstream, shuffleScans: 7 })
  const names = new Map<string, string>()
  let requests = 0
  return {
    async call(path, args, as) {
      const caller = as === 'system' ? host : host.as(names.get(as) ?? as)
      const call = callOf(s, path)
      if (call.kind === 'procedure') {
        return JSON.parse(caller.procedure(call.name, call.encode(args)) as string) as unknown
      }
      const request = `${++requests}`
      caller.call(call.name, call.encode(args, request))
      // Actions are answered by a procedure that is due at once.
      host.advance(0)
      return told(answerTo(caller.rows('my_results'), request)?.value)
    },
    now: () => host.now(),
    async advance(ms) {
      host.advance(ms)
    },
    async idle() {
      host.advance(0)
    },
    async putUser(user) {
      const _id = `users.${host.as(user._id).identity.toHexString()}`
      names.set(_id, user._id)
      host.call('put_users', { args: JSON.stringify({ ...user, _id }) })
      return _id
    },
    close: () => host.close(),
  }
}

const told = (answer: unknown): unknown => {
  const { failed } = (answer ?? {}) as { readonly failed?: ErrorData }
  if (failed === undefined) return answer
  throw fromErrorData(failed)
}
