/** Hosts that are not told of commits, and processes that share nothing but the database. */
import { expect, it } from 'vitest'
import { type FlowPort, runFlow } from '../../program/flow.ts'
import { systemCall } from '../shared/call.ts'
import type { AnyAction } from '../shared/operation.ts'
import { codeOf, Rig } from '../testing.fixture.ts'
import { type Film, type FilmRow, s, Source } from './base.fixture.ts'
import { buildBase } from './build.ts'
import type { BaseOptions } from './types.ts'

interface Processes {
  readonly rig: Rig
  readonly source: Source
  /** How long each wait of a flow was. */
  readonly waits: number[]
  /** Calls from a process of its own, which only looks from time to time; `dies` at its fetch. */
  load(options?: { readonly dies?: boolean }): Promise<FilmRow>
}

function processes(options: Partial<BaseOptions<Film, FilmRow>> = {}): Processes {
  const source = new Source()
  const rig = new Rig((settings) => [
    buildBase(
      s.movie,
      {
        key: 'tmdbId',
        fetcher: (ctx: never, key: string) => {
          source.asked.push(key)
          return source.answer(key, ctx)
        },
        ...options,
      } as BaseOptions,
      settings,
    ),
  ])
  const action = rig.tables[0]?.operations['load'] as AnyAction
  const waits: number[] = []
  return {
    rig,
    source,
    waits,
    load({ dies = false } = {}) {
      const port: FlowPort = {
        ...rig.flowPort,
        async wait(ms, wake) {
          waits.push(ms)
          rig.wait(Math.min(ms, wake?.pollMs ?? ms))
          await new Promise((resolve) => setImmediate(resolve))
        },
        fetch: async (work) => (dies ? new Promise(() => {}) : work(new AbortController().signal)),
      }
      return runFlow(
        action.flow(systemCall, action.args({ key: '1' }) as never),
        port,
      ) as Promise<FilmRow>
    },
  }
}

it('a process that looks from time to time finds what another has fetched', async () => {
  const on = processes()
  const held = on.source.hold()
  const first = on.load()
  await new Promise((resolve) => setImmediate(resolve))
  const second = on.load()
  await new Promise((resolve) => setImmediate(resolve))
  held.release()
  expect(await second).toEqual(await first)
  expect(on.source.asked).toHaveLength(1)
  expect(on.waits.length).toBeGreaterThan(0)
})

it('a process that is killed at its fetch is waited for until its lease ends, and no longer', async () => {
  const on = processes({ fetchTimeoutMs: 1_000 })
  const startedAt = on.rig.time
  void on.load({ dies: true })
  await new Promise((resolve) => setImmediate(resolve))
  expect(await on.load()).toMatchObject({ key: '1', fetchedAt: startedAt + 6_000 })
  // It is looked for four times a second, and the last wait is what is left.
  expect(on.waits).toHaveLength(24)
})

it('processes that die one after another are not followed for ever', async () => {
  const on = processes({ fetchTimeoutMs: 1_000 })
  const { load } = on
  void load({ dies: true })
  await new Promise((resolve) => setImmediate(resolve))
  // Somebody else takes over each time, and dies as well.
  const original = on.rig.wait.bind(on.rig)
  on.rig.wait = (ms) => {
    original(ms)
    if ((on.rig.time - 1_700_000_000_000) % 6_000 === 0) void load({ dies: true })
  }
  expect(await codeOf(load())).toBe('FETCH_FAILED')
})
