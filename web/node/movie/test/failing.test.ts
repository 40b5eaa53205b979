import { useServer } from '@noboil/web-node-shared/test/server'
import { patience, type Person } from '@noboil/web-testing/stage'
import { describe, expect, it } from 'vitest'
import { copy, fact, openFilm, signIn, turnCatalogue } from '@noboil/web-testing/movie'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

/** What a browser says of a call that the server answered with an error. */
const refused = /502|504/

async function adminOf(): Promise<Person> {
  const admin = await stage.person()
  await signIn(admin.page, stage.server.admin)
  return admin
}

describe('when the catalogue does not work', () => {
  it.each(['Fails', 'Hangs', 'Rubbish'] as const)(
    '%s: a kept film stays, with a note; one that is not kept offers another try, which then works',
    async (mode) => {
      const [admin, reader, visitor] = [
        await adminOf(),
        await stage.person(),
        await stage.person({ widthPx: 390, theme: 'dark' }),
      ]
      const title = { Fails: 'Solaris', Hangs: 'Mirror', Rubbish: 'Andrei Rublev' }[mode]
      const other = { Fails: 9_000_100, Hangs: 9_000_101, Rubbish: 9_000_102 }[mode]
      for (const each of [reader, visitor]) each.allow(refused)
      const path = await openFilm(reader, title)
      await turnCatalogue(admin, mode)
      try {
        await reader.page.getByRole('button', { name: 'Refresh' }).click()
        const note = reader.page.getByRole('alert').getByText(/did not answer.*last good copy/)
        await note.waitFor()
        await visitor.open(path)
        await visitor.page.getByRole('heading', { level: 1, name: title }).waitFor()
        await copy(visitor.page).getByRole('heading', { name: 'From the cache' }).waitFor()
        await visitor.page.goto(`/movie/m/${other}`)
        await visitor.page.getByRole('heading', { name: 'This film did not load' }).waitFor()
      } finally {
        await turnCatalogue(admin, 'Works')
      }
      await visitor.page.getByRole('button', { name: 'Try again' }).click()
      await copy(visitor.page).waitFor()
      await reader.page.getByRole('button', { name: 'Refresh' }).click()
      await copy(reader.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
      await expect.poll(() => reader.page.getByRole('alert').count(), patience).toBe(0)
    },
  )

  it('a stale film is shown all the same, and renews itself once the catalogue works', async () => {
    const [admin, reader] = [await adminOf(), await stage.person()]
    reader.allow(refused)
    const path = await openFilm(reader, 'Nosferatu')
    await turnCatalogue(admin, 'Fails')
    try {
      await admin.page.getByRole('button', { name: 'Mark as stale: Nosferatu' }).click()
      await reader.open(path)
      await reader.page.getByRole('heading', { level: 1, name: 'Nosferatu' }).waitFor()
      await reader.page
        .getByRole('alert')
        .getByText(/did not answer/)
        .waitFor()
    } finally {
      await turnCatalogue(admin, 'Works')
    }
    await reader.page.reload()
    await copy(reader.page).waitFor()
    await expect.poll(() => fact(reader.page, 'Expires'), patience).toMatch(/^in \d+ s$/)
  })

  it('a search says that it was not answered, and is repeated by hand', async () => {
    const [admin, reader] = [await adminOf(), await stage.person()]
    reader.allow(refused)
    await turnCatalogue(admin, 'Fails')
    try {
      await reader.open('/movie')
      await reader.page.getByRole('searchbox').fill('alien')
      await reader.page
        .getByRole('alert')
        .getByText(/did not answer this search/)
        .waitFor()
    } finally {
      await turnCatalogue(admin, 'Works')
    }
    await reader.page.getByRole('button', { name: 'Search again' }).click()
    const found = reader.page.getByRole('region', { name: 'Search results' }).getByRole('link')
    await expect.poll(() => found.first().innerText(), patience).toContain('Ridley Scott')
  })
})
