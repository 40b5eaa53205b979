import { reducers } from '@noboil/backend-spacetimedb/bindings'
import { clientAt, tokenOf } from '@noboil/web-stdb-shared/test/client'
import { useServer } from '@noboil/web-stdb-shared/test/server'
import { socketOf } from '@noboil/web-stdb-shared/test/socket'
import { copy, openFilm, signIn, turnCatalogue, votes } from '@noboil/web-testing/movie'
import { adminCases, filmCases, siteCases } from '@noboil/web-testing/movie-cases'
import { patience, refusal } from '@noboil/web-testing/stage'
import { errorCode } from 'noboil/spacetimedb/client'
import { describe, expect, it } from 'vitest'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

filmCases(stage)
adminCases(stage)
siteCases(stage)

describe('what only an admin may do', () => {
  it('is refused to everyone else, by the page and by the module behind it', async () => {
    const guest = await stage.person()
    const codes = async (token?: string): Promise<ReadonlySet<string | undefined>> => {
      const client = clientAt(stage.server.database, token)
      const calls = [
        client.call(reducers.purge_movie, {}),
        client.call(reducers.invalidate_movie, { key: '9000001' }),
        client.ask('movies.turnUpstream', { mode: 'error' }),
        client.ask('movies.readUpstream'),
      ]
      const found = calls.map((call) => call.then(() => 'answered', errorCode))
      const answers = await Promise.all(found)
      client.close()
      return new Set(answers)
    }
    expect(await codes()).toEqual(new Set(['NOT_AUTHENTICATED']))
    await guest.open('/movie/admin')
    await guest.page.getByRole('heading', { name: 'This page is for admins' }).waitFor()
    await guest.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await guest.page.getByRole('button', { name: 'Continue as a guest' }).click()
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    expect(await codes(await tokenOf(guest))).toEqual(new Set(['FORBIDDEN']))
  })
})

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

describe('when the connection goes', () => {
  it('a film stays on the page, and is the newer one once the connection is back', async () => {
    const [one, two] = [await stage.person(), await stage.person()]
    const socket = await socketOf(two)
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
    await expect.poll(() => votes(two.page), patience).toBe(await votes(one.page))
  })
})
