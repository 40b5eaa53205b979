import { reducers } from '@noboil/backend-spacetimedb/bindings'
import { clientAt, tokenOf } from '@noboil/web-stdb-shared/test/client'
import { useServer } from '@noboil/web-stdb-shared/test/server'
import { socketOf } from '@noboil/web-stdb-shared/test/socket'
import { askAsGuest, option, overflowPx, tally, vote } from '@noboil/web-testing/poll'
import { accountCases, adminCases, ballotCases, liveCases } from '@noboil/web-testing/poll-cases'
import { patience, refusal } from '@noboil/web-testing/stage'
import { errorCode } from 'noboil/spacetimedb/client'
import { describe, expect, it } from 'vitest'

const stage = useServer()

liveCases(stage)
adminCases(stage)
accountCases(stage)
ballotCases(stage)

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

  it('a ballot that meets a poll closed meanwhile is shown, taken back, and explained', async () => {
    const [asker, voter] = [await stage.person(), await stage.person()]
    const socket = await socketOf(voter)
    const path = await askAsGuest(asker, 'Still open?', ['Yes', 'No'])
    await voter.open(path)
    await vote(voter.page, 'Yes')
    await expect.poll(() => tally(asker.page), patience).toEqual({ Yes: 1, No: 0 })
    const release = socket.hold('append_vote')
    await option(voter.page, 'No').click()
    await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 1, No: 1 })
    expect(await tally(asker.page)).toEqual({ Yes: 1, No: 0 })
    await asker.page.getByRole('button', { name: 'Close poll' }).click()
    await asker.page.getByRole('dialog').getByRole('button', { name: 'Close poll' }).click()
    await voter.page.getByText('This poll is closed. What you see is the result.').waitFor()
    voter.allow(refusal)
    release()
    await voter.page.getByText('This poll does not take your vote.').waitFor()
    for (const each of [voter, asker])
      await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
  })
})

describe('when the connection goes', () => {
  it('the page says so, comes back by itself, and shows what happened meanwhile', async () => {
    const [one, two] = [await stage.person(), await stage.person()]
    const socket = await socketOf(two)
    const path = await askAsGuest(one, 'Back again?', ['Of course', 'Hardly'])
    await two.open(path)
    await vote(two.page, 'Hardly')
    await expect.poll(() => tally(one.page), patience).toEqual({ 'Of course': 0, Hardly: 1 })
    const mend = await socket.cut()
    await two.page.getByText('Offline. Reconnecting…').waitFor()
    await vote(one.page, 'Of course')
    expect(await tally(two.page)).toEqual({ 'Of course': 0, Hardly: 1 })
    mend()
    await two.page.getByText('Live', { exact: true }).waitFor()
    await expect.poll(() => tally(two.page), patience).toEqual({ 'Of course': 1, Hardly: 1 })
    await vote(two.page, 'Of course')
    for (const each of [one, two])
      await expect.poll(() => tally(each.page), patience).toEqual({ 'Of course': 2, Hardly: 1 })
  })

  it('a ballot cast meanwhile is counted once, when the connection is back', async () => {
    const [voter, reader] = [await stage.person(), await stage.person()]
    const socket = await socketOf(voter)
    const path = await askAsGuest(voter, 'Lost?', ['Yes', 'No'])
    await reader.open(path)
    const mend = await socket.cut()
    await voter.page.getByText('Offline. Reconnecting…').waitFor()
    await option(voter.page, 'Yes').click()
    await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 1, No: 0 })
    expect(await tally(reader.page)).toEqual({ Yes: 0, No: 0 })
    mend()
    await voter.page.getByText(/Counted: ballot no\. 1, for Yes/).waitFor()
    for (const each of [voter, reader])
      await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
  })
})

describe('at 390 px', () => {
  it('no screen is wider than the window', async () => {
    const small = await stage.person({ widthPx: 390, theme: 'dark' })
    await askAsGuest(small, 'A question long enough to need a second line on a phone?', ['A', 'B'])
    expect(await overflowPx(small.page)).toBe(0)
    for (const screen of ['/', '/new', '/profile', '/sign-in', '/admin', '/nowhere']) {
      await small.open(screen)
      expect(await overflowPx(small.page), screen).toBe(0)
    }
  })
})
