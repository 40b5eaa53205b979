import { api } from '@noboil/backend-convex/api'
import { useServer } from '@noboil/web-cvx-shared/test/server'
import { tokenOf, wire } from '@noboil/web-cvx-shared/test/client'
import {
  adminCases,
  connectionCases,
  failureCases,
  filmCases,
  siteCases,
} from '@noboil/web-testing/movie-cases'
import { ConvexHttpClient } from 'convex/browser'
import { errorCode } from 'noboil/convex/react'
import { describe, expect, it } from 'vitest'

const stage = useServer({ UPSTREAM_DELAY_MS: '200' })

filmCases(stage)
adminCases(stage)
siteCases(stage)
failureCases(stage)
connectionCases(stage, wire)

describe('what only an admin may do', () => {
  it('is refused to everyone else, by the page and by the deployment behind it', async () => {
    const guest = await stage.person()
    const client = new ConvexHttpClient(stage.server.convexUrl, { logger: false })
    const codes = async (): Promise<ReadonlySet<string | undefined>> => {
      const calls = [
        client.mutation(api.movie.purge, {}),
        client.mutation(api.movie.invalidate, { key: '9000001' }),
        client.action(api.movies.turnUpstream, { mode: 'error' }),
        client.action(api.movies.readUpstream, {}),
      ]
      return new Set(await Promise.all(calls.map((call) => call.then(() => 'answered', errorCode))))
    }
    expect(await codes()).toEqual(new Set(['NOT_AUTHENTICATED']))
    await guest.open('/movie/admin')
    await guest.page.getByRole('heading', { name: 'This page is for admins' }).waitFor()
    await guest.page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await guest.page.getByRole('button', { name: 'Continue as a guest' }).click()
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    client.setAuth(await tokenOf(guest))
    expect(await codes()).toEqual(new Set(['FORBIDDEN']))
  })
})
