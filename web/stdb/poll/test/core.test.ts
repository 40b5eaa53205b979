import { reducers } from '@noboil/backend-spacetimedb/bindings'
import { clientAt, tokenOf, wire } from '@noboil/web-stdb-shared/test/client'
import { useServer } from '@noboil/web-stdb-shared/test/server'
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
import { errorCode } from 'noboil/spacetimedb/client'
import { describe, expect, it } from 'vitest'

const stage = useServer()

liveCases(stage)
adminCases(stage)
accountCases(stage)
ballotCases(stage)
lateCases(stage, wire, 'append_vote')
connectionCases(stage, wire)
phoneCases(stage)

describe('what is not allowed', () => {
  it('the admin page turns away guests, and the module what they send past it', async () => {
    const guest = await stage.person()
    const call = { key: 'banner', payload: { active: true, message: 'Mine now' } } as const
    const answer = async (token?: string): Promise<string | undefined> => {
      const client = clientAt(stage.server.database, token)
      const code = await client.call(reducers.set_siteConfig, call).then(() => undefined, errorCode)
      client.close()
      return code
    }
    expect(await answer()).toBe('NOT_AUTHENTICATED')
    await askAsGuest(guest, 'May I?', ['Yes', 'No'])
    await guest.open('/admin')
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    expect(await answer(await tokenOf(guest))).toBe('FORBIDDEN')
  })
})
