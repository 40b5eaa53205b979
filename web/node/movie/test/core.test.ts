import { useServer } from '@noboil/web-node-shared/test/server'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openFilm } from '@noboil/web-testing/movie'
import { adminCases, filmCases, siteCases } from '@noboil/web-testing/movie-cases'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

filmCases(stage)
adminCases(stage)
siteCases(stage)

describe('what only an admin may do', () => {
  it('is refused to everyone else, by the page and by the server behind it', async () => {
    const guest = await stage.person()
    await openFilm(guest, 'Ikiru')
    await guest.open('/movie/admin')
    await guest.page.getByRole('heading', { name: 'This page is for admins' }).waitFor()
    guest.allow(/401|403/)
    expect(await refusals(guest.page)).toEqual(new Set(['NOT_AUTHENTICATED']))
    await guest.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await guest.page.getByRole('button', { name: 'Continue as a guest' }).click()
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    expect(await refusals(guest.page)).toEqual(new Set(['FORBIDDEN']))
    await guest.open('/movie')
    await guest.page.getByRole('link', { name: /Ikiru/ }).waitFor()
  })
})

/** What the server says to everything that only admins may do, sent past the page. */
async function refusals(page: Page): Promise<ReadonlySet<string | undefined>> {
  const codes = await page.evaluate(async () => {
    const calls = {
      'movie.purge': {},
      'movie.invalidate': { key: '9000001' },
      'movies.recall': { what: 'removed' },
      'movies.turnUpstream': { mode: 'error' },
      'movies.readUpstream': {},
    }
    const answers = Object.entries(calls).map(async ([path, args]) => {
      const response = await fetch(`/api/call/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ args }),
      })
      return ((await response.json()) as { error?: { code: string } }).error?.code
    })
    return Promise.all(answers)
  })
  return new Set(codes)
}
