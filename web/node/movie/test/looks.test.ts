import { violations } from '@noboil/web-testing/axe'
import { useServer } from '@noboil/web-node-shared/test/server'
import type { Person } from '@noboil/web-testing/stage'
import { describe, expect, it } from 'vitest'
import { copy, openFilm, signIn } from '@noboil/web-testing/movie'
import { overflowPx } from '@noboil/web-testing/poll'

const stage = useServer({ UPSTREAM_DELAY_MS: '50' })

describe('at 390 px', () => {
  it('no screen is wider than the window', async () => {
    const [small, admin] = [
      await stage.person({ widthPx: 390 }),
      await stage.person({ widthPx: 390 }),
    ]
    await openFilm(small, 'Jeanne Dielman, 23, quai du Commerce, 1080 Bruxelles')
    expect(await overflowPx(small.page)).toBe(0)
    for (const screen of ['/movie', '/movie?q=the', '/movie/sign-in', '/movie/nowhere']) {
      await small.open(screen)
      expect(await overflowPx(small.page), screen).toBe(0)
    }
    await signIn(admin.page, stage.server.admin)
    await admin.open('/movie/admin')
    await admin.page.getByRole('heading', { name: 'The catalogue' }).waitFor()
    expect(await overflowPx(admin.page)).toBe(0)
  })
})

describe.each(['light', 'dark'] as const)('axe, %s', (theme) => {
  it.each([1280, 390])('finds nothing serious on any screen at %i px', async (widthPx) => {
    const [reader, admin] = [
      await stage.person({ theme, widthPx }),
      await stage.person({ theme, widthPx }),
    ]
    reader.allow(/404/)
    const found: Record<string, readonly string[]> = {}
    const check = async ({ page }: Person, screen: string): Promise<void> => {
      found[screen] = await violations(page)
    }
    await openFilm(reader, 'Ran')
    await check(reader, 'a film')
    await reader.page.getByRole('button', { name: 'Refresh' }).click()
    await copy(reader.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
    for (const screen of ['/movie', '/movie/sign-in', '/movie/admin', '/movie/nowhere']) {
      await reader.open(screen)
      await check(reader, screen)
    }
    await reader.open('/movie?q=kurosawa')
    await reader.page.getByText('Kept here', { exact: true }).waitFor()
    await check(reader, 'a search')
    await reader.open('/movie?q=zzzz')
    await reader.page.getByRole('heading', { name: /Nothing for/ }).waitFor()
    await check(reader, 'nothing found')
    await reader.page.goto('/movie/m/12')
    await reader.page.getByRole('heading', { name: 'There is no such film' }).waitFor()
    await check(reader, 'no such film')
    await signIn(admin.page, stage.server.admin)
    await admin.open('/movie/admin')
    await admin.page.getByRole('heading', { name: 'The catalogue' }).waitFor()
    await admin.page.getByRole('button', { name: 'Mark as stale: Ran' }).click()
    await admin.page.getByText(/marked as stale/).waitFor()
    await check(admin, 'admin')
    await admin.page.getByRole('button', { name: 'Remove all' }).click()
    await admin.page.getByRole('dialog').waitFor()
    await check(admin, 'a dialog')
    expect(Object.fromEntries(Object.entries(found).filter(([, each]) => each.length > 0))).toEqual(
      {},
    )
  })
})
