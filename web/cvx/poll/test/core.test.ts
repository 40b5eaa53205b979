import { useServer } from '@noboil/web-cvx-shared/test/server'
import { tokenOf, wire } from '@noboil/web-cvx-shared/test/client'
import { askAsGuest } from '@noboil/web-testing/poll'
import {
  accountCases,
  adminCases,
  ballotCases,
  connectionCases,
  lateCases,
  liveCases,
  phoneCases,
} from '@noboil/web-testing/poll-cases'
import { ConvexHttpClient } from 'convex/browser'
import { api } from '@noboil/backend-convex/api'
import { errorCode } from 'noboil/convex/react'
import { describe, expect, it } from 'vitest'

const stage = useServer()

liveCases(stage)
adminCases(stage)
accountCases(stage)
ballotCases(stage)
lateCases(stage, wire, 'vote:append')
connectionCases(stage, wire)
phoneCases(stage)

describe('what is not allowed', () => {
  it('the admin page turns away guests, and the deployment what they send past it', async () => {
    const guest = await stage.person()
    const banner = { key: 'banner', payload: { active: true, message: 'Mine now' } } as const
    const client = new ConvexHttpClient(stage.server.convexUrl, { logger: false })
    const answer = (): Promise<string | undefined> =>
      client.mutation(api.siteConfig.set, banner).then(() => undefined, errorCode)
    expect(await answer()).toBe('NOT_AUTHENTICATED')
    await askAsGuest(guest, 'May I?', ['Yes', 'No'])
    await guest.open('/admin')
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    client.setAuth(await tokenOf(guest))
    expect(await answer()).toBe('FORBIDDEN')
  })
})
