/** The samples of the base page that can run do what it says. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCode } from 'noboil/errors'
import { createTestApp, type TestApp } from 'noboil/node/testing'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { sampleSources } from './frames.ts'
import { writeProject } from './project.ts'

const folder = writeProject('samples-run-base', sampleSources())
const load = async <exports>(path: string): Promise<exports> =>
  (await import(join(folder, path))) as exports

const data = mkdtempSync(join(tmpdir(), 'noboil-samples-'))
process.env['SAMPLE_DATABASE'] = join(data, 'app.db')
afterAll(() => rmSync(data, { recursive: true }))

const opened: TestApp<unknown>[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

/** The app that the sample describes. */
async function wired(path: string): Promise<TestApp<any>> {
  const { configs } = await load<{ configs: object[] }>('support/node.ts')
  await load(path)
  const app = await createTestApp(configs.at(-1) as never)
  opened.push(app)
  return app
}

describe('the base page', () => {
  test('its wiring: functions that fetch on a miss and keep what they fetched', async () => {
    const movie = await load<any>('base/convex/movie.ts')
    const { app } = await load<{ app: any }>('base/lazy.ts')
    try {
      expect(await movie.get({ key: '11' })).toBeNull()
      const row = await movie.load({ key: '11' })
      expect(row).toMatchObject({ key: '11', tmdbId: 11, title: 'film 11' })
      expect(row.expiresAt - row.fetchedAt).toBe(86_400_000)
      expect(await movie.get({ key: '11' })).toEqual(row)
      const page = { paginationOpts: { numItems: 10, cursor: null } }
      expect(await movie.all(page)).toMatchObject({ page: [row], isDone: true })
      expect(await movie.refresh({ key: '11' })).toMatchObject({ title: 'film 11' })
      expect(await movie.invalidate({ key: '11' })).toEqual({ invalidated: true })
      expect(await movie.purge({ keys: ['11'] })).toEqual({ deleted: 1 })
      expect(await app.as(null).movie.load({ key: '7' })).toMatchObject({ tmdbId: 7 })
      const refused = await app.as(null).movie.purge({}).catch(errorCode)
      expect(refused).toBe('FORBIDDEN')
    } finally {
      await app.close()
    }
  })

  test('stale-while-revalidate: the stale row at once, the fresh one the next time', async () => {
    const app = await wired('base/stale-while-revalidate.ts')
    const first = await app.api.film.load({ key: '1' })
    await app.clock.advance(60_000)
    expect(await app.api.film.load({ key: '1' })).toEqual(first)
    await app.idle()
    expect(await app.api.film.load({ key: '1' })).toMatchObject({ fetchedAt: app.clock.now() })
  })

  test('its hook transforms what was fetched before it is stored', async () => {
    const { api } = await wired('base/on-fetch.ts')
    expect(await api.film.load({ key: '1' })).toMatchObject({ normalizedTitle: 'film 1' })
    expect(await api.film.get({ key: '1' })).toMatchObject({ normalizedTitle: 'film 1' })
  })
})
