import { useServer } from '@noboil/web-node-shared/test/server'
import { openFilm, signIn, turnCatalogue } from '@noboil/web-testing/movie'
import { patience, type Person } from '@noboil/web-testing/stage'
import { describe, expect, it } from 'vitest'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

/** Where a search says that its answer came from. */
const source = ({ page }: Person): Promise<string> =>
  page.getByRole('region', { name: 'Search results' }).getByRole('heading').first().innerText()

async function searchFor(text: string): Promise<Person> {
  const person = await stage.person()
  await person.open(`/movie?q=${text}`)
  await person.page.getByRole('link', { name: /Ozu/ }).first().waitFor()
  return person
}

describe('what a search answered', () => {
  it('is fetched for the first who asks, and kept for the next, with its age', async () => {
    const first = await searchFor('ozu')
    await expect.poll(() => source(first), patience).toBe('From the catalogue')
    const second = await searchFor('OZU')
    await expect.poll(() => source(second), patience).toBe('From the cache')
    const results = second.page.getByRole('region', { name: 'Search results' })
    await expect.poll(() => results.innerText(), patience).toMatch(/\d+ s old/)
    expect(await first.page.getByText(/ s old/).count()).toBe(0)
  })

  it('is asked again once an admin calls a film back, and stands in when the catalogue does not answer', async () => {
    const [admin, reader] = [await stage.person(), await stage.person()]
    await openFilm(reader, 'Late Spring')
    const watcher = await searchFor('yasujiro')
    await signIn(admin.page, stage.server.admin)
    await turnCatalogue(admin, 'Fails')
    try {
      await admin.page.getByRole('button', { name: 'Mark as stale: Late Spring' }).click()
      const stale = 'The catalogue does not answer; from the cache'
      await expect.poll(() => source(watcher), patience).toBe(stale)
      const another = await searchFor('yasujiro')
      await expect.poll(() => source(another), patience).toBe(stale)
    } finally {
      await turnCatalogue(admin, 'Works')
    }
    await watcher.page.reload()
    await expect.poll(() => source(watcher), patience).toMatch(/^From the (catalogue|cache)$/)
  })
})
