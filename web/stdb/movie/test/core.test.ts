import { reducers } from '@noboil/backend-spacetimedb/bindings'
import { clientAt, tokenOf, wire } from '@noboil/web-stdb-shared/test/client'
import { useServer } from '@noboil/web-stdb-shared/test/server'
import {
  adminCases,
  connectionCases,
  failureCases,
  filmCases,
  siteCases,
} from '@noboil/web-testing/movie-cases'
import { errorCode } from 'noboil/spacetimedb/client'
import { describe, expect, it } from 'vitest'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

filmCases(stage)
adminCases(stage)
siteCases(stage)
failureCases(stage)
connectionCases(stage, wire)

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
