/**
 * SpacetimeDB, on the module host of `noboil/spacetimedb/testing`: mutations are the reducers that clients call, their answers come
 * from the view that clients read, queries are procedures.
 */
import { answerTo, callOf } from 'noboil/spacetimedb/schema'
import { bundleModule, createModuleHost, type ModuleBundle } from 'noboil/spacetimedb/testing'
import { s } from '../app.ts'
import type { HostDriver, Running } from '../driver.ts'

let bundle: Promise<ModuleBundle> | undefined

const clock = 'the clock of the module host never goes back'
const hooks = 'its hooks and predicates wait, and reducers do not'

/** Operations of a log whose rows nobody can append, because its hooks wait. */
const later = [
  'list',
  'listAfter',
  'read',
  'auth.list',
  'auth.listAfter',
  'auth.read',
  'authIndexed',
]
const laterWrites = ['purgeByParent', 'restoreByParent', 'rm', 'rmBulk', 'update']
const refuses = 'refuses arguments that are missing, unknown or of the wrong type, whoever calls'

const gaps: HostDriver['gaps'] = {
  'event.append: keeps counting when the clock goes back': clock,
  'ballots.consume: lets time that goes back free nothing': clock,
  'banner.set: asks a predicate that reads the database and waits': hooks,
  'laterEntry.append: waits for hooks that read the database and wait': hooks,
  'laterEntry.append: is refused by a hook that waited': hooks,
  ...Object.fromEntries(
    [...later, ...laterWrites].map((operation) => [`laterEntry.${operation}: ${refuses}`, hooks]),
  ),
}

export const spacetimedb: HostDriver = {
  name: 'spacetimedb',
  gaps,
  async open(): Promise<Running> {
    bundle ??= bundleModule(new URL('spacetimedb-module.ts', import.meta.url))
    const host = await createModuleHost({ module: await bundle })
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
        return answerTo(caller.rows('my_results'), request)?.value
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
      async close() {
        host.close()
      },
    }
  },
}
