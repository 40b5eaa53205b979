/**
 * Convex, on convex-test: the app's functions as a deployment's modules, the clock of the process held still.
 */
import { defineSchema, makeFunctionReference } from 'convex/server'
import { convexTest } from 'convex-test'
import { defineTables, noboil } from 'noboil/convex'
import { tables } from '../app.ts'
import type { Actor, HostDriver, Running } from '../driver.ts'
import { gaps, refusedByConvex } from './convex.gaps.ts'
import { builders, modulesOf, withoutDollars } from './convex.modules.ts'

const { api, background } = noboil({
  ...builders,
  getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
  tables,
})
const functions = modulesOf({ ...api, noboil: background })
const schema = defineSchema(defineTables(tables))

export const convexTestHost: HostDriver = { name: 'convex', gaps, open }

async function open(): Promise<Running> {
  const realNow = Date.now
  let now = Date.UTC(2026, 0, 1)
  Date.now = () => now
  const speak = silence()
  const app = convexTest({ schema, modules: functions.modules })
  const idle = () => app.finishAllScheduledFunctions(() => {})
  return {
    async call(path, args, as: Actor) {
      const at = path.split('.')
      const name = at.pop()
      const module = (as === 'system' ? [at[0], 'system', ...at.slice(1)] : at).join('/')
      const fn = functions.find(`${module}:${name}`)
      const reference = makeFunctionReference(`${module}:${name}`)
      const caller = as === 'nobody' || as === 'system' ? app : app.withIdentity({ subject: as })
      if (fn === undefined || (as !== 'system' && !fn.isPublic)) throw refusedByConvex(path)
      const run = caller[fn.kind] as (fn: unknown, args: unknown) => Promise<unknown>
      try {
        return await run(reference, withoutDollars(args))
      } catch (error) {
        throw refusedByConvex(path, error)
      }
    },
    now: () => now,
    async advance(ms) {
      now += ms
    },
    idle,
    putUser({ name, role, image }) {
      const user = { name, ...(role && { role }), ...(image && { image }) }
      return app.run((ctx) => ctx.db.insert('users', user))
    },
    async close() {
      await idle()
      Date.now = realNow
      speak()
    },
  }
}

/** A deployment's log is its console: what cases provoke is no news to whoever runs them. Answers what ends it. */
function silence(): () => void {
  const { error, warn } = console
  console.error = console.warn = () => {}
  return () => Object.assign(console, { error, warn })
}
