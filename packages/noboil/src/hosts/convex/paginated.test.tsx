/** Lists over Convex's own `usePaginatedQuery`: its client asks for pages between cursors, which must fit however rows come and go. */
import { act, cleanup, renderHook } from '@testing-library/react'
import { ConvexProvider, ConvexReactClient, usePaginatedQuery } from 'convex/react'
import * as convex from 'convex/server'
import type { ReactElement, ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { createTestDeployment, type TestDeployment } from '../../standins/convex/standin.ts'
import { tables } from './app.fixture.ts'
import { builders } from './deploy.fixture.ts'
import { noboil } from './noboil.ts'
import { defineTables } from './tables.ts'

const app = noboil({
  ...builders,
  getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
  tables,
})
const modules = { poll: app.poll, vote: app.vote, comment: app.comment, noboil: app.background }
const api = convex.anyApi as unknown as convex.ApiFromModules<typeof modules>

let client: ConvexReactClient | undefined

afterEach(async () => {
  cleanup()
  await client?.close()
})

function open(): TestDeployment {
  return createTestDeployment({
    schema: convex.defineSchema(defineTables(tables)),
    modules: {
      '/convex/_generated/api.js': async () => ({}),
      ...Object.fromEntries(
        Object.entries(modules).map(([name, file]) => [`/convex/${name}.ts`, async () => file]),
      ),
    },
  })
}

async function somebody(deployment: TestDeployment, name: string) {
  const subject = await deployment.run((ctx) => ctx.db.insert('users', { name }))
  return { ...deployment.as({ subject }), id: subject as string }
}

function rendered<result>(deployment: TestDeployment, subject: string, run: () => result) {
  const made = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
  client = made
  const token = deployment.token({ subject })
  made.setAuth(async () => token)
  const wrapper = ({ children }: { readonly children?: ReactNode }): ReactElement => (
    <ConvexProvider client={made}>{children}</ConvexProvider>
  )
  return renderHook(run, { wrapper }).result
}

const expectToShow = (check: () => unknown, expected: unknown): Promise<void> =>
  vi.waitFor(() => expect(check()).toEqual(expected), { interval: 5 })

test('a log’s pages have no gap and nothing twice while rows come and go between them', async () => {
  const deployment = open()
  const ann = await somebody(deployment, 'ann')
  const { _id: parent } = await ann.mutation(api.poll.create, { payload: { title: 'Tea' } })
  const append = (option: string) => ann.mutation(api.vote.append, { parent, payload: { option } })
  for (const option of ['a', 'b', 'c', 'd', 'e']) await append(option)
  const list = rendered(deployment, ann.id, () =>
    usePaginatedQuery(api.vote.list, { parent }, { initialNumItems: 2 }),
  )
  const options = () => list.current.results.map(({ option }) => option)
  await expectToShow(options, ['e', 'd'])
  act(() => list.current.loadMore(2))
  await expectToShow(options, ['e', 'd', 'c', 'b'])
  await append('f')
  await expectToShow(options, ['f', 'e', 'd', 'c', 'b'])
  const gone = list.current.results.find(({ option }) => option === 'c')
  await ann.mutation(api.vote.rm, { id: gone?._id as never })
  await expectToShow(options, ['f', 'e', 'd', 'b'])
  act(() => list.current.loadMore(2))
  await expectToShow(options, ['f', 'e', 'd', 'b', 'a'])
  await expectToShow(() => list.current.status, 'Exhausted')
})

test('a page that has grown says where it becomes two, and one that is too large ends before its time', async () => {
  const deployment = open()
  const ann = await somebody(deployment, 'ann')
  const { _id: parent } = await ann.mutation(api.poll.create, { payload: { title: 'Tea' } })
  const append = (text: string) => ann.mutation(api.comment.create, { parent, payload: { text } })
  const page = async (cursor: string | null, endCursor: string | null, numItems = 2) =>
    ann.query(api.comment.list, { parent, paginationOpts: { numItems, cursor, endCursor } })
  for (const text of ['a', 'b', 'c']) await append(text)
  const { continueCursor } = await page(null, null)
  for (const text of ['d', 'e', 'f', 'g']) await append(text)
  const whole = await page(null, continueCursor)
  const split = whole.splitCursor as string
  const halves = [await page(null, split), await page(split, continueCursor)]
  expect(whole.page.map(({ text }) => text)).toEqual(['g', 'f', 'e', 'd', 'c', 'b'])
  expect(halves.map(({ page }) => page.length)).toEqual([3, 3])
  expect(halves.flatMap(({ page }) => page)).toEqual(whole.page)

  for (let large = 0; large < 90; large++) await append('x'.repeat(200_000))
  const shown: unknown[] = []
  let cursor: string | null = null
  for (let isDone = false; !isDone;) {
    const part = await page(cursor, null, 100)
    expect(part.isDone).toBe(part.pageStatus !== 'SplitRequired')
    shown.push(...part.page)
    ;({ continueCursor: cursor, isDone } = part)
  }
  expect(shown).toHaveLength(97)
})

test('a list of what is one’s own and what is shared pages as one', async () => {
  const deployment = open()
  const ann = await somebody(deployment, 'ann')
  const bob = await somebody(deployment, 'bob')
  const create = (by: typeof ann, title: string, memberIds: string[] = []) =>
    by.mutation(api.poll.create, { payload: { title, memberIds: memberIds as never } })
  for (const at of [1, 2, 3]) {
    await create(bob, `own ${at}`)
    await create(ann, `shared ${at}`, [bob.id])
    await create(ann, `hidden ${at}`)
  }
  const list = rendered(deployment, bob.id, () =>
    usePaginatedQuery(api.poll.list, {}, { initialNumItems: 3 }),
  )
  const titles = () => list.current.results.map(({ title }) => title)
  await expectToShow(titles, ['shared 3', 'own 3', 'shared 2'])
  await create(bob, 'own 4')
  await expectToShow(titles, ['own 4', 'shared 3', 'own 3', 'shared 2'])
  act(() => list.current.loadMore(10))
  await expectToShow(titles, [
    'own 4',
    'shared 3',
    'own 3',
    'shared 2',
    'own 2',
    'shared 1',
    'own 1',
  ])
})
