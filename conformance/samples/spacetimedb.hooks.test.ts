// @vitest-environment happy-dom
/** The hooks of the samples, over SpacetimeDB's own SDK, do what their pages say. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { join } from 'node:path'
import { cleanup, renderHook } from '@testing-library/react'
import { bindingsOf, createSpacetimeClient, SpacetimeProvider } from 'noboil/spacetimedb/react'
import { bundleModule, createModuleHost, type ModuleHost } from 'noboil/spacetimedb/testing'
import { startWorker } from 'noboil/spacetimedb/worker'
import { createElement, type ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { writeProject } from './project.ts'
import { spacetimedbSources } from './spacetimedb.frames.ts'

const folder = writeProject('samples-spacetimedb-hooks', spacetimedbSources())
const load = async <exports = any>(path: string): Promise<exports> =>
  (await import(join(folder, path))) as exports

const closing: (() => unknown)[] = []
afterEach(async () => {
  cleanup()
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A page's module, running; renders samples as ann. */
async function open(module: string | { readonly source: string }, schema: string) {
  const entry = typeof module === 'string' ? join(folder, module) : { ...module, folder }
  const host: ModuleHost = await createModuleHost({ module: await bundleModule(entry) })
  const { s } = await load(schema)
  const client = createSpacetimeClient({
    uri: 'http://stand-in',
    database: 'samples',
    bindings: bindingsOf(s as never),
    webSocket: host.webSocket(),
    tokens: { get: () => host.token('ann'), set() {} },
  })
  closing.push(
    () => host.close(),
    () => client.close(),
  )
  const wrapper = ({ children }: { readonly children?: ReactNode }) =>
    createElement(SpacetimeProvider, { client }, children)
  const shown = <result>(sample: () => result) => {
    const { result } = renderHook(sample, { wrapper })
    return () => result.current
  }
  return { host, client, shown }
}

test('kv: useKv writes, removes and restores', async () => {
  const { host, shown } = await open('kv/module.ts', 'kv/s.ts')
  const { useSample } = await load('kv/hooks.ts')
  const current = shown<() => Promise<void>>(() => useSample())
  await current()()
  expect(host.as('eve').rows('siteConfig')).toMatchObject([
    { key: 'banner', active: true, message: 'hello' },
  ])
})

test('log: useLog appends and purges', async () => {
  const { host, client, shown } = await open('log/module.ts', 'log/s.ts')
  const { reducers } = bindingsOf((await load('log/s.ts')).s) as any
  const poll = (await client.call(reducers.create_poll, { payload: { title: 'Tea?' } })) as any
  const { useSample } = await load('log/hooks.ts')
  const current = shown<() => Promise<void>>(() => useSample(poll._id))
  await current()()
  expect(host.as('ann').rows('my_vote')).toEqual([])
  expect(host.tables('_rows_vote')).toMatchObject([{ seq: 1, optionIdx: 0, voter: 'me' }])
})

test('log: a send is safe to retry', async () => {
  const source = `
    import { noboil } from 'noboil/spacetimedb'
    import { s } from './log/chat/s.ts'
    export default noboil({
      tables: ({ table }) => ({ chat: table(s.chat), message: table(s.message) }),
    })`
  const { host, client, shown } = await open({ source }, 'log/chat/s.ts')
  const { reducers } = bindingsOf((await load('log/chat/s.ts')).s) as any
  const chat = (await client.call(reducers.create_chat, { payload: { title: 'Tea' } })) as any
  const { useSample } = await load('log/chat/send.ts')
  const current = shown<(content: string) => Promise<object>>(() => useSample(chat._id))
  expect(await current()('hello')).toEqual({ seq: 1, created: true })
  const [row] = host.as('ann').rows('my_message') as any[]
  const again = { parent: chat._id, idempotencyKey: row.idempotencyKey }
  const payload = { content: 'hello', role: 'user' }
  expect(await client.call(reducers.append_message, { ...again, payload })).toEqual({
    seq: 1,
    created: false,
  })
})

test('base: useCacheEntry loads what is missing, by a worker that waits for the fetcher', async () => {
  const { host, shown } = await open('base/module.ts', 'base/s.ts')
  host.call('allow_worker', { identity: host.as('worker').identity.toHexString() })
  const worker = startWorker({
    uri: 'http://stand-in',
    database: 'samples',
    token: host.token('worker'),
    webSocket: host.webSocket(),
    tables: (await load('base/worker.ts')).default,
  })
  closing.push(() => worker.close())
  const { useSample } = await load('base/hooks.ts')
  const current = shown<{ readonly data: any; readonly isLoading: boolean }>(() => useSample('11'))
  expect(current()).toMatchObject({ isLoading: true })
  await vi.waitFor(() => expect(current().data).toMatchObject({ tmdbId: 11, title: 'film 11' }), {
    timeout: 10_000,
  })
  expect(current().isLoading).toBe(false)
})
