/** A module as it is published: what is in it, and how large it is. */
import { gzipSync } from 'node:zlib'
import { expect, it, vi } from 'vitest'
import { createModuleHost } from '../../exports/spacetimedb-testing.ts'
import { bundleModule, type ModuleBundle } from '../../standins/spacetimedb/bundle.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000 })

const bundle = (source: string): Promise<ModuleBundle> =>
  bundleModule({ source, folder: import.meta.dirname })

it('a module loads where there is nothing of Node or a browser, and holds nothing of servers or clients', async () => {
  const module = await bundleModule(new URL('module.fixture.ts', import.meta.url))
  // The stand-in evaluates it in a context that has ECMAScript alone.
  const host = await createModuleHost({ module })
  await host.close()
  const files =
    module.code.match(/^\s*\/\/ \S+\.m?[jt]s$/gm)?.map((line) => line.trim().slice(3)) ?? []
  const ours = files.flatMap((file) => file.split('packages/noboil/src/')[1] ?? [])
  const portable =
    /^(errors|exports|factories|program|schema|hosts\/shared|hosts\/spacetimedb)\/|^server\/refs\.ts$/
  expect(ours.length).toBeGreaterThan(50)
  expect(ours.filter((file) => !portable.test(file))).toEqual([])
  const packages = files.flatMap((file) => /node_modules\/([^/]+)/.exec(file)?.[1] ?? [])
  const own = ['headers-polyfill', 'spacetimedb', 'zod']
  expect([...new Set(packages)].toSorted()).toEqual(own)
})

it('what noboil adds to a module is about as much as SpacetimeDB’s library and Zod', async () => {
  const bare = await bundle(`
    import * as z from 'zod/v4'
    import { schema, table, t } from 'spacetimedb/server'
    const row = z.object({ title: z.string() })
    const spacetimedb = schema({ poll: table({ public: true }, { id: t.string().primaryKey() }) })
    export const create = spacetimedb.reducer({ title: t.string() }, (ctx, poll) => void row.parse(poll))
    export default spacetimedb`)
  const ours = await bundleModule(new URL('module.fixture.ts', import.meta.url))
  const [without, within] = [bare, ours].map(({ code }) => gzipSync(code).length) as [
    number,
    number,
  ]
  expect(within - without).toBeLessThan(without * 1.2)
})
