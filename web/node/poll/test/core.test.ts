import { describe, expect, it } from 'vitest'
import { violations } from '@noboil/web-testing/axe'
import { useServer } from '@noboil/web-node-shared/test/server'
import { patience } from '@noboil/web-testing/stage'
import { askAsGuest, option, overflowPx, signIn, tally, vote } from '@noboil/web-testing/poll'
import { adminCases, liveCases } from '@noboil/web-testing/poll-cases'

const stage = useServer()

liveCases(stage)
adminCases(stage)

describe('what is not allowed', () => {
  it('the admin page turns away guests, and the server what they send past it', async () => {
    const guest = await stage.person()
    await askAsGuest(guest, 'May I?', ['Yes', 'No'])
    await guest.open('/admin')
    await guest.page.getByRole('heading', { name: 'This page is for admins' }).waitFor()
    await guest.page.getByText('Your account does not have the admin role.').waitFor()
    guest.allow(/403/)
    const answer = await guest.page.evaluate(async () => {
      const args = { key: 'banner', payload: { active: true, message: 'Mine now' } }
      const response = await fetch('/api/call/siteConfig.set', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ args }),
      })
      return { status: response.status, text: await response.text() }
    })
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('FORBIDDEN') })
  })

  it('a ballot that meets a poll closed meanwhile is refused with a sentence', async () => {
    const [asker, voter] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(asker, 'Still open?', ['Yes', 'No'])
    await voter.open(path)
    await vote(voter.page, 'Yes')
    const sent = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    await voter.page.route('**/api/call/vote.append', async (route) => {
      sent.resolve()
      await closed.promise
      await route.continue()
    })
    voter.allow(/403/)
    await option(voter.page, 'No').click()
    await sent.promise
    await asker.page.getByRole('button', { name: 'Close poll' }).click()
    await asker.page.getByRole('dialog').getByRole('button', { name: 'Close poll' }).click()
    await voter.page.getByText('This poll is closed. What you see is the result.').waitFor()
    closed.resolve()
    await voter.page.getByText('This poll does not take your vote.').waitFor()
    for (const each of [voter, asker])
      await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
    const other = option(voter.page, 'No')
    await expect.poll(() => other.getAttribute('aria-disabled'), patience).toBe('true')
  })
})

describe('when the server goes away', () => {
  it('both pages say so, come back by themselves, and show the same', async () => {
    const [one, two] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(one, 'Back again?', ['Of course', 'Hardly'])
    await two.open(path)
    await vote(two.page, 'Of course')
    await expect.poll(() => tally(one.page), patience).toEqual({ 'Of course': 1, Hardly: 0 })
    for (const each of [one, two])
      each.allow(
        /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/,
      )
    await stage.server.kill()
    for (const { page } of [one, two]) await page.getByText('Offline. Reconnecting…').waitFor()
    await stage.server.start()
    for (const each of [one, two]) {
      await each.page.getByText('Offline. Reconnecting…').waitFor({ state: 'detached' })
      await each.page.getByText('Live', { exact: true }).waitFor()
      await expect.poll(() => tally(each.page), patience).toEqual({ 'Of course': 1, Hardly: 0 })
    }
    await vote(one.page, 'Hardly')
    for (const each of [one, two])
      await expect.poll(() => tally(each.page), patience).toEqual({ 'Of course': 1, Hardly: 1 })
  })
})

describe('at 390 px', () => {
  it('a ballot is cast and counted, and no screen is wider than the window', async () => {
    const [small, other] = [await stage.person({ widthPx: 390 }), await stage.person()]
    const path = await askAsGuest(
      small,
      'A question long enough to need a second line on a phone?',
      ['Donaudampfschifffahrtsgesellschaftskapitän as an answer', 'No'],
    )
    await other.open(path)
    await vote(small.page, 'No')
    await expect.poll(async () => (await tally(other.page))['No'], patience).toBe(1)
    expect(await overflowPx(small.page)).toBe(0)
    for (const screen of ['/', '/new', '/profile', '/sign-in', '/admin', '/nowhere']) {
      await small.open(screen)
      expect(await overflowPx(small.page), screen).toBe(0)
    }
  })
})

describe.each(['light', 'dark'] as const)('axe, %s', (theme) => {
  it.each([1280, 390])('finds nothing serious on any screen at %i px', async (widthPx) => {
    const [guest, reader, admin] = [
      await stage.person({ theme, widthPx }),
      await stage.person({ theme, widthPx }),
      await stage.person({ theme, widthPx }),
    ]
    const found: Record<string, readonly string[]> = {}
    const check = async ({ page }: typeof guest, screen: string): Promise<void> => {
      found[screen] = await violations(page)
    }
    for (const screen of ['/', '/new', '/sign-in', '/profile', '/admin', '/nowhere']) {
      await guest.open(screen)
      await check(guest, `nobody, ${screen}`)
    }
    await guest.open('/sign-in')
    await guest.page.getByRole('radio', { name: 'Create account' }).check()
    await guest.page.getByRole('button', { name: 'Create account' }).click()
    await guest.page.getByText('Write the name others will see.').waitFor()
    await check(guest, 'an account with errors')
    await guest.open('/new')
    await guest.page.getByRole('button', { name: 'Publish poll' }).click()
    await guest.page.getByText('Give people at least two options.').waitFor()
    await check(guest, 'a new poll with errors')
    const path = await askAsGuest(guest, `Does it read well (${theme}, ${widthPx})?`, ['Yes', 'No'])
    await check(guest, 'an empty poll')
    await vote(guest.page, 'Yes')
    await check(guest, 'a poll')
    await guest.open('/profile')
    await check(guest, 'profile')
    await signIn(admin.page, stage.server.admin)
    await admin.open('/admin')
    await check(admin, 'admin')
    await admin.open(path)
    await reader.open(path)
    await option(reader.page, 'No').click()
    await reader.page.getByRole('dialog', { name: 'Who is voting?' }).waitFor()
    await check(reader, 'who is voting')
    await admin.page.getByRole('button', { name: 'Empty the box' }).click()
    await check(admin, 'a dialog')
    await guest.open(path)
    await guest.page.getByRole('button', { name: 'Close poll' }).click()
    await guest.page.getByRole('dialog').getByRole('button', { name: 'Close poll' }).click()
    await guest.page.getByText('This poll is closed. What you see is the result.').waitFor()
    await guest.page.getByRole('dialog').waitFor({ state: 'detached' })
    await check(guest, 'a closed poll')
    expect(Object.fromEntries(Object.entries(found).filter(([, each]) => each.length > 0))).toEqual(
      {},
    )
  })
})
