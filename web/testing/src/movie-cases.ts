/**
 * What holds of the movie app in front of people, whichever host is behind it.
 */
import { describe, expect, it } from 'vitest'
import { copy, fact, lookFor, openFilm, signIn, turnCatalogue, votes } from './movie.ts'
import { socketOf, type Wire } from './socket.ts'
import { patience, refusal, type Stage } from './stage.ts'

/** Registers the tests; to be called once per file, beside the stage. */
export function filmCases(stage: Stage): void {
  describe('a film', () => {
    it('is found by typing, opened by keyboard, fetched once, and kept for the next visit', async () => {
      const [first, second] = [await stage.person(), await stage.person()]
      const found = await lookFor(first, 'seven sam')
      await expect.poll(() => found.innerText(), patience).toContain('Akira Kurosawa')
      await first.page.getByRole('searchbox').press('ArrowDown')
      await first.page.keyboard.press('Enter')
      await first.page.getByRole('heading', { level: 1, name: 'Seven Samurai' }).waitFor()
      await copy(first.page).getByRole('heading', { name: 'From the catalogue' }).waitFor()
      await second.open(new URL(first.page.url()).pathname)
      await copy(second.page).getByRole('heading', { name: 'From the cache' }).waitFor()
      expect(await copy(second.page).innerText()).toMatch(/Answered in [\d.]+ m?s/)
      expect(await fact(second.page, 'Age')).toMatch(/^\d+ s$/)
      expect(await fact(second.page, 'Expires')).toMatch(/^in \d+ s$/)
      expect(await fact(second.page, 'Refresh')).toBe('Not running')
      await expect
        .poll(async () => Number.parseInt(await fact(second.page, 'Age'), 10), patience)
        .toBeGreaterThan(1)
    })

    it('that one person refreshes is the newer one for whoever looks at it', async () => {
      const [one, two] = [await stage.person(), await stage.person({ theme: 'dark' })]
      const path = await openFilm(one, 'Stalker')
      await two.open(path)
      await copy(two.page).getByRole('heading', { name: 'From the cache' }).waitFor()
      await one.page.getByRole('button', { name: 'Refresh' }).click()
      await copy(one.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
      await copy(two.page).getByRole('heading', { name: 'Refreshed by someone else' }).waitFor()
      await expect
        .poll(async () => (await votes(two.page)) - (await votes(one.page)), patience)
        .toBe(0)
    })

    it('that somebody opens arrives on the shelf of everyone, with the time it has left', async () => {
      const [reader, visitor] = [await stage.person(), await stage.person()]
      await reader.open('/movie')
      await openFilm(visitor, 'Playtime')
      const card = reader.page.getByRole('link', { name: /Playtime/ })
      await card.waitFor()
      await expect.poll(() => card.innerText(), patience).toMatch(/fresh for \d+ s/)
      await card.click()
      await copy(reader.page).getByRole('heading', { name: 'From the cache' }).waitFor()
      await reader.page.goBack()
      await reader.page.getByRole('heading', { name: 'Kept here now' }).waitFor()
    })

    it('that does not exist is told apart, and a search that finds nothing says so', async () => {
      const someone = await stage.person()
      someone.allow(refusal)
      await someone.page.goto('/movie/m/12')
      await someone.page.getByRole('heading', { name: 'There is no such film' }).waitFor()
      await someone.open('/movie/m/twelve')
      await someone.page.getByRole('heading', { name: 'There is no page here' }).waitFor()
      await someone.open('/movie?q=zzzz')
      await someone.page.getByRole('heading', { name: 'Nothing for “zzzz”' }).waitFor()
      const box = someone.page.getByRole('searchbox')
      await expect.poll(() => box.inputValue(), patience).toBe('zzzz')
    })
  })
}

/** What an admin does, and what others see of it. */
export function adminCases(stage: Stage): void {
  describe('what an admin does', () => {
    it('marking a copy as stale has it fetched again for whoever looks at it', async () => {
      const [admin, reader] = [await stage.person(), await stage.person()]
      const path = await openFilm(reader, 'Metropolis')
      await signIn(admin.page, stage.server.admin)
      await admin.open('/movie/admin')
      await admin.page.getByRole('button', { name: 'Mark as stale: Metropolis' }).click()
      await copy(reader.page).getByRole('heading', { name: 'Renewed by itself' }).waitFor()
      await expect.poll(() => fact(reader.page, 'Expires'), patience).toMatch(/^in \d+ s$/)
      await admin.open(path)
      await admin.page.getByRole('button', { name: 'Remove the copy' }).click()
      // Two people look at it, so it is there again at once, for both.
      await copy(admin.page).getByRole('heading', { name: 'Renewed by itself' }).waitFor()
      await expect.poll(() => fact(reader.page, 'First kept'), patience).toBe('just now')
    })

    it('removing every copy empties the list and the shelf of everyone', async () => {
      const [admin, reader] = [await stage.person(), await stage.person()]
      await openFilm(reader, 'Tokyo Story')
      await reader.open('/movie')
      await signIn(admin.page, stage.server.admin)
      await admin.open('/movie/admin')
      await admin.page.getByRole('link', { name: 'Tokyo Story' }).waitFor()
      await admin.page.getByRole('button', { name: 'Remove all' }).click()
      await admin.page.getByRole('button', { name: 'Remove all copies' }).click()
      await admin.page.getByText(/cop(y|ies) removed\./).waitFor()
      await admin.page.getByRole('heading', { name: 'Nothing is kept' }).waitFor()
      await expect.poll(() => admin.page.locator('.entry').count(), patience).toBe(0)
      await reader.page.getByRole('heading', { name: 'Nothing is kept yet' }).waitFor()
    })
  })
}

/** What the two apps of one site have in common. */
export function siteCases(stage: Stage): void {
  describe('the two apps of the site', () => {
    it('lead to one another, and whoever signs in or out does so in both', async () => {
      const someone = await stage.person()
      await signIn(someone.page, stage.server.admin)
      await someone.page.getByRole('navigation', { name: 'Demos' }).getByText('Poll').click()
      await someone.page.getByRole('link', { name: /, your profile$/ }).waitFor()
      await expect.poll(() => new URL(someone.page.url()).pathname, patience).toBe('/')
      await someone.page.getByRole('navigation', { name: 'Demos' }).getByText('Movie').click()
      await someone.page.getByRole('button', { name: /^Sign out/ }).click()
      await someone.page.getByRole('link', { name: 'Sign in' }).waitFor()
      await someone.open('/')
      await someone.page.getByRole('link', { name: 'Sign in' }).waitFor()
    })
  })
}

/** A catalogue that an admin switches off. */
export function failureCases(stage: Stage): void {
  describe('when the catalogue does not work', () => {
    it('a kept film stays, with a note, and a film that is not kept offers another try', async () => {
      const [admin, reader, visitor] = [
        await stage.person(),
        await stage.person(),
        await stage.person({ widthPx: 390, theme: 'dark' }),
      ]
      await signIn(admin.page, stage.server.admin)
      for (const each of [reader, visitor]) each.allow(refusal)
      const path = await openFilm(reader, 'Solaris')
      await turnCatalogue(admin, 'Fails')
      try {
        await reader.page.getByRole('button', { name: 'Refresh' }).click()
        await reader.page
          .getByRole('alert')
          .getByText(/did not answer.*last good copy/)
          .waitFor()
        await visitor.open(path)
        await copy(visitor.page).getByRole('heading', { name: 'From the cache' }).waitFor()
        await visitor.page.goto('/movie/m/9000100')
        await visitor.page.getByRole('heading', { name: 'This film did not load' }).waitFor()
      } finally {
        await turnCatalogue(admin, 'Works')
      }
      await visitor.page.getByRole('button', { name: 'Try again' }).click()
      await copy(visitor.page).waitFor()
      await reader.page.getByRole('button', { name: 'Refresh' }).click()
      await copy(reader.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
      await expect.poll(() => reader.page.getByRole('alert').count(), patience).toBe(0)
    })
  })
}

export function connectionCases(stage: Stage, wire: Wire): void {
  describe('when the connection goes', () => {
    it('a film stays on the page, and is the newer one once the connection is back', async () => {
      const [one, two] = [await stage.person(), await stage.person()]
      const socket = await socketOf(two, wire)
      const path = await openFilm(one, 'Stalker')
      await two.open(path)
      await copy(two.page).waitFor()
      const mend = await socket.cut()
      await two.page.getByText('Offline. Reconnecting…').waitFor()
      await one.page.getByRole('button', { name: 'Refresh' }).click()
      await copy(one.page).getByRole('heading', { name: 'Refreshed just now' }).waitFor()
      await two.page.getByRole('heading', { level: 1, name: 'Stalker' }).waitFor()
      mend()
      await copy(two.page).getByRole('heading', { name: 'Refreshed by someone else' }).waitFor()
      await expect
        .poll(async () => (await votes(two.page)) - (await votes(one.page)), patience)
        .toBe(0)
    })
  })
}
