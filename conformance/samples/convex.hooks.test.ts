// @vitest-environment happy-dom
/** The hooks of the samples, over Convex's own client, do what their pages say. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import { join } from 'node:path'
import { cleanup, renderHook } from '@testing-library/react'
import { ConvexProvider, ConvexReactClient } from 'convex/react'
import * as convex from 'convex/server'
import { type TestDeployment } from 'noboil/convex/testing'
import { createElement, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deploy, person, tablesWiring } from './convex.fixture.ts'
import { convexSources } from './convex.frames.ts'
import { writeProject } from './project.ts'

const folder = writeProject('samples-convex-hooks', convexSources())
const load = async <exports = any>(path: string): Promise<exports> =>
  (await import(join(folder, path))) as exports
const wiring = async (table: string) =>
  tablesWiring(table, await load<{ configs: [] }>('support/convex.ts'))
const api = convex.anyApi

const clients: ConvexReactClient[] = []

// The clock stands still, so that the time of a row says how often it was written.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))

afterEach(async () => {
  cleanup()
  vi.useRealTimers()
  for (const client of clients.splice(0)) await client.close()
})

/** Renders a sample as somebody; answers what it answers now. */
function shown<result>(deployment: TestDeployment, subject: string, sample: () => result) {
  const client = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
  clients.push(client)
  const token = deployment.token({ subject })
  client.setAuth(async () => token)
  const wrapper = ({ children }: { readonly children?: ReactNode }) =>
    createElement(ConvexProvider, { client }, children)
  const { result } = renderHook(sample, { wrapper })
  return () => result.current
}

test('kv: useKv writes, takes its own time for the last one, removes and restores', async () => {
  const { api: app } = await load('kv/lazy.ts')
  const file = await load<object>('kv/convex/siteConfig.ts')
  const tables = await wiring('siteConfig')
  const deployment = deploy({ app, tables, files: { siteConfig: file } })
  const admin = await person(deployment, 'admin')
  const { updatedAt } = await admin.mutation(api['siteConfig'].set, {
    key: 'banner',
    payload: { active: false, message: '' },
  })
  const { useSample } = await load('kv/hooks.ts')
  const current = shown<() => Promise<void>>(deployment, admin.id, () => useSample(updatedAt + 1))
  await current()()
  // Written twice, removed and restored.
  expect(await deployment.query(api['siteConfig'].get, { key: 'banner' })).toMatchObject({
    message: 'hi',
    updatedAt: updatedAt + 4,
  })
})

test('log: useLog appends, edits, removes, purges and restores', async () => {
  const { api: app } = await load('log/lazy.ts')
  const file = await load<object>('log/convex/vote.ts')
  // The page's hook removes many, which the page's file does not export.
  const vote = { ...file, rmBulk: app.vote.rmBulk as object }
  const { create } = app.poll
  const tables = await wiring('vote')
  const deployment = deploy({ app, tables, files: { poll: { create }, vote } })
  const ann = await person(deployment)
  const payload = { title: 'Tea?', isPublic: false }
  const { _id: parent } = await ann.mutation(api['poll'].create, { payload })
  const items = [0, 0, 0].map((optionIdx) => ({ optionIdx, voter: 'ann' }))
  await ann.mutation(api['vote'].appendBulk, { parent, items })
  const list = { parent, paginationOpts: { numItems: 10, cursor: null } }
  const ids = (await ann.query(api['vote'].list, list)).page.map(({ _id }: any) => _id)
  const { useSample } = await load('log/hooks.ts')
  const current = shown<() => Promise<void>>(deployment, ann.id, () => useSample(parent, ...ids))
  await current()()
  const rows = await ann.query(api['vote'].listAfter, { parent, seq: 0 })
  // Restoring by parent brings back all that was removed, as the page says.
  expect(rows.map(({ seq }: any) => seq)).toEqual([1, 2, 3, 4, 5, 6])
  expect(rows[2]).toMatchObject({ optionIdx: 1, voter: ann.id })
})

test('log: a send is safe to retry', async () => {
  const { api: app, s: _, ...message } = await load('log/chat.ts')
  const { create } = app.chat
  const tables = await wiring('message')
  const deployment = deploy({ app, tables, files: { chat: { create }, message } })
  const ann = await person(deployment)
  const { _id: parent } = await ann.mutation(api['chat'].create, { payload: { title: 'Tea' } })
  const { useSample } = await load('log/send.ts')
  const current = shown<(content: string) => Promise<object>>(deployment, ann.id, () =>
    useSample({ parent }),
  )
  expect(await current()('hello')).toEqual({ seq: 1, created: true })
  const release = deployment.hold()
  const sending = current()('again')
  await deployment.caughtUp()
  // The client sends again what it has no answer to.
  deployment.disconnect()
  release()
  expect(await sending).toEqual({ seq: 2, created: true })
  const rows = await ann.query(api['message'].list, {
    parent,
    paginationOpts: { numItems: 10, cursor: null },
  })
  expect(rows.page.map(({ content }: any) => content)).toEqual(['again', 'hello'])
})

test('base: useCacheEntry loads what is missing, and refreshes when it is told', async () => {
  const { background } = await load('base/lazy.ts')
  const { s, ...movie } = await load('base/convex/roled.ts')
  const base = [s.roled]
  const deployment = deploy({ app: { background }, tables: () => ({}), files: { movie }, base })
  const admin = await person(deployment, 'admin')
  const { useSample } = await load('base/hooks.ts')
  const current = shown<any>(deployment, admin.id, () => useSample('11'))
  await vi.waitFor(() => expect(current().data).toMatchObject({ title: 'film 11' }))
  const { fetchedAt } = current().data
  vi.setSystemTime(fetchedAt + 1_000)
  await current().refresh()
  await vi.waitFor(() => expect(current().data.fetchedAt).toBe(fetchedAt + 1_000))
  await current().invalidate()
})
