/** An app whose rows a worker fetches, which runs in the process of the cases and asks their source itself. */
import { setImmediate as turn } from 'node:timers/promises'
import { bundleModule, createModuleHost, type ModuleBundle } from 'noboil/spacetimedb/testing'
import { type SpacetimeWorker, startWorker } from 'noboil/spacetimedb/worker'
import { setGlobalLogLevel } from 'spacetimedb'
import { tables } from '../../app.ts'
import type { Running } from '../../driver.ts'
import { upstream } from '../../upstream.ts'
import { type Answer, Calls, told } from './calls.ts'
import { forget } from './garbage.ts'

/** After so many turns without an answer, a worker waits for time to pass: it looks again for what another one fetches. */
const patienceTurns = 200
const stepMs = 50

let bundle: Promise<ModuleBundle> | undefined

export async function openByWorker(): Promise<Running> {
  setGlobalLogLevel('error')
  bundle ??= bundleModule(new URL('module-by-worker.ts', import.meta.url))
  const host = await createModuleHost({ module: await bundle, shuffleScans: 7 })
  const calls = new Calls(host)
  host.call('allow_worker', { identity: host.as('worker').identity.toHexString() })
  let worker: SpacetimeWorker | undefined
  const work = (): void => {
    worker ??= startWorker({
      uri: 'http://stand-in',
      database: 'conformance',
      token: host.token('worker'),
      webSocket: host.webSocket(),
      clock: host.clock(),
      tables,
    })
  }
  const until = async <result>(found: () => result | undefined): Promise<result> => {
    for (let turns = 0; ; turns++) {
      const result = found()
      if (result !== undefined) return result
      work()
      // What a case holds is waited for in any number of turns, and at the time that the case says it is.
      if (!upstream.isHeld && turns > patienceTurns) host.advance(stepMs)
      if (turns > 100 * patienceTurns) throw new Error('The worker never answers.')
      await turn()
    }
  }
  return {
    async call(path, args, as) {
      const answer: Answer = calls.begin(path, args, as)
      return told((await until(answer)).value)
    },
    now: () => host.now(),
    async advance(ms) {
      host.advance(ms)
    },
    async idle() {
      await until(() => {
        host.advance(0)
        return host.tables('_errands').length === 0 ? true : undefined
      })
    },
    putUser: async (user) => calls.putUser(user),
    async close() {
      await worker?.close()
      await host.close()
      forget()
    },
  }
}
