import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoScript, usePair } from '@noboil/web-node-shared/test/server'
import { violations } from '@noboil/web-testing/axe'
import { freePort, startScript } from '@noboil/web-testing/demo'
import { copy, fact, openFilm, signIn } from '@noboil/web-testing/movie'
import { overflowPx } from '@noboil/web-testing/poll'
import { patience, type Person } from '@noboil/web-testing/stage'
import { describe, expect, it } from 'vitest'

const stage = usePair({ UPSTREAM_DELAY_MS: '200' })

const byWord = 'Renewed: called back elsewhere'

/** What a page of one deployment says when the other one was heard. */
const said = (by: 'first' | 'mirror'): string => {
  const { host } = new URL(by === 'first' ? stage.server.url : stage.server.mirror.url)
  return `The deployment at ${host} said that films have changed`
}

const removed = /^Admin removed every copy\./

const atMirror = (): Promise<Person> => stage.person({ url: stage.server.mirror.url })

async function adminAt(deployment: 'first' | 'mirror'): Promise<Person> {
  const server = deployment === 'first' ? stage.server : stage.server.mirror
  const admin = await stage.person({ url: server.url })
  await signIn(admin.page, server.admin)
  await admin.open('/movie/admin')
  return admin
}

/** What was called back, as a page tells it, the newest first. */
const lately = ({ page }: Person): Promise<readonly string[]> =>
  page.getByRole('region', { name: 'Called back lately' }).getByRole('listitem').allInnerTexts()

const headings = ({ page }: Person): Promise<readonly string[]> =>
  page.getByRole('region', { name: 'Search results' }).getByRole('heading').allInnerTexts()

describe('two deployments', () => {
  it('say which of them one is looking at, and keep their own data', async () => {
    const [here, there] = [await stage.person(), await atMirror()]
    await openFilm(here, 'Metropolis')
    await there.open('/movie')
    await there.page.getByText(`Mirror of ${new URL(stage.server.url).host}`).waitFor()
    await there.page.getByRole('heading', { name: 'Nothing is kept yet' }).waitFor()
    expect(await here.page.getByText('Mirror of').count()).toBe(0)
  })

  it('a film marked as stale at the first is forgotten by the mirror, before its readers’ eyes', async () => {
    const [here, there] = [await stage.person(), await atMirror()]
    const path = await openFilm(here, 'Metropolis')
    await there.open(path)
    await copy(there.page).waitFor()
    const admin = await adminAt('first')
    await admin.page.getByRole('button', { name: 'Mark as stale: Metropolis' }).click()
    await copy(here.page).getByRole('heading', { name: 'Renewed by itself' }).waitFor()
    await copy(there.page).getByRole('heading', { name: byWord }).waitFor()
    await expect.poll(() => fact(there.page, 'Expires'), patience).toMatch(/^in \d+ s$/)
    await expect
      .poll(async () => (await lately(here))[0], patience)
      .toMatch(/^Admin marked the copy of this film as stale\./)
    await expect.poll(async () => (await lately(there))[0], patience).toContain(said('first'))
  })

  it('what the mirror’s admin removes is forgotten by the first too, and comes back from nowhere', async () => {
    const [here, there] = [await stage.person(), await atMirror()]
    const path = await openFilm(here, 'Stalker')
    await there.open(path)
    await copy(there.page).waitFor()
    const admin = await adminAt('mirror')
    await admin.page.getByRole('button', { name: 'Remove all' }).click()
    await admin.page.getByRole('button', { name: 'Remove all copies' }).click()
    await copy(here.page).getByRole('heading', { name: byWord }).waitFor()
    await expect.poll(async () => (await lately(here))[0], patience).toContain(said('mirror'))
    await copy(there.page).getByRole('heading', { name: 'Renewed by itself' }).waitFor()
    await expect.poll(async () => (await lately(admin))[0], patience).toMatch(removed)
    // What the mirror hears next is the next that was said: nothing came in between.
    const first = await adminAt('first')
    await first.page.getByRole('button', { name: 'Mark as stale: Stalker' }).click()
    await expect.poll(async () => (await lately(admin))[0], patience).toContain(said('first'))
    expect((await lately(admin))[1]).toMatch(removed)
  })

  it('an answered search at the mirror is asked again, on the page that shows it', async () => {
    const [here, one, two] = [await stage.person(), await atMirror(), await atMirror()]
    await openFilm(here, 'Ran')
    await one.open('/movie?q=kurosawa')
    // A page that opens soon after a change asks again, to be sure: by then the answer is kept.
    await expect.poll(async () => (await headings(one))[0], patience).toMatch(/^From the/)
    await two.open('/movie?q=kurosawa')
    await expect.poll(() => headings(two), patience).toEqual(['From the cache'])
    // Now whoever is left has to ask for themselves.
    await one.page.close()
    const admin = await adminAt('first')
    await admin.page.getByRole('button', { name: 'Mark as stale: Ran' }).click()
    await expect.poll(() => headings(two), patience).toEqual(['From the catalogue'])
  })
})

describe.each([
  { theme: 'light', widthPx: 1280 },
  { theme: 'dark', widthPx: 390 },
] as const)('what tells of the other deployment, $theme at $widthPx px', (look) => {
  it('is read out and seen as it should be, and is no wider than the window', async () => {
    const admin = await stage.person({ ...look, url: stage.server.mirror.url })
    await openFilm(admin, 'Ikiru')
    await signIn(admin.page, stage.server.mirror.admin)
    await admin.open('/movie/admin')
    await admin.page.getByRole('button', { name: 'Mark as stale: Ikiru' }).click()
    await admin.page.getByRole('region', { name: 'Other deployments' }).getByRole('link').waitFor()
    await expect.poll(async () => (await lately(admin))[0], patience).toContain('Ikiru')
    const found = [...(await violations(admin.page)), await overflowPx(admin.page)]
    await openFilm(admin, 'Ikiru')
    await admin.page.getByRole('heading', { name: 'Called back lately' }).waitFor()
    expect([...found, ...(await violations(admin.page)), await overflowPx(admin.page)]).toEqual([
      0, 0,
    ])
  })
})

describe('while the mirror is away', () => {
  it('the admin sees that it is; it is told once it is back, and so are those who waited', async () => {
    const { mirror } = stage.server
    const [reader, visitor] = [await stage.person(), await atMirror()]
    await openFilm(reader, 'Solaris')
    await openFilm(visitor, 'Solaris')
    const admin = await adminAt('first')
    const others = admin.page.getByRole('region', { name: 'Other deployments' })
    await admin.page.getByRole('button', { name: 'Mark as stale: Solaris' }).click()
    await copy(visitor.page).getByRole('heading', { name: byWord }).waitFor()
    await expect.poll(async () => (await lately(visitor))[0], patience).toContain(said('first'))
    await others.getByText('In step').waitFor()
    await visitor.page.getByRole('button', { name: 'Refresh' }).click()
    await copy(visitor.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
    const before = await lately(visitor)
    visitor.allow(/ERR_/)
    await mirror.kill()
    await admin.page.getByRole('button', { name: 'Mark as stale: Solaris' }).click()
    await others.getByText(/^(Trying again|Away)$/).waitFor()
    await others.getByText('It cannot be reached. What changed here waits for it.').waitFor()
    await mirror.start()
    await others.getByText('In step').waitFor()
    await copy(visitor.page).getByRole('heading', { name: byWord }).waitFor()
    const once = Math.min(before.length + 1, 3)
    await expect.poll(async () => (await lately(visitor)).length, patience).toBe(once)
    expect((await lately(visitor))[0]).toContain(said('first'))
  })
})

describe('in the terminal', () => {
  const opening = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'noboil-demo-'))
    const told = { NOBOIL_DATA: dataDir, UPSTREAM_PORT: '0', ...env }
    const never = 'this is never said'
    try {
      return await startScript(demoScript, told, never, args).catch(String)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }

  it('a mirror without a first deployment says how to start one', async () => {
    const PORT = String(await freePort())
    expect(await opening({ PORT }, '--mirror')).toMatch(
      new RegExp(
        `ended with 1\\.\\s+There is no deployment at http://127.0.0.1:${PORT}.*npm start`,
      ),
    )
  })

  it('a mirror that the first does not know is told apart from one that is not there', async () => {
    const { port: PORT } = new URL(stage.server.url)
    expect(await opening({ PORT }, '--mirror')).toMatch(/does not let this mirror in \(401\)/)
  })

  it('a port that is taken is named', async () => {
    const { port: PORT } = new URL(stage.server.url)
    expect(await opening({ PORT })).toMatch(`Port ${PORT} of 127.0.0.1 is in use by another`)
  })
})
