import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { codeOf } from '../testing.fixture.ts'
import { type MovieOptions, movies, type Movies } from './base.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'noboil-base-'))
afterAll(() => rmSync(dir, { recursive: true }))
let files = 0

/** Opens a table on a file; `again` closes it and opens it anew. */
async function onFile(
  options: MovieOptions = {},
): Promise<{ on: Movies; again: () => Promise<Movies> }> {
  const host = { sqlite: join(dir, `${++files}.db`) }
  const on = await movies(options, { host })
  return {
    on,
    again: async () => {
      await on.app.close()
      return movies(options, { host })
    },
  }
}

it('rows, and what they are worth, survive a restart', async () => {
  const { on, again } = await onFile({ ttl: 1_000 })
  const kept = await on.load()
  await on.load('2')
  await on.invalidate('2')
  const next = await again()
  expect(await next.load()).toEqual(kept)
  expect(next.source.asked).toEqual([])
  expect(await next.load('2')).toMatchObject({ fetchedAt: next.now })
  expect(await next.purge()).toBe(2)
  await next.app.close()
})

it('a fetch that a crash has interrupted leaves a lease that ends, and nothing else', async () => {
  const { on, again } = await onFile()
  await on.abandon('1', 5_000)
  const next = await again()
  const call = next.load()
  await next.settle()
  expect(next.source.asked).toEqual([])
  await next.pass(5_000)
  expect(await call).toMatchObject({ key: '1' })
  expect(await next.bookkeeping()).toEqual([])
  await next.app.close()
})

it('a fetch that an orderly end interrupts is given back: nobody waits for it, and it is no failure', async () => {
  const { on, again } = await onFile({ ttl: 1_000, staleIfError: true })
  const { signals } = on.source.hold()
  const calls = [codeOf(on.load()), codeOf(on.load())]
  await on.settle()
  const closing = again()
  expect(await Promise.all(calls)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  expect(signals[0]?.aborted).toBe(true)
  const next = await closing
  expect(on.lines).toEqual([])
  expect(await next.bookkeeping()).toEqual([])
  expect(await next.load()).toMatchObject({ key: '1' })
  await next.app.close()
})

it('a stale row that was left to the background is fetched after a restart', async () => {
  const { on, again } = await onFile({ ttl: 1_000, staleWhileRevalidate: true })
  await on.load()
  await on.invalidate()
  await on.load()
  const next = await again()
  next.source.version = 2
  await next.app.idle()
  expect(await next.get()).toMatchObject({ title: 'film 1, version 2' })
  await next.app.close()
})

it('what a purge has hidden stays hidden, and is swept after a restart', async () => {
  const { on, again } = await onFile()
  for (const key of ['1', '2', '3']) await on.load(key)
  await on.purge()
  const next = await again()
  expect(await next.get('2')).toBeNull()
  expect(await next.stored()).toHaveLength(3)
  await next.app.idle()
  expect(await next.stored()).toEqual([])
  await next.app.close()
})
