/** The six steps of an invalidation, from a change at one deployment to the visitors of another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Deployed, makeWorld, type World } from './world.ts'

const patience = { timeout: 20_000 } as const

let world: World

beforeAll(async () => {
  world = await makeWorld()
}, 120_000)

afterAll(() => world?.close())

const statusOf = async ({ url }: Deployed): Promise<string | null> =>
  (await fetch(`${url}/api/posts/1`)).headers.get('cache-status')

const patch = ({ url }: Deployed, title: string) =>
  fetch(`${url}/api/posts/1`, { method: 'PATCH', body: JSON.stringify({ title }) })

const title = ({ page }: Deployed): Promise<string | null> => page.locator('h1').textContent()
const list = ({ page }: Deployed): Promise<readonly string[]> =>
  page.locator('li').allTextContents()
const updates = ({ page }: Deployed) => page.evaluate(() => window.updates)

/** The page is shown, and its server knows what it wants to hear of. */
async function open(deployed: Deployed, heading: string): Promise<void> {
  const asked = deployed.page.waitForResponse((response) => {
    const { url, method } = { url: response.url(), method: response.request().method() }
    return /\/api\/stream\/./.test(url) && method === 'POST'
  })
  await deployed.page.goto('/')
  expect((await asked).status()).toBe(200)
  await expect.poll(() => title(deployed), patience).toBe(heading)
}

describe('a change at one deployment', () => {
  test('reaches the visitors of both in six steps', async () => {
    const { local, production } = world
    for (const each of [local, production]) {
      await open(each, 'First')
      // Both caches hold the post, and answer out of memory.
      expect(await statusOf(each)).toMatch(/; hit; .*detail=memory/)
    }

    // 1: the mutation. 2: the local cache forgets.
    expect((await patch(local, 'Changed')).status).toBe(200)

    // 3 and 4: the browser is told, resets the post and fetches the list again.
    await expect.poll(() => title(local), patience).toBe('Changed')
    await expect.poll(() => list(local), patience).toEqual(['Changed', 'Second'])
    expect(await updates(local)).toMatchObject([{ entity: 'posts', id: '1', action: 'update' }])

    // 5 and 6: the mirror is told, forgets, and tells its own visitors.
    await expect.poll(() => title(production), patience).toBe('Changed')
    await expect.poll(() => list(production), patience).toEqual(['Changed', 'Second'])
    expect(await updates(production)).toMatchObject([{ entity: 'posts', id: null }])
  })

  test('comes back from nowhere, and is in the logs and nowhere else', async () => {
    const { local, production } = world
    const told = () => local.log().filter(({ msg }) => msg === 'mirror told')
    await expect.poll(() => told().length, patience).toBe(1)
    expect(told()).toMatchObject([{ mirror: production.url, type: 'posts', applied: true }])
    const applied = () => production.log().filter(({ msg }) => msg === 'told by a mirror')
    await expect.poll(() => applied().length, patience).toBe(1)
    expect(local.log().some(({ msg }) => msg === 'told by a mirror')).toBe(false)
    for (const each of [local, production]) {
      expect(each.said()).toBe('')
      expect(JSON.stringify(each.log())).not.toMatch(/service password|eyJ/)
    }
  })

  test('made while the mirror was killed reaches it when it is back', async () => {
    const { local, production } = world
    await production.stop('SIGKILL')
    for (const heading of ['One', 'Two', 'Three']) await patch(local, heading)
    await expect.poll(() => title(local), patience).toBe('Three')
    await production.start()
    await expect.poll(() => title(production), { timeout: 60_000 }).toBe('Three')
    const applied = production.log().filter(({ msg }) => msg === 'told by a mirror')
    // One message for all three.
    expect(applied).toHaveLength(2)
  })

  test('whose process was killed right after it still reaches the mirror', async () => {
    const { local, production } = world
    await patch(local, 'Last words')
    await local.stop('SIGKILL')
    await local.start()
    await expect.poll(() => title(production), { timeout: 60_000 }).toBe('Last words')
  })
})
